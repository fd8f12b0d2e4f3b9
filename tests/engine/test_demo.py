"""The demo model as a server of chat completions, and as a partner in whole conversations."""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, Literal

import httpx2
import pytest

from supportbot.assistant.backends import load_backend
from supportbot.assistant.limits import Limits
from supportbot.assistant.loop import run_turn
from supportbot.assistant.messages import Answer, Message, TextDelta, ToolCall
from supportbot.assistant.tools import Registry, ToolContext, tool
from supportbot.demo.actions import QUESTIONS, find_questions
from supportbot.demo.backend import DemoBackend
from supportbot.demo.http_server import DemoTransport

from .demo_shop import SHOP_TOOLS, Chat, create_ticket, lookup_order, summarise_calls, weather

HELLO = {"messages": [{"role": "user", "content": "hello"}], "stream": True}
TWO_ORDERS = {
    "messages": [{"role": "user", "content": "ORD-123 and ORD-456"}],
    "tools": [lookup_order.as_chat()],
    "stream": True,
}


async def post_body(body: Any, path: str = "/v1/chat/completions") -> httpx2.Response:
    async with httpx2.AsyncClient(transport=DemoTransport(0)) as client:
        return await client.post(f"http://demo.invalid{path}", json=body)


async def read_chunks(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    events = (await post_body(body)).text.strip().split("\n\n")
    assert events.pop() == "data: [DONE]"
    return [json.loads(event.removeprefix("data: ")) for event in events]


async def test_it_streams_text_word_by_word_with_the_usage_last() -> None:
    *parts, finish, usage = await read_chunks(HELLO)

    words = [part["choices"][0]["delta"]["content"] for part in parts]
    assert "".join(words).startswith("Hello! I'm the demo assistant")
    assert max(len(word.split()) for word in words) == 1
    assert finish["choices"][0]["finish_reason"] == "stop"
    assert usage["choices"] == []
    assert usage["usage"]["completion_tokens"] == len("".join(words).split())


async def test_it_sends_every_tool_call_whole_in_a_chunk_of_its_own() -> None:
    _role, first, second, finish, _usage = await read_chunks(TWO_ORDERS)

    calls = [part["choices"][0]["delta"]["tool_calls"] for part in (first, second)]
    assert [[call["index"] for call in each] for each in calls] == [[0], [1]]
    assert [json.loads(each[0]["function"]["arguments"])["order_id"] for each in calls] == [
        "ORD-123",
        "ORD-456",
    ]
    assert calls[0][0]["id"] != calls[1][0]["id"]
    assert finish["choices"][0]["finish_reason"] == "tool_calls"


async def test_it_answers_the_same_request_with_the_same_bytes() -> None:
    assert (await post_body(TWO_ORDERS)).content == (await post_body(TWO_ORDERS)).content


async def test_it_is_an_event_stream() -> None:
    assert (await post_body(HELLO)).headers["content-type"] == "text/event-stream"


@pytest.mark.parametrize("body", [{}, [], {"messages": 3}, {"messages": ["hello"]}], ids=str)
async def test_it_refuses_what_is_no_request_of_chat_completions(body: Any) -> None:
    response = await post_body(body)

    assert response.status_code == 400
    assert "chat completions" in response.json()["error"]["message"]


async def test_it_knows_no_other_address() -> None:
    assert (await post_body(HELLO, "/v1/models")).status_code == 404


async def test_it_is_loaded_by_name_whatever_other_backends_need() -> None:
    backend = load_backend("demo", words_per_second=0, api_key="", base_url="", model="grok", max_tokens=9)

    assert isinstance(backend, DemoBackend)


async def test_it_helps_alice_from_the_first_word_to_the_ticket() -> None:
    chat = Chat()

    assert "What is your order number?" in await chat.say("Hi, I ordered something but it hasn't arrived.")
    assert "has been shipped. It is expected in **2 days**" in await chat.say("The order number is ORD-123")
    assert "**TKT-48291037**" in await chat.say("Actually, I'd like to file a complaint about the delay.")
    roles = [message.role for message in chat.messages]
    assert roles == ["user", "assistant", *["user", "assistant", "tool", "assistant"] * 2]
    (ticket,) = (json.loads(call.arguments) for call in chat.tool_calls)
    assert ticket["issue"].startswith(
        "Complaint about the delay of order ORD-123. Last known status: shipped, 2 days."
    )
    assert ticket["priority"] == "medium"


async def test_it_helps_a_guest_who_also_gives_the_address() -> None:
    chat = Chat(is_guest=True)

    await chat.say("Hi, I ordered something but it hasn't arrived.")
    assert "e-mail address used for order **ORD-123**" in await chat.say("The order number is ORD-123")
    assert "in **2 days**" in await chat.say("alice@example.com")
    assert "**TKT-48291037**" in await chat.say("Actually, I'd like to file a complaint about the delay.")


async def test_call_ids_stay_unique_over_a_conversation() -> None:
    chat = Chat()

    for _again in range(3):
        await chat.say("ORD-123")

    ids = [call.id for message in chat.messages for call in message.tool_calls]
    assert len(ids) == len(set(ids)) == 3


async def test_it_looks_up_four_orders_and_asks_to_send_the_others_again() -> None:
    chat = Chat()

    answer = await chat.say("orders 123, 456, 777, 800, 801 and 802")

    assert len(chat.tool_calls) == 4
    assert "I can only look up four orders at a time. Please send me 801, 802 again." in answer


async def test_it_asks_again_for_a_call_that_was_interrupted() -> None:
    call = ToolCall("call_1", "lookup_order", '{"order_id": "ORD-123"}')
    gone = Message("tool", '{"error": "Interrupted before it was done."}', tool_call_id="call_1")
    chat = Chat(messages=[Message("user", "ORD-123"), Message("assistant", tool_calls=(call,)), gone])

    answer = await chat.take_turn()

    assert summarise_calls(chat.tool_calls) == ["lookup_order ORD-123"]
    assert "shipped" in answer


async def test_it_answers_several_unanswered_messages_at_once() -> None:
    chat = Chat(messages=[Message("user", "where is ORD-123?")])

    answer = await chat.say("and what are your opening hours?")

    assert "**ORD-123**" in answer
    assert "opening hours" in answer


@pytest.mark.parametrize(
    ("system", "says"),
    [
        (
            "You are the support assistant of Amazon.com. The customer is signed in as Dr. No.",
            "Amazon.com. I can",
        ),
        ("You are the support assistant of Müller & Co", "of Müller & Co."),
        ("Be nice.", "Hello! I'm the demo assistant. I can"),
    ],
)
async def test_it_takes_the_names_from_the_system_text(system: str, says: str) -> None:
    assert says in await Chat(system=system).say("hello")


@pytest.mark.parametrize(
    ("tools", "text", "says"),
    [
        ([], "where is ORD-123", "I can't look up orders here. Please contact TechCorp directly"),
        ([], "I want a refund", "Please contact TechCorp directly"),
        ([], "let me talk to a human", "I can't reach a person from here."),
        ([], "I want to complain", "I can't open tickets here."),
        ([], "what can you do", "Not much"),
        (
            [create_ticket],
            "where is ORD-123",
            "I can't look up orders here. Would you like me to open a ticket?",
        ),
        ([lookup_order], "what happened to my ticket?", "can't see"),
        ([lookup_order], "my orders", "What is your order number?"),
    ],
)
async def test_it_says_what_it_cannot_do_without_a_tool(tools: list[Any], text: str, says: str) -> None:
    assert says in await Chat(tools=Registry(tools)).say(text)


@pytest.mark.parametrize("question", QUESTIONS)
def test_it_knows_its_own_questions_again(question: str) -> None:
    assert find_questions(f"Thank you. {QUESTIONS[question].text}") == {question}


async def test_it_answers_in_one_piece_when_it_is_not_asked_to_stream() -> None:
    whole = (await post_body({**TWO_ORDERS, "stream": False})).json()

    streamed = await read_chunks(TWO_ORDERS)
    calls = [part["choices"][0]["delta"]["tool_calls"][0] for part in streamed[1:3]]
    assert whole["choices"][0]["finish_reason"] == "tool_calls"
    assert [{"index": index, **call} for index, call in enumerate(_get_tool_calls(whole))] == calls
    assert whole["usage"] == streamed[-1]["usage"]


def _get_tool_calls(whole: Mapping[str, Any]) -> list[dict[str, Any]]:
    calls: list[dict[str, Any]] = whole["choices"][0]["message"]["tool_calls"]
    return calls


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ('/weather city="New York" days=3', {"city": "New York", "days": 3}),
        ("/weather Rome", {"city": "Rome"}),
        ("/weather city=007", {"city": "007"}),
        ("""/weather city=Oslo units='["C", "F"]'""", {"city": "Oslo", "units": ["C", "F"]}),
        ('/weather {"city": "Oslo", "days": 2}', {"city": "Oslo", "days": 2}),
    ],
)
async def test_a_developer_calls_a_tool_by_hand(command: str, arguments: dict[str, Any]) -> None:
    chat = Chat(tools=Registry([weather]))

    answer = await chat.say(command)

    assert [json.loads(call.arguments) for call in chat.tool_calls] == [arguments]
    assert f"- **city**: {arguments['city']}" in answer
    assert "  - **now**: sunny\n  - **later**: nothing" in answer


async def test_a_developer_gives_a_choice_that_is_a_number() -> None:
    @tool(effect="read")
    def extend(ctx: ToolContext, years: Literal[1, 2] = 1) -> int:
        """Extend a warranty."""
        return years

    chat = Chat(tools=Registry([extend]))

    assert "2" in await chat.say("/extend years=2")
    assert [json.loads(call.arguments) for call in chat.tool_calls] == [{"years": 2}]


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("/tools", "- `/weather`: The weather in a city.\n"),
        ("/wether Rome", "There is no tool `wether` here."),
        ("/weather {city}", "I can't read these arguments"),
        ("/weather Rome Oslo", "Try `/weather city=… days=… units=…`."),
        ("/weather days=3", "**error**: Invalid arguments"),
    ],
)
async def test_a_developer_is_told_what_is_wrong(command: str, says: str) -> None:
    assert says in await Chat(tools=Registry([weather])).say(command)


async def _stream_hello(backend: DemoBackend) -> AsyncGenerator[TextDelta | Answer]:
    async with aclosing(backend.stream("", [Message("user", "hello")], [])) as parts:
        async for part in parts:
            yield part


async def test_it_lets_go_at_once_when_the_answer_is_not_wanted_any_more() -> None:
    before = asyncio.all_tasks()
    backend = DemoBackend(words_per_second=0.001)  # a quarter of an hour between two words

    async with asyncio.timeout(5), aclosing(_stream_hello(backend)) as parts:
        async for part in parts:
            if isinstance(part, TextDelta) and part.text:
                break

    assert asyncio.all_tasks() == before


async def test_it_lets_go_at_once_when_its_task_is_cancelled() -> None:
    heard = asyncio.Event()

    async def listen() -> None:
        backend = DemoBackend(words_per_second=0.001)
        async for event in run_turn(
            backend, "", [Message("user", "hello")], SHOP_TOOLS, Chat().execute, limits=Limits()
        ):
            if isinstance(event, TextDelta) and event.text:
                heard.set()

    task = asyncio.create_task(listen())
    async with asyncio.timeout(5):
        await heard.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_the_pace_changes_nothing_but_the_time() -> None:
    slow, fast = [
        "".join(
            [
                part.text
                async for part in _stream_hello(DemoBackend(words_per_second=pace))
                if isinstance(part, TextDelta)
            ]
        )
        for pace in (10_000, 0)
    ]

    assert slow == fast != ""
