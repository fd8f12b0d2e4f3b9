"""What a customer may have done in their conversation. Every way in, by socket, by HTTP or by a form, leads here."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from supportbot.server.executors import DatabaseFunction, limit_database_wait

from .. import turns
from ..limits.rate_limits import check_email, check_text
from ..realtime import broadcast
from ..realtime.audiences import CUSTOMER
from ..realtime.socket_sessions import SocketSession
from ..worker import runner
from .frames import Frame
from .script_data import PERSON_REQUEST


@dataclass(frozen=True, slots=True)
class Customer:
    """Who asks, with which session, and in which conversation."""

    conversation_id: int
    session: SocketSession

    def require_valid_session(self) -> None:
        """Called on the database's thread, just before what is asked for. Raises `SessionEnded`."""
        self.session.require_valid(self.conversation_id)

    async def run_action(self, function: DatabaseFunction[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run a transaction in the conversation, if the session may still do so.

        Raises `SessionEnded`, `RequestRefused`, and OperationalError when the database is away for too long.
        """
        async with limit_database_wait():
            return await function.run_after(self.require_valid_session, self.conversation_id, *args, **kwargs)

    async def apply_change(self, function: DatabaseFunction[..., Any], *args: Any, **kwargs: Any) -> None:
        """Run a transaction, show what it changed and have its turn answered. Raises as `run_action` does."""
        await runner.publish_and_start(await self.run_action(function, *args, **kwargs))


async def send_message(customer: Customer, frame: Frame) -> None:
    """Store a message and have it answered."""
    text = check_text(frame.text, frame.images)
    can_start = runner.count_free_slots() > 0
    await customer.apply_change(turns.submit_message, text, frame.client_id, can_start, images=frame.images)


async def request_person(customer: Customer, frame: Frame) -> None:
    """The button: the bot falls silent, and the conversation waits for a person."""
    if await customer.run_action(turns.check_person_request, frame.client_id):
        await runner.halt_turn(customer.conversation_id, customer.require_valid_session)
    await customer.apply_change(turns.request_person, text=str(PERSON_REQUEST), client_id=frame.client_id)


async def cancel_person_request(customer: Customer, frame: Frame) -> None:
    """The customer would rather go on with the assistant than wait."""
    await customer.apply_change(turns.cancel_person_request)


async def store_contact(customer: Customer, frame: Frame) -> None:
    """A guest says where to be reached."""
    await customer.apply_change(turns.store_contact, frame.name, check_email(frame.email))


async def end_conversation(customer: Customer, frame: Frame) -> None:
    """The customer needs nothing more, and is asked how it was."""
    await runner.stop_turn(customer.conversation_id, check=customer.require_valid_session)
    await customer.apply_change(turns.end_conversation)


async def store_rating(customer: Customer, frame: Frame) -> None:
    """How it was: thumbs, words, or both."""
    await customer.apply_change(turns.store_rating, frame.rating, frame.is_good, frame.words)


async def dismiss_rating(customer: Customer, frame: Frame) -> None:
    """The customer does not want to be asked."""
    await customer.apply_change(turns.dismiss_rating, frame.rating)


async def stop_answer(customer: Customer, frame: Frame) -> None:
    await runner.stop_turn(customer.conversation_id, frame.turn, customer.require_valid_session)


async def retry_answer(customer: Customer, frame: Frame) -> None:
    await customer.apply_change(turns.retry_turn, frame.turn, runner.count_free_slots() > 0)


async def show_typing(customer: Customer, frame: Frame) -> None:
    """Staff see for some seconds that the customer writes, where one of them is wanted or there."""
    if await customer.run_action(turns.is_with_person):
        await broadcast.publish_typing(customer.conversation_id, CUSTOMER)


Action = Callable[[Customer, Frame], Awaitable[None]]

# With these a conversation begins: before that there is nothing to stop, to try again or to withdraw.
BEGINNING_ACTIONS = ("send", "person")
ACTIONS: dict[str, Action] = {
    "send": send_message,
    "person": request_person,
    "cancel_person": cancel_person_request,
    "contact": store_contact,
    "end": end_conversation,
    "rate": store_rating,
    "dismiss_rating": dismiss_rating,
    "stop": stop_answer,
    "retry": retry_answer,
    "typing": show_typing,
}
