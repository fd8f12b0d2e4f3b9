"""A transport for the OpenAI SDK: aiohttp, and bodies whose reader can pause.

Meanwhile what the provider sends gathers in the socket, and is then read in one piece. Otherwise the event loop would
wake up for every token, which is most of what a token costs when it is decoded without the SDK's objects.
"""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from urllib.request import getproxies

import aiohttp
import httpx2

from ..limits import MAX_RESPONSE_BYTES

try:
    import fcntl
    import termios
except ImportError:  # as on Windows
    CAN_COUNT = False
else:
    CAN_COUNT = True

CONNECT_SECONDS = 5.0
BODY_EXTENSION = "supportbot.body"  # of a response: its `PausableBody`


class UnknownHostError(httpx2.UnsupportedProtocol):
    """There is no host of that name."""


class PausableTransport(httpx2.AsyncBaseTransport):
    """Belongs to the event loop in which it sends its first request."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if self._session is None:
            self._session = _create_session()
        with _translate_errors():
            response = await self._session.request(
                request.method,
                str(request.url),
                headers=request.headers.multi_items(),
                data=await request.aread() or None,
                allow_redirects=False,
            )
        body = PausableBody(response)
        return httpx2.Response(
            response.status,
            headers=list(response.raw_headers),
            stream=body,
            request=request,
            extensions={BODY_EXTENSION: body},
        )

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()


class PausableBody(httpx2.AsyncByteStream):
    """The body of an answer, as it comes over the wire."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.piece_bytes = self.pair_ticks = 0
        self.surplus_pieces = 0.0
        self._response = response
        self._paused: asyncio.Transport | None = None
        self._resumed: asyncio.Future[None] | None = None  # of a pause on a connection with TLS
        self._bytes_before = 0
        self._is_encrypted: bool | None = None  # not known before the first pause
        self._descriptor = -1  # of the socket

    @property
    def is_encoded(self) -> bool:
        """Whether it was compressed."""
        return "Content-Encoding" in self._response.headers

    @property
    def is_paused(self) -> bool:
        return self._paused is not None or self._resumed is not None

    def pause_reading(self) -> None:
        """From now on what comes gathers. Whoever reads this waits until it is resumed."""
        connection = self._response.connection
        transport = connection.transport if connection is not None else None
        if transport is None:  # the whole body has arrived
            return
        if self._is_encrypted is None:
            self._is_encrypted = transport.get_extra_info("ssl_object") is not None
            self._descriptor = transport.get_extra_info("socket").fileno()
        if not self._is_encrypted:
            self._paused = transport
            transport.pause_reading()
        else:
            # Beneath TLS the socket is read on whatever its transport is told, so it gathers in aiohttp's buffer.
            self._resumed = asyncio.get_running_loop().create_future()
            self._bytes_before = self._response.content.total_bytes

    def resume_reading(self) -> None:
        paused, self._paused = self._paused, None
        if paused is not None and not paused.is_closing():
            paused.resume_reading()
        resumed, self._resumed = self._resumed, None
        if resumed is not None and not resumed.done():  # or else the reader was cancelled
            resumed.set_result(None)

    def count_waiting_bytes(self) -> int:
        """How many have gathered since reading was paused, as far as the system can tell."""
        if self._resumed is not None:
            return self._response.content.total_bytes - self._bytes_before
        if not CAN_COUNT or self._paused is None or self._paused.is_closing():
            return 0
        try:
            number = fcntl.ioctl(self._descriptor, termios.FIONREAD, bytes(4))
        except (OSError, ValueError):
            return 0  # the end of the pause tells
        return int.from_bytes(number, sys.byteorder)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        content, bytes_left = self._response.content, MAX_RESPONSE_BYTES
        with _translate_errors():
            while True:
                if self._resumed is not None:
                    await self._resumed
                try:
                    data = await content.readany()
                except aiohttp.ClientError:
                    # It raises as soon as the connection has broken, although what came before is not read yet.
                    if not (data := content._read_nowait(-1)):
                        raise
                if not data:
                    return
                bytes_left -= len(data)
                if bytes_left < 0:
                    raise httpx2.ReadError(f"more than {MAX_RESPONSE_BYTES:,} bytes")
                yield data

    async def aclose(self) -> None:
        # A closed connection is noticed only by reading.
        self.resume_reading()
        # Not release(): after a whole body the connection has been returned to the pool already, and after a part of
        # one it must be closed, so that the provider stops.
        self._response.close()


def _create_session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        # No limit of connections: there are as many as answers, and they are kept open for the next ones.
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=60),
        # Reads are not limited: the tool-calling loop has deadlines of its own.
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        # With it aiohttp asks for proxies, and reads ~/.netrc for theirs, before each request and on another thread.
        trust_env=bool(getproxies()),
    )


@contextmanager
def _translate_errors() -> Iterator[None]:
    """Turn aiohttp's errors into those of httpx2, after which the SDK retries a request that had not begun."""
    try:
        yield
    except TimeoutError as error:
        raise httpx2.ConnectTimeout(str(error)) from error
    except aiohttp.ClientConnectorDNSError as error:
        # A name server that cannot be asked says so by another number; then the name may well be right.
        is_unknown = error.os_error.errno == socket.EAI_NONAME
        raise (UnknownHostError if is_unknown else httpx2.ConnectError)(str(error)) from error
    except aiohttp.ClientConnectorError as error:
        raise httpx2.ConnectError(str(error)) from error
    except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as error:
        raise httpx2.UnsupportedProtocol(str(error)) from error
    except aiohttp.ClientError as error:
        raise httpx2.ReadError(str(error)) from error
