"""Who is watching: frames go straight to the sockets of this process, and over the channel layer to others.

The layer may lose what it carries. Nothing here is the truth: a page that missed something is right
again with the next authoritative fragment, and the database says what is there.
"""

from collections import defaultdict
from time import monotonic
from typing import Protocol

from . import elsewhere

# Text for other processes is joined this long, in seconds: a layer message costs forty times a direct one.
JOINED = 0.15

_watchers: defaultdict[int, set["Watcher"]] = defaultdict(set)
_streams: dict[int, "Streamed"] = {}


class Watcher(Protocol):
    """An open page. It lacks nothing up to the revision `known`."""

    known: int

    @property
    def is_behind(self) -> bool: ...
    async def show(self, frame: str, before: int = 0, revision: int = 0) -> None: ...


class Streamed(Protocol):
    """A text that grows, and the frames that bring a page along."""

    message: int
    length: int

    @property
    def text(self) -> str: ...
    def add(self, text: str) -> str: ...
    def since(self, offset: int) -> str: ...
    def whole(self) -> str: ...


async def watch(conversation: int, watcher: Watcher) -> None:
    _watchers[conversation].add(watcher)
    await elsewhere.follow(_group(conversation))


async def unwatch(conversation: int, watcher: Watcher) -> None:
    _watchers[conversation].discard(watcher)
    if not _watchers[conversation]:
        del _watchers[conversation]
        await elsewhere.unfollow(_group(conversation))


def seen() -> dict[int, int]:
    """The conversations that are watched here, with the revision up to which none of their pages lacks anything.

    A page that does not read does not count, or the others would be shown again and again what it has missed.
    """
    reading = {pk: [each for each in watchers if not each.is_behind] for pk, watchers in _watchers.items()}
    return {pk: min(each.known for each in watchers) for pk, watchers in reading.items() if watchers}


def catch_up(conversation: int) -> str:
    """A frame with all the text that is streaming here now, empty when nothing is."""
    stream = _streams.get(conversation)
    return stream.whole() if stream and stream.length else ""


async def publish(conversation: int, frame: str, revision: int = 0, before: int = 0) -> None:
    """Show a frame to everyone who watches the conversation.

    `revision` is the newest that it shows; a page that had not seen all up to `before` has missed something.
    """
    if frame:
        await show_here(conversation, frame, before, revision)
        await _send_elsewhere(conversation, frame, before, revision)


async def make_good(conversation: int, frame: str, revision: int, before: int) -> None:
    """Show the pages of this process what they missed after `before`."""
    await show_here(conversation, frame, before, revision)
    if text := catch_up(conversation):
        await show_here(conversation, text)


@elsewhere.hears("frame")
async def show_here(conversation: int, frame: str, before: int = 0, revision: int = 0) -> None:
    for watcher in tuple(_watchers.get(conversation, ())):
        await watcher.show(frame, before, revision)


async def _send_elsewhere(conversation: int, frame: str, before: int = 0, revision: int = 0) -> None:
    content = {"conversation": conversation, "frame": frame, "before": before, "revision": revision}
    await elsewhere.tell(_group(conversation), "frame", **content)


def _group(conversation: int) -> str:
    return f"conversation.{conversation}"


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
        await show_here(self.conversation, self.streamed.add(text))
        if monotonic() - self._told_at >= JOINED:
            await self.tell_elsewhere()

    async def tell_elsewhere(self) -> None:
        """Bring other processes up to date, if they are not."""
        if elsewhere.is_alone() or self._told == self.streamed.length:
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
