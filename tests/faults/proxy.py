"""A TCP proxy with faults: slow, in slices, cut, reset, or a hole in which everything disappears for a while."""

import asyncio
import socket
import struct
from contextlib import suppress
from types import TracebackType
from typing import Self


class Proxy:
    """Passes connections on to a port, or to a socket's path. What is set here counts for all connections, at once.

    `delay` are the seconds before each piece that goes back to the client, `piece` its most bytes.
    """

    def __init__(self, target: int | str, *, delay: float = 0.0, piece: int = 65536) -> None:
        self._target = target
        self.delay = delay
        self.piece = piece
        self.port = 0
        self._server: asyncio.Server | None = None
        self._open = asyncio.Event()
        self._open.set()
        self._lost = 0  # how many holes have kept what was in them
        self._pairs: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def connections(self) -> int:
        return len(self._pairs)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """Close every connection, on both sides."""
        for pair in tuple(self._pairs):
            for writer in pair:
                writer.close()

    def reset(self) -> None:
        """Drop every connection as a network does that has forgotten it."""
        linger = struct.pack("ii", 1, 0)
        for pair in tuple(self._pairs):
            for writer in pair:
                if not writer.is_closing():
                    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                writer.transport.abort()

    def darken(self) -> None:
        """From now on nothing comes through in either direction, and nobody is told."""
        self._open.clear()

    def lighten(self, *, forget: bool = True, tell: bool = True) -> None:
        """End of the black hole. What had disappeared in it stays away, as after a long time without a network.

        Without `tell` even then nobody hears of it: only connections begun after this carry anything.
        """
        if not self._open.is_set() and forget:
            if tell:
                self.reset()
            else:
                self._lost += 1
        self._open.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        lost = self._lost
        try:
            await self._open.wait()
            if lost != self._lost:
                with suppress(asyncio.CancelledError):
                    await reader.read()  # until the client has had enough
                writer.close()
                return
            if isinstance(self._target, str):
                far_reader, far_writer = await asyncio.open_unix_connection(self._target)
            else:
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()  # nobody listens there
            return
        pair = (writer, far_writer)
        self._pairs.add(pair)
        # Cancelled when the proxy ends, in the middle of whatever it is.
        with suppress(asyncio.CancelledError):
            await asyncio.gather(
                self._pass_on(reader, far_writer, lost, is_answer=False),
                self._pass_on(far_reader, writer, lost, is_answer=True),
            )
        self._pairs.discard(pair)
        for each in pair:
            each.close()

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, lost: int, *, is_answer: bool
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(self.piece):
                if is_answer and self.delay:
                    await asyncio.sleep(self.delay)
                await self._open.wait()
                if lost == self._lost:
                    writer.write(data)
                    await writer.drain()
        await self._open.wait()  # in the dark, not even the end is heard
        if lost == self._lost:
            writer.close()
