"""`Assistant` for programs of one's own: what it takes, what it says when something is wrong, and what it bounds."""

from collections.abc import AsyncIterator

import pytest
from pydantic import BaseModel

import supportbot.assistant
from supportbot.assistant import (
    Answer,
    Assistant,
    ErrorCode,
    Image,
    Limits,
    Message,
    ModelError,
    TextDelta,
    ToolCall,
    ToolContext,
)
from tests.provider import Provider

from .desk import lookup_order

HI = [Message("user", "Hi")]


class Mood(BaseModel):
    mood: str


@pytest.fixture
async def assistant(provider: Provider) -> AsyncIterator[Assistant]:
    options = {"base_url": provider.url, "api_key": "key", "model": "grok-scripted"}
    async with Assistant("chat", limits=Limits(window=300), tools=[lookup_order], **options) as made:
        yield made


def test_all_that_a_program_needs_is_imported_from_one_place():
    missing = [name for name in supportbot.assistant.__all__ if not hasattr(supportbot.assistant, name)]

    assert missing == []
    assert {"tool", "ToolContext", "Image", "Message", "Limits", "ModelError", "question"} <= {
        *supportbot.assistant.__all__
    }


def test_a_backend_that_there_is_not_is_told_with_those_that_there_are():
    with pytest.raises(ValueError, match=r"no backend 'grok', only chat, responses, xai, demo"):
        Assistant("grok")


def test_a_function_that_is_no_tool_yet_is_told_by_its_name():
    def check_stock(ctx: ToolContext) -> int:
        """Tell how many there are."""
        return 4

    with pytest.raises(TypeError, match=r"check_stock is no tool yet: write @tool\(effect=…\)"):
        Assistant("demo", tools=[check_stock])


@pytest.mark.parametrize("ask", [Assistant.answer, Assistant.reply])
async def test_half_an_answer_is_not_taken_for_a_whole_one(provider, assistant, ask):
    provider.say("It is a long story, which", finish="length")

    with pytest.raises(ModelError, match="out of tokens") as caught:
        await ask(assistant, HI)

    assert (caught.value.code, caught.value.retry) == (ErrorCode.CUT, False)


async def test_half_an_answer_can_be_had_by_streaming(provider, assistant):
    provider.say("It is a long story, which", finish="length")

    events = [event async for event in assistant.stream(HI)]

    assert "".join(each.text for each in events if isinstance(each, TextDelta)) == "It is a long story, which"
    assert isinstance(events[-1], Answer)
    assert events[-1].finish_reason == "length"


async def test_a_typed_answer_is_asked_for_within_the_window(provider, assistant):
    provider.fill(mood="happy")
    said = [Message("user", f"Message {number}. " + "And on. " * 20) for number in range(9)]
    talk = [each for message in said for each in (message, Message("assistant", "Yes."))]

    await assistant.parse([*talk, Message("user", "How do I feel?")], Mood)

    sent = [message["content"] for message in provider.requests[0].messages]
    assert len(sent) < 15
    assert sent[-1] == "How do I feel?"


async def test_a_typed_answer_about_what_is_too_long_is_asked_for_once_more_about_less(provider, assistant):
    provider.find_too_long()
    provider.fill(mood="happy")

    mood = await assistant.parse([*HI, Message("assistant", "Hello. " * 30), *HI], Mood)

    assert mood == Mood(mood="happy")
    assert [len(request.messages) for request in provider.requests] == [4, 2]


async def test_a_typed_answer_about_one_message_that_is_too_long_says_so(provider, assistant):
    provider.find_too_long()

    with pytest.raises(ModelError) as caught:
        await assistant.parse(HI, Mood)

    assert caught.value.code == ErrorCode.CONTEXT_TOO_LONG


CALL = ToolCall("call_1", "lookup_order", '{"order_id": "ORD-123"}')


@pytest.mark.parametrize(
    "message",
    [
        Message("system", "Be kind."),
        Message("user", "Hi"),
        Message("user", "Look.", images=(Image("https://techcorp.example/a.png", "low"),)),
        Message("user", images=(Image("data:image/png;base64,aa"), Image("https://techcorp.example/b.png"))),
        Message("assistant", "Hello."),
        Message("assistant", "", (CALL,)),
        Message("assistant", "One moment.", (CALL, CALL)),
        Message("tool", '{"status": "shipped"}', tool_call_id="call_1"),
    ],
    ids=lambda message: message.role,
)
def test_what_was_written_as_chat_is_read_as_the_same_message(message):
    assert Message.from_chat(message.as_chat()) == message


def test_texts_in_parts_pictures_without_detail_and_developers_are_read_too():
    text = [{"type": "text", "text": "Look:"}, {"type": "text", "text": "broken!"}]
    picture = {"type": "image_url", "image_url": {"url": "https://techcorp.example/a.png"}}

    assert Message.from_chat({"role": "user", "content": [*text, picture]}) == Message(
        "user", "Look:\nbroken!", images=(Image("https://techcorp.example/a.png", "auto"),)
    )
    assert Message.from_chat({"role": "developer", "content": "Be kind."}).role == "system"


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({"role": "function", "name": "f", "content": "1"}, "role 'function'"),
        ({"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]}, "type input_audio"),
    ],
)
def test_what_cannot_be_sent_is_told_and_not_left_out(entry, why):
    with pytest.raises(ValueError, match=why):
        Message.from_chat(entry)


async def test_an_array_of_chat_completions_is_gone_on_with_as_it_is(provider, assistant):
    array = [
        {"role": "system", "content": "You are a pirate."},
        {"role": "user", "content": "Where is ORD-123?"},
        {"role": "assistant", "content": None, "tool_calls": [CALL.as_chat()]},
        {"role": "tool", "tool_call_id": "call_1", "content": '{"status": "shipped"}'},
    ]
    provider.say("Aye, it has shipped.")

    assert await assistant.answer(array) == "Aye, it has shipped."

    assert provider.requests[0].body["messages"] == array


async def test_dicts_and_messages_may_stand_in_one_array(provider, assistant):
    provider.say("Hello.")
    provider.fill(mood="happy")
    array = [{"role": "user", "content": "Hi"}]

    array += await assistant.reply(array)
    await assistant.parse([*array, {"role": "user", "content": "How do I feel?"}], Mood)

    assert [message["role"] for message in provider.requests[1].messages] == [
        *("system", "user", "assistant", "user")
    ]
    await assistant.forget(array)
