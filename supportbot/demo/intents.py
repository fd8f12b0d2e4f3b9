"""What a customer can want, in the order in which it is answered. Several may be in one message.

A new intent is one entry in `INTENTS`: how it is put, what to do about it (a function that gives a `Step`),
and the intents that make it superfluous. Words come simplified, see `mentions.simplify`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from . import actions, decide, handover_note
from .actions import OFFERS, Step
from .handover_note import offer
from .mentions import emails_in
from .phrases import (
    ABOUT_ME,
    ALL_ORDERS,
    CAPABILITIES,
    NO_IDEA,
    NOT_WANTED,
    PERSON,
    PICTURE,
    REMARK,
    STATUS,
    TICKETS,
    YES,
)
from .request import Talk
from .smalltalk import about_myself, capabilities, courtesy
from .ticket_subject import topics_in


@dataclass(frozen=True)
class Intent:
    name: str
    answer: Callable[[Talk], Step]
    pattern: str = r"(?!)"
    when: Callable[[Talk], bool] = lambda talk: False
    unless: frozenset[str] = frozenset()

    def is_in(self, talk: Talk) -> bool:
        return bool(re.search(self.pattern, NOT_WANTED.sub(" ", talk.words))) or self.when(talk)


def understand(talk: Talk) -> list[Intent]:
    found = [intent for intent in INTENTS if intent.is_in(talk)]
    names = {intent.name for intent in found}
    return [intent for intent in found if not intent.unless & names]


def _accepts(talk: Talk) -> bool:
    return bool(talk.asked & OFFERS and re.search(YES, talk.words))


def _answers_with_email(talk: Talk) -> bool:
    """An address, when the last look-up did not succeed."""
    looked_up = [turn.calls(actions.LOOKUP) for turn in talk.turns[:-1] if turn.calls(actions.LOOKUP)]
    return bool(emails_in(talk.now.said) and looked_up and any(done.error for done in looked_up[-1]))


def _answers_matter(talk: Talk) -> bool:
    return "matter" in talk.asked and handover_note.has_substance(talk.words) and not courtesy(talk)


def _other_topics(talk: Talk) -> bool:
    if re.fullmatch(r"\W*cancel (?:it|this|that)\b\W*(?:please)?\W*", talk.words) and (
        talk.asked or not talk.known_order
    ):
        return False  # That is about our question, not about an order.
    return any(topic.reply for topic in topics_in(NOT_WANTED.sub(" ", talk.words)))


def _tell_topics(talk: Talk) -> Step:
    """One word of regret at most, and what we cannot do."""
    topics = [topic for topic in topics_in(NOT_WANTED.sub(" ", talk.words)) if topic.reply]
    regrets = [topic.reply for topic in topics if topic.kind == "problem"][:1]
    limits = [topic.reply for topic in topics if topic.kind != "problem"][:2]
    return offer(talk, " ".join(regrets + limits))


def _take_up(talk: Talk) -> Step:
    return decide.list_orders(talk) if "orders" in talk.asked else handover_note.accept(talk)


def _has_no_idea(talk: Talk) -> bool:
    return bool(talk.asked & {"number", "email"} and re.search(NO_IDEA, talk.words))


def _do_without(talk: Talk) -> Step:
    """The customer does not have what we asked for."""
    if "email" in talk.asked:
        return offer(talk, "Without that address I can't show the order: that keeps it private.", "person")
    if talk.customer and actions.MY_ORDERS in talk.tools:
        return decide.list_orders(talk)
    hint = "The number is usually in the confirmation e-mail. Without it I can't look the order up."
    return offer(talk, hint, "person")


def _blind(talk: Talk) -> Step:
    return Step("I can't see pictures or open links. Please tell me in words what they show.")


def _photos(talk: Talk) -> Step:
    """What we do about pictures is to keep them for those who can look at them."""
    yours = "yours is" if talk.now.photos == 1 else "yours are"
    say = f"I'm a demo model and can't look at photos, but {yours} kept with this conversation"
    if talk.now.calls(actions.TICKET):
        return Step(f"{say}, where our team can see {'it' if talk.now.photos == 1 else 'them'}.")
    if actions.TICKET not in talk.tools:
        return Step(f"{say}. Please tell me in words what to see there.")
    return Step(f"{say}, and I can pass it all on to our team.", "ticket")


def _asks_why(talk: Talk) -> bool:
    return bool(talk.asked & {"email", "number"} and re.match(r"(?:but )?(?:why|what for)\b", talk.words))


def _why(talk: Talk) -> Step:
    ask = "email" if "email" in talk.asked else "number"
    return Step("With it I find the right order, and only the person who placed it gets to see it.", ask)


def _gives_half_an_email(talk: Talk) -> bool:
    return "email" in talk.asked and "@" in talk.words and not emails_in(talk.words)


def _no_email(talk: Talk) -> Step:
    return Step("That doesn't look like a whole e-mail address, such as name@example.com.", "email")


def _bare_refusal(talk: Talk) -> Step:
    return Step("All right, no ticket. What else can I do for you?")


_HANDED_OVER = frozenset({"complaint", "person", "accept"})
_LOOKED_UP = frozenset({"orders", "number", "remark", "my orders"})

INTENTS = (
    Intent("about me", about_myself, ABOUT_ME),
    Intent("capabilities", capabilities, CAPABILITIES),
    Intent("my orders", decide.list_orders, ALL_ORDERS),
    Intent(
        "orders", decide.tell_orders, STATUS, _answers_with_email, unless=frozenset({"tickets", "my orders"})
    ),
    Intent(
        "number",
        decide.tell_orders,
        when=lambda talk: bool(talk.orders),
        unless=_HANDED_OVER | {"orders", "topic", "my orders", "tickets"},
    ),
    Intent(
        "number and remark",
        decide.tell_orders,
        when=lambda talk: bool(talk.orders and re.search(REMARK, talk.words)),
        unless=_HANDED_OVER | {"orders", "tickets"},
    ),
    Intent(
        "remark",
        decide.tell_orders,
        REMARK,
        unless=_HANDED_OVER | {"orders", "number", "topic", "my orders", "tickets", "no idea"},
    ),
    Intent("tickets", decide.tell_tickets, TICKETS),
    Intent("accept", _take_up, when=_accepts, unless=frozenset({"person"})),
    Intent(
        "complaint",
        handover_note.complain,
        handover_note.COMPLAINTS,
        _answers_matter,
        unless=frozenset({"tickets", "accept"}),
    ),
    Intent("person", handover_note.ask_for_person, PERSON, unless=frozenset({"complaint", "about me"})),
    Intent("topic", _tell_topics, when=_other_topics, unless=_HANDED_OVER | {"tickets"}),
    Intent(
        "no idea", _do_without, when=_has_no_idea, unless=_HANDED_OVER | {"number", "orders", "my orders"}
    ),
    Intent("why", _why, when=_asks_why, unless=_HANDED_OVER),
    Intent("half an e-mail", _no_email, when=_gives_half_an_email, unless=_HANDED_OVER),
    Intent("photos", _photos, when=lambda talk: talk.now.photos > 0),
    Intent("picture", _blind, PICTURE, unless=frozenset({"photos"})),
    Intent(
        "no ticket",
        _bare_refusal,
        when=lambda talk: bool(NOT_WANTED.search(talk.words)),
        unless=_HANDED_OVER | _LOOKED_UP | {"topic", "tickets"},
    ),
)
