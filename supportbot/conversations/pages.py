"""One open page of a conversation: told the truth first and then what follows, in order and no faster than it reads."""

import asyncio

from . import fragments, live, turns
from .lines import Line
from .threads import stored


class Page:
    def __init__(self, conversation: int, line: Line) -> None:
        self._conversation = conversation
        self._line = line
        self._line.freed = self._catch_up
        self._held: list[str] | None = None
        self._missed_since: int | None = None
        self._one_resync = asyncio.Lock()
        self._catching_up: asyncio.Task[None] | None = None

    async def show(self, frame: str) -> None:
        """Send a frame, or hold it back while the page is being told what came before it.

        A page that does not read gets nothing more until it does, and then what it missed.
        """
        if self._line.is_full:
            self._miss(live.seen().get(self._conversation, 0))
        elif self._held is not None:
            self._held.append(frame)
        else:
            await self._line.send(frame)

    async def resync(self, seen: int) -> None:
        """Tell the page what changed since revision `seen`, what is streaming now, and then what follows."""
        async with self._one_resync:
            if self._line.is_full:
                self._miss(seen)
                return
            self._held = []
            try:
                step = await stored(turns.changes, self._conversation, seen)
                live.note_one(self._conversation, step.revision)
            finally:
                held, self._held = self._held, None
            # What was held back is newer than the rows. Pieces of text say nothing without those before them,
            # and are in the text that streams now.
            whole = (frame for frame in held if not fragments.is_text(frame))
            for frame in (step.html, *whole, live.catch_up(self._conversation)):
                if frame:
                    await self._line.send(frame)

    def _miss(self, seen: int) -> None:
        """It will be told what came after this revision when it reads again."""
        self._missed_since = seen if self._missed_since is None else min(seen, self._missed_since)

    def _catch_up(self) -> None:
        if self._missed_since is not None:
            since, self._missed_since = self._missed_since, None
            self._catching_up = asyncio.ensure_future(self.resync(since))
