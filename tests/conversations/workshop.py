"""Tools under a test's control. Their writes are tickets, so that what was kept of them can be counted."""

import asyncio
import threading
from typing import Any

from supportbot.assistant.tools import Tool, ToolContext, tool
from tickets.models import Ticket


class Workshop:
    """Tools some of which hang until the test lets them go on. `runs` names those that began, in order."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.go_on = threading.Event()
        self.runs: list[str] = []

    def tools(self) -> list[Tool]:
        return [self._look(), self._write(), self._hanging_look(), self._hanging_write(), self._broken()]

    async def has_begun(self) -> None:
        """Wait until a tool hangs."""
        assert await asyncio.to_thread(self.begun.wait, 10)

    async def is_idle(self) -> None:
        """Wait until no tool runs any more, also none that nobody waits for."""
        for thread in threading.enumerate():
            if thread.name == "tool":
                await asyncio.to_thread(thread.join, 20)
                assert not thread.is_alive()

    def _hang(self) -> None:
        self.begun.set()
        assert self.go_on.wait(20), "nobody let the tool go on"

    def _look(self) -> Tool:
        @tool(effect="read")
        def look(ctx: ToolContext) -> dict[str, Any]:
            """Look something up."""
            self.runs.append("look")
            return {"found": len(self.runs)}

        return look

    def _write(self) -> Tool:
        @tool(effect="write")
        def write(ctx: ToolContext, issue: str) -> dict[str, Any]:
            """Write something down."""
            self.runs.append("write")
            return {"written": _open_ticket(ctx, issue)}

        return write

    def _hanging_look(self) -> Tool:
        @tool(effect="read", timeout=0.2)
        def hanging_look(ctx: ToolContext) -> dict[str, Any]:
            """Look something up that takes for ever."""
            self.runs.append("hanging_look")
            self._hang()
            return {"found": "too late"}

        return hanging_look

    def _hanging_write(self) -> Tool:
        @tool(effect="write", timeout=0.2)
        def hanging_write(ctx: ToolContext, issue: str) -> dict[str, Any]:
            """Write something down in two steps, with a long time between them."""
            self.runs.append("hanging_write")
            first = _open_ticket(ctx, f"{issue}, first half")
            self._hang()
            return {"written": [first, _open_ticket(ctx, f"{issue}, second half")]}

        return hanging_write

    def _broken(self) -> Tool:
        @tool(effect="write")
        def broken(ctx: ToolContext) -> dict[str, Any]:
            """Write half of it and break."""
            self.runs.append("broken")
            _open_ticket(ctx, "half done")
            raise RuntimeError("a secret of the shop")

        return broken


def _open_ticket(ctx: ToolContext, issue: str) -> str:
    return Ticket.objects.create(issue=issue, conversation_id=ctx.conversation).number
