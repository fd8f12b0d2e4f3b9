"""One open page of a conversation: told the truth first and then what follows, in order and no faster than it reads."""

import asyncio
from collections import deque
from collections.abc import Callable

from . import fragments, live, turns
from .lines import Line
from .steps import Step
from .threads import stored

Look = Callable[[int, int], Step]

KEPT = 20  # refusals of a page that does not read


class Page:
    def __init__(self, conversation: int, line: Line) -> None:
        self._conversation = conversation
        self._line = line
        self._line.freed = self._catch_up
        self.known = 0
        self._held: list[tuple[str, int, int]] | None = []  # it is told the truth first
        self._missed_since: int | None = None
        self._refusals: deque[str] = deque(maxlen=KEPT)
        self._is_over = False
        self._one_resync = asyncio.Lock()
        self._catching_up: asyncio.Task[None] | None = None

    @property
    def is_behind(self) -> bool:
        """It is told what it lacks as soon as it can take it: nobody else need see to that."""
        return self._held is not None or self._missed_since is not None

    async def show(self, frame: str, before: int = 0, revision: int = 0) -> None:
        """Send a frame, or hold it back while the page is being told what came before it.

        A page that does not read gets nothing more until it does, and then what it missed.
        """
        if self._line.is_full:
            self._miss(self.known)
        elif self._held is not None:
            self._held.append((frame, before, revision))
        else:
            await self._send(frame, before, revision)

    async def refuse(self, frame: str) -> None:
        """Tell this page alone why something was not taken, which no look at the database would tell it later."""
        self._refusals.append(frame)
        await self._tell_refusals()

    def end(self) -> None:
        """Nothing more is sent, not even what is being looked up now."""
        self._is_over = True

    async def resync(self, seen: int, look: Look = turns.changes) -> None:
        """Tell the page what changed since revision `seen`, what is streaming now, and then what follows."""
        async with self._one_resync:
            if self._line.is_full:
                self._miss(seen)
                return
            self._held = []
            try:
                step = await stored(look, self._conversation, seen)
            finally:
                held, self._held = self._held, None
            self.known = step.revision
            await self._send(step.html + (fragments.pulse(self.known) if self.known != seen else ""))
            # Pieces of text say nothing without those before them, and are in the text that streams now.
            for frame, before, revision in held:
                if not fragments.is_text(frame) and not 0 < revision <= self.known:
                    await self._send(frame, before, revision)
            await self._send(live.catch_up(self._conversation))

    async def _send(self, frame: str, before: int = 0, revision: int = 0) -> None:
        """Send a frame, and with one that changed something up to which revision the page lacks nothing now."""
        if 0 < revision < self.known:
            frame = ""  # it comes late, and would take the place of what is newer
        elif before > self.known:
            self._miss(self.known)  # what came between was lost on its way
        elif revision > self.known:
            self.known = revision
            frame += fragments.pulse(revision)
        if frame and not self._is_over:
            await self._line.send(frame)
        if not self._line.is_full:
            self._catch_up()

    def _miss(self, seen: int) -> None:
        """It will be told what came after this revision when it reads again."""
        self._missed_since = seen if self._missed_since is None else min(seen, self._missed_since)

    def _catch_up(self) -> None:
        if self._missed_since is not None or self._refusals:
            self._catching_up = asyncio.ensure_future(self._make_up())

    async def _make_up(self) -> None:
        await self._tell_refusals()
        if self._missed_since is not None:
            since, self._missed_since = self._missed_since, None
            await self.resync(since)

    async def _tell_refusals(self) -> None:
        while self._refusals and not (self._line.is_full or self._is_over):
            await self._line.send(self._refusals.popleft())
