"""Publish and subscribe between the server processes of the site, over the channel layer.

The process holds one channel on the layer and is in every group that somebody here has joined. A layer does not report
lost subscriptions, so each process sends itself a heartbeat and joins all groups anew when one does not come back.
"""

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from time import monotonic
from typing import Any

from channels.layers import get_channel_layer

from supportbot.server.process import process

logger = logging.getLogger(__name__)

Handler = Callable[..., Awaitable[None]]

PROCESS_ID = uuid.uuid4().hex
ALL_PROCESSES = "everyone"  # the group that every process with open pages is in
LAYER_TIMEOUT_SECONDS = 1.0
# A layer that is out of reach is not called for this long, so that answers do not wait for it with every piece.
LAYER_RETRY_SECONDS = 3.0
HEARTBEAT_SECONDS = 2.0
MIN_RECONNECT_SECONDS = 0.1

# What is done with each kind of message: filled at import, never changed.
_HANDLERS: dict[str, Handler] = {}


@dataclass
class LayerState:
    """What this process wants of the layer, and whether it can be reached. Times are of the monotonic clock."""

    desired_groups: set[str] = field(default_factory=lambda: {ALL_PROCESSES})
    subscription: "Subscription | None" = None
    unavailable_until: float = 0.0
    is_unavailable: bool = False


def on_message(kind: str) -> Callable[[Handler], Handler]:
    """The function is called with the content of every message of this kind that another process sends."""

    def register_handler(handler: Handler) -> Handler:
        _HANDLERS[kind] = handler
        return handler

    return register_handler


def has_channel_layer() -> bool:
    """Without a layer there is no other process."""
    return get_channel_layer() is not None


async def send_to_group(group: str, kind: str, **content: Any) -> None:
    """Send to the processes in a group, if the layer can be reached. It may lose what it carries."""
    layer = get_channel_layer()
    if layer is not None:
        message = {"type": kind, "origin": PROCESS_ID, "content": content}
        with suppress(*get_layer_errors()):
            await _call_layer(layer.group_send, group, message)


async def join_group(group: str) -> None:
    """Receive what is sent to a group from now on; when the layer is away, as soon as it is back."""
    state = process.get(LayerState)
    state.desired_groups.add(group)
    if has_channel_layer():
        state.subscription = _get_subscription() or Subscription(get_channel_layer())
        await state.subscription.sync_membership(group)


async def leave_group(group: str) -> None:
    """Receive nothing more that is sent to the group."""
    process.get(LayerState).desired_groups.discard(group)
    if (subscription := _get_subscription()) is not None:
        await subscription.sync_membership(group)


async def close_subscription() -> None:
    """Stop receiving, for the process ends. It waits for that, but not for long."""
    if (subscription := _get_subscription()) is not None:
        await subscription.close()


@cache
def get_layer_errors() -> tuple[type[Exception], ...]:
    """What a channel layer raises that is out of reach; Redis has errors of its own."""
    try:
        from redis.exceptions import RedisError
    except ImportError:
        return (OSError, TimeoutError)
    return (OSError, TimeoutError, RedisError)


def _get_subscription() -> "Subscription | None":
    """The subscription, if it is alive and belongs to this event loop."""
    subscription = process.get(LayerState).subscription
    if subscription is None or subscription.task.done():
        return None
    return subscription if subscription.task.get_loop() is asyncio.get_running_loop() else None


async def _call_layer(method: Callable[..., Awaitable[Any]], *args: Any) -> Any:
    """Call the layer. Out of reach, it raises one of `get_layer_errors`, and is then not called for a while."""
    state = process.get(LayerState)
    if monotonic() < state.unavailable_until:
        raise ConnectionError("not called: it was out of reach a moment ago")
    try:
        async with asyncio.timeout(LAYER_TIMEOUT_SECONDS):
            answer = await method(*args)
    except get_layer_errors() as error:
        state.unavailable_until = monotonic() + LAYER_RETRY_SECONDS
        if not state.is_unavailable:
            state.is_unavailable = True
            logger.warning("The channel layer is out of reach: %s", type(error).__name__)
        raise
    if state.is_unavailable:
        state.is_unavailable = False
        logger.warning("The channel layer is back")
    return answer


class Subscription:
    """The one channel of this process, and the task that receives from it and makes it anew when it is lost."""

    def __init__(self, layer: Any) -> None:
        self._layer = layer
        self._lock = asyncio.Lock()
        self._channel = ""  # none
        self._joined: set[str] = set()
        self._is_consistent = False
        self._has_heartbeat = False
        self.task = asyncio.create_task(self._run(), name="channel layer")

    async def sync_membership(self, group: str) -> None:
        """Join or leave the group, so that membership matches the desired groups."""
        async with self._lock:
            with suppress(*get_layer_errors()):
                await self._ensure_channel()
                await self._join_or_leave(group)

    async def close(self) -> None:
        self.task.cancel()
        await asyncio.wait([self.task], timeout=3 * LAYER_TIMEOUT_SECONDS)

    async def _run(self) -> None:
        while True:
            with suppress(*get_layer_errors()):
                async with self._lock:
                    await self._ensure_channel()
                await self._receive_with_heartbeat()
            pause = process.get(LayerState).unavailable_until - monotonic()
            await asyncio.sleep(max(MIN_RECONNECT_SECONDS, pause))

    async def _ensure_channel(self) -> None:
        """Get a channel, and join all desired groups."""
        if not self._channel:
            await self._flush()  # nothing is left of what may be half broken
            self._channel, self._is_consistent = await _call_layer(self._layer.new_channel), True
            for group in tuple(process.get(LayerState).desired_groups):
                await self._join_or_leave(group)

    async def _join_or_leave(self, group: str) -> None:
        is_desired = group in process.get(LayerState).desired_groups
        if is_desired == (group in self._joined):
            return
        try:
            if is_desired:
                self._joined.add(group)
                await _call_layer(self._layer.group_add, group, self._channel)
            else:
                self._joined.discard(group)
                await _call_layer(self._layer.group_discard, group, self._channel)
        except BaseException:
            self._is_consistent = False  # nobody knows whether it was done
            raise

    async def _receive_with_heartbeat(self) -> None:
        """Receive until the layer is out of reach, or does not give back what is sent to it."""
        receiving = asyncio.create_task(self._receive_loop(self._channel), name="receiving from the layer")
        try:
            while self._is_consistent and not receiving.done():
                self._has_heartbeat = False
                heartbeat = {"type": "heartbeat", "origin": PROCESS_ID}
                await _call_layer(self._layer.send, self._channel, heartbeat)
                await asyncio.wait([receiving], timeout=HEARTBEAT_SECONDS)
                if not self._has_heartbeat:
                    # An outage was logged already, and this is how it is mended afterwards.
                    logger.info("The channel layer has gone silent")
                    return
        finally:
            # First: a task that is cancelled gives the channel up in good order, and waits for Redis to agree.
            await self._reset()
            receiving.cancel()
            for error in await asyncio.gather(receiving, return_exceptions=True):
                if not isinstance(error, asyncio.CancelledError):
                    logger.error("A message from the channel layer could not be handled", exc_info=error)

    async def _receive_loop(self, channel: str) -> None:
        while True:
            message = await self._layer.receive(channel)
            self._has_heartbeat = True
            handler = _HANDLERS.get(message["type"])
            if handler and message["origin"] != PROCESS_ID:
                await handler(**message["content"])

    async def _reset(self) -> None:
        async with self._lock:
            self._channel = ""
            self._joined.clear()
            with suppress(*get_layer_errors()):
                await self._flush()

    async def _flush(self) -> None:
        async with asyncio.timeout(LAYER_TIMEOUT_SECONDS):
            await self._layer.flush()
