"""What the support staff see of orders in admin."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from orders.amounts import format_amount
from orders.models import Order
from tests.conversations.markup import parse

LIST = reverse("admin:orders_order_changelist")


def many_orders(first, count):
    Order.objects.bulk_create(
        Order(number=f"N-{n}", key=f"N{n}", email=f"{n}@example.com") for n in range(first, first + count)
    )


def test_the_list_says_what_staff_need_to_know(desk, alice):
    page = desk.get(LIST).content.decode()
    for words in ("ORD-123", "Alice Archer", "alice@example.com", "Shipped", "98.90 USD", "357962501027"):
        assert words in page


@pytest.mark.parametrize(
    "words", ["ORD-123", "ord123", "Archer", "357962501027", "CABL-02", "bob@example.com"]
)
def test_an_order_is_found_by_all_that_a_customer_may_name(desk, alice, bob, words):
    found = desk.get(LIST, {"q": words}).context["cl"].result_list
    assert [order.number for order in found] == ["ORD-789" if "bob" in words else "ORD-123"]


@pytest.mark.parametrize("words", ["archer HEAD cabl", '"alice archer" 123', "HEAD-0"])
def test_it_is_found_once_by_words_of_its_own_and_of_its_items(desk, alice, bob, words):
    with CaptureQueriesContext(connection) as queries:
        found = list(desk.get(LIST, {"q": words}).context["cl"].result_list)
    assert [order.number for order in found] == ["ORD-123"]
    assert not [query for query in queries if "DISTINCT" in query["sql"]], "all that match would be sorted"


@pytest.mark.parametrize("words", ["ORD-123 bob", "alice MUG-B", "xylophone"])
def test_an_order_in_which_a_word_is_missing_is_not_found(desk, alice, bob, words):
    assert not desk.get(LIST, {"q": words}).context["cl"].result_list


def test_the_list_takes_as_many_queries_for_300_orders_as_for_10(desk):
    many_orders(0, 10)
    with CaptureQueriesContext(connection) as few:
        desk.get(LIST)
    many_orders(10, 290)
    with CaptureQueriesContext(connection) as many:
        assert len(desk.get(LIST).context["cl"].result_list) == 50
    assert len(many) == len(few) <= 8


def test_an_order_shows_its_items_and_staff_cannot_change_it(desk, alice):
    order = Order.objects.get(number="ORD-123")
    address = reverse("admin:orders_order_change", args=[order.pk])
    page = desk.get(address)
    assert "Wireless Headphones" in page.content.decode()
    assert "CABL-02" in page.content.decode()
    assert desk.post(address, {"number": "ORD-1"}).status_code == 403


def test_the_form_has_amounts_as_the_list_has_them(admin_client, alice):
    order = Order.objects.get(number="ORD-123")
    page = parse(admin_client.get(reverse("admin:orders_order_change", args=[order.pk])).content.decode())
    assert page.one("input", name="total")["value"] == "98.90"
    assert page.one("input", name="items-0-price")["value"].count("0") < 3


def test_an_amount_is_changed_with_the_decimals_of_its_currency(admin_client):
    order = Order.objects.create(number="ORD-9", currency="JPY", total="1980.000", email="a@example.org")
    order.items.create(name="Lamp", price="1980.000")

    page = parse(admin_client.get(reverse("admin:orders_order_change", args=[order.pk])).content.decode())

    shown = {page.one("input", name=name)["value"] for name in ("total", "initial-total", "items-0-price")}
    assert shown == {"1980"}


def test_an_administrator_s_changes_keep_look_ups_right(admin_client):
    items = {"items-TOTAL_FORMS": 0, "items-INITIAL_FORMS": 0}
    order = {"number": "#w-77", "email": "Carol@Example.COM", "status": "shipped", "currency": "USD"}
    order |= dict.fromkeys(("subtotal", "shipping", "taxes", "total"), "1.00")
    order |= {"ordered_at_0": "2026-09-01", "ordered_at_1": "10:00:00"}
    page = admin_client.post(reverse("admin:orders_order_add"), order | items)
    assert page.status_code == 302
    saved = Order.objects.get()
    assert (saved.number, saved.key, saved.email) == ("#w-77", "W77", "carol@example.com")


def test_staff_without_the_group_see_no_orders(client, db):
    client.force_login(User.objects.create(username="intern", is_staff=True))
    assert client.get(LIST).status_code == 403


def test_amounts_that_staff_read_have_the_decimals_of_their_currency(desk, alice):
    order = Order.objects.create(
        number="ORD-9", currency="EUR", total="19.900", taxes="3.185", email="a@example.org"
    )
    order.items.create(name="Lamp", price="19.900")

    page = parse(desk.get(reverse("admin:orders_order_change", args=[order.pk])).content.decode())

    shown = page.one("main").text
    assert "19.90 EUR" in shown
    assert "3.185 EUR" in shown
    assert "19.900" not in shown
    assert shown.count("19.90 EUR") == 2  # of the order, and of its item


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        ("19.900", "EUR", "19.90 EUR"),
        ("12.505", "EUR", "12.505 EUR"),
        ("1980.000", "JPY", "1980 JPY"),
        ("1980.500", "JPY", "1980.5 JPY"),
        ("4.25", "KWD", "4.250 KWD"),
        ("100.000", "", "100.00"),
        ("0", "jpy", "0 jpy"),
    ],
)
def test_an_amount_has_the_decimals_of_its_currency(amount, currency, shown):
    assert format_amount(Decimal(amount), currency) == shown
