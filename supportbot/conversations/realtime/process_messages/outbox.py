"""What this process has to tell the others, in its order: all that has gathered goes out at once.

A message costs its sender little; sending costs. So while something is being sent the next messages gather, and what is
not urgent waits a moment for more of its kind.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

# Text for other processes is gathered this long, of all answers that stream together.
GATHER_SECONDS = 0.15

BuildContent = Callable[[], Mapping[str, Any] | None]  # None: there is nothing to be sent


def encode_line(group: str, kind: str, content: Mapping[str, Any]) -> str:
    """A message as a line: JSON has no line breaks of its own. The group comes first, for those who pass over it."""
    return f"{group} {json.dumps([kind, content], ensure_ascii=False, separators=(',', ':'))}"


class Outbox:
    """The lines that are still to be sent."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._sent = _create_future()  # done when the lines have been sent, or never will be
        self._has_lines = asyncio.Event()
        self._gathering: dict[
            str, tuple[str, BuildContent]
        ] = {}  # by group: the kind, and what builds the content
        self._timer: asyncio.TimerHandle | None = None
        self._gathered_at = 0.0

    def add_line(self, group: str, line: str) -> "asyncio.Future[None]":
        """Add a line behind what its group was to be sent before. The future is done when it was sent, or given up."""
        self._add_gathered(group)
        return self._append_line(line)

    def add_later(self, group: str, kind: str, build_content: BuildContent) -> None:
        """Add what the function returns when it is called within `GATHER_SECONDS`, or before the group's next line."""
        message = (kind, build_content)
        if self._gathering.setdefault(group, message) != message:
            self._add_gathered(group)
            self._gathering[group] = message
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(self._gathered_at + GATHER_SECONDS, self._add_all_gathered)

    async def take_lines(self) -> "tuple[list[str], asyncio.Future[None]]":
        """Wait for lines, and take all there are, with the future to be done when they have been sent."""
        await self._has_lines.wait()
        self._has_lines.clear()
        lines, sent = self._lines, self._sent
        self._lines, self._sent = [], _create_future()
        return lines, sent

    def give_up(self) -> None:
        """Nothing of this will be sent."""
        self._gathering.clear()
        self._lines.clear()
        self._has_lines.clear()
        self._sent.set_result(None)
        self._sent = _create_future()

    def _append_line(self, line: str) -> "asyncio.Future[None]":
        self._lines.append(line)
        self._has_lines.set()
        return self._sent

    def _add_gathered(self, group: str) -> None:
        if group not in self._gathering:
            return
        kind, build_content = self._gathering.pop(group)
        if (content := build_content()) is not None:
            self._append_line(encode_line(group, kind, content))

    def _add_all_gathered(self) -> None:
        self._timer = None
        self._gathered_at = asyncio.get_running_loop().time()
        for group in tuple(self._gathering):
            self._add_gathered(group)


def _create_future() -> "asyncio.Future[None]":
    return asyncio.get_running_loop().create_future()
