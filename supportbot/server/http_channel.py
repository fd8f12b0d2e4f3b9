"""HTTP connections whose requests must come in time: half a request holds an open file, and strangers send many."""

from dataclasses import dataclass, field
from typing import Any

from twisted.web.http import HTTPChannel

from .open_files import get_file_limit, is_short_of_files
from .process import process
from .request_limits import SMALL_BODY_BYTES

# In all, however slowly it comes: a photo of 8 MB over half a megabit a second, and less for what is small.
HEAD_SECONDS = 20.0
SMALL_BODY_SECONDS = 30.0
LARGE_BODY_SECONDS = 150.0
# Before anything is known of the request, so in plain HTTP and English.
TIMEOUT_ANSWER = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
BUSY_WORDS = b"Very busy. Please try again in a moment.\n"
BUSY_ANSWER = (
    b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 5\r\n"
    b"Content-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s" % (len(BUSY_WORDS), BUSY_WORDS)
)


def count_waiting_room() -> int:
    """How many connections may be without a whole request at once."""
    return max(32, get_file_limit() // 8)


@dataclass
class WaitingConnections:
    """Those of this process that have no whole request at the moment, in the order in which they began to wait."""

    channels: dict["BoundedChannel", None] = field(default_factory=dict)


class BoundedChannel(HTTPChannel):
    """A connection that is given up when a request does not come in time.

    When too many wait, the one that has waited longest goes: whoever sends a whole request at once never meets that.
    """

    abortTimeout = 2  # noqa: N815 - seconds, for whoever does not take the answer
    transport: Any
    _is_idle = False  # between two requests; Twisted's own timeout closes it then
    _has_begun = False  # whether anything has come; browsers connect in advance
    _deadline: Any = None

    def connectionMade(self) -> None:  # noqa: N802 - Twisted's names
        super().connectionMade()
        if is_short_of_files(self.transport, for_socket=False):
            self._refuse(BUSY_ANSWER)
        else:
            self._wait(HEAD_SECONDS)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        if self._is_idle:
            self._wait(HEAD_SECONDS)
        self._has_begun = True
        super().dataReceived(data)

    def allHeadersReceived(self) -> None:  # noqa: N802
        super().allHeadersReceived()
        request = self.requests[-1] if self.requests else None
        if self.length == 0 or request is None:
            return
        is_large = self.length is not None and self.length > SMALL_BODY_BYTES
        self._wait(LARGE_BODY_SECONDS if is_large else SMALL_BODY_SECONDS)
        if request.reserved_bytes:  # of these there cannot be many
            process.get(WaitingConnections).channels.pop(self, None)

    def allContentReceived(self) -> None:  # noqa: N802
        self._end_wait()
        super().allContentReceived()

    def requestDone(self, request: Any) -> None:  # noqa: N802
        self._wait(None)
        super().requestDone(request)

    def connectionLost(self, reason: Any = None) -> None:  # noqa: N802
        self._end_wait()
        super().connectionLost(reason)

    def give_up(self) -> None:
        """Tell whoever sends that it took too long, and end the connection."""
        self._refuse(TIMEOUT_ANSWER if self._has_begun and not self._is_idle else b"")

    def _wait(self, seconds: float | None) -> None:
        """The connection waits for the next part of a request, and so long at the most; None: it is idle."""
        self._end_wait()
        self._is_idle = seconds is None
        if seconds is not None:
            self._deadline = self.callLater(seconds, self.give_up)
        channels = process.get(WaitingConnections).channels
        channels[self] = None
        if len(channels) > count_waiting_room():
            next(iter(channels)).give_up()

    def _end_wait(self) -> None:
        self._is_idle = False
        process.get(WaitingConnections).channels.pop(self, None)
        if self._deadline is not None and self._deadline.active():
            self._deadline.cancel()
        self._deadline = None

    def _refuse(self, answer: bytes) -> None:
        self._end_wait()
        self.dataReceived = lambda _data: None  # type: ignore[method-assign, assignment] # what still comes is not read
        if answer:
            self.transport.write(answer)
        self.timeoutConnection()
