"""Finds what is known about a dialogue for a field of a schema, by the field's name.

Everything comes from the customer's own words and the results of tools. To let the model know one more field,
add a line to `FACT_GETTERS`.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice

from . import reports
from .handover_note import COMPLAINT, has_substance
from .languages import detect_language
from .mentions import simplify_text
from .phrases import PERSON, STATUS
from .request import Dialogue
from .smalltalk import UPSET
from .ticket_subject import PRIORITY_RANKS, URGENT, choose_priority, describe_matter, find_topics
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
class Fact:
    """Something known: as whole sentences, as words that name a choice, or as yes or no."""

    sentences: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    flag: bool | None = None

    @property
    def text(self) -> str:
        return " ".join(self.sentences) or next(iter(self.choices), "")


class DialogueFacts:
    def __init__(self, dialogue: Dialogue, earlier_summary: str = "") -> None:
        self._dialogue = dialogue
        self._earlier_summary = earlier_summary

    def find_fact(self, name: str) -> Fact | None:
        """What is known for a field of this name; None if nothing is, or if the name means nothing to us."""
        words = " ".join(re.findall(r"[A-Z]?[a-z]+", name)).lower()
        getter = next((get for pattern, get in FACT_GETTERS if re.search(rf"\b(?:{pattern})", words)), None)
        fact = getter(self) if getter else None
        return fact if fact and (fact.text or fact.flag is not None) else None

    def choose_members(self, name: str, members: Sequence[str]) -> list[str]:
        """The members of a closed set that fit a field of this name, the best one first."""
        fact = self.find_fact(name)
        words = fact.choices if fact else [word for word in self.customer_words if len(word) > 2]
        fitting = [member for word in words for member in members if _is_called(member, word)]
        return list(dict.fromkeys(fitting))

    @cached_property
    def customer_words(self) -> list[str]:
        """All words that the customer wrote, the longest first."""
        words = dict.fromkeys(self._dialogue.all_text.split())
        return sorted((word.strip(".,;:!?\"'()“”") for word in words), key=len, reverse=True)

    @cached_property
    def _simple_text(self) -> str:
        return simplify_text(self._dialogue.all_text)

    @cached_property
    def _ranked_topics(self) -> list[Topic]:
        """Every topic of the dialogue, the gravest first, and among equals the one that was named first."""
        texts = (simplify_text(each.text) for each in self._dialogue.exchanges)
        topics = chain.from_iterable(map(find_topics, texts))
        return sorted(dict.fromkeys(topics), key=lambda topic: -PRIORITY_RANKS[topic.priority])

    def get_category(self) -> Fact:
        words = " ".join(CATEGORIES.get(topic.name, topic.name) for topic in self._ranked_topics)
        if not words and (self._dialogue.current_order or re.search(STATUS, self._simple_text)):
            words = "order orders delivery shipping"
        return Fact(choices=tuple((words or "other general").split()))

    def get_priority(self) -> Fact:
        usual = choose_priority(self._ranked_topics, self._simple_text)
        words = {"low": ("low",), "medium": ("medium", "normal"), "high": ("high", "urgent")}[usual]
        return Fact(choices=("urgent", "critical", *words) if URGENT.search(self._simple_text) else words)

    def get_sentiment(self) -> Fact:
        mood = "calm"
        if UPSET.search(self._simple_text):
            mood = "angry"
        elif COMPLAINT.search(self._simple_text):
            mood = "unhappy"
        elif THANKS.search(self._dialogue.simple_text):
            mood = "happy"
        return Fact(choices=tuple(SENTIMENTS[mood].split()))

    def get_language(self) -> Fact:
        language = detect_language(self._dialogue.all_text)
        return Fact(sentences=(language.name,), choices=(language.code, language.name.lower()))

    def get_subject(self) -> Fact:
        if self._ranked_topics:
            words = describe_matter(self._dialogue, self._ranked_topics[:1])
            words = re.sub(r"^(?:an?|the) ", "", words)
            return Fact((words[:1].upper() + words[1:],))
        quotes = (each.text for each in self._dialogue.exchanges if has_substance(simplify_text(each.text)))
        return Fact(tuple(reports.shorten_text(quote, 80) for quote in islice(quotes, 1)))

    def get_summary(self) -> Fact:
        earlier = reports.shorten_summary(self._earlier_summary)
        return Fact((*filter(None, [earlier]), *reports.describe_exchanges(self._dialogue)))

    def get_wishes(self) -> Fact:
        return Fact(tuple(reports.describe_wishes(self._dialogue, self._ranked_topics)))

    def get_actions_taken(self) -> Fact:
        return Fact(tuple(reports.describe_calls(self._dialogue)))

    def get_open_points(self) -> Fact:
        return Fact(tuple(reports.describe_open_points(self._dialogue, self._ranked_topics)))

    def get_order(self) -> Fact:
        return Fact(choices=tuple(self._dialogue.all_order_numbers))

    def get_orders(self) -> Fact:
        return Fact(tuple(self._dialogue.all_order_numbers))

    def get_value(self, name: str) -> Fact:
        return Fact(tuple(filter(None, [getattr(self._dialogue, name)])))

    def has_words(self, pattern: str) -> Fact:
        return Fact(flag=re.search(pattern, self._simple_text) is not None)


def _is_called(member: str, word: str) -> bool:
    """Whether a member of a closed set has this word in its name: `late_delivery` has “delivery”."""
    parts = re.findall(r"[^\W_]+", member.lower())
    return word.lower() in (member.lower(), *parts)


FACT_GETTERS: tuple[tuple[str, Callable[[DialogueFacts], Fact]], ...] = (
    (r"is urgent|urgent\b", lambda it: it.has_words(URGENT.pattern)),
    (r"(?:wants?|needs?) (?:a )?(?:person|human|agent)|escalat|hand ?over", lambda it: it.has_words(PERSON)),
    (r"categor|topic|department|queue|reason|tag|label", DialogueFacts.get_category),
    (r"priorit|urgency|severity", DialogueFacts.get_priority),
    (r"sentiment|mood|tone\b|feeling|emotion", DialogueFacts.get_sentiment),
    (r"language|lang\b|locale", DialogueFacts.get_language),
    (r"subject|title|headline|gist", DialogueFacts.get_subject),
    (r"summar|recap|overview", DialogueFacts.get_summary),
    (r"wants?\b|wish|goal|intent|request|issue|problem|question|description", DialogueFacts.get_wishes),
    (r"tried|done\b|steps|attempt|actions?\b", DialogueFacts.get_actions_taken),
    (r"(?:still )?open\b|still|next|pending|to ?do\b|remaining", DialogueFacts.get_open_points),
    (r"(?:order|order (?:id|number|no))$", DialogueFacts.get_order),
    (r"order(?:s| ids| numbers)$", DialogueFacts.get_orders),
    (r"e ?mail", lambda it: it.get_value("latest_email")),
    (r"ticket(?: id| number)?$", lambda it: it.get_value("latest_ticket")),
    (r"(?:customer )?name$|customer$", lambda it: it.get_value("customer_name")),
)
