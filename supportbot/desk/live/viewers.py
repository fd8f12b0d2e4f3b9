"""Who of the staff looks at a conversation now, in all processes. Nothing of it is stored.

Each open page says again and again that it is there; one that has gone silent is forgotten.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from time import monotonic

from supportbot.conversations.realtime import process_messages
from supportbot.server.process import process

VIEWER_INTERVAL_SECONDS = 15.0
VIEWER_TIMEOUT_SECONDS = 40.0

Listener = Callable[[], Awaitable[None]]


@dataclass
class Viewers:
    """By conversation: the name of each page's reader and when it was heard of last, and the pages of this process."""

    pages: defaultdict[int, dict[str, tuple[str, float]]] = field(default_factory=lambda: defaultdict(dict))
    listeners: defaultdict[int, set[Listener]] = field(default_factory=lambda: defaultdict(set))


async def subscribe_viewers(conversation_id: int, listener: Listener) -> None:
    """Call the listener when somebody comes or goes, and when there is a new note."""
    process.get(Viewers).listeners[conversation_id].add(listener)
    await process_messages.join_group(_group_name(conversation_id))


async def unsubscribe_viewers(conversation_id: int, listener: Listener) -> None:
    state = process.get(Viewers)
    state.listeners[conversation_id].discard(listener)
    if not state.listeners[conversation_id]:
        del state.listeners[conversation_id]
        state.pages.pop(conversation_id, None)
        await process_messages.leave_group(_group_name(conversation_id))


def list_viewers(conversation_id: int) -> list[str]:
    """The names of those who look, each once."""
    heard_after = monotonic() - VIEWER_TIMEOUT_SECONDS
    pages = process.get(Viewers).pages.get(conversation_id, {})
    return sorted({name for name, heard_at in pages.values() if heard_at > heard_after})


async def announce_viewer(conversation_id: int, page_key: str, name: str) -> None:
    """Somebody looks at the conversation, in all processes; an empty name: no longer."""
    content = {"conversation_id": conversation_id, "page_key": page_key, "name": name}
    await _note_viewer(**content)
    await process_messages.send_to_group(_group_name(conversation_id), "desk_viewer", **content)


async def announce_change(conversation_id: int) -> None:
    """The pages that show this conversation look again at what staff alone see of it."""
    await _call_listeners(conversation_id)
    await process_messages.send_to_group(
        _group_name(conversation_id), "desk_change", conversation_id=conversation_id
    )


@process_messages.on_message("desk_viewer")
async def _note_viewer(conversation_id: int, page_key: str, name: str) -> None:
    state = process.get(Viewers)
    pages = state.pages[conversation_id]
    # The pages of this process show these, also those that have gone silent since.
    shown = _name_viewers(pages)
    heard_after = monotonic() - VIEWER_TIMEOUT_SECONDS
    for key in [key for key, (_name, heard_at) in pages.items() if heard_at <= heard_after]:
        del pages[key]
    pages.pop(page_key, None)
    if name:
        pages[page_key] = (name, monotonic())
    now_shown = _name_viewers(pages)
    if not pages:
        del state.pages[conversation_id]
    if now_shown != shown:
        await _call_listeners(conversation_id)


def _name_viewers(pages: dict[str, tuple[str, float]]) -> set[str]:
    return {name for name, _heard_at in pages.values()}


@process_messages.on_message("desk_change")
async def _call_listeners(conversation_id: int) -> None:
    listeners = tuple(process.get(Viewers).listeners.get(conversation_id, ()))
    await asyncio.gather(*(listener() for listener in listeners))


def _group_name(conversation_id: int) -> str:
    return f"desk.{conversation_id}"
