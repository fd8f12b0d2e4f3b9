"""The line to one page, which is full when the page reads more slowly than we send.

Daphne takes whatever it is given and keeps it in memory until the other side reads it. Twisted does tell the
producer of a transport when its buffer is full and when it is free again, so the line is that producer.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any

from autobahn.exception import Disconnected
from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer


@implementer(IPushProducer)
class Line:
    """`is_full` while nothing more should be sent; `freed` is called when that is over."""

    is_full = False

    def __init__(self, send: Callable[[Any], Awaitable[None]]) -> None:
        self._send = send
        self.freed: Callable[[], None] = lambda: None

    async def send(self, frame: str) -> None:
        """Straight to the server: what lies between is there for the opening of a socket and costs with every frame."""
        with suppress(Disconnected):  # the page is closing, which must not disturb anybody else
            await self._send({"type": "websocket.send", "text": frame})

    def pauseProducing(self) -> None:  # noqa: N802 - Twisted's names
        self.is_full = True

    def resumeProducing(self) -> None:  # noqa: N802
        if self.is_full:
            self.is_full = False
            self.freed()

    def stopProducing(self) -> None:  # noqa: N802
        self.freed = lambda: None


def with_line(application: Callable[..., Any]) -> Callable[..., Any]:
    """Put the line into the scope of every socket, as `line`."""

    async def wrapped(scope: dict[str, Any], receive: Any, send: Any) -> None:
        line = scope["line"] = Line(send)
        # Daphne's send is bound to the protocol of the connection; other servers have no such line.
        transport = getattr(send.args[0], "transport", None) if isinstance(send, partial) else None
        if transport is not None:
            transport.unregisterProducer()  # of the HTTP channel that the socket began as
            transport.registerProducer(line, True)
        await application(scope, receive, send)

    return wrapped
