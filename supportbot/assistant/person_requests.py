"""`@person_request_handler`: what an app does when a customer asks for a person.

    @person_request_handler
    def open_ticket(request: PersonRequest) -> str:
        ...
        return ticket.number

Found in the module `person_requests` of every app. It runs in the transaction in which the conversation begins to wait,
so its effect happens once. What it returns is a reference that the customer is told, such as a ticket's number, or
nothing. Whatever it raises, the conversation waits all the same: `ToolError` is a refusal, anything else is logged.
"""

from collections.abc import Callable
from dataclasses import dataclass

from .declarations import require_function
from .tool_context import Customer


@dataclass(frozen=True, slots=True)
class PersonRequest:
    """Who asks for a person, and why. `conversation` is its primary key, `customer` is None for a guest.

    `reason` is a line for staff: the last that the customer wrote about it, which `is_quote` says, or what the model
    says the matter is; empty if nobody knows. It is untrusted.
    """

    conversation: int
    customer: Customer | None
    reason: str
    name: str = ""
    email: str = ""
    is_quote: bool = False


@dataclass(frozen=True, slots=True)
class PersonRequestHandler:
    function: Callable[[PersonRequest], str]

    def __call__(self, request: PersonRequest) -> str:
        return self.function(request)


def person_request_handler(function: Callable[[PersonRequest], str]) -> PersonRequestHandler:
    """Have a function called when a customer asks for a person. Raises TypeError if it cannot be called so."""
    require_function(function, "@person_request_handler", ("request",))
    return PersonRequestHandler(function)
