"""A support desk without database or page: it keeps the conversation in a list and has two tools."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Field

from supportbot.assistant.backends import Backend
from supportbot.assistant.limits import Limits
from supportbot.assistant.loop import make_executor, run_turn
from supportbot.assistant.messages import (
    Answer,
    Event,
    Message,
    TextDelta,
    TextWithdrawn,
    ToolFinished,
    ToolResult,
)
from supportbot.assistant.tools import Registry, Tool, ToolContext, ToolError, tool

SYSTEM = "You help the customers of TechCorp."
GUEST = ToolContext(conversation=1, visitor="guest", customer=None, request="1")


@tool(effect="read", progress="Looking up order {order_id}…")
def lookup_order(
    ctx: ToolContext, order_id: Annotated[str, Field(description="As on the receipt")]
) -> dict[str, Any]:
    """Look up an order."""
    if order_id != "ORD-123":
        raise ToolError(f"Order {order_id} not found")
    return {"order_id": order_id, "status": "shipped", "eta": "2 days"}


@tool(effect="write")
def create_ticket(ctx: ToolContext, issue: str, priority: Literal["low", "medium", "high"]) -> dict[str, Any]:
    """Create a support ticket."""
    return {"ticket_id": "TKT-10001", "issue": issue, "priority": priority, "status": "open"}


class Desk:
    """Talks to the model as any program over the engine would, and remembers what was said."""

    def __init__(self, backend: Backend, limits: Limits | None = None) -> None:
        self.backend = backend
        self.limits = limits or Limits()
        self.tools = Registry([lookup_order, create_ticket])
        self.history: list[Message] = []
        self.events: list[Event] = []
        self.text_received = asyncio.Event()

    def set_tools(self, *tools: Tool) -> None:
        self.tools = Registry(tools)

    def set_limits(self, **limits: float) -> None:
        self.limits = replace(self.limits, **limits)

    async def ask(self, text: str) -> str:
        """Put a message to the model and return its words. What happens on the way is in `events`."""
        self.events = []
        self.history.append(Message("user", text))
        execute = make_executor(self.tools, GUEST)
        turn = run_turn(self.backend, SYSTEM, list(self.history), self.tools, execute, limits=self.limits)
        async with aclosing(turn) as events:
            async for event in events:
                self.events.append(event)
                if isinstance(event, TextDelta) and event.text:
                    self.text_received.set()
                elif isinstance(event, Answer):
                    self.history.append(event.message)
                elif isinstance(event, ToolFinished):
                    self.history.append(event.result.as_message())
        return self.text

    @property
    def text(self) -> str:
        """The model's words in the last turn, as they were streamed. What was withdrawn is not among them."""
        messages = [""]
        for event in self.events:
            if isinstance(event, TextDelta):
                messages[-1] += event.text
            elif isinstance(event, TextWithdrawn):
                messages[-1] = ""
            elif isinstance(event, Answer):
                messages.append("")
        return "".join(messages)

    @property
    def results(self) -> Sequence[ToolResult]:
        return [event.result for event in self.events if isinstance(event, ToolFinished)]

    @property
    def answers(self) -> Sequence[Answer]:
        return [event for event in self.events if isinstance(event, Answer)]
