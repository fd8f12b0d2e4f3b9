"""The one fake of the project: a scripted model provider that speaks chat completions over a real socket.

    with Provider() as provider:
        provider.call("lookup_order", order_id="ORD-123")
        provider.say("It has shipped.")
        ...                                   # anything that asks the model at provider.url
        assert provider.requests[0].messages[-1] == {"role": "user", "content": "Where is it?"}

Replies are played in the order in which they were scripted, one a request. It runs in a thread of its own,
so it serves tests of every kind. It is strict: a history that some real provider refuses gets status 400,
and the test fails at its end, as it does when the provider is asked more often than was scripted.
"""

import asyncio
import itertools
import socket
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

from . import wire
from .server import STREAM, Act, Drip, Piece, Reply, Request, Server, plain
from .strict import objection
from .wire import Call

__all__ = [
    "CUT",
    "HOLD",
    "RESET",
    "STALL",
    "Call",
    "Drip",
    "Provider",
    "Reply",
    "Request",
    "nobody_listens",
    "wire",
]

HOLD, STALL, CUT, RESET = Act.HOLD, Act.STALL, Act.CUT, Act.RESET
PATH = "/v1/chat/completions"


class Provider:
    def __init__(self) -> None:
        self._server = Server(self._choose)
        self._script: deque[Reply] = deque()
        self._otherwise: Callable[[Request], object] = lambda request: None
        self._ids = itertools.count(1)
        self.unscripted: list[Request] = []
        self.rejected: list[str] = []

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._server.stop()
        if kind is None:
            self.check()

    def check(self) -> None:
        """Fail when the provider was asked what nobody scripted, or what a real one refuses."""
        asked = [request.body["messages"][-1] for request in self.unscripted]
        assert not asked, f"the provider was asked without a scripted reply: {asked}"
        assert not self.rejected, f"a real provider refuses this: {self.rejected}"

    # What was asked, and what is going on.

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.port}/v1"

    @property
    def requests(self) -> list[Request]:
        """The requests so far, in order."""
        return self._server.requests

    @property
    def open_streams(self) -> int:
        """How many replies are being sent right now."""
        return self._server.open_streams

    @property
    def idle(self) -> bool:
        """Whether all that was scripted has been asked for, and nothing is being sent."""
        return not self._script and not self.open_streams

    @property
    def connections(self) -> int:
        """How many connections clients keep open, idle ones too."""
        return self._server.connections

    def wait_for(self, state: Callable[["Provider"], Any], timeout: float = 10) -> None:
        """Wait until a state is reached, such as `lambda provider: provider.open_streams == 0`."""
        with self._server.changed:
            assert self._server.changed.wait_for(lambda: state(self), timeout), f"not reached in {timeout} s"

    async def until(self, state: Callable[["Provider"], Any], timeout: float = 10) -> None:
        """The same for asynchronous tests."""
        await asyncio.to_thread(self.wait_for, state, timeout)

    # The script.

    def say(self, text: str, *, hold_after: int | None = None, finish: str = "stop") -> Reply:
        """Stream a text word by word. With `hold_after` it waits after so many words to be released."""
        pieces: list[Piece] = [*wire.words(text), *wire.ending(finish)]
        if hold_after is not None:
            pieces.insert(hold_after, HOLD)
        return self.play(*pieces)

    def call(self, tool: str, /, **arguments: Any) -> Reply:
        """Ask for one tool."""
        return self.calls(Call(tool, arguments))

    def calls(self, *calls: Call, text: str = "", shape: wire.Shape = "whole") -> Reply:
        """Ask for some tools at once, maybe after a text."""
        return self.play(
            *wire.words(text), *wire.calls(map(self._identified, calls), shape), *wire.ending("tool_calls")
        )

    def play(self, *pieces: Piece) -> Reply:
        """Stream these bytes, and do what stands between them. Without CUT or RESET the body then ends."""
        return self._add(Reply(STREAM, pieces))

    def ignore(self) -> Reply:
        """Take the request and never answer."""
        return self._add(Reply(b"", (STALL,)))

    def fail(self, status: int, body: bytes = b"", **headers: str) -> Reply:
        """Answer with an error, in xAI's form unless another body is given.

        By default it asks for a second try at once, lest the test wait for the client's patience.
        """
        return self._add(plain(status, body or wire.xai_error(status), headers or {"retry_after_ms": "1"}))

    def otherwise(self, write_on: Callable[[Request], object]) -> None:
        """Whenever the script is empty, let this function write on, by the methods above."""
        self._otherwise = write_on

    def always_call(self, tool: str, /, **arguments: Any) -> None:
        """Once the script is empty, ask for this tool for ever."""
        self.otherwise(lambda request: self.call(tool, **arguments))

    def _identified(self, call: Call) -> Call:
        return call if call.id is not None else Call(call.name, call.arguments, f"call_{next(self._ids)}")

    def _add(self, reply: Reply) -> Reply:
        reply._loop = self._server.loop
        with self._server.changed:
            self._script.append(reply)
        return reply

    def _choose(self, request: Request) -> Reply:
        if request.path != PATH:
            return plain(404, wire.xai_error(404, f"There is nothing at {request.path}."))
        if not request.headers.get("authorization", "").startswith("Bearer "):
            return plain(401, wire.xai_error(401))
        if wrong := objection(request.body):
            self.rejected.append(wrong)
            return plain(400, wire.openai_error(400, wrong))
        if not self._script:
            self._otherwise(request)
        if not self._script:
            self.unscripted.append(request)
            return plain(
                500, wire.openai_error(500, "Nothing is scripted for this."), {"x_should_retry": "false"}
            )
        return self._script.popleft()


@contextmanager
def nobody_listens() -> Iterator[str]:
    """The address of a server that is not there: connections are refused."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{reserved.getsockname()[1]}/v1"
