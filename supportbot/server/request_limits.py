"""How large a request may be, and how many large ones are worked on at once.

What is too large is refused before anything of it is kept, in memory or on disk.
"""

import asyncio
import json
from io import BytesIO
from typing import Any

from daphne.http_protocol import WebRequest
from django.conf import settings

MAX_CONCURRENT_UPLOADS = 4
MAX_QUEUED_UPLOADS = 16
# Of all bodies that are on their way, so that many senders together cannot fill the memory.
MAX_BUFFERED_BYTES = 96 * 1024 * 1024
DROPPED_HEADER = "x-body-dropped"  # tells `bounded` that a body was not kept for want of room
SMALL_BODY_BYTES = 64 * 1024  # more than any form of ours has, and what stands around an image in its request


class BoundedRequest(WebRequest):
    """Daphne takes a request in whole before it asks anybody: of one that is too large, nothing is kept.

    It is answered when it has come to its end, as `bounded` says; a browser that is answered before that
    shows a broken connection.
    """

    _is_kept = True
    _held = 0  # bytes, of all requests of the process together

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Twisted would take forms apart by itself and on the event loop, which takes it seconds for an image.
        super().__init__(*args, parsePOSTFormSubmission=False, **kwargs)

    def gotLength(self, length: int | None) -> None:  # noqa: N802 - Twisted's name
        self._is_kept = length is not None and length <= get_max_body_bytes()
        self.content = BytesIO()  # and not a file, for which the event loop would wait
        self.requestHeaders.removeHeader(DROPPED_HEADER)
        if length is not None and self._is_kept and length > SMALL_BODY_BYTES:
            self._reserve_memory(length)

    def _reserve_memory(self, length: int) -> None:
        if BoundedRequest._held + length > MAX_BUFFERED_BYTES:
            self._is_kept = False
            self.requestHeaders.setRawHeaders(DROPPED_HEADER, ["1"])
            return
        BoundedRequest._held += length
        self.notifyFinish().addBoth(self._release_memory, length)  # also when the browser goes away

    def _release_memory(self, _end: Any, length: int) -> None:
        BoundedRequest._held -= length

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        if self._is_kept:
            super().handleContentChunk(data)


def get_max_body_bytes() -> int:
    return int(settings.ENVIRONMENT.image_max_bytes) + SMALL_BODY_BYTES


def limit_request_bodies(application: Any) -> Any:
    """The application, which is not asked about requests that are too large or do not say how large they are."""
    room = asyncio.Semaphore(MAX_CONCURRENT_UPLOADS)
    in_line = 0

    async def answer(scope: dict[str, Any], receive: Any, send: Any) -> None:
        nonlocal in_line
        length = _parse_length(scope)
        if length is None:
            await _send_error(send, 411, "This was sent in a way that can't be taken.")
        elif length > get_max_body_bytes():
            megabytes = settings.ENVIRONMENT.image_max_bytes / 1024 / 1024
            await _send_error(send, 413, f"This is too big. Up to {megabytes:.3g} MB can be sent.")
        elif length <= SMALL_BODY_BYTES:
            await application(scope, receive, send)
        elif in_line >= MAX_QUEUED_UPLOADS or DROPPED_HEADER.encode() in dict(scope["headers"]):
            await _send_error(
                send, 503, "Many photos are being sent right now. Please try again in a moment."
            )
        else:
            in_line += 1
            try:
                async with room:
                    await application(scope, receive, send)
            finally:
                in_line -= 1

    return answer


def _parse_length(scope: dict[str, Any]) -> int | None:
    headers = dict(scope["headers"])
    length = headers.get(b"content-length", b"0")
    is_told = b"transfer-encoding" not in headers and length.isdigit() and len(length) < 19
    return int(length) if is_told else None


async def _send_error(send: Any, status: int, words: str) -> None:
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps({"error": words}).encode()})
