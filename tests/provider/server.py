"""The network side of the scripted provider: HTTP/1.1 over real sockets, in a thread with its own loop."""

import asyncio
import json
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from .parts import Act, Drip, Piece


@dataclass(eq=False)
class Request:
    """What the provider was asked, and how the client then behaved.

    `sent` are the messages of the request in the form of chat completions, whatever its wire format is, and
    `kept` those before them that the provider had stored, under the id `previous`. `tools` are the functions
    that are offered, `tool_choice` says whether they may be called, and `form` is the schema of a typed answer.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any
    sent: list[dict[str, Any]] = field(default_factory=list)
    kept: list[dict[str, Any]] = field(default_factory=list)
    previous: str = ""
    tools: list[dict[str, Any]] = field(default_factory=list)
    tool_choice: str = "auto"
    form: dict[str, Any] = field(default_factory=dict)
    answered: bool = False
    closed_early: bool = False

    @property
    def messages(self) -> list[dict[str, Any]]:
        """All that the model sees."""
        return [*self.kept, *self.sent]


@dataclass(eq=False)
class Reply:
    """One scripted reply. `head` is its HTTP head; the pieces are chunks of the body if it says so."""

    head: bytes
    pieces: tuple[Piece, ...]
    held: bool = False
    _gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    _loop: asyncio.AbstractEventLoop | None = None

    def release(self) -> None:
        """Let the reply go on from the point where it is held, or will be."""
        assert self._loop is not None, "a reply belongs to a provider"
        self._loop.call_soon_threadsafe(self._gate.release)


STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def plain(status: int, body: bytes, headers: Mapping[str, str] | None = None) -> Reply:
    known = status in HTTPStatus.__members__.values()
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase if known else 'Refused'}"]
    lines += [f"content-type: application/json\r\ncontent-length: {len(body)}\r\nx-request-id: scripted"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in (headers or {}).items()]
    return Reply("\r\n".join([*lines, "", ""]).encode(), (body,))


class _Connection(asyncio.StreamReaderProtocol):
    """Knows at once when the client closes, also while nothing is read."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.left = asyncio.Event()

    def eof_received(self) -> bool | None:
        self.left.set()
        return super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self.left.set()
        super().connection_lost(exc)


class Server:
    """Answers each request with the reply that `choose` gives, and keeps count of what is open."""

    def __init__(self, choose: Callable[[Request], Reply]) -> None:
        self._choose = choose
        self.changed = threading.Condition()
        self.requests: list[Request] = []
        self.open_streams = 0
        self.connections = 0
        self.port = 0
        self.loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="scripted provider", daemon=True)

    def start(self) -> None:
        self._thread.start()
        with self.changed:
            assert self.changed.wait_for(lambda: self.port, timeout=10), "the provider does not start"

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(timeout=10)
        assert not self._thread.is_alive(), "the provider does not end"

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self.loop) as runner:
            runner.run(self._listen())

    async def _listen(self) -> None:
        def connect() -> _Connection:
            return _Connection(asyncio.StreamReader(loop=self.loop), self._connected, loop=self.loop)

        server = await self.loop.create_server(connect, "127.0.0.1", 0)
        self._note(port=server.sockets[0].getsockname()[1])
        await self._stop.wait()
        server.close()

    def _note(self, **changes: Any) -> None:
        with self.changed:
            for name, value in changes.items():
                setattr(self, name, value)
            self.changed.notify_all()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._note(connections=self.connections + 1)
        try:
            while request := await self._receive(reader):
                if not await self._answer(request, writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client has left, or the provider ends
        finally:
            writer.close()
            self._note(connections=self.connections - 1)

    async def _receive(self, reader: asyncio.StreamReader) -> Request:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.split("\r\n")
        method, path, _protocol = first.split(" ")
        headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)
        }
        data = await reader.readexactly(int(headers.get("content-length", "0")))
        return Request(method, path, headers, json.loads(data or "null"))

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        """Play the reply to its end, or until the client closes. True if the connection can be used again."""
        with self.changed:
            reply = self._choose(request)
            self.requests.append(request)
            self._note(open_streams=self.open_streams + 1)
        connection = writer.transport.get_protocol()
        assert isinstance(connection, _Connection)
        playing = asyncio.ensure_future(self._play(reply, writer))
        leaving = asyncio.ensure_future(connection.left.wait())
        try:
            await asyncio.wait({playing, leaving}, return_when=asyncio.FIRST_COMPLETED)
            request.answered = playing.done() and playing.exception() is None
            request.closed_early = not request.answered
            return request.answered and playing.result()
        finally:
            playing.cancel()
            leaving.cancel()
            self._note(open_streams=self.open_streams - 1)

    async def _play(self, reply: Reply, writer: asyncio.StreamWriter) -> bool:
        chunked = reply.head is STREAM
        writer.write(reply.head)
        for piece in reply.pieces:
            match piece:
                case bytes():
                    writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
                    await writer.drain()
                case Drip(bytes() as drop):
                    while True:
                        writer.write(b"%x\r\n%b\r\n" % (len(drop), drop))
                        await writer.drain()
                        await asyncio.sleep(piece.every)
                case Act.HOLD:
                    await self._hold(reply)
                case Act.STALL:
                    await asyncio.Event().wait()
                case Act.CUT:
                    return False
                case Act.RESET:
                    drop(writer)
                    return False
        writer.write(b"0\r\n\r\n" if chunked else b"")
        await writer.drain()
        return True

    async def _hold(self, reply: Reply) -> None:
        with self.changed:
            reply.held = True
            self.changed.notify_all()
        await reply._gate.acquire()
        with self.changed:
            reply.held = False
            self.changed.notify_all()


def drop(writer: asyncio.StreamWriter) -> None:
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()
