"""How large a request may be, and how many large ones are worked on at once.

What is too large is refused before anything of it is kept, in memory or on disk.
"""

import asyncio
import json
from dataclasses import dataclass, field
from io import BytesIO
from time import monotonic
from typing import Any

from daphne.http_protocol import WebRequest
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from supportbot.languages import use_language

from .client_address import find_network
from .languages import read_language
from .process import process

MAX_CONCURRENT_UPLOADS = 4
MAX_QUEUED_UPLOADS = 16
# Of all bodies that are being received, so that many senders together cannot fill the memory.
MAX_BUFFERED_BYTES = 96 * 1024 * 1024
# When there is no room, a sender who pauses so long or is slower gives way. Half a megabit a second is faster.
SLOW_AFTER_SECONDS = 10.0
MIN_BYTES_PER_SECOND = 48 * 1024
DROPPED_HEADER = "x-body-dropped"  # tells the application that the body was not kept, for want of memory
# Anybody may write them. Daphne takes the path that the site is below from the second, by which one would reach what a
# proxy keeps from strangers by its path; and it fails on some of the third, for which no socket of ours has a use.
UNTRUSTED_HEADERS = (DROPPED_HEADER, "daphne-root-path", "sec-websocket-protocol")
# More than any form of ours has, and than what surrounds an image in its request.
SMALL_BODY_BYTES = 64 * 1024


@dataclass
class LargeRequests:
    """The requests with large bodies in this process.

    `senders` have room in memory; each is there with its address, the oldest first. `queued_count` wait for a slot.
    """

    senders: dict["BoundedRequest", str] = field(default_factory=dict)
    queued_count: int = 0
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MAX_CONCURRENT_UPLOADS))

    def make_room(self, length: int) -> bool:
        """Whether so many bytes more have room. A slow sender gives way, first one of the address that holds most."""
        while self._count_bytes() + length > MAX_BUFFERED_BYTES:
            slow = [sender for sender in self.senders if sender.is_slow()]
            if not slow:
                return False
            max(slow, key=lambda sender: self._count_bytes(self.senders[sender])).give_way()
        return True

    def _count_bytes(self, address: str | None = None) -> int:
        """Of all senders, or of those from one address; those whose address is not known have "" in common."""
        return sum(sender.reserved_bytes for sender, own in self.senders.items() if address in (None, own))


class BoundedRequest(WebRequest):
    """A request of which no more than the limits allow is kept in memory.

    Daphne receives a request whole before the application gets it. Of one that is too large this class keeps nothing,
    and `limit_request_bodies` answers it when it has been received: a browser that is answered earlier shows its user
    a broken connection.
    """

    reserved_bytes = 0
    _received_bytes = 0
    _begun_at = _received_at = 0.0  # of the monotonic clock
    _is_kept = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Twisted would parse a form by itself and on the event loop, which takes seconds if it has an image.
        super().__init__(*args, parsePOSTFormSubmission=False, **kwargs)

    def gotLength(self, length: int | None) -> None:  # noqa: N802 - Twisted's name
        self._is_kept = length is not None and length <= get_max_body_bytes()
        self.content = BytesIO()  # not a file, which the event loop would wait for
        for name in UNTRUSTED_HEADERS:
            self.requestHeaders.removeHeader(name)
        if length is not None and self._is_kept and length > SMALL_BODY_BYTES:
            self._reserve_memory(length)

    def _reserve_memory(self, length: int) -> None:
        state = process.get(LargeRequests)
        if not state.make_room(length):
            self._is_kept = False
            self.requestHeaders.setRawHeaders(DROPPED_HEADER, ["1"])
            return
        self.reserved_bytes = length
        self._begun_at = self._received_at = monotonic()
        state.senders[self] = self._find_address()
        # Also when the browser goes away.
        self.notifyFinish().addBoth(lambda _end: state.senders.pop(self, None))

    def is_slow(self) -> bool:
        """Whether the body is still coming, and has paused for long or comes too slowly."""
        now = monotonic()
        seconds = now - self._begun_at
        if self._received_bytes >= self.reserved_bytes or seconds < SLOW_AFTER_SECONDS:
            return False
        is_pausing = now - self._received_at > SLOW_AFTER_SECONDS
        return is_pausing or self._received_bytes < seconds * MIN_BYTES_PER_SECOND

    def give_way(self) -> None:
        """Forget what has come, and end the connection: somebody else gets the room."""
        process.get(LargeRequests).senders.pop(self, None)
        self._is_kept = False
        self.content = BytesIO()
        self.channel.give_up()

    def handle_exception(self, exception: BaseException) -> None:
        """The application has failed. Whoever has had a part of the answer is shown that the rest is missing.

        Daphne begins a second answer, which raises; after that it would look after no request any longer.
        """
        if self._response_started and not self.finished and self.channel is not None:
            self.channel.loseConnection()
        else:
            super().handle_exception(exception)

    def _find_address(self) -> str:
        forwarded = b",".join(self.requestHeaders.getRawHeaders(b"x-forwarded-for", []))
        return find_network(getattr(self.channel.getPeer(), "host", ""), forwarded.decode("latin-1"))

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        if self._is_kept:
            self._received_at = monotonic()
            self._received_bytes += len(data)
            super().handleContentChunk(data)


def get_max_body_bytes() -> int:
    """An image of the greatest size that is allowed, and what stands around it in its request."""
    return int(settings.ENVIRONMENT.image_max_bytes) + SMALL_BODY_BYTES


def limit_request_bodies(application: Any) -> Any:
    """Wrap an ASGI application: requests that are too large, or do not say how large they are, never reach it.

    Of the large ones `MAX_CONCURRENT_UPLOADS` are worked on at once, and `MAX_QUEUED_UPLOADS` wait or are worked on.
    """

    async def handle_request(scope: dict[str, Any], receive: Any, send: Any) -> None:
        length = _parse_length(scope)
        if length is None:
            await send_error(scope, send, 411, _("This was sent in a form that we can't accept."))
        elif length > get_max_body_bytes():
            megabytes = f"{settings.ENVIRONMENT.image_max_bytes / 1024 / 1024:.3g}"
            words = _("This is too large. The limit is %(limit)s MB.")
            await send_error(scope, send, 413, words, limit=megabytes)
        elif length <= SMALL_BODY_BYTES:
            await application(scope, receive, send)
        else:
            await _handle_large_request(application, scope, receive, send)

    return handle_request


async def _handle_large_request(application: Any, scope: dict[str, Any], receive: Any, send: Any) -> None:
    state = process.get(LargeRequests)
    if state.queued_count >= MAX_QUEUED_UPLOADS or DROPPED_HEADER.encode() in dict(scope["headers"]):
        words = _("Many photos are being sent right now. Please try again in a moment.")
        await send_error(scope, send, 503, words)
        return
    state.queued_count += 1
    try:
        async with state.slots:
            await application(scope, receive, send)
    finally:
        state.queued_count -= 1


def _parse_length(scope: dict[str, Any]) -> int | None:
    """The length of the body in bytes; None if the request does not say it, or not as a plain number."""
    headers = dict(scope["headers"])
    length = headers.get(b"content-length", b"0")
    is_known = b"transfer-encoding" not in headers and length.isdigit() and len(length) < 19
    return int(length) if is_known else None


async def send_error(scope: dict[str, Any], send: Any, status: int, words: Any, **values: str) -> None:
    with use_language(read_language(scope)):
        text = str(words) % values
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps({"error": text}).encode()})
