"""What a ticket is to be about: the topics of what the customer said, now or a little before."""

import re
from collections.abc import Sequence

from .actions import LOOKUP, TICKET
from .mentions import simplify
from .request import Turn
from .topics import TOPICS, Priority, Topic
from .wording import is_late

RANK: dict[Priority, int] = {"low": 0, "medium": 1, "high": 2}
URGENT = re.compile(r"\b(?:urgent\w*|asap|immediately|emergency|right now|straight away|at once)\b")
# How many turns back a matter may have been named.
REACH = 4


def topics_in(words: str) -> list[Topic]:
    """The topics of simplified words, without the general ones that a more particular one covers."""
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


def about(topics: Sequence[Topic], order: str) -> str:
    """The matter within a sentence: “a damaged item in order ORD-123 and a refund for it”."""
    parts: list[str] = []
    for topic in topics[:3]:
        named = any("{order}" in earlier.about for earlier in topics[: len(parts)])
        parts.append(topic.about.format(order="it" if named else (f"order {order}" if order else "an order")))
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


def priority(topics: Sequence[Topic], words: str, otherwise: Priority = "medium") -> Priority:
    if URGENT.search(words):
        return "high"
    return max((topic.priority for topic in topics), key=RANK.__getitem__, default=otherwise)


def matter_of(turns: Sequence[Turn]) -> tuple[list[Topic], list[str]]:
    """The topics of the last of these turns that has any, and the customer's words for them.

    Not further back than the last ticket: with that, an older matter was dealt with. A late order that
    was looked up is a matter too, even if nobody called it late.
    """
    last = turns[-1]
    for turn in reversed(turns[-REACH:]):
        if turn is not last and turn.calls(TICKET):
            break
        if found := topics_in(simplify(turn.said)):
            return found, list(dict.fromkeys([turn.said, last.said]))
        if any(is_late(done.fields) for done in turn.calls(LOOKUP)):
            return topics_in("late"), [last.said]
    return [], [last.said]
