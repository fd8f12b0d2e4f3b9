"""What the fields of a form may ask about a conversation, found by their names.

Everything is put together from the customer's own words and the results of tools. To let the model know one
more field, add a line to `FIELDS`.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from .handover_note import COMPLAINT, has_substance
from .languages import language_of
from .mentions import emails_in, simplify
from .phrases import PERSON, STATUS
from .reports import older, quoted, recap, still_open, tried, wishes
from .request import Talk
from .smalltalk import UPSET
from .ticket_subject import RANK, URGENT, about, priority, topics_in
from .topics import Topic

# What a shop may call the category of each topic, the likeliest words first.
CATEGORIES = {
    "damaged": "damaged damage defect defective faulty broken quality product complaint",
    "missing": "missing incomplete delivery shipping order",
    "wrong item": "wrong incorrect delivery order product",
    "lost": "lost delivery shipping order",
    "charged wrongly": "payment payments billing charge money",
    "refund": "refund refunds return returns payment billing money",
    "return": "return returns exchange refund refunds",
    "cancel": "cancellation cancel order orders",
    "address": "address delivery shipping account",
    "order change": "change order orders",
    "payment": "payment payments billing invoice money",
    "discount": "discount promotion sales payment billing",
    "warranty": "warranty repair product return",
    "hours": "hours store shop information question",
    "shipping": "shipping delivery",
    "product": "product products stock sales question",
    "buying": "purchase sales order product",
    "account": "account login privacy",
    "contact": "contact question",
    "delay": "delay delayed late delivery shipping order",
}
SENTIMENTS = {
    "angry": "angry furious upset frustrated very_negative negative unhappy bad",
    "unhappy": "frustrated dissatisfied unhappy annoyed disappointed upset negative angry bad",
    "happy": "happy positive satisfied pleased grateful good",
    "calm": "neutral calm mixed",
}
THANKS = re.compile(r"\b(?:thank(?:s| you)|great|perfect|awesome|wonderful|happy with)\b")


@dataclass(frozen=True)
class Finding:
    """Something known: as whole sentences, as words that a choice may be named by, or as yes or no."""

    sentences: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    flag: bool | None = None

    @property
    def text(self) -> str:
        return " ".join(self.sentences) or next(iter(self.choices), "")


class Findings:
    def __init__(self, talk: Talk, earlier: str = "") -> None:
        self._talk = talk
        self._earlier = earlier

    def about(self, name: str) -> Finding | None:
        """What is known for a field of this name, None for one that means nothing to us, or that nobody spoke of."""
        plain = " ".join(re.findall(r"[A-Z]?[a-z]+", name)).lower()
        find = next((find for words, find in FIELDS if re.search(rf"\b(?:{words})", plain)), None)
        found = find(self) if find else None
        return found if found and (found.text or found.flag is not None) else None

    def choose(self, name: str, members: Sequence[str]) -> str | None:
        """The member of a closed set that fits, by its name."""
        return next(iter(self.choose_all(name, members)), None)

    def choose_all(self, name: str, members: Sequence[str]) -> list[str]:
        known = self.about(name)
        words = known.choices if known else [word for word in self.words if len(word) > 2]
        fitting = [member for word in words for member in members if _names(member, word)]
        return list(dict.fromkeys(fitting))

    @cached_property
    def words(self) -> list[str]:
        """All words that the customer wrote, the longest first."""
        found = dict.fromkeys(chain.from_iterable(turn.said.split() for turn in self._talk.turns))
        return sorted((word.strip(".,;:!?\"'()“”") for word in found), key=len, reverse=True)

    @cached_property
    def _said(self) -> str:
        return simplify(" ".join(turn.said for turn in self._talk.turns))

    @cached_property
    def _topics(self) -> list[Topic]:
        """Every topic of the conversation, the gravest first, and among equals the one that was named first."""
        named = [topic for turn in self._talk.turns for topic in topics_in(simplify(turn.said))]
        return sorted(dict.fromkeys(named), key=lambda topic: -RANK[topic.priority])

    def category(self) -> Finding:
        words = [word for topic in self._topics for word in CATEGORIES.get(topic.name, topic.name).split()]
        if not words and (self._talk.known_order or re.search(STATUS, self._said)):
            words = ["order", "orders", "delivery", "shipping"]
        return Finding(choices=tuple(words or ["other", "general"]))

    def priority(self) -> Finding:
        usual = priority(self._topics, self._said)
        words = {"low": ("low",), "medium": ("medium", "normal"), "high": ("high", "urgent")}[usual]
        return Finding(choices=("urgent", "critical", *words) if URGENT.search(self._said) else words)

    def sentiment(self) -> Finding:
        mood = "calm"
        if UPSET.search(self._said):
            mood = "angry"
        elif COMPLAINT.search(self._said):
            mood = "unhappy"
        elif THANKS.search(simplify(self._talk.now.said)):
            mood = "happy"
        return Finding(choices=tuple(SENTIMENTS[mood].split()))

    def language(self) -> Finding:
        found = language_of(" ".join(turn.said for turn in self._talk.turns))
        return Finding(sentences=(found.name,), choices=(found.code, found.name.lower()))

    def subject(self) -> Finding:
        if self._topics:
            words = re.sub(r"^(?:an?|the) ", "", about(self._topics[:1], self._talk.known_order))
            return Finding((words[:1].upper() + words[1:],))
        spoken = [turn.said for turn in self._talk.turns if has_substance(simplify(turn.said))]
        return Finding((quoted(spoken[0], 80),) if spoken else ())

    def summary(self) -> Finding:
        return Finding(tuple(filter(None, [older(self._earlier), *recap(self._talk)])))

    def wants(self) -> Finding:
        return Finding(tuple(wishes(self._talk, self._topics)))

    def tried(self) -> Finding:
        return Finding(tuple(tried(self._talk)))

    def still_open(self) -> Finding:
        return Finding(tuple(still_open(self._talk, self._topics)))

    def order(self) -> Finding:
        return Finding(choices=tuple(self._talk.all_orders))

    def orders(self) -> Finding:
        return Finding(tuple(self._talk.all_orders))

    def email(self) -> Finding:
        return Finding(tuple(emails_in(self._talk.email)))

    def ticket(self) -> Finding:
        return Finding((self._talk.known_ticket,) if self._talk.known_ticket else ())

    def customer(self) -> Finding:
        return Finding((self._talk.customer,) if self._talk.customer else ())

    def wants_person(self) -> Finding:
        return Finding(flag=re.search(PERSON, self._said) is not None)

    def is_urgent(self) -> Finding:
        return Finding(flag=URGENT.search(self._said) is not None)


def _names(member: str, word: str) -> bool:
    """Whether a member of a closed set is called by this word: `late_delivery` is by “delivery”."""
    parts = re.findall(r"[^\W_]+", member.lower())
    return word.lower() in (member.lower(), *parts)


FIELDS: tuple[tuple[str, Callable[[Findings], Finding]], ...] = (
    (r"is urgent|urgent\b", Findings.is_urgent),
    (r"(?:wants?|needs?) (?:a )?(?:person|human|agent)|escalat|hand ?over", Findings.wants_person),
    (r"categor|topic|department|queue|reason|tag|label", Findings.category),
    (r"priorit|urgency|severity", Findings.priority),
    (r"sentiment|mood|tone\b|feeling|emotion", Findings.sentiment),
    (r"language|lang\b|locale", Findings.language),
    (r"subject|title|headline|gist", Findings.subject),
    (r"summar|recap|overview", Findings.summary),
    (r"wants?\b|wish|goal|intent|request|issue|problem|question|description", Findings.wants),
    (r"tried|done\b|steps|attempt|actions?\b", Findings.tried),
    (r"(?:still )?open\b|still|next|pending|to ?do\b|remaining", Findings.still_open),
    (r"(?:order|order (?:id|number|no))$", Findings.order),
    (r"order(?:s| ids| numbers)$", Findings.orders),
    (r"e ?mail", Findings.email),
    (r"ticket(?: id| number)?$", Findings.ticket),
    (r"(?:customer )?name$|customer$", Findings.customer),
)
