"""Text in mid-stream for a page that is sent its words some at a time."""

import asyncio
import json
from collections.abc import Awaitable, Callable

from .fragments import build_delta_frame


class GatheredText:
    """The first words are sent at once; what follows within `interval_seconds` is gathered into one frame."""

    def __init__(self, send: Callable[[str], Awaitable[object]], interval_seconds: float) -> None:
        self._send, self._interval_seconds = send, interval_seconds
        self._message, self._offset, self._text = "", 0, ""
        self._sent_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._sending = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    async def add_frame(self, frame: str) -> None:
        """Add the text of a frame of `build_delta_frame`, and send all if the last time is long enough ago."""
        piece = json.loads(frame)["delta"]
        following = (self._message, self._offset + len(self._text))
        if self._text and (piece["message"], piece["offset"]) != following:
            await self.send_gathered()
        if not self._text:
            self._message, self._offset = piece["message"], piece["offset"]
        self._text += piece["text"]
        loop = asyncio.get_running_loop()
        due_at = self._sent_at + self._interval_seconds
        if loop.time() >= due_at:
            await self.send_gathered()
        elif self._timer is None:
            self._timer = loop.call_at(due_at, self._begin_sending)

    async def send_gathered(self) -> None:
        """Send what there is. When this returns, nothing that was added before it is still to come."""
        async with self._sending:
            self.cancel_timer()
            if self._text:
                text, self._text = self._text, ""
                self._sent_at = asyncio.get_running_loop().time()
                await self._send(build_delta_frame(int(self._message), self._offset, text))

    def cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _begin_sending(self) -> None:
        self._task = asyncio.create_task(self.send_gathered())
