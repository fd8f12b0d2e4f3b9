"""Who is watching: frames go straight to the sockets of this process, and over the channel layer to others.

The layer may lose what it carries. Nothing here is the truth: a page that missed something is right
again with the next authoritative fragment, and the database says what is there.
"""

import asyncio
import logging
import uuid
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from functools import cache
from time import monotonic
from typing import Any, Protocol

from channels.layers import get_channel_layer

logger = logging.getLogger(__name__)

Send = Callable[[str], Awaitable[None]]

PROCESS = uuid.uuid4().hex
# Text for other processes is joined this long, in seconds: a layer message costs forty times a direct one.
JOINED = 0.15
LAYER_PATIENCE = 1.0  # seconds that anything waits for the layer
LAYER_REST = 3.0

_watchers: defaultdict[int, set[Send]] = defaultdict(set)
_streams: dict[int, "Streamed"] = {}
# The newest revision of each watched conversation that its pages here have seen.
_seen: dict[int, int] = {}
_pages: Counter[str] = Counter()
_layer_away_until = 0.0


class Streamed(Protocol):
    """A text that grows, and the frames that bring a page along."""

    message: int
    length: int

    @property
    def text(self) -> str: ...
    def add(self, text: str) -> str: ...
    def since(self, offset: int) -> str: ...
    def whole(self) -> str: ...


async def channel() -> tuple[Any, str]:
    """The channel layer and a new channel on it; none when there is no layer, or it is out of reach."""
    layer = get_channel_layer()
    name = await _over(layer, "new_channel")
    return (layer, name) if name else (None, "")


async def join(layer: Any, conversation: int, channel: str) -> None:
    """Hear of the conversation from other processes, if the layer can be reached; else the polls bring it."""
    await _over(layer, "group_add", _group(conversation), channel)


async def part(layer: Any, conversation: int, channel: str) -> None:
    await _over(layer, "group_discard", _group(conversation), channel)


def watch(conversation: int, send: Send) -> None:
    _watchers[conversation].add(send)


def unwatch(conversation: int, send: Send) -> None:
    _watchers[conversation].discard(send)
    if not _watchers[conversation]:
        del _watchers[conversation]
        _seen.pop(conversation, None)


def enter(visitor: str, most: int) -> bool:
    """Count one more open page of the visitor; False when that is one too many."""
    if _pages[visitor] >= most:
        return False
    _pages[visitor] += 1
    return True


def leave(visitor: str) -> None:
    _pages[visitor] -= 1
    if not _pages[visitor]:
        del _pages[visitor]


def seen() -> dict[int, int]:
    return dict(_seen)


def catch_up(conversation: int) -> str:
    """A frame with all the text that is streaming here now, empty when nothing is."""
    stream = _streams.get(conversation)
    return stream.whole() if stream and stream.length else ""


async def publish(conversation: int, frame: str, revision: int = 0) -> None:
    """Show a frame to everyone who watches the conversation. `revision` is the newest that it shows."""
    if frame:
        await _send_here(conversation, frame)
        note(conversation, revision)
        await _send_elsewhere(conversation, frame)


async def make_good(conversation: int, frame: str, revision: int) -> None:
    """Show the pages of this process what they missed, unless they have seen newer things meanwhile."""
    if conversation not in _watchers or revision < _seen.get(conversation, 0):
        return
    for each in (frame, catch_up(conversation)):
        if each:
            await _send_here(conversation, each)
    note(conversation, revision)


def note(conversation: int, revision: int) -> None:
    """The pages here were all sent what there is up to this revision."""
    if conversation in _watchers:
        _seen[conversation] = max(revision, _seen.get(conversation, 0))


def note_one(conversation: int, revision: int) -> None:
    """One page was told all up to this revision; others here may have missed some of it."""
    if conversation in _watchers:
        _seen[conversation] = min(revision, _seen.get(conversation, revision))


async def _send_here(conversation: int, frame: str) -> None:
    for send in tuple(_watchers.get(conversation, ())):
        await send(frame)


async def _send_elsewhere(conversation: int, frame: str) -> None:
    message = {"type": "watched.frame", "origin": PROCESS, "frame": frame}
    await _over(get_channel_layer(), "group_send", _group(conversation), message)


async def _over(layer: Any, method: str, *args: Any) -> Any:
    global _layer_away_until  # noqa: PLW0603 - the process's own state
    if layer is None or monotonic() < _layer_away_until:
        return None
    try:
        async with asyncio.timeout(LAYER_PATIENCE):
            return await getattr(layer, method)(*args)
    except layer_errors() as error:
        # It is left alone for a while, so that answers do not wait for it with every piece.
        _layer_away_until = monotonic() + LAYER_REST
        logger.warning("The channel layer is out of reach: %s", type(error).__name__)
        return None


def _group(conversation: int) -> str:
    return f"conversation.{conversation}"


@cache
def layer_errors() -> tuple[type[Exception], ...]:
    """What a channel layer raises that is out of reach; Redis has errors of its own."""
    try:
        from redis.exceptions import RedisError
    except ImportError:
        return (OSError, TimeoutError)
    return (OSError, TimeoutError, RedisError)


class Stream:
    """The way of one message's text to its watchers. `stored` is how much of it the database has."""

    def __init__(self, conversation: int, streamed: Streamed) -> None:
        self.conversation = conversation
        self.streamed = streamed
        self.stored = 0
        self._told = 0
        self._told_at = 0.0
        _streams[conversation] = self.streamed

    async def add(self, text: str) -> None:
        await _send_here(self.conversation, self.streamed.add(text))
        if monotonic() - self._told_at >= JOINED:
            await self.tell_elsewhere()

    async def tell_elsewhere(self) -> None:
        """Bring other processes up to date, if they are not."""
        if get_channel_layer() is None or self._told == self.streamed.length:
            return
        # A page there has been told so far, or has just read the database: neither of them finds a gap.
        known = min(self._told, self.stored)
        self._told, self._told_at = self.streamed.length, monotonic()
        await _send_elsewhere(self.conversation, self.streamed.since(known))

    def close(self) -> str:
        """The end of the stream; returns its text."""
        if _streams.get(self.conversation) is self.streamed:
            del _streams[self.conversation]
        return self.streamed.text
