"""Backpressure for sockets: whether a page reads as fast as we send.

Daphne accepts whatever it is given and keeps it in memory until the other side reads it. Twisted tells the producer of
a transport when its buffer is full and when it has room again, so the writer of a socket is that producer.
"""

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any

from autobahn.exception import Disconnected
from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer

from .close_codes import CLOSE_TRY_AGAIN

logger = logging.getLogger(__name__)

# What is longer goes in pieces: between two of them it is seen whether the page reads.
MAX_SENT_BYTES = 64 * 1024


@implementer(IPushProducer)
class SocketWriter:
    """Sends frames to one page. `is_full` while nothing more should be sent; `on_drain` is called when that is over."""

    is_full = False

    def __init__(
        self, send: Callable[[Any], Awaitable[None]], send_text: Callable[[str], None] | None = None
    ) -> None:
        """`send` is the server's, and `send_text` the one of its protocol, where it has such."""
        self._send = send
        self._send_text = send_text
        self.on_drain: Callable[[], None] = lambda: None

    async def send(self, frame: str) -> bool:
        """Call the server directly. Returns whether the frame is on its way to the page.

        The middleware between is needed for the handshake only, and it and Daphne's layers would cost time with every
        frame. Whatever goes wrong with one page's frame ends the line of that page, which comes back, and disturbs
        nobody else.
        """
        try:
            if self._send_text is not None:
                self._send_text(frame)
            else:
                await self._send({"type": "websocket.send", "text": frame})
        except Disconnected:  # the page is closing, or was not accepted yet
            return False
        except Exception:
            logger.exception("A frame could not be sent")
            await self.close_socket(CLOSE_TRY_AGAIN)
            return False
        return True

    async def close_socket(self, code: int) -> None:
        """End the line of the page."""
        with suppress(Disconnected):
            await self._send({"type": "websocket.close", "code": code})

    def pauseProducing(self) -> None:  # noqa: N802 - Twisted's names
        self.is_full = True

    def resumeProducing(self) -> None:  # noqa: N802
        if self.is_full:
            self.is_full = False
            self.on_drain()

    def stopProducing(self) -> None:  # noqa: N802
        self.on_drain = lambda: None


def get_protocol(send: Any) -> Any:
    """The protocol of a connection, None on a server other than Daphne, whose send is bound to it."""
    return send.args[0] if isinstance(send, partial) else None


def get_transport(send: Any) -> Any:
    """The transport of a connection, None on a server other than Daphne."""
    return getattr(get_protocol(send), "transport", None)


def backpressure_middleware(application: Callable[..., Any]) -> Callable[..., Any]:
    """Put a `SocketWriter` into the scope of every socket, as `writer`."""

    async def wrapped(scope: dict[str, Any], receive: Any, send: Any) -> None:
        send_text = getattr(get_protocol(send), "send_text", None)
        writer = scope["writer"] = SocketWriter(send, send_text)
        transport = get_transport(send)
        if transport is not None:
            transport.unregisterProducer()  # of the HTTP channel that the socket began as
            transport.registerProducer(writer, True)
        await application(scope, receive, send)

    return wrapped
