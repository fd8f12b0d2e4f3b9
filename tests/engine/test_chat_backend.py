"""What goes to the provider, and what is made of all the ways in which providers answer."""

import asyncio

import pytest

from supportbot.assistant.backends import load_backend
from supportbot.assistant.backends.chat import ChatBackend
from supportbot.assistant.messages import Answer, Message, ModelError, ToolCall
from tests.provider import CUT, Call, Provider, wire

from .desk import SYSTEM, Desk, create_ticket, lookup_order


async def test_three_turns_with_tools_are_sent_message_by_message(provider, desk):
    complaint = {"issue": "Late", "priority": "high"}
    provider.say("What is the order number?")
    provider.call("lookup_order", order_id="ORD-123")
    provider.say("It has shipped.")
    provider.calls(
        Call("create_ticket", complaint), Call("lookup_order", {"order_id": "ORD-9"}), text="Wait."
    )
    provider.say("Done.")

    await desk.ask("Where is my order?")
    await desk.ask("ORD-123")
    await desk.ask("I want to complain. And ORD-9?")

    asked = ("call_2", "create_ticket", '{"issue": "Late", "priority": "high"}')
    expected = [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": "Where is my order?"},
        {"role": "assistant", "content": "What is the order number?"},
        {"role": "user", "content": "ORD-123"},
        {"role": "assistant", "content": None, "tool_calls": [called("call_1", order_id="ORD-123")]},
        result("call_1", '{"order_id": "ORD-123", "status": "shipped", "eta": "2 days"}'),
        {"role": "assistant", "content": "It has shipped."},
        {"role": "user", "content": "I want to complain. And ORD-9?"},
        {
            "role": "assistant",
            "content": "Wait.",
            "tool_calls": [ToolCall(*asked).as_chat(), called("call_3", order_id="ORD-9")],
        },
        result("call_2", '{"ticket_id": "TKT-10001", "issue": "Late", "priority": "high", "status": "open"}'),
        result("call_3", '{"error": "Order ORD-9 not found"}'),
    ]
    assert [len(request.messages) for request in provider.requests] == [2, 4, 6, 8, 11]
    for request in provider.requests:
        assert request.messages == expected[: len(request.messages)]


def called(identity: str, **arguments: str) -> dict[str, object]:
    (name,) = arguments
    return ToolCall(identity, "lookup_order", f'{{"{name}": "{arguments[name]}"}}').as_chat()


def result(identity: str, content: str) -> dict[str, object]:
    return {"role": "tool", "tool_call_id": identity, "content": content}


async def test_the_request_says_which_model_tools_and_limits(provider):
    backend = load_backend(
        "chat", api_key="xai-1", base_url=provider.url, model="grok-4.3", max_tokens=99, effort="low"
    )
    provider.say("Hello.")

    parts = backend.stream(
        "Be kind.", [Message("user", "Hi")], [lookup_order, create_ticket], conversation="c7"
    )
    assert [part async for part in parts][-1].message.text == "Hello."

    request = provider.requests[0]
    assert request.path == "/v1/chat/completions"
    assert request.headers["authorization"] == "Bearer xai-1"
    assert request.headers["x-grok-conv-id"] == "c7"
    assert request.body["tools"] == [lookup_order.schema(), create_ticket.schema()]
    rest = {key: value for key, value in request.body.items() if key not in ("tools", "messages")}
    assert rest == {
        "model": "grok-4.3",
        "max_completion_tokens": 99,
        "reasoning_effort": "low",
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    await backend.aclose()


async def test_openai_settings_of_the_machine_do_not_reach_another_provider(monkeypatch, provider, desk):
    monkeypatch.setenv("OPENAI_ORG_ID", "org-secret")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-secret")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    provider.say("Hello.")

    await desk.ask("Hi")

    assert "secret" not in str(provider.requests[0].headers)


async def test_text_is_passed_on_while_the_rest_is_still_to_come(provider, desk):
    reply = provider.say("One two three", hold_after=2)
    asking = asyncio.create_task(desk.ask("Count"))

    await desk.spoke.wait()
    await provider.until(lambda provider: reply.held)
    assert "One two ".startswith(desk.text)
    reply.release()

    assert await asking == "One two three"


async def test_the_answer_says_why_it_ended_and_what_it_cost(provider, desk):
    provider.say("A long sto", finish="length")

    await desk.ask("Tell me a story")

    assert desk.answers == [
        Answer(Message("assistant", "A long sto"), "length", model=wire.MODEL, usage=wire.USAGE)
    ]


@pytest.mark.parametrize("status", [408, 429, 500, 503, 529])
async def test_a_passing_trouble_is_not_noticed(provider, desk, status):
    provider.fail(status)
    provider.say("Here I am.")

    assert await desk.ask("Hello?") == "Here I am."
    assert len(provider.requests) == 2


async def test_it_tries_twice_and_no_more(provider, desk):
    provider.otherwise(lambda request: provider.fail(503))

    with pytest.raises(ModelError):
        await desk.ask("Hello?")

    assert len(provider.requests) == 2


@pytest.mark.parametrize("wait", ["60", "Wed, 21 Oct 2099 07:28:00 GMT"])
async def test_a_customer_is_not_kept_waiting_for_a_far_second_try(provider, desk, wait):
    provider.fail(429, retry_after=wait)
    desk.allow(first_token=5)

    with pytest.raises(ModelError) as caught:
        await desk.ask("Hello?")

    assert (caught.value.code, len(provider.requests)) == ("busy", 1)


async def test_it_never_tries_again_once_text_has_come(provider, desk):
    provider.play(wire.text("I "), CUT)

    with pytest.raises(ModelError, match="ReadError"):
        await desk.ask("Hello?")

    assert (desk.text, len(provider.requests)) == ("I ", 1)


async def test_cancelling_the_task_closes_the_stream_within_a_second(provider, desk):
    provider.say("One two three four", hold_after=2)
    asking = asyncio.create_task(desk.ask("Count"))
    await desk.spoke.wait()

    asking.cancel()

    await provider.until(lambda provider: provider.requests[0].closed_early, timeout=1)
    await provider.until(lambda provider: provider.connections == 0)
    with pytest.raises(asyncio.CancelledError):
        await asking


async def test_cancelling_before_the_first_word_closes_the_request_within_a_second(provider, desk):
    provider.ignore()
    asking = asyncio.create_task(desk.ask("Count"))
    await provider.until(lambda provider: provider.open_streams == 1)

    asking.cancel()

    await provider.until(lambda provider: provider.requests[0].closed_early, timeout=1)


async def test_a_connection_is_used_again_and_closed_at_the_end(provider, backend, desk):
    for _turn in range(3):
        provider.say("Yes.")
        await desk.ask("Are you there?")
    assert provider.connections == 1

    await backend.aclose()

    await provider.until(lambda provider: provider.connections == 0)


async def test_many_answers_at_once_stay_apart(provider, backend):
    provider.otherwise(lambda request: provider.say("You said " + request.messages[-1]["content"] * 30))
    desks = [Desk(backend) for _each in range(20)]

    said = await asyncio.gather(*(desk.ask(f"{number}, ") for number, desk in enumerate(desks)))

    assert said == [f"You said {f'{number}, ' * 30}" for number in range(20)]


def test_one_backend_works_in_one_event_loop_after_the_other(provider: Provider):
    backend = ChatBackend(api_key="key", base_url=provider.url, model="grok-scripted")

    for words in ("Yes.", "Still."):
        provider.say(words)
        assert asyncio.run(Desk(backend).ask("Are you there?")) == words
