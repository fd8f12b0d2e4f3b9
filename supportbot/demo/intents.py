"""What a customer can want, in the order in which it is answered. A message may hold several intents.

A new intent is one entry in `INTENTS`: a pattern or a condition that recognises it, a function that returns the
`Action` for it, and the intents that it yields to. Patterns are matched against text simplified by `mentions`.
"""

import re
from collections.abc import Callable, Set
from dataclasses import dataclass

from . import handover_note, phrases
from .actions import CREATE_TICKET, LOOKUP_ORDER, MY_ORDERS, OFFERS, Action
from .decide import find_listed_order, list_orders, report_orders, report_tickets
from .handover_note import HANDOVER_WISHES, ask_for_person, handle_complaint, offer_ticket
from .mentions import find_emails
from .request import Dialogue
from .smalltalk import answer_courtesy, describe_assistant, describe_capabilities
from .ticket_subject import find_topics
from .topics import Topic


@dataclass(frozen=True)
class Intent:
    name: str
    respond: Callable[[Dialogue], Action]
    pattern: str = r"(?!)"
    condition: Callable[[Dialogue], object] = lambda dialogue: False
    yields_to: Set[str] = frozenset()

    def applies_to(self, dialogue: Dialogue) -> bool:
        return bool(re.search(self.pattern, _drop_unwanted(dialogue)) or self.condition(dialogue))


def recognise_intents(dialogue: Dialogue) -> list[Intent]:
    found = [intent for intent in INTENTS if intent.applies_to(dialogue)]
    names = {intent.name for intent in found}
    chosen = [intent for intent in found if not intent.yields_to & names]
    return list({intent.respond: intent for intent in chosen}.values())  # what says the same says it once


def _drop_unwanted(dialogue: Dialogue) -> str:
    """The customer's words without what they say that they do not want."""
    return phrases.NOT_WANTED.sub(" ", dialogue.simple_text)


def _accepts_offer(dialogue: Dialogue) -> bool:
    return bool(dialogue.open_questions & OFFERS and re.search(phrases.YES, dialogue.simple_text))


def _answers_with_email(dialogue: Dialogue) -> bool:
    """Whether an e-mail address is given after the last look-up did not succeed, or the order was named without it."""
    lookups = [exchange.find_calls(LOOKUP_ORDER) for exchange in dialogue.exchanges[:-1]]
    last = next(filter(None, reversed(lookups)), [])
    was_named = dialogue.current_order and not (last or dialogue.order_numbers)
    return bool((was_named or any(call.error for call in last)) and find_emails(dialogue.simple_text))


def _says_what_went_wrong(dialogue: Dialogue) -> bool:
    was_asked = "problem" in dialogue.open_questions
    return was_asked and handover_note.has_substance(dialogue.simple_text) and not answer_courtesy(dialogue)


def _mentions_topic(dialogue: Dialogue) -> bool:
    if re.fullmatch(r"\W*cancel (?:it|this|that)\b\W*(?:please)?\W*", dialogue.simple_text) and (
        dialogue.open_questions or not dialogue.current_order
    ):
        return False  # That cancels our question, not an order.
    return bool(_find_answerable_topics(dialogue))


def _find_answerable_topics(dialogue: Dialogue) -> list[Topic]:
    return [topic for topic in find_topics(_drop_unwanted(dialogue)) if topic.reply]


def _answer_topics(dialogue: Dialogue) -> Action:
    """One sentence of regret at most, and then what the model can't do."""
    topics = _find_answerable_topics(dialogue)
    regrets = [topic.reply for topic in topics if topic.kind == "problem"][:1]
    limits = [topic.reply for topic in topics if topic.kind != "problem"][:2]
    return offer_ticket(dialogue, " ".join(regrets + limits))


def _follow_up_offer(dialogue: Dialogue) -> Action:
    return (list_orders if "orders" in dialogue.open_questions else handover_note.accept_offer)(dialogue)


def _offer_alternative(dialogue: Dialogue) -> Action:
    """What to do where the customer does not have what we asked for."""
    if "email" in dialogue.open_questions:
        limit = "Without that e-mail address I can't show the order: that keeps it private."
        return offer_ticket(dialogue, limit, "person")
    if dialogue.customer_name and MY_ORDERS in dialogue.tools:
        return list_orders(dialogue)
    hint = "The number is usually in the confirmation e-mail. Without it I can't look the order up."
    return offer_ticket(dialogue, hint, "person")


def _acknowledge_photos(dialogue: Dialogue) -> Action:
    """Photos are kept for the people who can look at them."""
    yours, them = ("yours is", "it") if dialogue.current_exchange.photo_count == 1 else ("yours are", "them")
    text = f"I'm a demo model and can't look at photos, but {yours} kept with this conversation"
    if dialogue.current_exchange.find_calls(CREATE_TICKET):
        return Action(f"{text}, where our team can see {them}.")
    if CREATE_TICKET not in dialogue.tools:
        return Action(f"{text}. Please describe what {'it shows' if them == 'it' else 'they show'}.")
    return Action(f"{text}, and I can pass it all on to our team.", "ticket")


def _asks_why(dialogue: Dialogue) -> bool:
    asks = re.match(r"(?:but )?(?:why|what for)\b", dialogue.simple_text)
    return bool(dialogue.open_questions & {"email", "number"} and asks)


def _explain_question(dialogue: Dialogue) -> Action:
    question = "email" if "email" in dialogue.open_questions else "number"
    return Action("It helps me find the right order, and show it only to the person who placed it.", question)


def _gives_partial_email(dialogue: Dialogue) -> bool:
    words = dialogue.simple_text
    return "email" in dialogue.open_questions and "@" in words and not find_emails(words)


def _say(text: str, question: str = "") -> Callable[[Dialogue], Action]:
    return lambda dialogue: Action(text, question)


_EXPLAIN_SIGN_IN = _say("You can sign in from the menu at the top of this page. Then I know your orders.")
_REJECT_EMAIL = _say("That doesn't look like a complete e-mail address, such as name@example.com.", "email")
_DECLINE_PICTURES = _say("I can't see pictures or open links. Please describe what they show.")


_HANDOVER = frozenset({"complaint", "person", "accept"})
_LOOKUP = frozenset({"orders", "number", "remark", "my orders"})

INTENTS = (
    Intent("about me", describe_assistant, phrases.ABOUT_ME),
    Intent("capabilities", describe_capabilities, phrases.CAPABILITIES),
    Intent("my orders", list_orders, phrases.ALL_ORDERS),
    Intent("orders", report_orders, phrases.STATUS, _answers_with_email, yields_to={"tickets", "my orders"}),
    Intent(
        "number",
        report_orders,
        condition=lambda dialogue: dialogue.order_numbers,
        yields_to=_HANDOVER | {"orders", "topic", "my orders", "tickets"},
    ),
    Intent(
        "number and remark",
        report_orders,
        condition=lambda dialogue: dialogue.order_numbers and re.search(phrases.REMARK, dialogue.simple_text),
        yields_to=_HANDOVER | {"orders", "tickets"},
    ),
    Intent(
        "remark",
        report_orders,
        phrases.REMARK,
        yields_to=_HANDOVER | {"orders", "number", "topic", "my orders", "tickets", "no idea"},
    ),
    Intent("listed", report_orders, condition=find_listed_order, yields_to=_HANDOVER | _LOOKUP | {"topic"}),
    Intent("tickets", report_tickets, phrases.TICKETS),
    Intent("accept", _follow_up_offer, condition=_accepts_offer, yields_to={"person"}),
    Intent(
        "complaint",
        handle_complaint,
        HANDOVER_WISHES,
        _says_what_went_wrong,
        yields_to={"tickets", "accept", "person"},
    ),
    Intent("person", ask_for_person, phrases.PERSON, yields_to={"about me"}),
    Intent(
        "sign in", _EXPLAIN_SIGN_IN, r"\b(?:how|where)\b.*\b(?:sign|log) ?(?:in|on)\b", yields_to=_HANDOVER
    ),
    Intent("topic", _answer_topics, condition=_mentions_topic, yields_to=_HANDOVER | {"tickets", "sign in"}),
    Intent(
        "no idea",
        _offer_alternative,
        condition=lambda dialogue: (
            dialogue.open_questions & {"number", "email"} and re.search(phrases.NO_IDEA, dialogue.simple_text)
        ),
        yields_to=_HANDOVER | {"number", "orders", "my orders"},
    ),
    Intent("why", _explain_question, condition=_asks_why, yields_to=_HANDOVER),
    Intent("partial e-mail", _REJECT_EMAIL, condition=_gives_partial_email, yields_to=_HANDOVER),
    Intent("photos", _acknowledge_photos, condition=lambda dialogue: dialogue.current_exchange.photo_count),
    Intent("picture", _DECLINE_PICTURES, phrases.PICTURE, yields_to={"photos"}),
    Intent(
        "no ticket",
        _say("All right, no ticket. What else can I do for you?"),
        condition=lambda dialogue: phrases.NOT_WANTED.search(dialogue.simple_text),
        yields_to=_HANDOVER | _LOOKUP | {"topic", "tickets"},
    ),
)
