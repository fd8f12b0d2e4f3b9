"""All that Shopify, WooCommerce and a system of the shop's own tell of an order is kept."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from orders.models import Order
from orders.tools import lookup_order

from .platforms import (
    JSON_ORDER,
    SHOPIFY_ORDER,
    SHOPIFY_PARCEL,
    WOOCOMMERCE_ORDER,
    WOOCOMMERCE_PARCELS,
    change_order,
    sign,
)

pytestmark = pytest.mark.django_db


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
        ({"status": "wc-delivered"}, "delivered", "paid"),
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


def test_a_status_that_nobody_knows_is_told(sender):
    answer = sender.send_woocommerce(change_order(WOOCOMMERCE_ORDER, status="of-a-plugin")).json()
    assert "'of-a-plugin', which is not known" in answer["left_out"][0]
    assert Order.objects.get().status == "processing"


def test_the_order_of_a_test_notification_is_none_and_one_that_was_placed_as_a_test_is_one(sender):
    test = {"X-Shopify-Test": "true"}
    sample = change_order(SHOPIFY_ORDER, name="#9999", email="jon@example.com", test=True)
    assert sender.send_shopify(sample, **test).json() == {"outcome": "ignored"}
    assert not Order.objects.exists()
    placed = change_order(SHOPIFY_ORDER, id=5001, test=True)
    assert sender.send_shopify(placed, **test).json()["outcome"] == "stored"


@pytest.mark.parametrize(
    ("currency", "written", "amount"),
    [
        ("EUR", "24.900", "24.90"),
        ("EUR", "24.905", "24.91"),
        ("EUR", "1.234", "1.23"),
        ("EUR", "24.9", "24.90"),
        ("EUR", "0.000", "0"),
        ("EUR", 24.9, "24.90"),
        ("EUR", "1234", "1234"),
        ("KWD", "24.905", "24.905"),
        ("JPY", "1234.000", "1234"),
    ],
)
def test_an_amount_of_a_platform_may_have_any_decimals(sender, currency, written, amount):
    """A shop sets how many of them its prices have; the currency has no more for that."""
    woocommerce = dict.fromkeys(("total", "shipping_total", "total_tax"), written)
    shipping = {"shop_money": {"amount": written}}
    shopify = dict.fromkeys(("total_price", "current_total_price", "subtotal_price", "total_tax"), written)
    item = SHOPIFY_ORDER["line_items"][0] | {"price": written}
    answers = [
        sender.send_woocommerce(change_order(WOOCOMMERCE_ORDER, currency=currency, **woocommerce)),
        sender.send_shopify(
            change_order(
                SHOPIFY_ORDER,
                currency=currency,
                **shopify,
                total_shipping_price_set=shipping,
                line_items=[item],
            )
        ),
    ]
    assert [answer.json()["left_out"] for answer in answers] == [[], []]
    for order in Order.objects.all():
        assert {order.total, order.shipping, order.taxes} == {Decimal(amount)}
    assert Order.objects.get(number="#1001").subtotal == Decimal(amount)
    assert Order.objects.get(number="#1001").items.get().price == Decimal(amount)


@pytest.mark.parametrize("written", ["a lot", "1e300", "sNaN"])
def test_what_is_no_amount_is_named_and_costs_the_order_nothing_else(sender, written):
    answer = sender.send_woocommerce(change_order(WOOCOMMERCE_ORDER, total=written)).json()
    assert [words.partition(" ")[0] for words in answer["left_out"]] == ["Total"]
    assert Order.objects.get().taxes == Decimal("3.98")


def test_the_numbers_of_several_boxes_are_all_kept(sender, chat):
    boxes = SHOPIFY_PARCEL | {"tracking_numbers": ["357962501027", "357962501028", None]}
    sender.send_shopify(change_order(SHOPIFY_ORDER, fulfillment_status="fulfilled", fulfillments=[boxes]))
    assert Order.objects.get().tracking == "357962501027, 357962501028"
    assert lookup_order(chat(), "357962501028", "zoe@example.com")["order_id"] == "#1001"


@pytest.mark.parametrize("first", [None, "", "B2"])
def test_the_numbers_of_boxes_of_which_none_is_named_apart(sender, first):
    boxes = SHOPIFY_PARCEL | {"tracking_number": first, "tracking_numbers": ["A1", "B2"]}
    sender.send_shopify(change_order(SHOPIFY_ORDER, fulfillments=[boxes]))
    assert Order.objects.get().tracking == "A1, B2"


def test_of_too_many_boxes_the_newest_numbers_are_kept_whole(sender, chat):
    numbers = [f"3579625010{number}" for number in range(10, 50)]
    boxes = SHOPIFY_PARCEL | {"tracking_number": numbers[0], "tracking_numbers": [*numbers, numbers[-3]]}
    sender.send_shopify(change_order(SHOPIFY_ORDER, fulfillments=[boxes]))
    shipments = WOOCOMMERCE_PARCELS | {"value": [{"tracking_number": each} for each in numbers]}
    sender.send_woocommerce(change_order(WOOCOMMERCE_ORDER, meta_data=[shipments]))
    shopify, woocommerce = Order.objects.order_by("pk")
    assert shopify.tracking.split(", ") == [*numbers[-14:-3], *numbers[-2:], numbers[-3]]
    assert woocommerce.tracking.split(", ") == numbers[-14:]
    assert lookup_order(chat(), numbers[-3], "zoe@example.com")["order_id"] == shopify.number


def test_a_null_is_as_if_the_field_was_left_out(sender):
    keep = ("number", "updated_at", "items")
    message = {name: value if name in keep else None for name, value in JSON_ORDER.items()}
    message["items"] = [{"name": "Mug", "sku": None, "quantity": None, "price": None, "state": None}]
    assert sender.send_json(message).status_code == 200
    order = Order.objects.get()
    assert (order.email, order.status, order.total) == ("", "processing", None)
    assert sender.send_json(change_order(JSON_ORDER, number=None)).status_code == 422


def test_a_currency_may_be_in_small_letters(sender):
    assert sender.send_json(change_order(JSON_ORDER, currency="eur")).status_code == 200
    assert Order.objects.get().currency == "EUR"
    assert "currency: " in sender.send_json(change_order(JSON_ORDER, currency="€")).json()["error"]


@pytest.mark.parametrize("status", ["Completed", "wc-completed", "WC-Completed"])
def test_a_status_of_woocommerce_in_any_form(sender, status):
    sender.send_woocommerce(change_order(WOOCOMMERCE_ORDER, status=status))
    assert Order.objects.get().status == "shipped"


def test_a_mark_of_the_encoding_before_a_message_is_passed_over(sender):
    body = b"\xef\xbb\xbf" + json.dumps(SHOPIFY_ORDER).encode()
    signed = {"X-Shopify-Hmac-Sha256": sign(body), "X-Shopify-Topic": "orders/updated"}
    assert sender.post("/orders/webhooks/shopify", body, **signed).status_code == 200
