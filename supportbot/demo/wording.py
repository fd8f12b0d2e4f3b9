"""Tool results in words. Nothing is said here that a tool did not return."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

STATUS = {
    "processing": "is being prepared and has not been shipped yet",
    "pending": "is being prepared and has not been shipped yet",
    "shipped": "has been shipped",
    "delivered": "has been delivered",
    "cancelled": "has been cancelled",
    "canceled": "has been cancelled",
    "returned": "has been returned",
}
SETTLED = ("delivered", "cancelled", "canceled", "returned")
# Errors that are written for a model, not for a customer.
FOR_MODELS = re.compile(r"^(?:The tool |Not run|Invalid arguments|There is no tool|Interrupted|Stopped)")
INSTRUCTION = re.compile(
    r"^(?:say|ask|tell|call|offer|do not|don't|never|report|give|put|answer)\b", re.IGNORECASE
)

# What a customer may ask for in particular, the field that holds it, and what to say when it is not there.
PARTICULARS = (
    (r"\btrack", "tracking", "I have no tracking number for it."),
    (r"\b(?:how much|total|price|cost|paid|pay)\b", "total", "I have no total for it."),
    (r"\b(?:what did i (?:order|buy)|items|contents|what is in)\b", "items", "I have no list of its items."),
)


def plain(value: Any, most: int = 300) -> str:
    """A value on one line as text that is not taken for Markdown."""
    text = " ".join(str(value).split())
    text = text if len(text) <= most else f"{text[: most - 1]}…"
    return re.sub(r"([\\`*\[\]<>])|(?<!\w)_|_(?!\w)", r"\\\g<0>", text)


def bold(value: Any) -> str:
    return f"**{plain(value)}**"


def sentence(text: str) -> str:
    text = plain(text.strip())
    return text if text.endswith((".", "!", "?")) else f"{text}."


def for_customer(error: str) -> str:
    """What of a tool's error a customer may read: the rest of it tells the model what to do."""
    if FOR_MODELS.match(error):
        return ""
    said = [each for each in re.split(r"(?<=[.!?;]) +", error.strip()) if not INSTRUCTION.match(each)]
    return " ".join(sentence(re.sub(r"[;,. ]+$|; say so\b.*$", "", each)) for each in said)


def problem(what: str, error: str) -> str:
    """A failure in words: “I couldn't open a ticket: …”."""
    known = for_customer(error)
    return known or f"I'm sorry, I couldn't {what}: something went wrong on our side."


def day(value: Any) -> str:
    """`2026-11-25` as 25 November 2026; anything else as it is."""
    try:
        return f"{(found := date.fromisoformat(str(value)[:10])).day} {found:%B %Y}"
    except ValueError:
        return plain(value)


def is_late(order: Mapping[str, Any]) -> bool:
    on_its_way = str(order.get("status", "")).lower() not in SETTLED
    return on_its_way and bool(
        re.search(r"\b(?:late|overdue|delayed)\b", str(order.get("eta") or "").lower())
    )


def order_sentences(order: Mapping[str, Any], number: str) -> str:
    """Where an order stands: “Order **ORD-123** has been shipped. It is expected in **2 days**.”"""
    name = bold(order.get("order_id") or number)
    status = str(order.get("status") or "").lower()
    if not status:
        return f"I found order {name}, but not where it stands.{_expected(order)}"
    where = STATUS.get(status) or f"has the status “{plain(status.replace('_', ' '))}”"
    if status in SETTLED:
        on = f" on {day(order['delivered'])}" if status == "delivered" and order.get("delivered") else ""
        return f"Order {name} {where}{on}."
    return f"Order {name} {where}.{_expected(order)}"


def _expected(order: Mapping[str, Any]) -> str:
    eta, due = order.get("eta"), order.get("expected_delivery")
    if is_late(order):
        since = f"was expected on {day(due)} and " if due else ""
        return f" It {since}is {bold(eta)}. I'm sorry about that."
    if eta:
        lead = "in " if re.match(r"\d+ \w+$", str(eta)) else ""
        return f" It is expected {lead}{bold(eta)}{f' ({day(due)})' if due else ''}."
    return f" It is expected on {bold(day(due))}." if due else " I have no delivery date for it."


def order_details(order: Mapping[str, Any], asked: str, *, again: bool = False) -> str:
    """Items, total and tracking, as far as they are there, and what was asked for but is not.

    `again`: the customer has read it all before, so only what was asked for is told.
    """
    wanted = {field for words, field, _none in PARTICULARS if not again or re.search(words, asked)}
    items = [_item(item) for item in order.get("items") or ()] if "items" in wanted else []
    listed = "\n".join(f"- {item}" for item in items) if len(items) > 1 else ""
    facts = [f"It contains {items[0]}."] if len(items) == 1 else []
    facts += [f"Ordered on {day(order['ordered'])}."] if order.get("ordered") and not again else []
    facts += [f"Total: {plain(order['total'])}."] if order.get("total") and "total" in wanted else []
    carrier = f" ({plain(order['carrier'])})" if order.get("carrier") else ""
    if order.get("tracking") and "tracking" in wanted:
        facts.append(f"Tracking number: {plain(order['tracking'])}{carrier}.")
    facts += [none for words, field, none in PARTICULARS if re.search(words, asked) and not order.get(field)]
    return "\n\n".join(filter(None, [listed, " ".join(facts)]))


def _item(item: Any) -> str:
    if not isinstance(item, Mapping):
        return plain(item)
    price = f" ({plain(item['price'])})" if item.get("price") else ""
    return f"{plain(item.get('quantity') or 1)} × {plain(item.get('name') or 'an item')}{price}"


def order_lines(orders: Sequence[Mapping[str, Any]]) -> str:
    """One line an order: “- **ORD-123**: shipped, 2 days, 123.45 USD”."""
    lines = []
    for order in orders:
        settled = str(order.get("status", "")).lower() in SETTLED
        eta = str(order.get("eta") or "")
        expected = "" if settled or not eta else (eta if is_late(order) else f"expected {_lead(eta)}")
        facts = [plain(fact) for fact in (order.get("status"), expected, order.get("total")) if fact]
        lines.append(f"- {bold(order.get('order_id', 'an order'))}: {', '.join(facts)}")
    return "\n".join(lines)


def _lead(eta: str) -> str:
    return f"in {eta}" if re.match(r"\d+ \w+$", eta) else eta


def ticket_lines(tickets: Sequence[Mapping[str, Any]]) -> str:
    lines = []
    for ticket in tickets:
        facts = [plain(ticket["status"])] if ticket.get("status") else []
        facts += [f"{plain(ticket['priority'])} priority"] if ticket.get("priority") else []
        issue = f": {plain(ticket['issue'], 120)}" if ticket.get("issue") else ""
        lines.append(
            f"- {bold(ticket.get('ticket_id', 'a ticket'))} ({', '.join(facts) or 'no status'}){issue}"
        )
    return "\n".join(lines)


def rows(result: Any, name: str) -> list[Mapping[str, Any]]:
    """The list in a result, whether it stands alone or under its name."""
    found = result.get(name) if isinstance(result, Mapping) else result
    return [row for row in found if isinstance(row, Mapping)] if isinstance(found, list) else []
