"""Reads WooCommerce's webhooks of orders: https://developer.woocommerce.com/docs/apis/rest-api/v3/orders/"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from ..exported_orders import ExportedOrder
from ..models import Order
from ..numbers import join_tracking_numbers
from ..order_events import OrderEvent
from .payloads import (
    UnreadableMessage,
    add_amounts,
    build_order,
    find_text,
    get_amount,
    get_order_id,
    get_part,
    get_parts,
    get_text,
    parse_time,
    write_amount,
)

PLATFORM = "woocommerce"
ORDER_TOPICS = frozenset(("order.created", "order.updated", "order.restored", "order.deleted"))
DRAFTS = ("checkout-draft", "auto-draft", "draft", "new")  # nothing has been ordered yet
# Plugins add further ones, see `status_words`.
STATUSES = {"completed": Order.Status.SHIPPED, "failed": Order.Status.PROCESSING}
PAYMENTS = {"on-hold": "on hold", "failed": "failed", "refunded": "refunded"}
# Of the plugins for tracking numbers: lists of parcels, and values that stand alone.
PARCEL_KEYS = ("_wc_shipment_tracking_items", "_ast_tracking_items", "_aftership_tracking_items")
NUMBER_KEYS = (
    *("_tracking_number", "tracking_number", "_shipment_tracking_number", "_aftership_tracking_number"),
    *("_wcst_order_trackno", "ywot_tracking_code"),
)
CARRIER_KEYS = (
    *("_custom_tracking_provider", "_tracking_provider", "tracking_provider"),
    *("_aftership_tracking_provider_name", "_wcst_order_trackname", "ywot_carrier_name"),
)
LINK_KEYS = ("_custom_tracking_link", "_tracking_url", "tracking_url", "_wcst_order_track_http_url")


def read_event(topic: str, message: dict[str, Any], shop: str) -> OrderEvent | None:
    """What the message says of an order; None if it is about something else.

    Raises `UnreadableMessage` and `RefusedOrder`.
    """
    if not topic:
        raise UnreadableMessage(_("The header %(name)s is missing.") % {"name": "X-WC-Webhook-Topic"})
    if topic not in ORDER_TOPICS or _is_about_nothing(message):
        return None
    platform_id = get_order_id(message)
    status = _simplify_status(message)
    if topic == "order.deleted" or status == "trash":
        return OrderEvent(PLATFORM, shop, platform_id)
    if status in DRAFTS:
        return None
    return OrderEvent(
        PLATFORM,
        shop,
        platform_id,
        _read_order(message),
        changed_at=parse_time(_write_time(message, "date_modified"), "date_modified"),
        is_first=topic == "order.created",
        is_restored=topic == "order.restored",
    )


def _is_about_nothing(message: Mapping[str, Any]) -> bool:
    """WooCommerce reads an order when it sends the message; by then the order may be gone."""
    return "id" not in message and "code" in message and "data" in message


def _write_time(message: Mapping[str, Any], name: str) -> str:
    """WooCommerce names no offset: one of the two is in UTC, the other in the shop's time zone."""
    utc = get_text(message, f"{name}_gmt")
    return f"{utc.removesuffix('Z')}+00:00" if utc else get_text(message, name)


def _read_order(message: dict[str, Any]) -> ExportedOrder:
    billing, shipping = get_part(message, "billing"), get_part(message, "shipping")
    currency = get_text(message, "currency")
    refunded = add_amounts(get_parts(message, "refunds"), "total")
    cells = {
        "Name": get_text(message, "number") or get_text(message, "id"),
        "Id": get_text(message, "id"),
        "Email": get_text(billing, "email"),
        "Phone": find_text([billing, shipping], "phone"),
        "Billing name": _join_name(billing) or _join_name(shipping),
        "Status": _read_status(message),
        "Financial Status": _read_payment(message, refunded),
        "Created at": _write_time(message, "date_created"),
        "Shipping method": find_text(get_parts(message, "shipping_lines"), "method_title"),
        "Currency": currency,
        "Total": get_amount(message, "total", currency),
        "Subtotal": write_amount(add_amounts(get_parts(message, "line_items"), "subtotal"), currency),
        "Shipping": get_amount(message, "shipping_total", currency),
        "Taxes": get_amount(message, "total_tax", currency),
        "Refunded amount": write_amount(abs(refunded) if refunded else None, currency),
        "Fulfilled at": _write_time(message, "date_completed"),
        **_read_parcels(message),
    }
    return build_order(PLATFORM, cells, _read_items(message, currency))


def _simplify_status(message: Mapping[str, Any]) -> str:
    return get_text(message, "status").lower().removeprefix("wc-")


def _join_name(address: Mapping[str, Any]) -> str:
    names = [get_text(address, "first_name"), get_text(address, "last_name")]
    return " ".join(filter(None, names)) or get_text(address, "company")


def _read_status(message: Mapping[str, Any]) -> str:
    """Money back says nothing of goods: what had been completed was sent, whatever was paid back later."""
    status = _simplify_status(message)
    if status == "refunded":
        was_sent = bool(_write_time(message, "date_completed"))
        return Order.Status.SHIPPED if was_sent else Order.Status.CANCELLED
    return STATUSES.get(status, status)


def _read_payment(message: Mapping[str, Any], refunded: Decimal | None) -> str:
    status = _simplify_status(message)
    if refunded and status not in PAYMENTS:
        return "partially refunded"
    return PAYMENTS.get(status) or ("paid" if _write_time(message, "date_paid") else "pending")


def _read_parcels(message: Mapping[str, Any]) -> dict[str, str]:
    metas = get_parts(message, "meta_data")
    parcels = [
        parcel
        for meta in metas
        if get_text(meta, "key") in PARCEL_KEYS
        for parcel in get_parts(meta, "value")
    ]
    newest_first = parcels[::-1]
    alone = {get_text(meta, "key"): get_text(meta, "value") for meta in metas}
    numbers = [get_text(each, "tracking_number") for each in parcels] or [
        alone.get(key, "") for key in NUMBER_KEYS
    ]
    return {
        "Carrier": find_text(
            newest_first,
            *("custom_tracking_provider", "formatted_tracking_provider", "tracking_provider"),
            *("carrier_name", "slug"),
        )
        or find_text([alone], *CARRIER_KEYS),
        "Tracking number": join_tracking_numbers(numbers),
        "Tracking url": find_text(
            newest_first, "custom_tracking_link", "formatted_tracking_link", "tracking_link"
        )
        or find_text([alone], *LINK_KEYS),
    }


def _read_items(message: Mapping[str, Any], currency: str) -> Iterator[dict[str, str]]:
    for item in get_parts(message, "line_items"):
        yield {
            "Lineitem name": get_text(item, "name"),
            "Lineitem sku": get_text(item, "sku"),
            "Lineitem quantity": get_text(item, "quantity"),
            "Lineitem price": get_amount(item, "price", currency),
        }
