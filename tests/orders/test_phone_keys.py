"""Telephone numbers are compared by their last digits, without an extension, also those that were stored before."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection

from orders.contacts import list_guessed_contacts, read_contact, shorten_phone
from orders.models import FailedLookup, Order
from orders.tools import lookup_order

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
        ("+49 30 #123456", "30123456"),
        ("x 123456", "123456"),
        ("030 x 123456", "30123456"),
        ("1-800-FLEX 123456", "800123456"),
        ("1-800-NEXT 123456", "800123456"),
        ("text 1234567", "1234567"),
        *(("12345", ""), ("ext. 12345", ""), ("", "")),
    ],
)
def test_what_is_no_extension_stays(written, key):
    assert shorten_phone(written) == key


SAME_NUMBERS = [
    # A mark between the groups, as phones and programs for texts write it.
    *(("+49 170 1234567", f"0170{mark}1234567") for mark in "–—‑−•'’,:*\\|_·~ー"),
    *(("+49 170 1234567", f"0170 {mark} 1234567") for mark in "–—-/,•"),
    # Countries whose numbers are shorter than others' with their area's code, and the short numbers of small towns.
    *(
        ("+45 12 34 56 78", each)
        for each in ("12 34 56 78", "004512345678", "45 12345678", "(+45) 12–34–56–78")
    ),
    *(("12345678", each) for each in ("+45 12 34 56 78", "0047 12345678", "4712345678")),
    *(("+354 555 1234", "555-1234"), ("555 1234", "+3545551234"), ("+354 555 1234", "3545551234")),
    *(("+65 9123 4567", "9123 4567"), ("+852 9123 4567", "852 9123 4567"), ("+372 5123 4567", "51234567")),
    *(("+298 123456", "123456"), ("+49 30 123456", "030 123456"), ("08362/1234", "+49 (0)8362 1234")),
    *(("4512345678", "+45 12345678"), ("+36 1 123 4567", "06 1 123 4567"), ("06 1 123 4567", "+3611234567")),
    *(("+370 612 34567", "8 612 34567"), ("8 612 34567", "+370 612 34567")),
    *(("+1 212-555-0199", "(212) 555–0199"), ("+7 912 345-67-89", "8 (912) 345-67-89")),
    # Another number beside it.
    *(("030 1234567", f"{each} order 100045678") for each in ("030 1234567,", "+49 30 1234567;")),
    *((each, "030 1234567 / 0170 9999999") for each in ("030 1234567", "0170 9999999")),
    *((each, "0301234567,01709999999") for each in ("030 1234567", "0170 9999999")),
    ("030 1234567", "100045678: 030 1234567, 10115 Berlin"),
]


@pytest.mark.parametrize(("stored_number", "written"), SAME_NUMBERS)
def test_a_number_is_the_same_in_each_form(stored_number, written):
    assert shorten_phone(stored_number) in read_contact("", written)[1]


@pytest.mark.parametrize(
    ("stored_number", "written"),
    [
        *(("+49 170 1234567", "1234567"), ("+49 170 1234567", "01234567"), ("0170 1234567", "701234567890")),
        *(("+1 651 234 5678", "12345678"), ("6512345678", "12345678"), ("+1 651 234 5678", "2345678")),
        *(("030 1234567", "30123456"), ("+45 12345678", "2345678"), ("+45 12345678", "123456")),
    ],
)
def test_the_end_of_a_number_is_not_the_number(stored_number, written):
    assert shorten_phone(stored_number) not in read_contact("", written)[1]


@pytest.mark.parametrize(
    "written",
    [
        "0000000000",
        "000-000-0000",
        "+1 000 000 0000",
        "+49 0000000",
        "1111111111",
        "555-555-5555",
        "0999999999",
    ],
)
def test_a_number_that_stands_for_none_is_not_that_of_all_who_have_given_it(written):
    assert (shorten_phone(written), read_contact("", written)) == ("", ("", ()))


def test_no_form_of_a_number_makes_further_guesses():
    forms = [
        "12345678",
        "+45 12345678",
        "0047 12345678",
        "6512345678",
        "+852 1234 5678",
        "12–34–56–78",
        "0012345678",
    ]
    assert [list_guessed_contacts("", each) for each in forms] == [["345678"]] * len(forms)


@pytest.mark.django_db
def test_each_number_that_is_tried_is_a_guess(chat):
    ctx, phones = chat(), "030 1234567, 0170 7654321, 0171 2222222, 0172 3333333"
    lookup_order(ctx, "1001", phone=phones)
    keys = list(FailedLookup.objects.values_list("email_key", flat=True))
    assert len(set(keys)) == len(keys) == 3
    assert "one telephone number" in lookup_order(ctx, "1002", phone=phones)["error"]
    assert "not found" in lookup_order(ctx, "1002", phone="0172 3333333")["error"]


@pytest.mark.django_db
def test_the_keys_that_are_stored_are_made_anew():
    phones = {
        "#1": "5551234567x12",
        "#2": "030 1234567",
        "#3": "",
        "#4": "5551234567 ext. 12",
        "#5": "+45 12 34 56 78",
    }
    for number, phone in phones.items():
        Order.objects.create(number=number, phone=phone)
    Order.objects.filter(number__in=["#1", "#4", "#5"]).update(phone_key="old")
    migration = import_module("orders.migrations.0011_short_phone_keys").Migration
    migration.operations[0].code(apps, SimpleNamespace(connection=connection))
    keys = dict(Order.objects.values_list("number", "phone_key"))
    assert keys == {"#1": "551234567", "#2": "301234567", "#3": "", "#4": "551234567", "#5": "12345678"}


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


def test_what_a_look_up_goes_by_has_room_whatever_characters_a_number_is_of():
    order = Order(number="⑳" * 40, tracking="⑳" * 200)  # each is two digits
    order.normalise_fields()
    order.clean_fields(exclude=["ordered_at"])
