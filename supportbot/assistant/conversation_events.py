"""`@conversation_event_handler`: what an app does when something happens in a conversation.

    @conversation_event_handler(CustomerWrote)
    def reopen_ticket(event: CustomerWrote) -> None:
        ...

Found in the module `conversation_events` of every app. It runs in the transaction in which the thing happened, and the
conversation is locked, so its effect happens once, or not at all if that transaction is rolled back. Conversations and
messages are given by their primary keys.

When it raises, the transaction is rolled back: nothing of the event is stored, the log says where it was raised, and
whoever wrote or pressed is told that it did not work. A sign-in alone goes on, without what the handler was to do.
So what may fail, such as a call of another service, belongs into a job.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from .declarations import require_function, require_subclass
from .tool_context import Customer


@dataclass(frozen=True, slots=True)
class ConversationEvent:
    """Something happened in a conversation."""

    conversation: int


@dataclass(frozen=True, slots=True)
class CustomerWrote(ConversationEvent):
    """A customer's message was stored, whichever way it came. `customer` is None for a guest.

    With `is_for_person` one of the staff has the conversation or is waited for; else the assistant answers. Most
    customers never talk with anybody else: `was_with_person` says whether one of the staff has ever had it. `reference`
    is what the customer's page says that it is about, often nothing.
    """

    message: int
    customer: Customer | None
    is_for_person: bool
    was_with_person: bool
    reference: str = ""


@dataclass(frozen=True, slots=True)
class StaffReplied(ConversationEvent):
    """A member of staff wrote to the customer. `reference` is what the page says that it is about, often nothing."""

    message: int
    staff: int
    staff_name: str
    reference: str = ""


@dataclass(frozen=True, slots=True)
class ConversationAssigned(ConversationEvent):
    """A member of staff gave the conversation to a colleague. `previous` is who of the staff had it, if anybody."""

    staff: int
    to: int
    previous: int | None


@dataclass(frozen=True, slots=True)
class ConversationClosed(ConversationEvent):
    """A member of staff closed the conversation. `reference` is as in `StaffReplied`."""

    staff: int
    reference: str = ""


@dataclass(frozen=True, slots=True)
class ContactGiven(ConversationEvent):
    """A guest said where to be reached, or corrected it."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class CustomerSignedIn(ConversationEvent):
    """A guest signed in, and the conversation is the account's from now on."""

    customer: Customer


Event = TypeVar("Event", bound=ConversationEvent)


@dataclass(frozen=True, slots=True)
class ConversationEventHandler:
    event_type: type[ConversationEvent]
    function: Callable[..., None]

    def __call__(self, event: ConversationEvent) -> None:
        self.function(event)


def conversation_event_handler(
    event_type: type[Event],
) -> Callable[[Callable[[Event], None]], ConversationEventHandler]:
    """Have a function called with each event of this type.

    Raises TypeError for another type than those above, and for a function that cannot be called with one event.
    """
    require_subclass(event_type, ConversationEvent, "@conversation_event_handler", "the event type")

    def register_function(function: Callable[[Event], None]) -> ConversationEventHandler:
        require_function(function, "@conversation_event_handler", ("event",))
        return ConversationEventHandler(event_type, function)

    return register_function
