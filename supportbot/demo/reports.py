"""Reports on a dialogue for a colleague: what the customer wants, what was done about it, what is still open."""

import re
from collections.abc import Iterator, Sequence

from .actions import CREATE_TICKET, LOOKUP_ORDER, MY_ORDERS, MY_TICKETS
from .handover_note import COMPLAINT, has_substance
from .mentions import simplify_text
from .phrases import PERSON
from .request import CompletedCall, Dialogue, Exchange
from .ticket_subject import describe_matter
from .topics import Topic
from .wording import is_late, remove_instructions

MAX_QUOTE_CHARS = 160
MAX_SUMMARY_CHARS = 1600
MAX_EXCHANGES = 6  # of a longer dialogue, the first two and the last four are described
QUESTION_TOPICS = {
    "number": "which order it is",
    "email": "which e-mail address is on the order",
    "problem": "what went wrong",
    "ticket": "whether to open a ticket",
    "person": "whether to ask a colleague",
    "orders": "whether to list the orders",
}
KIND_VERBS = {"problem": "reports", "request": "asks for", "question": "asks about"}


def shorten_text(text: str, most: int = MAX_QUOTE_CHARS) -> str:
    """The text on one line, with at most `most` characters."""
    text = " ".join(text.split())
    if len(text) <= most:
        return text
    return f"{text[: most - 1].rsplit(' ', 1)[0]}…"


def describe_exchanges(dialogue: Dialogue) -> list[str]:
    exchanges = [each for each in dialogue.exchanges if each.text or each.photo_count or each.calls]
    omitted = max(0, len(exchanges) - MAX_EXCHANGES)
    sentences: list[str] = []
    for place, exchange in enumerate([*exchanges[:2], *exchanges[2 + omitted :]]):
        if omitted and place == 2:
            sentences.append(f"{omitted} more messages followed.")
        sentences += _describe_exchange(exchange)
    return sentences or ["Nothing has been said yet."]


def _describe_exchange(exchange: Exchange) -> Iterator[str]:
    if exchange.text:
        yield f"The customer wrote: “{shorten_text(exchange.text)}”"
    if exchange.photo_count:
        yield f"The customer sent {exchange.photo_count} photo{'s' if exchange.photo_count > 1 else ''}."
    yield from map(_describe_call, exchange.calls)
    if asked := [QUESTION_TOPICS[name] for name in sorted(exchange.asked_questions)]:
        yield f"The assistant asked {' and '.join(asked)}."
    elif exchange.answer and not exchange.calls:
        yield f"The assistant answered: “{shorten_text(exchange.answer)}”"


def shorten_summary(summary: str) -> str:
    """The beginning and the end of an earlier summary, so that summaries of summaries do not grow for ever."""
    if len(summary) <= MAX_SUMMARY_CHARS:
        return summary
    end = summary[-MAX_SUMMARY_CHARS * 3 // 4 :]
    return f"{shorten_text(summary, MAX_SUMMARY_CHARS // 4)} {end.partition('. ')[2] or end}"


def describe_wishes(dialogue: Dialogue, topics: Sequence[Topic]) -> list[str]:
    """What the customer wants, and their own words for it."""
    quotes = [each.text for each in dialogue.exchanges if has_substance(simplify_text(each.text))]
    if not quotes:
        return ["The customer has not said yet what they want."]
    sentences = []
    for kind, verb in KIND_VERBS.items():
        if of_kind := [topic for topic in topics if topic.kind == kind]:
            sentences.append(f"The customer {verb} {describe_matter(dialogue, of_kind)}.")
    words = simplify_text(dialogue.all_text)
    if COMPLAINT.search(words):
        sentences.append("They want to complain.")
    if re.search(PERSON, words):
        sentences.append("They want to talk to a person.")
    if not sentences:
        return [f"The customer wrote: “{shorten_text(quotes[0])}”"]
    own = [quote for quote in quotes if not re.search(PERSON, simplify_text(quote))] or quotes
    return [*sentences, f"In their words: “{shorten_text(own[-1])}”"]


def describe_calls(dialogue: Dialogue) -> list[str]:
    """What was done, according to the results of the tools."""
    calls = [call for exchange in dialogue.exchanges for call in exchange.calls]
    return list(dict.fromkeys(map(_describe_call, calls))) or ["Nothing has been looked up or done yet."]


def _describe_call(call: CompletedCall) -> str:
    what = {
        LOOKUP_ORDER: f"Order {call.order_number} was looked up",
        MY_ORDERS: "The customer's orders were listed",
        MY_TICKETS: "The customer's tickets were listed",
        CREATE_TICKET: "A ticket was requested",
    }.get(call.name, f"The tool {call.name} was used")
    if call.error:
        why = remove_instructions(call.error).rstrip(".")
        return f"{what}, without success{f': {why}' if why else ''}."
    if call.name == CREATE_TICKET and call.fields.get("ticket_id"):
        level = f" with {call.fields['priority']} priority" if call.fields.get("priority") else ""
        return f"Ticket {call.fields['ticket_id']} was opened{level}."
    facts = [str(call.fields[name]) for name in ("status", "eta") if call.fields.get(name)]
    known = f": {shorten_text(', '.join(facts))}" if facts else ""
    return f"{what}{known}."


def describe_open_points(dialogue: Dialogue, topics: Sequence[Topic]) -> list[str]:
    """What is still to be done: tickets, questions without an answer, and topics without a ticket."""
    numbers = [call.fields.get("ticket_id") for call in dialogue.find_calls(CREATE_TICKET)]
    tickets = dict.fromkeys(str(number) for number in numbers if number)
    sentences = [f"Ticket {number} is waiting for the team." for number in tickets]
    missing = [QUESTION_TOPICS[name] for name in sorted(dialogue.current_exchange.asked_questions)]
    sentences += [f"The customer has not said {topic} yet." for topic in missing]
    grave = [topic for topic in topics if topic.kind != "question"]
    if grave and not tickets:
        sentences.append(f"No ticket was opened about {describe_matter(dialogue, grave)}.")
    late = {call.order_number for call in dialogue.find_calls(LOOKUP_ORDER) if is_late(call.fields)}
    sentences += [f"Order {order} is late." for order in sorted(late)]
    return sentences or ["Nothing is known to be open."]
