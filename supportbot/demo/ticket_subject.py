"""Finds what a ticket should be about: the topics of what the customer said, now or a little before."""

import re
from collections.abc import Sequence
from dataclasses import replace

from .actions import CREATE_TICKET, LOOKUP_ORDER
from .mentions import simplify_text
from .request import Dialogue, Exchange
from .topics import TOPICS, Priority, Topic
from .wording import is_late, join_words

PRIORITY_RANKS: dict[Priority, int] = {"low": 0, "medium": 1, "high": 2}
URGENT = re.compile(r"\b(?:urgent\w*|asap|immediately|emergency|right now|straight away|at once)\b")
MAX_EXCHANGES_BACK = 6  # how far back the subject may have been named


def find_topics(words: str) -> list[Topic]:
    """The topics of simplified words, without a general one where a more particular one covers it."""
    found = [topic for topic in TOPICS if topic.is_in(words)]
    names = {topic.name for topic in found}
    covered = {
        "payment": {"charged wrongly", "refund", "discount"},
        "return": {"wrong item"} if not re.search(r"\breturn", words) else set(),
        "cancel": {"ticket change"},
        "order change": {"address", "wrong item"},
        "address": {"hours", "account", "contact"},
        "buying": {"wrong item"},
        "delay": {"shipping", "lost"},
        "product": {"contact", "refund", "discount", "warranty"},
    }
    return [topic for topic in found if not covered.get(topic.name, set()) & names]


def describe_topics(topics: Sequence[Topic], order: str) -> str:
    """Words for three topics at most within a sentence: “a refund for order ORD-123 and its delay”."""
    parts: list[str] = []
    for topic in topics[:3]:
        if any("{order}" in earlier.phrase for earlier in topics[: len(parts)]):
            parts.append(re.sub(r"^the (.+) of it$", r"its \1", topic.phrase.format(order="it")))
        else:
            parts.append(topic.phrase.format(order=f"order {order}" if order else "an order"))
    return join_words(parts)


def describe_matter(dialogue: Dialogue, topics: Sequence[Topic]) -> str:
    """The topics, with the order that was spoken of when one of them came up, else the next one that was named."""
    said = dialogue.exchanges
    came_up = (n for n, each in enumerate(said, 1) if {*topics} & {*find_topics(simplify_text(each.text))})
    parts = (replace(dialogue, exchanges=said[:n]) for n in range(next(came_up, 1), len(said) + 1))
    return describe_topics(topics, next(filter(None, (part.current_order for part in parts)), ""))


def choose_priority(topics: Sequence[Topic], words: str, otherwise: Priority = "medium") -> Priority:
    if URGENT.search(words):
        return "high"
    return max((topic.priority for topic in topics), key=PRIORITY_RANKS.__getitem__, default=otherwise)


def find_subject(exchanges: Sequence[Exchange]) -> tuple[list[Topic], list[str]]:
    """The topics of the last of these exchanges that has any, and the customer's words for them.

    What was said while a ticket was on offer is one matter with what it was offered for. The search ends at the last
    ticket, which dealt with anything older. A late order that was looked up counts as the topic of delay, even if
    nobody called it late; one that was delivered and has not come, as lost.
    """
    last, recent = exchanges[-1], exchanges[-MAX_EXCHANGES_BACK:]
    lookups = [call for exchange in recent for call in exchange.find_calls(LOOKUP_ORDER)]
    lost = find_topics("lost parcel") if lookups and lookups[-1].fields.get("status") == "delivered" else []
    for place, exchange in reversed([*enumerate(recent)]):
        if exchange is not last and exchange.find_calls(CREATE_TICKET):
            break
        if found := find_topics(simplify_text(exchange.text)):
            first = place
            while first and "ticket" in recent[first - 1].asked_questions:
                first -= 1
                found = list(dict.fromkeys([*find_topics(simplify_text(recent[first].text)), *found]))
            details = [each.text for each in recent[first:-1] if len(each.text.split()) > 2]
            found = [topic for each in found for topic in (lost if lost and each.name == "delay" else [each])]
            return found, list(dict.fromkeys([*details, exchange.text, last.text]))
        if any(is_late(call.fields) for call in exchange.find_calls(LOOKUP_ORDER)):
            return find_topics("late"), [last.text]
    return [], [last.text]
