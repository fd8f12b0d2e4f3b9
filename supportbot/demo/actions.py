"""What the model can do next: say something, ask something, call tools."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# The tools whose results are understood. Any other is only known to `developer`.
LOOKUP, MY_ORDERS = "lookup_order", "my_orders"
TICKET, MY_TICKETS = "create_ticket", "my_tickets"


@dataclass(frozen=True)
class Question:
    """A question, and the words by which it is known in an answer that was given earlier."""

    text: str
    known_by: str


QUESTIONS = {
    "number": Question(
        "What is your order number?", r"order number[^.!?]*\?|check the number|which one do you mean"
    ),
    "email": Question(
        "Which e-mail address did you order with?", r"e-?mail[^.!?]*\?|e-mail address and send"
    ),
    "matter": Question("What went wrong?", r"what (?:went wrong|is it about|would you like)[^.!?]*\?"),
    "ticket": Question("Shall I open a ticket?", r"(?:open|create|file|raise) a ticket[^.!?]*\?"),
    "person": Question("Shall I ask a colleague to take this up?", r"(?:colleague|person|human)[^.!?]*\?"),
    "orders": Question("Shall I list your orders?", r"list your orders[^.!?]*\?"),
}
OFFERS = frozenset({"ticket", "person", "orders"})


def asked_in(answer: str) -> frozenset[str]:
    """The names of the questions in an answer."""
    return frozenset(
        name for name, question in QUESTIONS.items() if re.search(question.known_by, answer, re.IGNORECASE)
    )


@dataclass(frozen=True)
class Call:
    """A tool call that the model wants to make."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Step:
    """One matter's part of an answer. While any step has calls to make, nothing is said yet."""

    say: str = ""
    ask: str = ""
    calls: tuple[Call, ...] = ()


@dataclass(frozen=True)
class Reply:
    """A whole answer: words, or calls, or why the question was refused."""

    text: str = ""
    calls: tuple[Call, ...] = ()
    refusal: str = ""
