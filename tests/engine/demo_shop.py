"""A little shop to try the demo model in: real tools over a dict, and a customer who talks to it."""

import json
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Literal

from supportbot.assistant.loop import make_executor, run_turn
from supportbot.assistant.messages import Answer, Mark, Message, TextDelta, ToolCall, ToolFinished, ToolResult
from supportbot.assistant.tools import Customer, Registry, ToolContext, ToolError, tool
from supportbot.demo.backend import DemoBackend

ORDERS: dict[str, dict[str, Any]] = {
    "123": {
        "order_id": "ORD-123",
        "status": "shipped",
        "eta": "2 days",
        "expected_delivery": "2026-11-25",
        "items": [
            {"name": "Wireless Headphones", "quantity": 1, "price": "79.95"},
            {"name": "USB-C Cable", "quantity": 2, "price": "21.75"},
        ],
        "total": "123.45 USD",
        "tracking": "TC357962501027",
        "ordered": "2026-11-18",
    },
    "456": {
        "order_id": "ORD-456",
        "status": "processing",
        "eta": "5 days",
        "expected_delivery": "2026-11-28",
    },
    "777": {
        "order_id": "ORD-777",
        "status": "shipped",
        "eta": "1 day late",
        "expected_delivery": "2026-11-22",
    },
    "800": {
        "order_id": "ORD-800",
        "status": "delivered",
        "eta": None,
        "items": [{"name": "Mug", "quantity": 1}],
    },
    "801": {"order_id": "ORD-801", "status": "cancelled", "eta": None},
    "802": {"order_id": "ORD-802", "status": "returned", "eta": None},
    "803": {"order_id": "ORD-803", "status": "shipped", "eta": "today"},
    "804": {"order_id": "ORD-804", "status": "on_hold", "eta": None},
    "W2611340": {"order_id": "#W2611340", "status": "shipped", "eta": "3 days"},
}
EMAIL = "alice@example.com"
ALICE = Customer(1, EMAIL, "Alice")


def _normalise_number(number: str) -> str:
    return number.upper().replace("ORD", "").strip(" -#")


@tool(effect="read")
def lookup_order(ctx: ToolContext, order_id: str, email: str = "") -> dict[str, Any]:
    """Look up an order by its number."""
    order = ORDERS.get(_normalise_number(order_id))
    if _normalise_number(order_id) == "429":
        raise ToolError("Too many tries. Please wait ten minutes.")
    if _normalise_number(order_id) == "500":
        raise RuntimeError("the database is on fire")
    if ctx.customer is None and not email:
        return {"error": "Also needs the e-mail on the order.", "needs": "email"}
    if order is None or (ctx.customer is None and email.lower() != EMAIL):
        return {"error": f"Order {order_id} not found"}
    return order


@tool(effect="write")
def create_ticket(ctx: ToolContext, issue: str, priority: Literal["low", "medium", "high"]) -> dict[str, Any]:
    """Create a support ticket for the customer's issue."""
    return {"ticket_id": "TKT-48291037", "issue": issue, "priority": priority, "status": "open"}


@tool(effect="write")
def request_human(ctx: ToolContext, reason: str) -> dict[str, Any]:
    """Hand this conversation over to a person of the team."""
    return {"status": "handed over"}


@tool(effect="read")
def my_orders(ctx: ToolContext) -> dict[str, Any]:
    """List the signed-in customer's orders."""
    if ctx.customer is None:
        raise ToolError("Please sign in to see your orders.")
    return {"orders": [ORDERS["123"], ORDERS["456"]]}


@tool(effect="read")
def my_tickets(ctx: ToolContext) -> dict[str, Any]:
    """List the customer's tickets."""
    ticket = {
        "ticket_id": "TKT-48291037",
        "issue": "Complaint about the delay",
        "status": "open",
        "priority": "medium",
    }
    return {"tickets": [ticket]}


@tool(effect="read")
def weather(ctx: ToolContext, city: str, days: int = 1, units: list[str] | None = None) -> dict[str, Any]:
    """The weather in a city.

    Only a developer's tool.
    """
    return {"city": city, "days": days, "sky": {"now": "sunny", "later": None}, "units": units or []}


SHOP_TOOLS = Registry([lookup_order, create_ticket, my_orders, my_tickets, request_human])


@dataclass
class Chat:
    """A customer's conversation with the demo model. `tool_calls` and `text` are those of the last turn,
    `marks` what could not be confirmed in any of them."""

    is_guest: bool = False
    tools: Registry = field(default_factory=lambda: SHOP_TOOLS)
    system: str = ""
    backend: DemoBackend = field(default_factory=lambda: DemoBackend(words_per_second=0))
    messages: list[Message] = field(default_factory=list)
    tool_calls: list[ToolCall] = field(default_factory=list)
    text: str = ""
    marks: list[Mark] = field(default_factory=list)

    async def say(self, text: str) -> str:
        self.messages.append(Message("user", text))
        return await self.take_turn()

    async def take_turn(self) -> str:
        self.tool_calls, self.text = [], ""
        who = "The customer is a guest." if self.is_guest else "The customer is signed in as Alice."
        system = self.system or f"You are the support assistant of TechCorp.\nBe brief.\n{who}"
        events = run_turn(
            self.backend, system, list(self.messages), self.tools, self.execute, grounding="mark"
        )
        async with aclosing(events):
            async for event in events:
                self._record_event(event)
                if isinstance(event, ToolFinished) and self.tool_calls[-1].name == "request_human":
                    break  # the server ends the turn, see `complete_call`
        return self.text

    async def execute(self, call: ToolCall) -> ToolResult:
        ctx = ToolContext(1, "visitor", None if self.is_guest else ALICE, "turn:1")
        return await make_executor(self.tools, ctx)(call)

    def _record_event(self, event: object) -> None:
        match event:
            case TextDelta(text):
                self.text += text
            case Answer(message, marks=marks):
                self.marks += marks
                self.messages.append(message)
                self.tool_calls += message.tool_calls
            case ToolFinished(_, result):
                self.messages.append(result.as_message())


def summarise_calls(tool_calls: list[ToolCall]) -> list[str]:
    """Calls in short: `lookup_order ORD-123`, `create_ticket medium: Complaint about …`."""
    return [_summarise_call(call.name, json.loads(call.arguments)) for call in tool_calls]


def _summarise_call(name: str, arguments: dict[str, Any]) -> str:
    if name == "create_ticket":
        return f"{name} {arguments['priority']}: {arguments['issue']}"
    return " ".join([name, *map(str, arguments.values())])
