"""A turn: the model asks for tools, they run, their results go back, and it is asked again, within bounds."""

import asyncio
import json
import threading
from contextlib import aclosing

import pytest

from supportbot.assistant.errors import ErrorCode, ModelError
from supportbot.assistant.loop import make_executor, run_turn
from supportbot.assistant.messages import (
    Answer,
    Message,
    TextDelta,
    ToolCall,
    ToolFinished,
    ToolResult,
    ToolStarted,
)
from supportbot.assistant.tools import Effect, Registry, ToolContext, ToolError, tool
from tests.provider import HOLD, Call, wire

from .desk import GUEST, SYSTEM

ORDER = {"order_id": "ORD-123"}


async def test_a_turn_tells_what_happens_in_order(provider, desk):
    provider.calls(Call("lookup_order", ORDER), text="Let me look.")
    provider.say("It has shipped.")

    assert await desk.ask("Where is ORD-123?") == "Let me look.It has shipped."

    kinds = [type(event) for event in desk.events if not isinstance(event, TextDelta)]
    assert kinds == [Answer, ToolStarted, ToolFinished, Answer]
    assert [answer.message.text for answer in desk.answers] == ["Let me look.", "It has shipped."]
    (call,) = desk.answers[0].message.tool_calls
    assert (call.name, call.arguments) == ("lookup_order", json.dumps(ORDER))


async def test_calls_run_one_after_the_other_in_the_models_order(provider, desk):
    ticket = {"issue": "Late", "priority": "high"}
    provider.calls(Call("create_ticket", ticket), Call("lookup_order", ORDER), Call("lookup_order", ORDER))
    provider.say("Done.")

    await desk.ask("Please")

    made = [call.id for call in desk.answers[0].message.tool_calls]
    assert [result.call_id for result in desk.results] == made
    sent = provider.requests[1].messages[-3:]
    assert [message["tool_call_id"] for message in sent] == ["call_1", "call_2", "call_3"]
    assert "TKT-10001" in sent[0]["content"]
    assert "shipped" in sent[1]["content"]


async def test_a_call_is_announced_before_it_runs(backend, provider, desk):
    provider.call("lookup_order", **ORDER)
    ran = []

    async def execute(call: ToolCall) -> ToolResult:
        ran.append(call)
        return ToolResult(call.id, "{}", "done")

    turn = run_turn(backend, SYSTEM, [Message("user", "Hi")], desk.tools, execute)
    async with aclosing(turn) as events:
        async for event in events:
            if isinstance(event, ToolStarted):
                break

    assert ran == []


@pytest.mark.parametrize(
    ("tool_name", "arguments", "outcome", "words"),
    [
        ("lookup_order", '{"order_id": "ORD', "invalid", "Invalid JSON"),
        ("lookup_order", {"order_id": 1.5}, "invalid", "valid string"),
        ("lookup_order", {**ORDER, "customer": "bob"}, "invalid", "customer"),
        ("lookup_order", "", "invalid", "Field required"),
        ("lookup_order", None, "invalid", "Field required"),
        ("lookup_order", {"order_id": "ORD-9"}, "refused", "Order ORD-9 not found"),
        ("drop_tables", {}, "unknown", "lookup_order, create_ticket"),
        ("", {}, "unknown", "no tool of that name"),
        ("look up, please!", "nonsense", "unknown", "no tool of that name"),
    ],
)
async def test_a_call_that_goes_wrong_is_told_to_the_model(
    provider, desk, tool_name, arguments, outcome, words
):
    provider.calls(Call(tool_name, arguments))
    provider.say("I am sorry.")

    assert await desk.ask("Where is it?") == "I am sorry."

    assert [result.outcome for result in desk.results] == [outcome]
    assert words in provider.requests[1].messages[-1]["content"]


async def test_a_bug_in_a_tool_is_told_to_the_model_without_its_details(provider, desk, caplog):
    @tool(effect="read")
    def broken(ctx: ToolContext) -> str:
        """Break."""
        raise ZeroDivisionError("secret detail")

    desk.set_tools(broken)
    provider.call("broken")
    provider.say("I could not.")

    assert await desk.ask("Try it") == "I could not."

    assert desk.results[0].outcome == "failed"
    assert "secret" not in provider.requests[1].messages[-1]["content"]
    assert "secret detail" in caplog.text


async def test_a_tool_that_hangs_is_left_behind(provider, desk):
    freed = threading.Event()

    @tool(effect="read", timeout=0.1)
    def hang(ctx: ToolContext) -> None:
        """Hang."""
        freed.wait(10)

    desk.set_tools(hang)
    provider.call("hang")
    provider.say("That took too long.")

    assert await desk.ask("Try it") == "That took too long."

    assert desk.results[0].outcome == "timed_out"
    freed.set()


@pytest.mark.parametrize(
    ("effect", "is_uncertain"), [("read", False), ("write", True), ("irreversible", True)]
)
@pytest.mark.parametrize("is_async", [False, True])
async def test_a_tool_that_acts_and_hangs_is_not_called_again(desk, effect: Effect, is_uncertain, is_async):
    """Its thread goes on, and here nobody rolls back what it does."""
    freed = threading.Event()

    @tool(effect=effect, timeout=0.02)
    def pay(ctx: ToolContext) -> None:
        """Pay."""
        freed.wait(10)

    @tool(effect=effect, timeout=0.02)
    async def pay_later(ctx: ToolContext) -> None:
        """Pay later."""
        await asyncio.to_thread(freed.wait, 10)

    used = pay_later if is_async else pay
    result = await make_executor(Registry([used]), GUEST)(ToolCall("c1", used.name, "{}"))
    freed.set()

    assert result.outcome == "timed_out"
    assert ("Do not call it again" in result.content) == is_uncertain


async def test_an_asynchronous_tool_runs_in_a_turn(provider, desk):
    @tool(effect="read")
    async def weather(ctx: ToolContext, town: str) -> dict[str, str]:
        """Say what the weather is."""
        await asyncio.sleep(0)
        if town != "Köln":
            raise ToolError("No such town")
        return {"weather": "☀"}

    desk.set_tools(weather)
    provider.calls(Call("weather", {"town": "Köln"}), Call("weather", {"town": "Atlantis"}))
    provider.say("Sunny.")

    await desk.ask("Weather?")

    assert [result.content for result in desk.results] == ['{"weather": "☀"}', '{"error": "No such town"}']


async def test_a_tool_learns_who_asks_from_the_server_alone(provider, desk):
    @tool(effect="read")
    def whoami(ctx: ToolContext) -> list[object]:
        """Say who asks."""
        return [ctx.visitor, ctx.customer]

    desk.set_tools(whoami)
    provider.call("whoami")
    provider.calls(Call("whoami", {"ctx": {"visitor": "alice"}}))
    provider.say("You are a guest.")

    await desk.ask("Who am I?")

    assert [result.outcome for result in desk.results] == ["done", "invalid"]
    assert json.loads(desk.results[0].content) == ["guest", None]


async def test_calls_beyond_the_bound_are_not_run_and_the_model_is_told_to_answer(provider, desk):
    provider.calls(*[Call("lookup_order", ORDER)] * 5)
    provider.say("Enough.")
    desk.set_limits(calls=3)

    assert await desk.ask("Look five times") == "Enough."

    assert [result.outcome for result in desk.results] == ["done"] * 3 + ["refused"] * 2
    assert "Answer now" in provider.requests[1].messages[-1]["content"]


async def test_the_last_round_may_still_end_in_an_answer(provider, desk):
    for _round in range(2):
        provider.call("lookup_order", **ORDER)
    provider.say("Here it is.")
    desk.set_limits(rounds=2)

    assert await desk.ask("Look twice") == "Here it is."


async def test_calls_that_nobody_would_report_on_are_not_run(provider, desk):
    ran = []

    @tool(effect="write")
    def charge(ctx: ToolContext) -> str:
        """Charge the card."""
        ran.append(ctx)
        return "charged"

    desk.set_tools(charge)
    provider.always_call("charge")
    desk.set_limits(rounds=2)

    with pytest.raises(ModelError, match="endless"):
        await desk.ask("Go on")

    assert len(ran) == len(desk.answers) == 2


async def test_the_time_of_a_turn_counts_over_all_its_rounds(provider, desk):
    provider.say("Hello.")
    await desk.ask("Hello")
    provider.call("lookup_order", **ORDER)
    provider.play(wire.text("It has"), HOLD)
    desk.set_limits(turn=0.6)

    with pytest.raises(ModelError) as caught:
        await desk.ask("Where is it?")

    assert (caught.value.code, desk.text) == (ErrorCode.TOO_LONG, "It has")
    assert [result.outcome for result in desk.results] == ["done"]


async def test_a_long_conversation_is_sent_within_its_budget(provider, desk):
    for number in range(8):
        provider.call("lookup_order", **ORDER)
        provider.say(f"Answer {number}. " + "It is on its way. " * 20)
        await desk.ask(f"Question {number}?")
    provider.say("Yes.")
    desk.set_limits(window=600)

    await desk.ask("And now?")

    sent = provider.requests[-1].messages
    assert len(sent) < 16
    assert [message["role"] for message in sent[:3]] == ["system", "user", "assistant"]
    assert sent[-1]["content"] == "And now?"


async def test_stopping_a_turn_between_two_words_closes_the_stream(backend, provider, desk):
    provider.say("One two three four", hold_after=2)
    turn = run_turn(backend, SYSTEM, [Message("user", "Count")], desk.tools, make_executor(desk.tools, GUEST))

    async with aclosing(turn) as events:
        async for event in events:
            if isinstance(event, TextDelta) and event.text:
                break

    await provider.until(lambda provider: provider.requests[0].closed_early, timeout=1)
    await provider.until(lambda provider: provider.connections == 0)
