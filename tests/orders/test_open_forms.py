"""While an order's form is open and the shop reports, nothing is lost: not what staff type, nor what the shop says."""

import json
import threading
from html import unescape
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.urls import reverse

from orders.importer import lock_orders
from orders.models import Order, OrderItem
from tests.admin_forms import open_form, read_form

from .platforms import JSON_ORDER, change_order

MUG, CUP = {"name": "Mug", "quantity": 2, "price": 10}, {"name": "Cup", "quantity": 1, "price": 4}


@pytest.fixture
def report(sender):
    """The shop's own system tells of the order again, a second later each time."""
    seconds = iter(range(60))

    def report(tracking: str, items: Any = (MUG,), **changes: Any) -> None:
        at = f"2026-09-02T09:00:{next(seconds):02}Z"
        told = change_order(JSON_ORDER, carrier="DHL", tracking=tracking, items=[*items], updated_at=at)
        answer = sender.send_json(told | changes)
        assert json.loads(answer.content)["outcomes"] in (["stored"], ["unchanged"]), answer.content

    report("T1", [MUG])
    return report


def address() -> str:
    return reverse("admin:orders_order_change", args=[Order.objects.get().pk])


@pytest.mark.parametrize("items", [[], [MUG]])
def test_a_save_of_another_field_keeps_what_the_shop_has_said_since(admin_client, report, items):
    report("T1", items, shipped_at="2026-09-01T10:00:00Z")
    form = open_form(admin_client, address())
    report("T2", items, shipped_at="2026-09-02T11:30:00Z")

    page = admin_client.post(address(), form | {"expected_delivery": "2026-09-06"}, follow=True)

    order = Order.objects.get()
    assert (order.tracking, str(order.expected_delivery), order.shipped_at.hour) == ("T2", "2026-09-06", 11)
    assert "Meanwhile somebody else changed: “Shipped at”, “Tracking”." in unescape(page.content.decode())
    report("T2", items, status="delivered")
    order.refresh_from_db()
    assert (order.status, order.tracking, order.items.count()) == ("delivered", "T2", len(items))


def test_whoever_changes_what_the_shop_has_changed_since_is_told_and_may_decide(admin_client, report):
    """Also of a field that is sent in two parts, the day and the time."""
    report("T1", shipped_at="2026-09-01T10:00:00Z")
    form = open_form(admin_client, address())
    report("T2", shipped_at="2026-09-02T11:30:00Z")

    mine = {"tracking": "T3", "shipped_at_0": "2026-09-03"}
    page = admin_client.post(address(), form | mine).content.decode()

    assert "has changed this to “T2” since you opened the page" in page
    assert "has changed this to “2 Sep 2026" in page
    assert Order.objects.get().tracking == "T2"
    admin_client.post(address(), read_form(page))
    order = Order.objects.get()
    assert (order.tracking, str(order.shipped_at.date())) == ("T3", "2026-09-03")


def test_a_form_that_is_refused_for_another_field_still_knows_what_was_changed(admin_client, report):
    form = open_form(admin_client, address())
    mine = {"shipped_at_0": "2026-09-03", "shipped_at_1": "10:00:00", "total": "much"}
    page = admin_client.post(address(), form | mine).content.decode()
    admin_client.post(address(), read_form(page) | {"total": "24.90"})
    assert str(Order.objects.get().shipped_at.date()) == "2026-09-03"


class TestItems:
    def test_an_item_that_the_shop_has_changed_since_stays_as_the_shop_has_it(self, admin_client, report):
        report("T1", [MUG, CUP])
        form = open_form(admin_client, address())
        report("T2", [MUG | {"state": "returned"}, CUP, CUP | {"name": "Bowl"}])

        admin_client.post(address(), form | {"items-1-quantity": "5"})

        items = list(OrderItem.objects.values_list("name", "quantity", "state"))
        assert items == [("Mug", 2, "returned"), ("Cup", 5, ""), ("Bowl", 1, "")]

    def test_an_item_that_the_shop_has_removed_since_holds_nobody_up(self, admin_client, report):
        report("T1", [MUG, CUP])
        form = open_form(admin_client, address())
        report("T2", [MUG])

        page = admin_client.post(address(), form | {"expected_delivery": "2026-09-06"}, follow=True)
        assert "was not saved" not in page.content.decode()
        assert str(Order.objects.get().expected_delivery) == "2026-09-06"

        page = admin_client.post(address(), form | {"items-1-quantity": "5"}, follow=True)
        assert "Meanwhile the shop removed: “Cup”. What you changed there" in unescape(page.content.decode())
        assert [item.name for item in OrderItem.objects.all()] == ["Mug"]

    def test_a_row_of_a_removed_item_is_shown_again_with_another_fields_mistake(self, admin_client, report):
        report("T1", [MUG, CUP])
        form = open_form(admin_client, address())
        report("T2", [MUG])
        page = admin_client.post(address(), form | {"total": "much"}).content.decode()
        admin_client.post(address(), read_form(page) | {"total": "20.00"})
        assert Order.objects.get().total == 20

    @pytest.mark.parametrize(
        "later",
        [
            [MUG],
            [MUG | {"quantity": 1}, CUP],
            [CUP, MUG],
            [MUG, CUP, CUP],
            [CUP],
            [],
            [MUG, CUP | {"price": 3}, MUG],
        ],
    )
    def test_what_is_stored_is_what_the_shop_said_last_in_its_order(self, report, later):
        report("T1", [MUG, CUP])
        first = OrderItem.objects.all()[0].pk
        report("T2", later)
        items = OrderItem.objects.values_list("pk", "name", "quantity", "price")
        assert [item[1:] for item in items] == [
            (each["name"], each["quantity"], each["price"]) for each in later
        ]
        if later and later[0]["name"] == "Mug":
            assert items[0][0] == first, "the item's row stays, for somebody may have its form open"

    def test_an_order_of_many_items_can_be_saved(self, admin_client, report):
        report("T1", [MUG | {"name": f"Mug {number}"} for number in range(90)])
        form = open_form(admin_client, address())
        admin_client.post(address(), form | {"expected_delivery": "2026-09-06"})
        assert str(Order.objects.get().expected_delivery) == "2026-09-06"


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_a_save_waits_while_what_the_shop_tells_is_being_stored(admin_client, report):
    """Otherwise that would be built on the order before the save, and would undo it."""
    form = open_form(admin_client, address())

    def save() -> None:
        admin_client.post(address(), form | {"expected_delivery": "2026-09-06"})
        connections.close_all()

    saving = threading.Thread(target=save)
    with transaction.atomic():
        lock_orders()
        saving.start()
        while saving.is_alive() and not is_somebody_waiting():
            pass
        assert str(Order.objects.get().expected_delivery) == "2026-09-05", "it waits"
    saving.join()
    assert str(Order.objects.get().expected_delivery) == "2026-09-06"


def is_somebody_waiting() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return bool(cursor.fetchone()[0])
