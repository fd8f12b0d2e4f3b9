"""Tools are offered as they are, called however the calls come, and their results go back to the right call."""

import pytest

from supportbot.assistant.messages import Message, ToolCall
from tests.engine.desk import SYSTEM, create_ticket, lookup_order
from tests.provider import Ask, Call, End, Say

ORDER = {"order_id": "ORD-123"}
SHAPES = ["whole", "together", "pieces"]


def called(identity: str, name: str, arguments: str) -> dict[str, object]:
    return ToolCall(identity, name, arguments).as_chat()


def result(identity: str, content: str) -> dict[str, object]:
    return {"role": "tool", "tool_call_id": identity, "content": content}


async def test_three_turns_with_tools_are_seen_message_by_message(provider, desk):
    complaint = {"issue": "Late", "priority": "high"}
    provider.call("lookup_order", **ORDER)
    provider.say("It has shipped.")
    provider.calls(
        Call("create_ticket", complaint, "ticket"), Call("lookup_order", {"order_id": "ORD-9"}, "order")
    )
    provider.say("Done.")

    await desk.ask("Where is ORD-123?")
    await desk.ask("I want to complain. And ORD-9?")

    expected = [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": "Where is ORD-123?"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [called("call_1", "lookup_order", '{"order_id": "ORD-123"}')],
        },
        result("call_1", '{"order_id": "ORD-123", "status": "shipped", "eta": "2 days"}'),
        {"role": "assistant", "content": "It has shipped."},
        {"role": "user", "content": "I want to complain. And ORD-9?"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                called("ticket", "create_ticket", '{"issue": "Late", "priority": "high"}'),
                called("order", "lookup_order", '{"order_id": "ORD-9"}'),
            ],
        },
        result("ticket", '{"ticket_id": "TKT-10001", "issue": "Late", "priority": "high", "status": "open"}'),
        result("order", '{"error": "Order ORD-9 not found"}'),
    ]
    assert [len(request.messages) for request in provider.requests] == [2, 4, 6, 9]
    for request in provider.requests:
        assert request.messages == expected[: len(request.messages)]


async def test_after_the_last_round_of_tools_the_model_is_asked_for_words_alone(provider, desk):
    for _round in range(2):
        provider.call("lookup_order", **ORDER)
    provider.say("It has shipped.")
    desk.set_limits(rounds=2)

    await desk.ask("Look twice.")

    assert [request.tool_choice for request in provider.requests] == ["auto", "auto", "none"]
    assert provider.requests[2].tools == provider.requests[0].tools, "for a history in which they were called"


async def test_without_tools_nothing_is_said_of_them(provider, desk):
    desk.set_tools()
    desk.set_limits(rounds=0)
    provider.say("Hello.")

    await desk.ask("Hi")

    assert (provider.requests[0].tools, provider.requests[0].tool_choice) == ([], "auto")


async def test_the_model_is_offered_the_tools_as_they_are(provider, desk):
    provider.say("Hello.")

    await desk.ask("Hi")

    functions = [tool.as_chat()["function"] for tool in (lookup_order, create_ticket)]
    assert provider.requests[0].tools == functions


@pytest.mark.parametrize("shape", SHAPES)
async def test_calls_are_the_same_in_whatever_shape_they_come(provider, desk, shape):
    first = Call("lookup_order", ORDER, "a")
    second = Call("create_ticket", {"issue": "Zu spät 💡", "priority": "low"}, "b")
    provider.calls(first, second, text="Wait.", shape=shape)
    provider.say("Done.")

    await desk.ask("Both, please")

    assert [(call.name, call.arguments) for call in desk.answers[0].message.tool_calls] == [
        ("lookup_order", first.as_text),
        ("create_ticket", second.as_text),
    ]
    assert [message.get("tool_call_id") for message in provider.requests[1].messages[-2:]] == ["a", "b"]
    assert desk.answers[0].message.text == "Wait."
    assert [result.outcome for result in desk.results] == ["done", "done"]


async def test_a_call_without_a_word_is_no_text(provider, desk):
    provider.call("lookup_order", **ORDER)
    provider.say("Here it is.")

    assert await desk.ask("ORD-123") == "Here it is."

    assert desk.answers[0].message.text == ""
    assert desk.answers[0].finish_reason == "tool_calls"


@pytest.mark.parametrize(
    "ids", [pytest.param(("", ""), id="missing"), pytest.param(("same", "same"), id="twice")]
)
async def test_calls_without_ids_of_their_own_get_some(provider, desk, ids):
    orders = (ORDER, {"order_id": "ORD-9"})
    provider.calls(*(Call("lookup_order", *each) for each in zip(orders, ids, strict=True)))
    provider.say("Done.")

    await desk.ask("ORD-123")

    made = [call.id for call in desk.answers[0].message.tool_calls]
    assert len({*made, ""}) == 3
    assert [result.call_id for result in desk.results] == made
    sent = [message["tool_call_id"] for message in provider.requests[1].messages[-2:]]
    assert len({*sent, ""}) == 3


async def test_a_model_that_counts_its_calls_anew_in_every_answer_is_understood(provider, desk):
    for _turn in range(2):
        provider.calls(Call("lookup_order", ORDER, "call_0"))
        provider.calls(Call("lookup_order", {"order_id": "ORD-9"}, "call_0"))
        provider.say("Done.")

    await desk.ask("Both, please")
    await desk.ask("Again")

    sent = provider.requests[-1].messages
    ids = [call["id"] for message in sent for call in message.get("tool_calls", ())]
    assert len(set(ids)) == 4
    assert ids[0] == "call_0"


async def test_a_malformed_call_is_mended_when_the_history_is_sent(provider, desk):
    malformed = [("look up!", '{"order_id": "ORD'), ("", ""), ("lookup_order", "[" * 5000)]
    calls = tuple(ToolCall(f"call_{each}", *what) for each, what in enumerate(malformed))
    results = [Message("tool", "{}", tool_call_id=call.id) for call in calls]
    desk.history = [Message("user", "ORD-123"), Message("assistant", "", calls), *results]
    provider.say("Sorry.")

    await desk.ask("Well?")

    sent = [call["function"] for call in provider.requests[0].messages[2]["tool_calls"]]
    assert [call["name"] for call in sent] == ["look_up_", "unnamed", "lookup_order"]
    assert [call["arguments"] for call in sent] == ["{}"] * 3


async def test_a_malformed_call_is_answered_like_any_other(provider, desk):
    provider.play(Say("Hm. "), Ask((Call("look up!", '{"order_id": "ORD', "odd"),)), End("tool_calls"))
    provider.say("Sorry.")

    assert await desk.ask("ORD-123") == "Hm. Sorry."

    (call,) = desk.answers[0].message.tool_calls
    assert (call.name, call.arguments) == ("look up!", '{"order_id": "ORD')
    assert desk.results[0].outcome == "unknown"
