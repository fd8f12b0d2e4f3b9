"""Reads Shopify's webhooks of orders: https://shopify.dev/docs/api/webhooks

An order's message has all of the order, with what was sent and paid back. The topics of parcels and refunds say
nothing more and are not needed.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from ..exported_orders import ExportedOrder
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

PLATFORM = "shopify"
ORDER_TOPICS = frozenset(
    f"orders/{change}"
    for change in ("create", "updated", "paid", "fulfilled", "partially_fulfilled", "cancelled", "delete")
)
NEVER = datetime(9999, 1, 1, tzinfo=UTC)  # a deleted order does not come back
DELIVERED = "delivered"
# Of the order that “Send test notification” tells of, the same in all shops, and in the documentation.
SAMPLE_ID = "820982911946154508"


def is_sample(message: dict[str, Any]) -> bool:
    """Whether a message that is marked as a test is about no order, rather than about one that was placed as a test."""
    return get_text(message, "id") == SAMPLE_ID


def read_event(topic: str, message: dict[str, Any], shop: str, sent_at: datetime | None) -> OrderEvent | None:
    """What the message says of an order; None if it is about something else.

    Raises `UnreadableMessage` and `RefusedOrder`.
    """
    if not topic:
        raise UnreadableMessage(_("The header %(name)s is missing.") % {"name": "X-Shopify-Topic"})
    if topic not in ORDER_TOPICS:
        return None
    platform_id = get_order_id(message)
    if topic == "orders/delete":
        return OrderEvent(PLATFORM, shop, platform_id, changed_at=NEVER, sent_at=sent_at)
    return OrderEvent(
        PLATFORM,
        shop,
        platform_id,
        _read_order(message),
        changed_at=parse_time(get_text(message, "updated_at"), "updated_at"),
        sent_at=sent_at,
        is_first=topic == "orders/create",
    )


def _read_order(message: dict[str, Any]) -> ExportedOrder:
    billing, shipping = get_part(message, "billing_address"), get_part(message, "shipping_address")
    customer = get_part(message, "customer")
    names = [get_text(customer, "first_name"), get_text(customer, "last_name")]
    number = get_text(message, "name") or get_text(message, "order_number")
    cells = {
        "Name": number,
        "Id": get_text(message, "id"),
        "Email": find_text([message, customer], "email", "contact_email"),
        "Phone": find_text([message, billing, shipping, customer], "phone"),
        "Billing name": find_text([billing, shipping], "name") or " ".join(filter(None, names)),
        "Financial Status": get_text(message, "financial_status"),
        "Fulfillment Status": get_text(message, "fulfillment_status"),
        "Cancelled at": get_text(message, "cancelled_at"),
        "Created at": get_text(message, "created_at"),
        "Shipping method": find_text(get_parts(message, "shipping_lines"), "title"),
        "Note attributes": "\n".join(
            f"{get_text(note, 'name')}: {get_text(note, 'value')}"
            for note in get_parts(message, "note_attributes")
        ),
        **_read_amounts(message),
        **_read_parcels(message),
    }
    return build_order(PLATFORM, cells, _read_items(message, get_text(message, "currency")))


def _read_amounts(message: Mapping[str, Any]) -> dict[str, str]:
    currency = get_text(message, "currency")
    shipping = get_part(get_part(message, "total_shipping_price_set"), "shop_money")
    refunds = [
        transaction
        for refund in get_parts(message, "refunds")
        for transaction in get_parts(refund, "transactions")
        if get_text(transaction, "kind") == "refund" and get_text(transaction, "status") == "success"
    ]
    refunded = add_amounts(refunds, "amount")
    # What was changed since counts, but what was paid back is told beside the total, and is not taken off it twice.
    changed = "" if refunded else "current_"
    return {
        "Currency": currency,
        "Total": write_amount(_compute_total(message, refunded), currency)
        or get_amount(message, "total_price", currency),
        "Subtotal": get_amount(message, f"{changed}subtotal_price", currency)
        or get_amount(message, "subtotal_price", currency),
        "Shipping": get_amount(shipping, "amount", currency),
        "Taxes": get_amount(message, f"{changed}total_tax", currency)
        or get_amount(message, "total_tax", currency),
        "Refunded amount": write_amount(refunded, currency),
    }


def _compute_total(message: Mapping[str, Any], refunded: Decimal | None) -> Decimal | None:
    """What the order costs after changes, with what was paid back since; None where that is not told."""
    first, current = (add_amounts([message], name) for name in ("total_price", "current_total_price"))
    if first is None or current is None:
        return None
    return min(current + (refunded or 0), max(first, current))


def _read_parcels(message: Mapping[str, Any]) -> dict[str, str]:
    """Of all that were sent; the newest stands last, and its address is told."""
    parcels = [each for each in get_parts(message, "fulfillments") if get_text(each, "status") == "success"]
    if not parcels:
        return {}
    parcels.sort(key=lambda parcel: get_text(parcel, "created_at"))
    newest_first = parcels[::-1]
    has_arrived = get_text(message, "fulfillment_status") == "fulfilled" and all(
        get_text(parcel, "shipment_status") == DELIVERED for parcel in parcels
    )
    is_open = not get_text(message, "cancelled_at")
    return {
        "Fulfilled at": get_text(parcels[-1], "created_at"),
        "Carrier": find_text(newest_first, "tracking_company"),
        "Tracking number": join_tracking_numbers(
            number for each in parcels for number in _list_numbers(each)
        ),
        "Tracking url": find_text(newest_first, "tracking_url"),
        "Status": DELIVERED if has_arrived and is_open else "",
    }


def _list_numbers(parcel: Mapping[str, Any]) -> list[str]:
    """What was sent at once may be in several boxes, of which Shopify names one apart too."""
    first, listed = get_text(parcel, "tracking_number"), parcel.get("tracking_numbers")
    boxes = [{"number": number} for number in listed] if isinstance(listed, list) else []
    numbers = [text for box in boxes if (text := get_text(box, "number"))]
    return numbers if not first or first in numbers else [first]


def _read_items(message: Mapping[str, Any], currency: str) -> Iterator[dict[str, str]]:
    """Without those that were taken out before they were sent, unless that is all of them."""
    items = get_parts(message, "line_items")
    left = [item for item in items if _read_quantity(item) != "0"]
    for item in left or items:
        title, variant = get_text(item, "title"), get_text(item, "variant_title")
        yield {
            "Lineitem name": get_text(item, "name") or " - ".join(filter(None, (title, variant))),
            "Lineitem sku": get_text(item, "sku"),
            "Lineitem quantity": _read_quantity(item) if left else get_text(item, "quantity"),
            "Lineitem price": get_amount(item, "price", currency),
            "Lineitem fulfillment status": get_text(item, "fulfillment_status") or "pending",
        }


def _read_quantity(item: Mapping[str, Any]) -> str:
    """What is left of an item that was not sent. Of one that was, all: what came back of it was in the parcel."""
    is_sent = bool(get_text(item, "fulfillment_status"))
    return get_text(item, "quantity" if is_sent else "current_quantity") or get_text(item, "quantity")
