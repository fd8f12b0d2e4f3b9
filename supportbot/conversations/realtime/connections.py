"""One open page of a conversation: it gets the stored state first and then what follows, as fast as it reads."""

import asyncio
from collections import deque
from collections.abc import Callable

from supportbot.server.backpressure import SocketWriter

from ..turns import TurnChange, load_changes
from .audiences import Audience
from .broadcast import get_open_text
from .change_frames import ChangeFrame, render_frames_beside
from .fragments import is_text_frame, render_revision
from .gathered_text import GatheredText
from .socket_sessions import CLOSE_NOT_FOUND

MAX_BUFFERED_REPLIES = 20  # for a page that does not read


class PageConnection:
    """What a page has been sent, and what it lacks. It lacks nothing up to `revision`."""

    gathered_text: GatheredText | None = None  # of a page that is sent its words some at a time

    def __init__(self, conversation_id: int, writer: SocketWriter, audience: Audience) -> None:
        self._conversation_id = conversation_id
        self._writer = writer
        self._writer.on_drain = self._schedule_resend
        self.audience = audience
        self.revision = 0
        # (frame, previous revision, revision) of what comes while the stored state is loaded; None when it is not.
        self._buffered: list[tuple[str, int, int]] | None = []
        self._missed_since: int | None = None
        self._replies: deque[str] = deque(maxlen=MAX_BUFFERED_REPLIES)
        self._is_closed = False
        self._resync_lock = asyncio.Lock()
        self._resend_task: asyncio.Task[None] | None = None

    @property
    def is_behind(self) -> bool:
        """True while frames are buffered or were missed: it resyncs itself, so the periodic check skips it."""
        return self._buffered is not None or self._missed_since is not None

    async def deliver(self, frame: str, previous_revision: int = 0, revision: int = 0) -> bool:
        """Send a frame, or buffer it while the stored state is loaded. Returns whether the page will get it.

        A page that does not read gets nothing more until it does, and then what it missed.
        """
        if self.gathered_text is not None:
            if frame.startswith("{") and not self.is_behind and not self._writer.is_full:
                await self.gathered_text.add_frame(frame)
                return True
            await self.gathered_text.send_gathered()
        if self._writer.is_full:
            self._set_missed_since(self.revision)
            return False
        if self._buffered is not None:
            self._buffered.append((frame, previous_revision, revision))
            return True
        return await self._send(frame, previous_revision, revision)

    def mark_missed(self) -> None:
        """Something changed that was not sent: it is loaded from the database as soon as the page reads."""
        self._set_missed_since(self.revision)
        if not self._writer.is_full:
            self._schedule_resend()

    async def send_reply(self, frame: str) -> None:
        """Tell this page alone what became of its own frame, which the stored state would not tell it later."""
        self._replies.append(frame)
        await self._flush_replies()

    async def end_page(self) -> None:
        """The conversation was deleted: the page shows nothing of it any longer, and says so."""
        self.close()
        await self._writer.close_socket(CLOSE_NOT_FOUND)

    def close(self) -> None:
        """Nothing more is sent, not even what is being loaded now."""
        self._is_closed = True

    async def resync(self, since_revision: int, check: Callable[[], object] = lambda: None) -> None:
        """Send what changed since a revision, what is streaming now, and then what was buffered meanwhile.

        `check` is called before the database is read, on its thread; if it raises, nothing is sent.
        """
        async with self._resync_lock:
            if self._writer.is_full:
                self._set_missed_since(since_revision)
                return
            self._buffered = []
            try:
                change = await load_changes.run_after(check, self._conversation_id, since_revision)
                frames = await render_frames_beside(change, [self.audience])
            finally:
                buffered, self._buffered = self._buffered, None
            await self._send_loaded(change, frames)
            for frame, previous_revision, revision in buffered:
                if not is_text_frame(frame):
                    await self._send(frame, previous_revision, revision)
            await self._send(get_open_text(change))

    async def _send_loaded(self, change: TurnChange, frames: list[ChangeFrame]) -> None:
        """Send what was loaded, until the page stops reading: it gets the rest when it goes on."""
        # What the page says of itself counts, not what was sent to it.
        self.revision = min(change.previous_revision, change.revision)
        for frame in frames:
            if self._writer.is_full:
                self._set_missed_since(self.revision)
                return
            revision = self.revision if change.lacks_turns else frame.revision
            await self._send(frame.html[self.audience.key], frame.previous_revision, revision)

    async def _send(self, frame: str, previous_revision: int = 0, revision: int = 0) -> bool:
        """Send a frame, and with one that changed something the revision up to which the page now lacks nothing.

        Returns whether the page will get it, or what is newer.
        """
        if 0 < revision < self.revision or previous_revision < revision == self.revision:
            return True  # it comes late: the page has this change, or what is newer
        has_gap = previous_revision > self.revision
        is_newer = revision > self.revision and not has_gap
        if has_gap:
            self._set_missed_since(self.revision)  # what came between was lost on its way
        if is_newer:
            frame += render_revision(revision)
        is_sent = bool(frame) and not self._is_closed and await self._writer.send(frame)
        if is_sent and is_newer:
            self.revision = revision
        if not self._writer.is_full:
            self._schedule_resend()
        return is_sent

    def _set_missed_since(self, revision: int) -> None:
        missed = self._missed_since
        self._missed_since = revision if missed is None else min(revision, missed)

    def _schedule_resend(self) -> None:
        if self._missed_since is not None or self._replies:
            self._resend_task = asyncio.ensure_future(self._resend_missed())

    async def _resend_missed(self) -> None:
        await self._flush_replies()
        if self._missed_since is not None:
            since, self._missed_since = self._missed_since, None
            await self.resync(since)

    async def _flush_replies(self) -> None:
        while self._replies and not (self._writer.is_full or self._is_closed):
            await self._writer.send(self._replies.popleft())
