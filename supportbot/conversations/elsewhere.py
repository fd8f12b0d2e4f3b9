"""The other processes of the site, reached over the channel layer: what is told to them, and what they tell.

The process holds one channel on the layer and is in every group that somebody here wants to hear of. The layer does
not say when it has lost that: what this process sends to its own channel must come back, else all is made anew.
"""

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import cache
from time import monotonic
from typing import Any

from channels.layers import get_channel_layer

logger = logging.getLogger(__name__)

Hearer = Callable[..., Awaitable[None]]

PROCESS = uuid.uuid4().hex
EVERYONE = "everyone"  # the group that every process with open pages is in
PATIENCE = 1.0  # seconds that anything waits for the layer
# A layer that is out of reach is left alone so long, so that answers do not wait for it with every piece.
REST = 3.0
PULSE = 2.0

_hearers: dict[str, Hearer] = {}
_wanted: set[str] = {EVERYONE}
_subscription: "Subscription | None" = None
_away_until = 0.0
_is_away = False


def hears(kind: str) -> Callable[[Hearer], Hearer]:
    """The function is called with the content of every message of this kind that another process sends."""

    def keep(hearer: Hearer) -> Hearer:
        _hearers[kind] = hearer
        return hearer

    return keep


def is_alone() -> bool:
    """There is no layer, and so no other process."""
    return get_channel_layer() is None


async def tell(group: str, kind: str, **content: Any) -> None:
    """Send to the processes in a group, if the layer can be reached. It may lose what it carries."""
    layer = get_channel_layer()
    if layer is not None:
        with suppress(*layer_errors()):
            await _call(layer.group_send, group, {"type": kind, "origin": PROCESS, "content": content})


async def follow(group: str) -> None:
    """Hear of a group from now on; when the layer is away, as soon as it is back."""
    global _subscription  # noqa: PLW0603 - one for the process
    _wanted.add(group)
    if not is_alone():
        _subscription = _current() or Subscription(get_channel_layer())
        await _subscription.settle(group)


async def unfollow(group: str) -> None:
    _wanted.discard(group)
    if (current := _current()) is not None:
        await current.settle(group)


async def close() -> None:
    """The process ends."""
    if (current := _current()) is not None:
        await current.close()


@cache
def layer_errors() -> tuple[type[Exception], ...]:
    """What a channel layer raises that is out of reach; Redis has errors of its own."""
    try:
        from redis.exceptions import RedisError
    except ImportError:
        return (OSError, TimeoutError)
    return (OSError, TimeoutError, RedisError)


def _current() -> "Subscription | None":
    """The subscription, if it goes on and is of this event loop."""
    if _subscription is None or _subscription.task.done():
        return None
    return _subscription if _subscription.task.get_loop() is asyncio.get_running_loop() else None


async def _call(method: Callable[..., Awaitable[Any]], *args: Any) -> Any:
    """Ask something of the layer. Out of reach, it raises one of `layer_errors`, and is then left alone for a while."""
    global _away_until, _is_away  # noqa: PLW0603 - the process's own state
    if monotonic() < _away_until:
        raise ConnectionError("resting")
    try:
        async with asyncio.timeout(PATIENCE):
            answer = await method(*args)
    except layer_errors() as error:
        _away_until = monotonic() + REST
        if not _is_away:
            _is_away = True
            logger.warning("The channel layer is out of reach: %s", type(error).__name__)
        raise
    if _is_away:
        _is_away = False
        logger.warning("The channel layer is back")
    return answer


class Subscription:
    """The one channel of this process, and the task that takes what comes on it and makes it anew when it is lost."""

    def __init__(self, layer: Any) -> None:
        self._layer = layer
        self._lock = asyncio.Lock()
        self._channel = ""  # none
        self._joined: set[str] = set()
        self._is_sound = False
        self._is_heard = False
        self.task = asyncio.create_task(self._attend(), name="other processes")

    async def settle(self, group: str) -> None:
        """Be in the group if somebody wants it by now, and out of it if nobody does."""
        async with self._lock:
            with suppress(*layer_errors()):
                await self._begin()
                await self._join_or_part(group)

    async def close(self) -> None:
        self.task.cancel()
        await asyncio.wait([self.task], timeout=3 * PATIENCE)

    async def _attend(self) -> None:
        while True:
            with suppress(*layer_errors()):
                async with self._lock:
                    await self._begin()
                await self._listen()
            await asyncio.sleep(max(0.1, _away_until - monotonic()))

    async def _begin(self) -> None:
        """Get a channel, and join all groups that somebody wants."""
        if not self._channel:
            await self._flush()  # nothing is left of what may be half broken
            self._channel, self._is_sound = await _call(self._layer.new_channel), True
            for group in tuple(_wanted):
                await self._join_or_part(group)

    async def _join_or_part(self, group: str) -> None:
        if (group in _wanted) == (group in self._joined):
            return
        try:
            if group in _wanted:
                self._joined.add(group)
                await _call(self._layer.group_add, group, self._channel)
            else:
                self._joined.discard(group)
                await _call(self._layer.group_discard, group, self._channel)
        except BaseException:
            self._is_sound = False  # nobody knows whether it was done
            raise

    async def _listen(self) -> None:
        """Take what comes until the layer is out of reach, or does not give back what is sent to it."""
        taking = asyncio.create_task(self._take(self._channel), name="taking from the layer")
        try:
            while self._is_sound and not taking.done():
                self._is_heard = False
                await _call(self._layer.send, self._channel, {"type": "pulse", "origin": PROCESS})
                await asyncio.wait([taking], timeout=PULSE)
                if not self._is_heard:
                    # An outage was told already, and this is how it is mended afterwards.
                    logger.info("The channel layer has gone silent")
                    return
        finally:
            # First: a task that is cancelled gives the channel up in good order, and waits for Redis to agree.
            await self._forget()
            taking.cancel()
            for error in await asyncio.gather(taking, return_exceptions=True):
                if not isinstance(error, asyncio.CancelledError):
                    logger.error("A message from the channel layer could not be taken", exc_info=error)

    async def _take(self, channel: str) -> None:
        while True:
            message = await self._layer.receive(channel)
            self._is_heard = True
            hearer = _hearers.get(message["type"])
            if hearer and message["origin"] != PROCESS:
                await hearer(**message["content"])

    async def _forget(self) -> None:
        async with self._lock:
            self._channel = ""
            self._joined.clear()
            with suppress(*layer_errors()):
                await self._flush()

    async def _flush(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await self._layer.flush()
