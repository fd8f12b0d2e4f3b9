"""Doubled, late and reordered messages end in the same orders, and none of them becomes somebody else's."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import timezone

from orders.models import LiveOrder, Order, OrderItem, ProcessedDelivery

from .platforms import (
    JSON_ORDER,
    SHOPIFY_ORDER,
    SHOPIFY_PARCEL,
    WOOCOMMERCE_ORDER,
    change_order,
)
from .test_export_files import HEADER, MUG, PIN
from .test_foreign_exports import WOO, WOO_HEADER

pytestmark = pytest.mark.django_db


# Once, and in the platform's order.


def list_rows() -> list[Any]:
    """All that is stored of orders, without the database's own ids."""
    fields = [field.name for field in Order._meta.concrete_fields if field.name != "id"]
    items = OrderItem.objects.order_by("order__number", "name").values_list(
        "order__number", "name", "quantity"
    )
    return [*Order.objects.order_by("number").values_list(*fields), *items]


def build_history(number: int, chance: random.Random) -> list[tuple[str, dict[str, Any]]]:
    """What Shopify sends of an order from first to last, one or more in a second."""
    placed = datetime(2026, 9, 1, 9, tzinfo=UTC) + timedelta(minutes=number)
    order = change_order(
        SHOPIFY_ORDER,
        id=5000 + number,
        name=f"#{number}",
        email=f"zoe{number % 7}@example.com",
        created_at=f"{placed}",
    )
    parcel = SHOPIFY_PARCEL | {"tracking_number": f"35796250{number}"}
    gone = SHOPIFY_PARCEL | {"status": "cancelled"}
    steps: list[tuple[str, dict[str, Any]]] = [
        ("orders/create", {"financial_status": "pending"}),
        ("orders/paid", {"financial_status": "paid"}),
        ("orders/updated", {"fulfillment_status": "partial", "fulfillments": [parcel]}),
        ("orders/updated", {"fulfillment_status": None, "fulfillments": [gone]}),
        ("orders/updated", {"line_items": [], "total_price": "0.00"}),
        ("orders/fulfilled", {"fulfillment_status": "fulfilled", "fulfillments": [parcel]}),
        ("orders/updated", {"fulfillments": [parcel | {"shipment_status": "delivered"}]}),
        ("orders/cancelled", {"cancelled_at": "2026-09-20T09:00:00Z", "financial_status": "refunded"}),
    ]
    history, time = [], placed
    for topic, changes in steps[: chance.randint(1, len(steps))]:
        order = order | changes | {"updated_at": time.isoformat()}
        history.append((topic, order))
        time += timedelta(seconds=chance.randint(0 if topic == "orders/create" else 1, 90))
    if chance.random() < 0.2:
        history.append(("orders/delete", {"id": order["id"]}))
    return history


def test_late_doubled_and_reordered_messages_end_in_the_same_rows(sender):
    chance = random.Random(12)
    User.objects.create(username="zoe", email="zoe3@example.com")
    histories = [build_history(number, chance) for number in range(25)]
    events = [
        (f"{number}-{step}", *event)
        for number, each in enumerate(histories)
        for step, event in enumerate(each)
    ]
    for delivery, topic, message in events:
        assert sender.send_shopify(message, topic, delivery).status_code == 200
    in_order = list_rows()
    for model in (Order, LiveOrder, ProcessedDelivery):
        model.objects.all().delete()

    mixed = events + chance.sample(events, len(events) // 6)
    moved = chance.sample(range(len(mixed)), len(mixed) // 3)
    for place in moved:
        mixed.insert(chance.randrange(len(mixed)), mixed.pop(place))
    for delivery, topic, message in mixed:
        assert sender.send_shopify(message, topic, delivery).status_code == 200

    assert len(events) > 90
    assert list_rows() == in_order
    assert ProcessedDelivery.objects.count() == len(events)


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        (
            "send_woocommerce",
            WOOCOMMERCE_ORDER,
            {"date_modified_gmt": "2026-09-01T09:00:09", "status": "cancelled"},
        ),
        ("send_json", JSON_ORDER, {"updated_at": "2026-09-02T08:59:59Z", "status": "cancelled"}),
        ("send_json", JSON_ORDER, {"updated_at": "2026-09-02T09:00:00+02:00", "deleted": True}),
    ],
)
def test_what_is_older_changes_nothing(sender, name, first, second):
    send = getattr(sender, name)
    send(first)
    before = list_rows()
    assert "late" in str(send(first | second).json())
    assert list_rows() == before


def test_two_messages_of_one_second_have_one_delivery_id_and_are_both_stored(sender):
    other = change_order(WOOCOMMERCE_ORDER, id=728, number="728")
    for order in (WOOCOMMERCE_ORDER, other, WOOCOMMERCE_ORDER):
        sender.send_woocommerce(order, delivery="d2f1")
    assert sorted(Order.objects.values_list("number", flat=True)) == ["727", "728"]
    assert ProcessedDelivery.objects.count() == 2


def test_a_key_stands_for_one_message(sender):
    message = {name: value for name, value in JSON_ORDER.items() if name != "updated_at"}
    key = {"Idempotency-Key": "k1"}
    assert sender.send_json(message, **key).json() == {"outcomes": ["stored"]}
    Order.objects.update(status="delivered")
    assert sender.send_json(message, **key).json() == {"outcome": "duplicate"}
    assert Order.objects.get().status == "delivered"
    assert sender.send_json(message | {"total": 5}, **key).status_code == 422


def test_a_deleted_order_is_gone_and_stays_so(sender):
    sender.send_shopify(SHOPIFY_ORDER)
    sender.send_woocommerce(WOOCOMMERCE_ORDER)
    sender.send_json(JSON_ORDER)
    sender.send_shopify({"id": SHOPIFY_ORDER["id"]}, "orders/delete")
    sender.send_woocommerce({"id": 727}, "order.deleted")
    sender.send_json({"number": "B-77", "deleted": True})
    assert not Order.objects.exists()
    sender.send_shopify(change_order(SHOPIFY_ORDER, updated_at="2099-01-01T00:00:00Z"))
    sender.send_woocommerce(WOOCOMMERCE_ORDER)
    sender.send_json(JSON_ORDER)
    assert not Order.objects.exists()

    sender.send_woocommerce(
        change_order(WOOCOMMERCE_ORDER, date_modified_gmt="2026-09-09T09:00:00"), "order.restored"
    )
    assert Order.objects.get().number == "727"


def test_an_order_that_was_deleted_and_made_again_is_there(sender):
    for time, changes in (("09", {}), ("10", {"deleted": True}), ("11", {})):
        sender.send_json(JSON_ORDER | changes | {"updated_at": f"2026-09-02T{time}:00:00Z"})
        assert Order.objects.exists() == (not changes)
    sender.send_woocommerce({"id": 727}, "order.deleted")
    sender.send_woocommerce(change_order(WOOCOMMERCE_ORDER, date_modified_gmt="2099-01-01T00:00:00"))
    assert not Order.objects.filter(number="727").exists(), "the platform's clock is wrong"


def test_an_older_export_brings_no_deleted_order_back(sender, tmp_path, capsys):
    sender.send_shopify(SHOPIFY_ORDER)
    sender.send_shopify({"id": SHOPIFY_ORDER["id"]}, "orders/delete")
    file = tmp_path / "export.csv"
    file.write_text(f"{HEADER},Id\n{MUG},{SHOPIFY_ORDER['id']}\n{PIN},5\n")
    call_command("import_orders", str(file))
    assert Order.objects.get().number == "#1002"
    assert "Line 2, #1001: The shop has deleted this order since." in capsys.readouterr().err


def test_another_shop_s_deletion_is_not_that_of_an_order_with_the_same_id(sender, tmp_path):
    one, two = ({"X-WC-Webhook-Source": f"https://{name}.example/"} for name in ("one", "two"))
    sender.send_woocommerce(WOOCOMMERCE_ORDER, **one)
    for number in (727, 728):  # one that is stored, and one that nobody knew
        sender.send_woocommerce({"id": number}, "order.deleted", **one)
    file = tmp_path / "export.csv"
    in_another_zone, unknown = WOO.replace(" 09:", " 11:"), WOO.replace("727", "728")
    file.write_text("\n".join([WOO_HEADER, in_another_zone, unknown]))
    call_command("import_orders", str(file))
    assert not Order.objects.exists(), "they are those that the only shop has deleted"

    sender.send_woocommerce({"id": 1}, "order.deleted", **two)
    file.write_text("\n".join([WOO_HEADER, WOO.replace(" 09:00:00", " 10:03:07"), unknown]))
    call_command("import_orders", str(file))
    assert [order.number for order in Order.objects.order_by("number")] == ["727", "728"]


def test_an_imported_order_goes_on_live(sender):
    Order.objects.create(
        number="#1001",
        email="zoe@example.com",
        platform_id="820982911946154508",
        expected_delivery="2026-09-05",
    )
    sender.send_shopify(SHOPIFY_ORDER)
    order = Order.objects.get()
    assert (order.platform, str(order.expected_delivery), order.total) == (
        "shopify",
        "2026-09-05",
        Decimal("24.9"),
    )
    Order.objects.create(number="#1002", platform_id="77")
    Order.objects.create(number="727", platform="woocommerce", platform_id="78")
    sender.send_shopify({"id": 77}, "orders/delete")
    sender.send_shopify({"id": 78}, "orders/delete")
    assert sorted(Order.objects.values_list("number", flat=True)) == ["#1001", "727"]


def test_a_system_of_one_s_own_deletes_by_the_number(sender):
    Order.objects.create(number="B-1", platform_id="77")
    Order.objects.create(number="B-2")
    sender.send_json(JSON_ORDER | {"id": "5001"})
    deleted = {"deleted": True}
    answers = [
        sender.send_json({"number": "B-1", "id": "78"} | deleted),
        sender.send_json({"number": "B-2"} | deleted),
        sender.send_json({"number": "B-77"} | deleted),
        sender.send_json({"number": "B-99"} | deleted),
    ]
    assert [answer.status_code for answer in answers] == [409, 200, 200, 200]
    assert Order.objects.get().number == "B-1"


def test_an_order_follows_its_platform_to_another_number(sender):
    sender.send_shopify(SHOPIFY_ORDER)
    sender.send_shopify(change_order(SHOPIFY_ORDER, name="#1001-A", updated_at="2026-09-02T09:00:00Z"))
    assert Order.objects.get().number == "#1001-A"


# Nobody else's.


def test_another_order_with_the_number_is_refused_by_name_and_changes_nothing(sender, caplog):
    max_ = User.objects.create(username="max", email="max@example.com")
    sender.send_shopify(SHOPIFY_ORDER)
    sender.send_woocommerce(WOOCOMMERCE_ORDER)
    sender.send_json(JSON_ORDER)
    before = list_rows()
    theirs = {"email": "max@example.com"}
    shopify = sender.send_shopify(
        change_order(SHOPIFY_ORDER, id=5, **theirs, updated_at="2026-10-01T09:00:00Z")
    )
    woocommerce = sender.send_woocommerce(
        change_order(WOOCOMMERCE_ORDER, billing=theirs, date_created_gmt="2026-05-01T09:00:00"),
        **{"X-WC-Webhook-Source": "https://other.example/"},
    )
    own = sender.send_json(JSON_ORDER | theirs | {"updated_at": "2026-10-01T09:00:00Z", "id": "5"})

    assert [answer.status_code for answer in (shopify, woocommerce, own)] == [200, 200, 409]
    for answer, number in ((shopify, "#1001"), (woocommerce, "727"), (own, "B-77")):
        assert f"Another order with the number {number} is stored" in answer.json()["error"]
        assert "zoe" not in answer.content.decode()
    assert list_rows() == before
    assert not max_.orders.exists()
    assert "example.com" not in caplog.text


@pytest.mark.parametrize("linked", ["by address", "by staff", "to nobody", "by staff to a closed account"])
@pytest.mark.parametrize("address", ["bob@example.com", "nobody@example.com", "", None])
def test_an_order_follows_its_address_unless_staff_chose_the_account(sender, alice, bob, linked, address):
    carol = User.objects.create(username="carol", email="carol@example.com")
    sender.send_shopify(change_order(SHOPIFY_ORDER, email="alice@example.com"))
    orders = Order.objects.filter(number="#1001")
    if linked.startswith("by staff"):
        carol.is_active = linked == "by staff"
        carol.save()
        orders.update(customer=carol)
    if linked == "to nobody":
        orders.update(customer=None)
    late = {"updated_at": "2026-10-01T09:00:00Z", "contact_email": address, "customer": None}
    assert sender.send_shopify(change_order(SHOPIFY_ORDER, email=address, **late)).json()["outcome"]
    by_address = bob if address == "bob@example.com" else None
    kept = {"by address": by_address if address else alice, "to nobody": by_address}
    assert orders.get().customer == kept.get(linked, carol)


def test_an_order_goes_back_when_an_address_was_corrected_by_mistake(sender, alice, bob):
    for day, address in enumerate(["alice", "bob", "alice"], 1):
        late = f"2026-10-0{day}T09:00:00Z"
        sender.send_shopify(change_order(SHOPIFY_ORDER, email=f"{address}@example.com", updated_at=late))
    order = Order.objects.get(number="#1001")
    assert (order.customer, bob.orders.filter(pk=order.pk).exists()) == (alice, False)


def test_what_staff_filled_in_stays_until_the_platform_says_something_else(sender):
    without_number = SHOPIFY_PARCEL | {"tracking_number": None, "tracking_numbers": []}
    sent = {"fulfillment_status": "fulfilled", "fulfillments": [without_number]}
    sender.send_shopify(change_order(SHOPIFY_ORDER, **sent))
    today = timezone.localdate()
    Order.objects.update(status="delivered", tracking="ABC", expected_delivery=today)
    sender.send_shopify(change_order(SHOPIFY_ORDER, **sent, updated_at="2026-09-03T09:00:00Z"))
    order = Order.objects.get()
    assert (order.status, order.tracking, order.expected_delivery) == ("delivered", "ABC", today)
    sent["fulfillments"] = [SHOPIFY_PARCEL]
    sender.send_shopify(change_order(SHOPIFY_ORDER, **sent, updated_at="2026-09-04T09:00:00Z"))
    assert Order.objects.get().tracking == "357962501027"
    Order.objects.update(tracking="CORRECTED")
    sender.send_shopify(change_order(SHOPIFY_ORDER, **sent, updated_at="2026-09-05T09:00:00Z"))
    assert Order.objects.get().tracking == "CORRECTED", "what is said once more is no news"
    sent["fulfillments"] = [SHOPIFY_PARCEL | {"tracking_number": "777"}]
    sender.send_shopify(change_order(SHOPIFY_ORDER, **sent, updated_at="2026-09-06T09:00:00Z"))
    assert Order.objects.get().tracking == "777"


def test_deliveries_are_forgotten_after_some_weeks(sender):
    sender.send_shopify(SHOPIFY_ORDER)
    ProcessedDelivery.objects.update(received=timezone.now() - timedelta(days=31))
    sender.send_woocommerce(WOOCOMMERCE_ORDER)
    assert ProcessedDelivery.objects.count() == 1
