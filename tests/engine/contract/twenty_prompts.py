"""Twenty things that customers say, and what a model should do about each: the way to see whether one will do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from supportbot.assistant.backends import Backend
from supportbot.assistant.deadlines import Limits
from supportbot.assistant.errors import ModelError
from supportbot.assistant.tools import ToolContext, tool
from tests.engine.desk import Desk, create_ticket, lookup_order


@tool(effect="read")
def my_orders(ctx: ToolContext) -> list[str]:
    """List the customer's own orders."""
    return ["ORD-123", "ORD-456"]


@tool(effect="read")
def search_help(ctx: ToolContext, query: Annotated[str, Field(description="A few words")]) -> list[str]:
    """Search the shop's help articles: shipping, payment, returns, warranty, opening hours."""
    return [
        "Returns: within 30 days, free of charge. Shipping: to all countries of the EU. Payment: card, PayPal."
    ]


@tool(effect="write")
def request_human(ctx: ToolContext, reason: str) -> str:
    """Hand the conversation over to a person of the team, when the customer asks for one."""
    return "A person has been told."


@dataclass(frozen=True, slots=True)
class Prompt:
    """`call` is the tool that is to be called, empty for none; `arguments` are those that count."""

    text: str
    call: str = ""
    arguments: Mapping[str, Any] | None = None
    says: str = ""  # what the answer must hold


PROMPTS = (
    Prompt("Where is my order ORD-123?", "lookup_order", {"order_id": "ORD-123"}, "shipped"),
    Prompt("ORD-123", "lookup_order", {"order_id": "ORD-123"}, "shipped"),
    Prompt("Wo ist meine Bestellung ORD-123?", "lookup_order", {"order_id": "ORD-123"}),
    Prompt("has ord-123 been shipped yet", "lookup_order"),
    Prompt("When will ORD-123 arrive?", "lookup_order", {"order_id": "ORD-123"}, "2"),
    Prompt("Can you check the status of order number ORD-999?", "lookup_order", {"order_id": "ORD-999"}),
    Prompt("Which orders do I have with you?", "my_orders", None, "ORD-123"),
    Prompt("Show me all my orders, please.", "my_orders"),
    Prompt("How long do I have to return something?", "search_help", None, "30"),
    Prompt("Do you ship to Portugal?", "search_help"),
    Prompt("How can I pay?", "search_help", None, "PayPal"),
    Prompt(
        "Open a ticket of high priority: my lamp is broken.",
        "create_ticket",
        {"priority": "high"},
        "TKT-10001",
    ),
    Prompt(
        "Please create a ticket, low priority. The colour is wrong.", "create_ticket", {"priority": "low"}
    ),
    Prompt("I want to talk to a human.", "request_human"),
    Prompt("Get me a real person NOW", "request_human"),
    Prompt("Hello!"),
    Prompt("Thank you, that was all."),
    Prompt("Where is my order?"),  # without a number there is nothing to look up but the list
    Prompt("What is your name?"),
    Prompt("Tell me a joke about lamps."),
)
MAY_LIST_ORDERS = {"Where is my order?"}


@dataclass(frozen=True, slots=True)
class Outcome:
    prompt: Prompt
    problem: str  # empty where it went right
    text: str = ""


async def play_prompt(backend: Backend, prompt: Prompt, limits: Limits) -> Outcome:
    desk = Desk(backend, limits)
    desk.set_tools(lookup_order, create_ticket, my_orders, search_help, request_human)
    try:
        text = await desk.ask(prompt.text)
    except ModelError as error:
        return Outcome(prompt, f"no answer: {error.code} ({error})")
    return Outcome(prompt, find_problem(prompt, desk, text), text)


def find_problem(prompt: Prompt, desk: Desk, text: str) -> str:
    """What is wrong with an answer, empty if nothing is."""
    calls = [call for answer in desk.answers for call in answer.message.tool_calls]
    names = [call.name for call in calls if not (call.name == "my_orders" and prompt.text in MAY_LIST_ORDERS)]
    if not prompt.call:
        return f"called {', '.join(names)}" if names else "" if text.strip() else "said nothing"
    if prompt.call not in names:
        return f"called {', '.join(names) or 'nothing'} instead of {prompt.call}"
    given = [str(call.arguments).lower() for call in calls if call.name == prompt.call]
    for value in (prompt.arguments or {}).values():
        if not any(str(value).lower() in each for each in given):
            return f"called {prompt.call} without {value}"
    return f"did not say “{prompt.says}”" if prompt.says.lower() not in text.lower() else ""


def format_report(outcomes: Sequence[Outcome]) -> str:
    """A line for each prompt, and how many went right."""
    lines = [f"  {'right' if not each.problem else 'WRONG'}  {each.prompt.text}" for each in outcomes]
    lines = [
        f"{line}: {each.problem}" if each.problem else line
        for line, each in zip(lines, outcomes, strict=True)
    ]
    right = sum(not each.problem for each in outcomes)
    return "\n".join(["", *lines, f"  {right} of {len(outcomes)} went right.", ""])
