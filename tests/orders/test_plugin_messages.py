"""Live orders as plugins, PHP and later changes make them: lists in other forms, further states, items taken out."""

import json
from decimal import Decimal

import pytest

from orders.models import Order

from .platforms import SHOPIFY_ORDER, SHOPIFY_PARCEL, WOOCOMMERCE_ORDER, WOOCOMMERCE_PARCELS, change_order

pytestmark = pytest.mark.django_db
PARCEL = WOOCOMMERCE_PARCELS["value"][0]
MUG = SHOPIFY_ORDER["line_items"][0]


@pytest.mark.parametrize(
    "meta",
    [
        {"key": "_wc_shipment_tracking_items", "value": {"1": PARCEL}},
        {"key": "_wc_shipment_tracking_items", "value": json.dumps([PARCEL])},
        {"key": "_wc_shipment_tracking_items", "value": json.dumps({"3": PARCEL})},
        {"key": "_wc_shipment_tracking_items", "value": PARCEL},
        {"key": "_aftership_tracking_items", "value": [{"slug": "dhl", "tracking_number": "357962501027"}]},
        {"key": "_tracking_number", "value": "357962501027"},
        {"key": "ywot_tracking_code", "value": 357962501027},
    ],
)
def test_a_tracking_number_is_found_in_each_form(sender, meta):
    answer = sender.send_woocommerce(change_order(WOOCOMMERCE_ORDER, meta_data=[{"id": 1, **meta}])).json()
    assert (answer["left_out"], Order.objects.get().tracking) == ([], "357962501027")


@pytest.mark.parametrize("value", ["[", "{}", "[1]", "", None, {}, {"1": 2}, "[" * 9000])
def test_a_list_that_is_none_costs_the_tracking_number_alone(sender, value):
    meta = {"id": 1, "key": "_wc_shipment_tracking_items", "value": value}
    assert sender.send_woocommerce(change_order(WOOCOMMERCE_ORDER, meta_data=[meta])).status_code == 200
    assert Order.objects.get().tracking == ""


def test_items_of_a_list_with_a_gap_are_read(sender):
    items = {
        "0": WOOCOMMERCE_ORDER["line_items"][0],
        "2": WOOCOMMERCE_ORDER["line_items"][0] | {"name": "Pin"},
    }
    sender.send_woocommerce(change_order(WOOCOMMERCE_ORDER, line_items=items))
    assert list(Order.objects.get().items.values_list("name", flat=True)) == ["Mug", "Pin"]


@pytest.mark.parametrize(
    ("state", "status"),
    [
        *(
            (each, "shipped")
            for each in ("in-transit", "out-for-delivery", "dispatched", "sent", "wc-shipped", "versendet")
        ),
        *(
            ("wc-delivered", "delivered"),
            ("partially-shipped", "partly_shipped"),
            ("awaiting-shipment", "processing"),
        ),
        *(
            ("completed", "shipped"),
            ("failed", "processing"),
            ("returned", "returned"),
            ("canceled", "cancelled"),
        ),
    ],
)
def test_states_of_plugins_are_told_as_what_they_mean(sender, state, status):
    answer = sender.send_woocommerce(change_order(WOOCOMMERCE_ORDER, status=state)).json()
    assert (answer["left_out"], Order.objects.get().status) == ([], status)


@pytest.mark.parametrize(
    ("changes", "items", "total", "refunded"),
    [
        # Taken out of the order, and nothing had been paid or was paid back.
        ({"current_total_price": "10.00"}, [("Pin", 1)], "10", None),
        # The total is what was paid; what was paid back of it stands beside it.
        (
            {
                "current_total_price": "10.00",
                "refunds": [{"transactions": [{"kind": "refund", "status": "success", "amount": "14.90"}]}],
            },
            [("Pin", 1)],
            "24.90",
            "14.90",
        ),
        (
            {"fulfillment_status": "fulfilled", "sent": "fulfilled"},
            [("Mug - Blue", 2), ("Pin", 1)],
            "24.90",
            None,
        ),
        ({"left": 1}, [("Mug - Blue", 1), ("Pin", 1)], "24.90", None),
        ({"pin": 0}, [("Mug - Blue", 2), ("Pin", 1)], "24.90", None),
    ],
)
def test_what_was_taken_out_of_an_order_is_no_part_of_it(sender, changes, items, total, refunded):
    mug = MUG | {"current_quantity": changes.pop("left", 0), "fulfillment_status": changes.pop("sent", None)}
    pin = MUG | {"id": 2, "name": "Pin", "quantity": 1, "current_quantity": changes.pop("pin", 1)}
    parcels = [SHOPIFY_PARCEL] if "fulfillment_status" in changes else []
    sender.send_shopify(change_order(SHOPIFY_ORDER, line_items=[mug, pin], fulfillments=parcels, **changes))
    order = Order.objects.get()
    assert list(order.items.values_list("name", "quantity")) == items
    assert order.total == Decimal(total)
    assert (order.refunded or None) == (Decimal(refunded) if refunded else None)


@pytest.mark.parametrize("nothing", ["-", "N/A", "null", "none"])
def test_what_a_plugin_writes_where_there_is_no_parcel_is_no_tracking_number(sender, nothing):
    metas = [
        {"key": key, "value": nothing} for key in ("_tracking_number", "_tracking_provider", "_tracking_url")
    ]
    sender.send_woocommerce(change_order(WOOCOMMERCE_ORDER, meta_data=metas))
    order = Order.objects.get()
    assert (order.tracking, order.carrier, order.tracking_url) == ("", "", "")
