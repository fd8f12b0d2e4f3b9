"""Messages between the server processes of the site: what one of them publishes is shown to the pages of the others.

Each process tells the others to which groups it listens, and nobody sends what nobody listens to. A message may be
lost, and is sent once at most. Nothing here is the truth: the database says what is there.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import connections

from supportbot.server.process import process

from .connection import Handler, ProcessConnection
from .outbox import BuildContent
from .peers import ALL_PROCESSES, Groups
from .transport import Transport

__all__ = ["ALL_PROCESSES"]

# What is done with each kind of message: filled at import, never changed.
_HANDLERS: dict[str, Handler] = {}


@dataclass
class ProcessMessages:
    """The groups that this process listens to, and its connection: one of each event loop, and there is mostly one.

    `transport` names what messages go over, and is empty where there is no other process. It is kept here since each
    word asks for it, and to look a setting up takes longer than all else that is done then.
    """

    transport: str = field(default_factory=lambda: settings.PROCESS_TRANSPORT)
    groups: Groups = field(default_factory=Groups)
    connections: dict[asyncio.AbstractEventLoop, ProcessConnection] = field(default_factory=dict)


def on_message(kind: str) -> Callable[[Handler], Handler]:
    """The function is called with the content of every message of this kind that another process sends."""

    def register_handler(handler: Handler) -> Handler:
        _HANDLERS[kind] = handler
        return handler

    return register_handler


def has_listener(group: str) -> bool:
    """Whether another process listens to the group, or may: then it is worth making a message."""
    connection = _get_connection()
    return connection is not None and connection.has_listener(group)


async def send_to_group(group: str, kind: str, **content: Any) -> None:
    """Send to the other processes that listen to a group, if they can be reached: returns when it has been sent."""
    connection = _get_connection()
    if connection is not None and connection.has_listener(group):
        await connection.send_message(group, kind, content)


def send_without_waiting(group: str, kind: str, **content: Any) -> None:
    """The same for whoever must not wait until it has been sent."""
    connection = _get_connection()
    if connection is not None and connection.has_listener(group):
        connection.add_message(group, kind, content)


def send_soon(group: str, kind: str, build_content: BuildContent) -> None:
    """Send the content that the function returns when it is called, within a moment; None is not sent.

    That is cheaper for what grows: it is called once, however often this is.
    """
    connection = _get_connection()
    if connection is not None and connection.has_listener(group):
        connection.send_soon(group, kind, build_content)


async def join_group(group: str) -> None:
    """Receive what is sent to a group from now on; while other processes are out of reach, as soon as they are back."""
    process.get(ProcessMessages).groups.add_group(group)
    if (connection := _get_connection()) is not None:
        await connection.announce_joined(group)


async def leave_group(group: str) -> None:
    """Receive nothing more that is sent to the group."""
    state = process.get(ProcessMessages)
    state.groups.remove_group(group)
    # None is made for it: the pages of a process that ends leave when it has said goodbye.
    if (connection := state.connections.get(asyncio.get_running_loop())) is not None:
        connection.note_left(group)


def open_connection() -> None:
    """Receive what is for all processes from now on, and be told early who listens to what."""
    _get_connection()


async def close_connection() -> None:
    """Send what is still to be sent, and stop receiving, for the process ends."""
    connection = process.get(ProcessMessages).connections.pop(asyncio.get_running_loop(), None)
    if connection is not None:
        await connection.close_connection()


def check_store() -> None:
    """Raise an OSError if the store that messages go over is away; PostgreSQL is looked at by whoever asks."""
    if settings.PROCESS_TRANSPORT == "redis":
        from .redis_transport import check_redis

        check_redis(settings.ENVIRONMENT.redis_url)


def _get_connection() -> ProcessConnection | None:
    """The connection of this event loop, made when there is none yet; None where there is no other process."""
    state = process.get(ProcessMessages)
    if not state.transport:
        return None
    loop = asyncio.get_running_loop()
    connection = state.connections.get(loop)
    if connection is None or connection.task.done():
        state.connections = {loop: each for loop, each in state.connections.items() if not loop.is_closed()}
        connection = state.connections[loop] = ProcessConnection(_build_transport(), state.groups, _HANDLERS)
    return connection


def _build_transport() -> Transport:
    # Imported late: an installation may lack the library of the other one.
    if settings.PROCESS_TRANSPORT == "redis":
        from .redis_transport import RedisTransport

        return RedisTransport(settings.ENVIRONMENT.redis_url)
    from .postgres_transport import PostgresTransport

    return PostgresTransport(connections["default"].get_connection_params())
