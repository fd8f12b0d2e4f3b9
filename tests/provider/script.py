"""What a test scripts, and what it may ask about a provider: the same for every kind of provider."""

import asyncio
import itertools
import json
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Any, Protocol, Self

from .parts import Act, Ask, Call, End, Piece, Refuse, Say, Shape, Think, words
from .server import STREAM, Reply, Request


class Running(Protocol):
    """The network side of a provider, as `Server` is: it counts what is open and tells of every change."""

    changed: Any
    requests: list[Request]
    open_streams: int
    connections: int
    loop: asyncio.AbstractEventLoop

    def start(self) -> None: ...

    def stop(self) -> None: ...


class Script:
    """The replies of a provider in the order in which they were scripted, and what it was asked."""

    def __init__(self, server: Running) -> None:
        self._server = server
        self._script: deque[Reply] = deque()
        self._otherwise: Callable[[Request], object] = lambda request: None
        self._ids = itertools.count(1)
        self.unscripted: list[Request] = []
        self.rejected: list[str] = []
        self.stored: dict[str, list[Any]] = {}  # what it keeps of conversations, by the id of an answer

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
        asked = [request.messages[-1] for request in self.unscripted]
        assert not asked, f"the provider was asked without a scripted reply: {asked}"
        assert not self.rejected, f"a real provider refuses this: {self.rejected}"

    # What was asked, and what is going on.

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

    def wait_for(self, state: Callable[[Self], Any], timeout: float = 30) -> None:
        """Wait until a state is reached, such as `lambda provider: provider.open_streams == 0`."""
        with self._server.changed:
            assert self._server.changed.wait_for(lambda: state(self), timeout), f"not reached in {timeout} s"

    async def until(self, state: Callable[[Self], Any], timeout: float = 30) -> None:
        """The same for asynchronous tests."""
        await asyncio.to_thread(self.wait_for, state, timeout)

    # The script.

    def say(self, text: str, *, hold_after: int | None = None, finish: str = "stop", think: int = 0) -> Reply:
        """Stream a text word by word. With `hold_after` it waits after so many words to be released."""
        pieces: list[Piece] = [*[Think("Hm. ")] * think, *words(text), End(finish)]
        if hold_after is not None:
            pieces.insert(hold_after, Act.HOLD)
        return self.play(*pieces)

    def call(self, tool: str, /, **arguments: Any) -> Reply:
        """Ask for one tool."""
        return self.calls(Call(tool, arguments))

    def calls(self, *calls: Call, text: str = "", shape: Shape = "whole") -> Reply:
        """Ask for some tools at once, maybe after a text."""
        named = tuple(map(self.identified, calls))
        return self.play(*words(text), Ask(named, shape), End("tool_calls"))

    def fill(self, **fields: Any) -> Reply:
        """Give a typed answer."""
        return self.play(Say(json.dumps(fields)), End())

    def refuse(self, text: str = "I will not do that.") -> Reply:
        """Decline to give a typed answer."""
        return self.play(Refuse(text), End())

    def play(self, *pieces: Piece) -> Reply:
        """Stream these parts, and do what stands between them. Without CUT or RESET the body then ends.

        Bytes are sent as they are, so they belong to one wire format.
        """
        return self.add(Reply(STREAM, pieces))

    def fail(self, status: int, *, words: str = "") -> Reply:
        """Refuse with what this kind of provider answers for an HTTP status, in other words if some are given."""
        raise NotImplementedError

    def find_too_long(self) -> Reply:
        """Refuse the request because it holds more than the model can read."""
        return self.fail(400, words="This model's maximum prompt length is 131072 but the request is longer.")

    def ignore(self) -> Reply:
        """Take the request and never answer."""
        return self.add(Reply(b"", (Act.STALL,)))

    def otherwise(self, write_on: Callable[[Request], object]) -> None:
        """Whenever the script is empty, let this function write on, by the methods above."""
        self._otherwise = write_on

    def always_call(self, tool: str, /, **arguments: Any) -> None:
        """Once the script is empty, ask for this tool for ever."""
        self.otherwise(lambda request: self.call(tool, **arguments))

    def forget_all(self) -> None:
        """What was stored has expired."""
        self.stored.clear()

    def identified(self, call: Call) -> Call:
        return call if call.id is not None else Call(call.name, call.arguments, f"call_{next(self._ids)}")

    def add(self, reply: Reply) -> Reply:
        reply._loop = self._server.loop
        with self._server.changed:
            self._script.append(reply)
        return reply

    def next_reply(self, request: Request) -> Reply | None:
        """The scripted reply whose turn it is."""
        if not self._script:
            self._otherwise(request)
        if not self._script:
            self.unscripted.append(request)
            return None
        return self._script.popleft()
