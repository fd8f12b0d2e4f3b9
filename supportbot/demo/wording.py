"""Puts the results of tools into words. Nothing is said here that a tool did not return."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

STATUS_WORDS = {
    "processing": "is being prepared and has not been shipped yet",
    "pending": "is being prepared and has not been shipped yet",
    "partly_shipped": "has been shipped in part",
    "shipped": "has been shipped",
    "delivered": "has been delivered",
    "cancelled": "has been cancelled",
    "canceled": "has been cancelled",
    "returned": "has been returned",
}
FINAL_STATUSES = ("delivered", "cancelled", "canceled", "returned")
DURATION = re.compile(r"\d+ \w+$")
# Errors, and sentences in them, that are written for a model, not for a customer.
FOR_MODELS = re.compile(r"^(?:The tool |Not run|Invalid arguments|There is no tool|Interrupted|Stopped)")
INSTRUCTION = re.compile(r"^(?:say|ask|tell|call|offer|do not|don't|never|report|give|put|answer)\b", re.I)

# What a customer may ask for in particular, the field that holds it, and what to say where it is missing.
REQUESTED_FIELDS = (
    (r"\btrack", "tracking", "I have no tracking number for it."),
    (r"\b(?:how much|total|price|cost|paid|pay)\b", "total", "I have no total for it."),
    (r"\b(?:what did i (?:order|buy)|items|contents|what is in)\b", "items", "I have no list of its items."),
    (r"\b(?:when|which day)\b.*\b(?:ship|sent|dispatch)|\bshipp?(?:ed|ing) (?:date|day)\b", "shipped", ""),
    (r"\brefund|\bmoney back\b", "refunded", ""),
)


def escape_markdown(value: Any, most: int = 300) -> str:
    """A value on one line, at most `most` characters of it, as text that Markdown shows as it is."""
    text = " ".join(str(value).split())
    text = text if len(text) <= most else f"{text[: most - 1]}…"
    return re.sub(r"([\\`*\[\]<>])|(?<!\w)_|_(?!\w)", r"\\\g<0>", text)


def format_bold(value: Any) -> str:
    return f"**{escape_markdown(value)}**"


def join_words(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def format_sentence(text: str) -> str:
    text = escape_markdown(text.strip())
    return text if text.endswith((".", "!", "?")) else f"{text}."


def remove_instructions(error: str) -> str:
    """A tool's error without the sentences that tell the model what to do: what a customer may read of it."""
    if FOR_MODELS.match(error):
        return ""
    readable = [each for each in re.split(r"(?<=[.!?;]) +", error.strip()) if not INSTRUCTION.match(each)]
    return " ".join(format_sentence(re.sub(r"[;,. ]+$|; say so\b.*$", "", each)) for each in readable)


def describe_failure(what: str, error: str) -> str:
    """What of the error a customer may read, else “I couldn't open a ticket: …”."""
    return remove_instructions(error) or f"I'm sorry, I couldn't {what}: something went wrong on our side."


def format_day(value: Any) -> str:
    """`2026-11-25` as “25 November 2026”; anything else as it is."""
    try:
        return f"{(day := date.fromisoformat(str(value)[:10])).day} {day:%B %Y}"
    except ValueError:
        return escape_markdown(value)


def is_late(order: Mapping[str, Any]) -> bool:
    eta = str(order.get("eta") or "").lower()
    return not _is_final(order) and re.search(r"\b(?:late|overdue|delayed)\b", eta) is not None


def _is_final(order: Mapping[str, Any]) -> bool:
    return str(order.get("status", "")).lower() in FINAL_STATUSES


def describe_order(order: Mapping[str, Any], number: str) -> str:
    """The status of an order: “Order **ORD-123** has been shipped. It is expected in **2 days**.”"""
    name = format_bold(order.get("order_id") or number)
    status = str(order.get("status") or "").lower()
    if not status:
        return f"I found order {name}, but not its status.{_describe_delivery(order)}"
    if status == "delivered" and order.get("delivered"):
        return f"Order {name} was delivered on {format_day(order['delivered'])}."
    known = STATUS_WORDS.get(status) or f"has the status “{escape_markdown(status.replace('_', ' '))}”"
    return f"Order {name} {known}.{'' if _is_final(order) else _describe_delivery(order)}"


def _describe_delivery(order: Mapping[str, Any]) -> str:
    eta, due = order.get("eta"), order.get("expected_delivery")
    if is_late(order):
        since = f"was expected on {format_day(due)} and " if due else ""
        return f" It {since}is {format_bold(eta)}. I'm sorry about that."
    if eta:
        lead = "in " if DURATION.match(str(eta)) else ""
        return f" It is expected {lead}{format_bold(eta)}{f' ({format_day(due)})' if due else ''}."
    known = f"It is expected on {format_bold(format_day(due))}." if due else "I have no delivery date for it."
    return f" {known}"


def describe_details(order: Mapping[str, Any], asked: str, *, again: bool = False) -> str:
    """Items, total and tracking, as far as they are there, and what was asked for but is missing.

    `again`: the customer has read it all before, so only what was asked for is repeated.
    """
    requested = {field for words, field, _missing in REQUESTED_FIELDS if re.search(words, asked)}
    told = {field for _words, field, _missing in REQUESTED_FIELDS if order.get(field)}
    told = told & requested if again else told
    items = [_format_item(item) for item in order["items"]] if "items" in told else []
    listed = "\n".join(f"- {item}" for item in items) if len(items) > 1 else ""
    facts = [f"It contains {items[0]}."] if len(items) == 1 else []
    facts += [f"Ordered on {format_day(order['ordered'])}."] if order.get("ordered") and not again else []
    facts += [f"Total: {escape_markdown(order['total'])}."] if "total" in told else []
    carrier = f" ({escape_markdown(order['carrier'])})" if order.get("carrier") else ""
    facts += [f"Shipped on {format_day(order['shipped'])}."] if "shipped" in told else []
    if "tracking" in told:
        facts.append(f"Tracking number: {escape_markdown(order['tracking'])}{carrier}.")
    if order.get("tracking_url") and not again:
        facts.append(f"Follow it here: {escape_markdown(order['tracking_url'])}")
    facts += [_describe_refund(order)] if not again or "refunded" in requested else []
    facts += [
        text
        for _words, field, text in REQUESTED_FIELDS
        if text and field in requested and not order.get(field)
    ]
    return "\n\n".join(filter(None, [listed, " ".join(filter(None, facts))]))


def _format_item(item: Any) -> str:
    if not isinstance(item, Mapping):
        return escape_markdown(item)
    quantity, name = item.get("quantity") or 1, item.get("name") or "an item"
    price = f" ({escape_markdown(item['price'])})" if item.get("price") else ""
    state = f": {escape_markdown(item['state'])}" if item.get("state") else ""
    return f"{escape_markdown(quantity)} × {escape_markdown(name)}{price}{state}"


def _describe_refund(order: Mapping[str, Any]) -> str:
    """What was paid back, which says nothing of goods that came back; empty where nothing was."""
    if order.get("refunded"):
        return f"{escape_markdown(order['refunded'])} has been refunded."
    return "It has been refunded." if str(order.get("payment", "")).lower() == "refunded" else ""


def format_orders(orders: Sequence[Mapping[str, Any]]) -> str:
    """A line for each order: “- **ORD-123**: shipped, expected in 2 days, 123.45 USD”."""
    lines = []
    for order in orders:
        facts = filter(None, (order.get("status"), _format_eta(order), order.get("total")))
        number = format_bold(order.get("order_id", "an order"))
        lines.append(f"- {number}: {', '.join(map(escape_markdown, facts))}")
    return "\n".join(lines)


def _format_eta(order: Mapping[str, Any]) -> str:
    eta = str(order.get("eta") or "")
    if not eta or _is_final(order):
        return ""
    return eta if is_late(order) else f"expected {'in ' if DURATION.match(eta) else ''}{eta}"


def format_tickets(tickets: Sequence[Mapping[str, Any]]) -> str:
    lines = []
    for ticket in tickets:
        facts = [escape_markdown(ticket["status"])] if ticket.get("status") else []
        facts += [f"{escape_markdown(ticket['priority'])} priority"] if ticket.get("priority") else []
        issue = f": {escape_markdown(ticket['issue'], 120)}" if ticket.get("issue") else ""
        number = format_bold(ticket.get("ticket_id", "a ticket"))
        lines.append(f"- {number} ({', '.join(facts) or 'no status'}){issue}")
    return "\n".join(lines)


def find_rows(result: Any, name: str) -> list[Mapping[str, Any]]:
    """The list of objects in a result, whether it stands alone or under this name."""
    found = result.get(name) if isinstance(result, Mapping) else result
    return [row for row in found if isinstance(row, Mapping)] if isinstance(found, list) else []
