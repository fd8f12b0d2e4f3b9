"""Telephone numbers are compared by their last digits, without an extension, also those that were stored before."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection

from orders.models import Order
from orders.numbers import shorten_phone

from .test_export_files import HEADER, MUG, load

__all__ = ["load"]


@pytest.mark.parametrize(
    "written",
    [
        *("555 123 4567", "(555) 123-4567", "+1 555-123-4567", "٥٥٥١٢٣٤٥٦٧"),
        *("5551234567x12", "5551234567 x12", "5551234567X 12", "555-123-4567, x 12"),
        *("5551234567ext12", "5551234567 ext. 08467", "5551234567 Extension: 7", "555 123 4567 (ext. 12)"),
        *("5551234567#12", "5551234567 # 12", "５５５１２３４５６７ｘ１２"),
    ],
)
def test_an_extension_is_no_part_of_a_number(written):
    assert shorten_phone(written) == "551234567"


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("+49 30 #123456", "930123456"),
        ("x 123456", "123456"),
        ("030 x 123456", "030123456"),
        ("1-800-FLEX 123456", "800123456"),
        ("1-800-NEXT 123456", "800123456"),
        ("text 1234567", "1234567"),
        *(("12345", ""), ("ext. 12345", ""), ("", "")),
    ],
)
def test_what_is_no_extension_stays(written, key):
    assert shorten_phone(written) == key


@pytest.mark.django_db
def test_the_keys_that_are_stored_are_made_anew():
    phones = {"#1": "5551234567x12", "#2": "030 1234567", "#3": "", "#4": "5551234567 ext. 12"}
    for number, phone in phones.items():
        Order.objects.create(number=number, phone=phone)
    Order.objects.filter(number__in=["#1", "#4"]).update(phone_key="old")
    migration = import_module("orders.migrations.0010_phone_keys")
    migration.fill_phone_keys(apps, SimpleNamespace(connection=connection))
    keys = dict(Order.objects.values_list("number", "phone_key"))
    assert keys == {"#1": "551234567", "#2": "301234567", "#3": "", "#4": "551234567"}


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["key", "short_key", "tracking_key", "phone_key"])
def test_an_import_sets_what_a_look_up_goes_by_even_if_nothing_else_is_new(load, name):
    row, header = f"{MUG},030 1234567,JD1234", f"{HEADER},Phone,Tracking number"
    load(row, header=header)
    right = Order.objects.values().get()
    Order.objects.update(**{name: "old"})
    assert "0 new, 1 updated, 0 unchanged" in load(row, header=header).out
    assert Order.objects.values().get() == right
    assert "0 new, 0 updated, 1 unchanged" in load(row, header=header).out
