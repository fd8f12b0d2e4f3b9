"""Tells the desks of all processes that a conversation needs staff, or no longer does."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from supportbot.server.process import process

from . import process_messages

GROUP = "desk"

Listener = Callable[[int], Awaitable[None]]


@dataclass
class DeskListeners:
    """Called in this process with the id of a conversation that staff must hear of."""

    listeners: set[Listener] = field(default_factory=set)


async def subscribe_desk(listener: Listener) -> None:
    process.get(DeskListeners).listeners.add(listener)
    await process_messages.join_group(GROUP)


async def unsubscribe_desk(listener: Listener) -> None:
    listeners = process.get(DeskListeners).listeners
    listeners.discard(listener)
    if not listeners:
        await process_messages.leave_group(GROUP)


async def notify_desk(conversation_id: int) -> None:
    """The message may be lost: a desk looks for itself now and then."""
    await _call_listeners(conversation_id)
    await process_messages.send_to_group(GROUP, "desk", conversation_id=conversation_id)


@process_messages.on_message("desk")
async def _call_listeners(conversation_id: int) -> None:
    for listener in tuple(process.get(DeskListeners).listeners):
        await listener(conversation_id)
