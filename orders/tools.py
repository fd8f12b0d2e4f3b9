"""What the assistant can see of orders. The docstrings are product text: the model reads them."""

from datetime import date, datetime
from typing import Annotated, Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pydantic import Field

from supportbot.assistant import FromCustomer
from supportbot.assistant.tools import ToolContext, ToolError, tool

from .amounts import format_amount
from .guesses import build_contact_keys, has_guesses_left, record_guesses
from .models import FailedLookup, Order, OrderItem
from .numbers import MAX_NUMBERS, read_number

MAX_LISTED_ORDERS = 10
MAX_ECHOED_CHARS = 60
MANY_NUMBERS = "That names many numbers: ask the customer for the order number alone"
MANY_PHONES = "That names many numbers: ask the customer for one order number and one telephone number"

OrderId = Annotated[
    str,
    FromCustomer(),
    Field(
        description="The order number exactly as the customer wrote it, or as a tool returned it. If there is "
        "none, do not call this: ask for it."
    ),
]
Email = Annotated[
    str,
    FromCustomer(),
    Field(
        description="The e-mail address that the order was placed with, as the customer gave it in this "
        "chat. Only for guests; leave it out for a customer who has signed in. Never guess it."
    ),
]
Phone = Annotated[
    str,
    FromCustomer(),
    Field(
        description="In place of the e-mail address, for a guest who has none on the order: the telephone number that "
        "was given with the order. Never guess it."
    ),
]


@tool(effect="read", progress=_("Looking up order {order_id}"), done_line=_("Looked up order {order_id}"))
def lookup_order(ctx: ToolContext, order_id: OrderId, email: Email = "", phone: Phone = "") -> dict[str, Any]:
    """Look up one order: status, expected arrival (eta), items, total and tracking.

    Call this whenever the customer asks about an order and has named its number. Without a number, call
    my_orders for a customer who has signed in, and ask a guest for the number. If the answer has
    "needs": "email", ask the customer for the e-mail address of the order, then call this again with it.

    "Not found" also stands for an order of somebody else: ask the customer to check the number (and, as a
    guest, the e-mail address) and do not speculate. If "possible" lists several numbers, ask which one is
    meant. Report only what is returned; an eta of null means that no date is known or nothing is on its way.
    A refund ("payment", "refunded") says nothing about goods that came back: that is the status "returned".
    """
    contact_keys = [] if ctx.customer else build_contact_keys(email, phone)
    guesses_left = FailedLookup.objects.count_guesses_left(ctx.conversation, ctx.visitor, contact_keys)
    if guesses_left <= 0:
        raise ToolError(
            "Too many orders were not found, so looking up orders is paused here to protect our customers. "
            "Say so kindly and offer that a person of the team helps instead."
        )
    if ctx.customer is None and not email.strip() and not phone.strip():
        return {"error": "A guest needs the e-mail address that the order was placed with", "needs": "email"}
    written = read_number(order_id)
    if ctx.customer is None and not has_guesses_left(written, guesses_left, len(contact_keys)):
        return {"error": MANY_PHONES if len(contact_keys) > 1 else MANY_NUMBERS}
    visible = Order.objects.visible_to(ctx.customer, email, phone)
    matches = list(visible.find_by_number(order_id).prefetch_related("items")[:MAX_LISTED_ORDERS])
    record_guesses(ctx, contact_keys, written, matches)
    meant = [order for order in matches if order.number.casefold() == order_id.strip().casefold()] or matches
    asked = " ".join(order_id.split())[:MAX_ECHOED_CHARS]
    if len(meant) > 1:
        return {
            "error": f"More than one order matches {asked}",
            "possible": [order.number for order in meant],
        }
    if not meant:
        if written.is_cut:
            among = f"Order {asked} not found among the first {MAX_NUMBERS} numbers of this text"
            return {"error": f"{among}: ask the customer for the order number alone"}
        return {"error": f"Order {asked} not found"}
    return _serialize_order(meant[0])


@tool(effect="read", progress=_("Looking up your orders"), done_line=_("Looked up your orders"))
def my_orders(ctx: ToolContext) -> dict[str, Any]:
    """List the newest orders of a customer who has signed in: number, status, eta, total and date.

    Call this when the customer asks about "my order" or "my orders" without a number. It does not work for
    a guest, who gives the number and the e-mail address of one order instead.
    """
    if ctx.customer is None:
        raise ToolError(
            "A guest's orders cannot be listed. Ask the customer to sign in, or to give the order number and "
            "the e-mail address that the order was placed with."
        )
    newest = Order.objects.visible_to(ctx.customer)[:MAX_LISTED_ORDERS]
    return {"orders": [_serialize_summary(order) for order in newest]}


def _serialize_summary(order: Order) -> dict[str, Any]:
    """What the list of orders shows of one. Days are written 2026-09-01, in the shop's time zone."""
    return {
        "order_id": order.number,
        "status": order.status,
        "eta": order.eta,
        "expected_delivery": _format_day(order.expected_delivery),
        "ordered": _format_moment(order.ordered_at),
        "total": format_amount(order.total, order.currency),
    }


def _serialize_order(order: Order) -> dict[str, Any]:
    told = _serialize_summary(order) | {
        "shipped": _format_moment(order.shipped_at),
        "delivered": _format_moment(order.delivered_at),
        "carrier": order.carrier or None,
        "tracking": order.tracking or None,
        "items": [_serialize_item(item, order.currency) for item in order.items.all()],
    }
    # What most orders lack is told where it is known.
    others = {
        "shipping_method": order.shipping_method,
        "tracking_url": order.tracking_url,
        "payment": order.payment,
        "refunded": format_amount(order.refunded, order.currency) if order.refunded else None,
    }
    return told | {name: value for name, value in others.items() if value}


def _serialize_item(item: OrderItem, currency: str) -> dict[str, Any]:
    told = {"name": item.name, "quantity": item.quantity, "price": format_amount(item.price, currency)}
    return told | ({"state": item.state.replace("_", " ")} if item.state else {})


def _format_day(when: date | None) -> str | None:
    return f"{when:%Y-%m-%d}" if when else None


def _format_moment(when: datetime | None) -> str | None:
    return _format_day(timezone.localtime(when)) if when else None
