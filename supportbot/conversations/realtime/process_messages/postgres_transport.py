"""Carries messages between processes over PostgreSQL, by LISTEN and NOTIFY on one connection that does nothing else.

It is not part of any transaction of the site's: what is published was committed before, and is sent at once. psycopg
opens the connection; after that libpq's own calls are used, since psycopg's own wait for notifications or run a query,
and never do both.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import psycopg
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn

# A notification takes less than 8,000 bytes, of which some say how a piece goes on.
MAX_PIECE_BYTES = 7900
# Of Django's parameters for a connection: what is about rows that are read, of which there are none here.
DJANGO_PARAMETERS = ("context", "cursor_factory", "prepare_threshold")

LAST, MORE = b".", b"+"
HEADER_BYTES = 7


def split_payload(payload: str) -> Iterator[bytes]:
    """The payload in pieces that a notification takes, each with its number: PostgreSQL sends no two the same."""
    text = payload.encode()
    start = number = 0
    while True:
        end = start + MAX_PIECE_BYTES
        while end < len(text) and text[end] & 0xC0 == 0x80:  # in the middle of a character
            end -= 1
        mark = MORE if end < len(text) else LAST
        yield b"%b%06d%b" % (mark, number, text[start:end])
        if mark == LAST:
            return
        start, number = end, number + 1


def build_statement(count: int) -> bytes:
    """The query that sends so many pieces, in their order."""
    if count == 1:
        return b"SELECT pg_notify('supportbot', $1)"
    rows = ", ".join(f"(${number}::text)" for number in range(1, count + 1))
    return b"SELECT pg_notify('supportbot', piece) FROM (VALUES %b) AS pieces (piece)" % rows.encode()


class PostgresTransport:
    store = "PostgreSQL"
    errors: tuple[type[Exception], ...] = (psycopg.Error,)

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        self._parameters = {key: value for key, value in parameters.items() if key not in DJANGO_PARAMETERS}
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._socket = -1  # none; libpq forgets its number before it can be taken off the event loop
        self._take_payload: Callable[[str], None] = lambda payload: None
        self._pieces: list[bytes] = []
        self._lost: asyncio.Future[None] | None = None
        self._published: asyncio.Future[None] | None = None

    @property
    def _pgconn(self) -> PGconn:
        if self._connection is None:
            raise psycopg.OperationalError("there is no connection")
        return self._connection.pgconn

    async def connect(self) -> None:
        self._pieces.clear()
        self._connection = await psycopg.AsyncConnection.connect(**self._parameters, autocommit=True)
        self._socket = self._pgconn.socket
        # Nobody needs a notification after a crash, so nobody waits until its transaction is on the disk.
        await self._connection.execute("SET synchronous_commit=off")
        await self._connection.execute("LISTEN supportbot")

    async def receive_payloads(self, take_payload: Callable[[str], None]) -> None:
        loop = asyncio.get_running_loop()
        self._take_payload = take_payload
        self._lost = loop.create_future()
        loop.add_reader(self._socket, self._read_input)
        await self._lost

    async def publish_payload(self, payload: str) -> None:
        pieces = list(split_payload(payload))
        self._published = asyncio.get_running_loop().create_future()
        self._pgconn.send_query_params(build_statement(len(pieces)), pieces)
        self._flush_output()
        await self._published

    async def close_connection(self) -> None:
        if self._connection is not None:
            self._leave_event_loop()
            self._pgconn.finish()
            self._connection = None

    def _flush_output(self) -> None:
        """Send what the socket takes now, and the rest when it takes more."""
        loop = asyncio.get_running_loop()
        if self._pgconn.flush():
            loop.add_writer(self._socket, self._flush_output)
        else:
            loop.remove_writer(self._socket)

    def _read_input(self) -> None:
        """Called when something has come: the end of what was published, notifications, or the connection's end."""
        try:
            self._pgconn.consume_input()
            self._flush_output()
            while self._published is not None and not self._pgconn.is_busy():
                self._take_result()
            while (notification := self._pgconn.notifies()) is not None:
                self._take_piece(notification.extra)
        except psycopg.Error as error:
            self._report_loss(error)

    def _take_result(self) -> None:
        result = self._pgconn.get_result()
        if result is not None and result.status == ExecStatus.FATAL_ERROR:
            raise psycopg.OperationalError(result.get_error_message())
        if result is None and self._published is not None:
            published, self._published = self._published, None
            if not published.done():
                published.set_result(None)

    def _take_piece(self, piece: bytes) -> None:
        self._pieces.append(piece[HEADER_BYTES:])
        if piece.startswith(LAST):
            payload = b"".join(self._pieces).decode(errors="replace")  # anybody may notify
            self._pieces.clear()
            self._take_payload(payload)

    def _report_loss(self, error: psycopg.Error) -> None:
        self._leave_event_loop()
        if self._lost is not None and not self._lost.done():
            self._lost.set_exception(error)

    def _leave_event_loop(self) -> None:
        if self._socket >= 0:
            loop = asyncio.get_running_loop()
            loop.remove_reader(self._socket)
            loop.remove_writer(self._socket)
            self._socket = -1
