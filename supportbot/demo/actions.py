"""What the model can do next: say something, ask something, call tools."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# The tools whose results the model understands. Any other can only be called by hand, see `developer`.
LOOKUP_ORDER, MY_ORDERS = "lookup_order", "my_orders"
CREATE_TICKET, MY_TICKETS = "create_ticket", "my_tickets"
REQUEST_HUMAN = "request_human"


@dataclass(frozen=True)
class FollowUpQuestion:
    """A question to the customer, and a pattern that recognises it in an earlier answer."""

    text: str
    pattern: str


QUESTIONS = {
    "number": FollowUpQuestion(
        "What is your order number?", r"order number[^.!?]*\?|check the number|which one do you mean"
    ),
    "email": FollowUpQuestion(
        "Which e-mail address did you use for the order?",
        r"e-?mail[^.!?]*\?|e-mail address (?:and send|used for)",
    ),
    "problem": FollowUpQuestion("What went wrong?", r"what (?:went wrong|is it about)[^.!?]*\?"),
    "ticket": FollowUpQuestion(
        "Would you like me to open a ticket?", r"(?:open|create|file|raise) a ticket[^.!?]*\?"
    ),
    "person": FollowUpQuestion(
        "Would you like me to pass this on to a colleague?", r"(?:colleague|person|human)[^.!?]*\?"
    ),
    "orders": FollowUpQuestion("Would you like me to list your orders?", r"list your orders[^.!?]*\?"),
}
OFFERS = frozenset({"ticket", "person", "orders"})


def find_questions(answer: str) -> frozenset[str]:
    """The names of the follow-up questions in an answer."""
    return frozenset(name for name, each in QUESTIONS.items() if re.search(each.pattern, answer, re.I))


@dataclass(frozen=True)
class PlannedCall:
    """A tool call that the model wants to make."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Action:
    """One intent's part of a reply: words, the name of a follow-up question, or calls that must be made first."""

    text: str = ""
    question: str = ""
    calls: tuple[PlannedCall, ...] = ()


@dataclass(frozen=True)
class Reply:
    """A whole answer: words, or calls, or the reason for a refusal."""

    text: str = ""
    calls: tuple[PlannedCall, ...] = ()
    refusal: str = ""
