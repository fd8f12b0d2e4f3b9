"""Orders that platforms send: stored for who knows the secret, once, in their order, and never as somebody else's."""

import json
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.checks import run_checks
from django.utils import timezone

from orders.models import LiveOrder, Order, OrderItem, ProcessedDelivery
from orders.tools import lookup_order

from .platforms import (
    SECRET,
    SHOPIFY_ORDER,
    SHOPIFY_PARCEL,
    WOOCOMMERCE_ORDER,
    WOOCOMMERCE_PARCELS,
    Sender,
    change_order,
    sign,
)

pytestmark = pytest.mark.django_db

JSON_ORDER: dict[str, Any] = {
    "number": "B-77",
    "email": "Zoe@Example.com",
    "status": "shipped",
    "currency": "EUR",
    "total": "24.90",
    "ordered_at": "2026-09-01T09:00:00Z",
    "updated_at": "2026-09-02T09:00:00Z",
    "expected_delivery": "2026-09-05",
    "items": [{"name": "Mug", "quantity": 2, "price": 10, "state": "shipped"}],
}


@pytest.fixture(autouse=True)
def secrets(settings):
    settings.SHOPIFY_WEBHOOK_SECRET = settings.WOOCOMMERCE_WEBHOOK_SECRET = SECRET
    settings.ORDERS_API_TOKEN = SECRET


@pytest.fixture
def sender() -> Sender:
    return Sender()


def is_nothing_stored() -> bool:
    return not any(model.objects.exists() for model in (Order, OrderItem, LiveOrder, ProcessedDelivery))


# Who may send.


def send_to_all(sender: Sender, **changes: Any) -> list[int]:
    return [
        sender.send_shopify(SHOPIFY_ORDER, **changes).status_code,
        sender.send_woocommerce(WOOCOMMERCE_ORDER, **changes).status_code,
        sender.send_json(JSON_ORDER, **({"token": changes["secret"]} if changes else {})).status_code,
    ]


def test_with_the_secret_an_order_is_stored(sender):
    assert send_to_all(sender) == [200, 200, 200]
    assert sorted(Order.objects.values_list("number", flat=True)) == ["#1001", "727", "B-77"]


@pytest.mark.parametrize(
    "secret", ["another secret of 32 characters.", SECRET[:-1], f"{SECRET} "[1:], "ü" * 32]
)
def test_with_another_secret_it_is_401_and_nothing_is_stored(sender, secret):
    if secret.isascii():
        assert send_to_all(sender, secret=secret) == [401, 401, 401]
    else:
        assert sender.send_shopify(SHOPIFY_ORDER, secret=secret).status_code == 401
    assert is_nothing_stored()


@pytest.mark.parametrize("signature", ["", "é", "not base64!", "AAAA", SECRET])
def test_without_a_right_signature_it_is_401_and_nothing_is_stored(sender, signature):
    answers = [
        sender.send_shopify(SHOPIFY_ORDER, **{"X-Shopify-Hmac-Sha256": signature}),
        sender.send_woocommerce(WOOCOMMERCE_ORDER, **{"X-WC-Webhook-Signature": signature}),
        sender.send_json(JSON_ORDER, Authorization=signature),
        sender.send_json(JSON_ORDER, Authorization=f"Basic {SECRET}"),
    ]
    assert [answer.status_code for answer in answers] == [401] * 4
    assert all(answer.json()["error"] for answer in answers)
    assert is_nothing_stored()


def test_a_signature_is_of_that_body_alone(sender):
    signed = sign(json.dumps(SHOPIFY_ORDER).encode())
    cheaper = change_order(SHOPIFY_ORDER, total_price="0.01")
    assert sender.send_shopify(cheaper, **{"X-Shopify-Hmac-Sha256": signed}).status_code == 401


@pytest.mark.parametrize("unset", ["", "   ", "short"])
def test_an_address_without_its_secret_is_not_there(sender, settings, unset):
    settings.SHOPIFY_WEBHOOK_SECRET = settings.WOOCOMMERCE_WEBHOOK_SECRET = settings.ORDERS_API_TOKEN = unset
    assert send_to_all(sender, secret=unset) == [404, 404, 404]
    assert is_nothing_stored()


def test_while_one_secret_replaces_another_both_are_taken(sender, settings):
    new = "0123456789abcdef0123456789abcdef"
    settings.SHOPIFY_WEBHOOK_SECRET = settings.WOOCOMMERCE_WEBHOOK_SECRET = f"{new}, {SECRET}"
    settings.ORDERS_API_TOKEN = f"{new},{SECRET}"
    assert send_to_all(sender) == [200, 200, 200]
    assert send_to_all(sender, secret=new) == [200, 200, 200]


@pytest.mark.parametrize(
    ("value", "problems"),
    [
        ("", 0),
        (SECRET, 0),
        ("short", 3),
        ("a secret with spaces in it", 1),
        ("with a line\nend in it, really", 4),
    ],
)
def test_a_secret_that_protects_nothing_is_told_by_check_without_showing_it(settings, value, problems):
    settings.SHOPIFY_WEBHOOK_SECRET = settings.WOOCOMMERCE_WEBHOOK_SECRET = settings.ORDERS_API_TOKEN = value
    found = [each for each in run_checks(tags=["security"]) if str(each.id).startswith("orders.")]
    assert len(found) == problems
    assert not value or value not in str(found)


@pytest.mark.parametrize("path", ["/orders/webhooks/shopify", "/orders/webhooks/woocommerce/", "/orders/api"])
def test_only_post_is_answered(client, path):
    assert client.get(path).status_code == 405


# What is wrong with a message.


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{" + b" " * (2 * 1024 * 1024), "application/json", 413),
        (b"{}", "text/plain", 415),
        (b"<order/>", "application/xml", 415),
        (b" ", "application/json", 422),
        (b"[]", "application/json", 422),
        (b'{"id": NaN}', "application/json", 422),
        (b'{"id": "\xff"}', "application/json", 422),
        (b"[" * 100_000, "application/json", 422),
        (b"{}", "application/json", 422),
        (b'{"id": 5, "name": "", "number": ""}', "application/json", 422),
        (b'{"id": [1], "name": {"a": 1}, "number": [2]}', "application/json", 422),
    ],
)
def test_what_cannot_be_read_is_refused_in_plain_words(sender, body, content_type, status):
    signed = {"X-Shopify-Hmac-Sha256": sign(body), "X-Shopify-Topic": "orders/updated"}
    answers = [
        sender.post("/orders/webhooks/shopify", body, content_type, **signed),
        sender.post("/orders/api", body, content_type, Authorization=f"Bearer {SECRET}"),
    ]
    if b"number" not in body:  # WooCommerce's own id is the number where there is no other one
        signed = {"X-WC-Webhook-Signature": sign(body), "X-WC-Webhook-Topic": "order.updated"}
        answers.append(sender.post("/orders/webhooks/woocommerce", body, content_type, **signed))
    assert [answer.status_code for answer in answers] == [status] * len(answers)
    assert all(len(answer.json()["error"]) > 15 for answer in answers)
    assert is_nothing_stored()


@pytest.mark.parametrize("value", [None, 5, "x", [], {}, [5], [None], {"a": []}, "\ud800\0", True, 1e300])
def test_a_field_of_an_unknown_form_is_left_out_and_loses_no_order(sender, value):
    keep = ("id", "name", "number", "updated_at", "date_modified_gmt")
    for order, send in ((SHOPIFY_ORDER, sender.send_shopify), (WOOCOMMERCE_ORDER, sender.send_woocommerce)):
        message = {name: each if name in keep else value for name, each in order.items()}
        assert send(message).status_code == 200
    assert sorted(Order.objects.values_list("number", flat=True)) == ["#1001", "727"]


def test_an_odd_cell_is_named_in_the_answer(sender):
    answer = sender.send_shopify(change_order(SHOPIFY_ORDER, total_price="a lot", email="nobody")).json()
    assert answer["outcome"] == "stored"
    assert [words.partition(" ")[0] for words in answer["left_out"]] == ["Email", "Total"]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"number": ""}, "number"),
        ({"totl": "5"}, "totl"),
        ({"total": "12,50"}, "total"),
        ({"status": "sent"}, "status"),
        ({"email": "nobody"}, "email"),
        ({"updated_at": "yesterday"}, "updated_at"),
        ({"tracking_url": "javascript:alert(1)"}, "tracking_url"),
        ({"items": [{"name": "Mug", "quantity": -1}]}, "items.0.quantity"),
    ],
)
def test_a_system_of_one_s_own_is_told_which_field_is_wrong(sender, change, named):
    for message in (JSON_ORDER | change, {"orders": [JSON_ORDER, JSON_ORDER | change]}):
        answer = sender.send_json(message)
        assert answer.status_code == 422
        assert f"{named}:" in answer.json()["error"]
    assert is_nothing_stored()


def test_what_is_about_no_order_is_answered_and_ignored(sender):
    gone = {
        "code": "woocommerce_rest_shop_order_invalid_id",
        "message": "Invalid ID.",
        "data": {"status": 404},
    }
    answers = [
        sender.send_shopify({"id": 1, "title": "Mug"}, "products/update"),
        sender.send_woocommerce({"id": 1, "name": "Mug"}, "product.updated"),
        sender.send_woocommerce(gone),
        sender.send_woocommerce(change_order(WOOCOMMERCE_ORDER, status="checkout-draft")),
        sender.post("/orders/webhooks/woocommerce", b"webhook_id=12", "application/x-www-form-urlencoded"),
    ]
    assert [answer.status_code for answer in answers] == [200] * 5
    assert is_nothing_stored()


# What is stored.


def test_all_that_shopify_tells_of_an_order_is_kept(sender, chat):
    sent = {
        "fulfillment_status": "fulfilled",
        "fulfillments": [SHOPIFY_PARCEL],
        "financial_status": "partially_refunded",
    }
    refund = {"transactions": [{"kind": "refund", "status": "success", "amount": "5.00"}]}
    items = [SHOPIFY_ORDER["line_items"][0] | {"fulfillment_status": "fulfilled"}]
    sender.send_shopify(change_order(SHOPIFY_ORDER, **sent, refunds=[refund], line_items=items))

    assert lookup_order(chat(), "1001", "zoe@example.com") == {
        "order_id": "#1001",
        "status": "shipped",
        "eta": None,
        "expected_delivery": None,
        "ordered": "2026-09-01",
        "total": "24.90 EUR",
        "shipped": "2026-09-02",
        "delivered": None,
        "carrier": "DHL",
        "tracking": "357962501027",
        "items": [{"name": "Mug - Blue", "quantity": 2, "price": "10.00 EUR", "state": "shipped"}],
        "shipping_method": "DHL Paket",
        "tracking_url": "https://dhl.example/track?id=357962501027",
        "payment": "partially refunded",
        "refunded": "5.00 EUR",
    }
    order = Order.objects.get()
    amounts = (order.subtotal, order.shipping, order.taxes, order.platform, order.platform_id, order.name)
    assert amounts == (20, Decimal("4.9"), Decimal("3.98"), "shopify", "820982911946154508", "Zoe Zimmer")
    assert lookup_order(chat(), "1001", phone="030 1234567")["order_id"] == "#1001"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, "processing"),
        ({"fulfillment_status": "partial", "fulfillments": [SHOPIFY_PARCEL]}, "partly_shipped"),
        ({"financial_status": "refunded", "fulfillment_status": "fulfilled"}, "shipped"),
        ({"cancelled_at": "2026-09-02T10:00:00-04:00", "fulfillment_status": None}, "cancelled"),
        (
            {
                "fulfillment_status": "fulfilled",
                "fulfillments": [SHOPIFY_PARCEL | {"shipment_status": "delivered"}],
            },
            "delivered",
        ),
        (
            {
                "fulfillment_status": "fulfilled",
                "fulfillments": [SHOPIFY_PARCEL | {"shipment_status": "delivered"}, SHOPIFY_PARCEL],
            },
            "shipped",
        ),
    ],
)
def test_the_status_of_an_order_of_shopify(sender, changes, status):
    sender.send_shopify(change_order(SHOPIFY_ORDER, **changes))
    assert Order.objects.get().status == status


def test_each_of_several_parcels_is_told_and_the_newest_is_looked_up(sender, chat):
    second = SHOPIFY_PARCEL | {"tracking_number": "RR123456785DE", "created_at": "2026-09-03T10:00:00-04:00"}
    broken = SHOPIFY_PARCEL | {"tracking_number": "999", "status": "cancelled"}
    sender.send_shopify(change_order(SHOPIFY_ORDER, fulfillments=[second, SHOPIFY_PARCEL, broken]))
    told = lookup_order(chat(), "RR 123 456 785 DE", "zoe@example.com")
    assert (told["order_id"], told["tracking"]) == ("#1001", "357962501027, RR123456785DE")


@pytest.mark.parametrize(
    ("changes", "status", "payment"),
    [
        ({}, "processing", "paid"),
        ({"status": "pending", "date_paid_gmt": None, "date_paid": None}, "processing", "pending"),
        ({"status": "on-hold"}, "processing", "on hold"),
        ({"status": "completed", "date_completed_gmt": "2026-09-02T09:00:00"}, "shipped", "paid"),
        ({"status": "refunded", "date_completed_gmt": "2026-09-02T09:00:00"}, "shipped", "refunded"),
        ({"status": "refunded"}, "cancelled", "refunded"),
        ({"status": "completed", "refunds": [{"id": 1, "total": "-5.00"}]}, "shipped", "partially refunded"),
        ({"status": "cancelled"}, "cancelled", "paid"),
        ({"status": "partial-shipped"}, "partly_shipped", "paid"),
        ({"status": "of-a-plugin"}, "processing", "paid"),
    ],
)
def test_the_state_of_an_order_of_woocommerce(sender, changes, status, payment):
    sender.send_woocommerce(change_order(WOOCOMMERCE_ORDER, **changes))
    order = Order.objects.get()
    assert (order.status, order.payment) == (status, payment)


def test_all_that_woocommerce_tells_of_an_order_is_kept(sender):
    sent = {"status": "completed", "date_completed_gmt": "2026-09-02T09:00:00"}
    refunds = [{"id": 1, "total": "-2.50"}, {"id": 2, "total": "-2.50"}]
    sender.send_woocommerce(
        change_order(WOOCOMMERCE_ORDER, **sent, meta_data=[WOOCOMMERCE_PARCELS], refunds=refunds)
    )
    order = Order.objects.get()
    assert (order.number, order.platform_id, order.email, order.name, order.phone_key) == (
        "727",
        "727",
        "zoe@example.com",
        "Zoe Zimmer",
        "301234567",
    )
    assert (order.ordered_at, order.shipped_at) == (
        datetime(2026, 9, 1, 9, tzinfo=UTC),
        datetime(2026, 9, 2, 9, tzinfo=UTC),
    )
    assert (order.carrier, order.tracking, order.tracking_url) == (
        "dhl",
        "357962501027",
        "https://dhl.example/track?id=357962501027",
    )
    assert (order.total, order.subtotal, order.shipping, order.taxes, order.refunded) == tuple(
        map(Decimal, ("24.9", "20", "4.9", "3.98", "5"))
    )
    assert list(order.items.values_list("name", "quantity", "price")) == [("Mug", 3, Decimal("6.67"))]


def test_all_that_a_system_of_one_s_own_sends_is_kept(sender):
    assert sender.send_json(JSON_ORDER).json() == {"outcomes": ["stored"]}
    order = Order.objects.get()
    assert (order.email, order.status, str(order.expected_delivery)) == (
        "zoe@example.com",
        "shipped",
        "2026-09-05",
    )
    assert list(order.items.values_list("name", "quantity", "price", "state")) == [
        ("Mug", 2, Decimal(10), "shipped")
    ]
    others = {"orders": [JSON_ORDER | {"number": f"B-{number}"} for number in range(3)]}
    assert sender.send_json(others).json() == {"outcomes": ["stored"] * 3}


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


def test_an_imported_order_goes_on_live(sender, tmp_path):
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


def test_an_order_stays_in_its_account_when_its_address_is_changed(sender, alice, bob):
    sender.send_shopify(change_order(SHOPIFY_ORDER, email="alice@example.com"))
    sender.send_shopify(
        change_order(SHOPIFY_ORDER, email="bob@example.com", updated_at="2026-10-01T09:00:00Z")
    )
    assert Order.objects.get(number="#1001").customer == alice


def test_what_staff_filled_in_stays_until_the_platform_says_something_else(sender):
    sent = {"fulfillment_status": "fulfilled", "fulfillments": [SHOPIFY_PARCEL | {"tracking_number": None}]}
    sender.send_shopify(change_order(SHOPIFY_ORDER, **sent))
    today = timezone.localdate()
    Order.objects.update(status="delivered", tracking="ABC", expected_delivery=today)
    sender.send_shopify(change_order(SHOPIFY_ORDER, **sent, updated_at="2026-09-03T09:00:00Z"))
    order = Order.objects.get()
    assert (order.status, order.tracking, order.expected_delivery) == ("delivered", "ABC", today)
    sent["fulfillments"] = [SHOPIFY_PARCEL]
    sender.send_shopify(change_order(SHOPIFY_ORDER, **sent, updated_at="2026-09-04T09:00:00Z"))
    assert Order.objects.get().tracking == "357962501027"


def test_deliveries_are_forgotten_after_some_weeks(sender):
    sender.send_shopify(SHOPIFY_ORDER)
    ProcessedDelivery.objects.update(received=timezone.now() - timedelta(days=31))
    sender.send_woocommerce(WOOCOMMERCE_ORDER)
    assert ProcessedDelivery.objects.count() == 1
