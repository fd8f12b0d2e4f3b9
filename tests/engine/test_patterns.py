"""The eight patterns of working with Grok, each in a few lines of a developer's program, and what is then sent."""

import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel

from supportbot.assistant import Assistant
from supportbot.assistant.limits import Limits
from supportbot.assistant.messages import Image, Message, TextDelta, ToolFinished, ToolStarted
from supportbot.assistant.tools import ToolContext, tool
from tests.provider import Call, Provider

from .contract.wires import WIRES
from .desk import create_ticket, lookup_order

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def server(provider: Provider) -> dict[str, Any]:
    """What a program has to know of a model's server."""
    return {"base_url": provider.url, "api_key": "key", "model": "grok-scripted"}


async def test_one_messages_array(provider, server):
    provider.say("Your favourite colour is blue.")

    async with Assistant("chat", system="You are concise.", **server) as assistant:
        conversation = [
            Message("user", "My favourite colour is blue."),
            Message("assistant", "Good to know."),
            Message("user", "What is my favourite colour?"),
        ]
        assert await assistant.answer(conversation) == "Your favourite colour is blue."

    assert provider.requests[0].body["messages"] == [
        {"role": "system", "content": "You are concise."},
        {"role": "user", "content": "My favourite colour is blue."},
        {"role": "assistant", "content": "Good to know."},
        {"role": "user", "content": "What is my favourite colour?"},
    ]


async def test_two_streaming(provider, server):
    reply = provider.say("Once upon a time", hold_after=2)
    read = []

    async with Assistant("chat", **server) as assistant:
        async for event in assistant.stream([Message("user", "Tell me a story.")]):
            if isinstance(event, TextDelta):
                read.append(event.text)
                if "".join(read) == "Once upon ":  # which is read while the rest has not been sent
                    reply.release()

    assert "".join(read) == "Once upon a time"
    assert provider.requests[0].body["stream"] is True


async def test_three_function_calling(provider, server):
    @tool(effect="read")
    def get_weather(ctx: ToolContext, town: str, unit: Literal["celsius", "fahrenheit"]) -> dict[str, Any]:
        """Get the weather in a town."""
        return {"town": town, "degrees": 21, "unit": unit}

    provider.call("get_weather", town="Köln", unit="celsius")
    provider.say("It is 21 °C in Köln.")

    async with Assistant("chat", tools=[get_weather], **server) as assistant:
        assert await assistant.answer([Message("user", "How warm is it in Köln?")]) == "It is 21 °C in Köln."

    (function,) = provider.requests[0].tools
    assert (function["name"], function["description"]) == ("get_weather", "Get the weather in a town.")
    assert function["parameters"]["required"] == ["town", "unit"]
    assert (
        provider.requests[1].messages[-1]["content"] == '{"town": "Köln", "degrees": 21, "unit": "celsius"}'
    )


async def test_four_the_support_bot(provider, server):
    ticket = Call("create_ticket", {"issue": "ORD-123 is late", "priority": "high"})
    provider.calls(Call("lookup_order", {"order_id": "ORD-123"}), ticket, text="One moment. ")
    provider.say("It comes in 2 days, and your ticket is TKT-10001.")
    told = []

    async with Assistant("chat", tools=[lookup_order, create_ticket], **server) as assistant:
        async for event in assistant.stream([Message("user", "ORD-123 is late. I want to complain!")]):
            match event:
                case TextDelta(text):
                    told.append(text)
                case ToolStarted(call) | ToolFinished(call):
                    told.append(f"[{call.name}]")

    assert "".join(told) == (
        "One moment. [lookup_order][lookup_order][create_ticket][create_ticket]"
        "It comes in 2 days, and your ticket is TKT-10001."
    )
    results = [message["content"] for message in provider.requests[1].messages[-2:]]
    assert "shipped" in results[0]
    assert "TKT-10001" in results[1]


async def test_five_pictures(provider, server):
    provider.say("A parcel with a dent.")
    picture = Image("https://techcorp.example/parcel.jpg")

    async with Assistant("chat", **server) as assistant:
        said = await assistant.answer([Message("user", "What do you see?", images=(picture,))])

    assert said == "A parcel with a dent."
    assert provider.requests[0].body["messages"][-1]["content"] == [
        {"type": "text", "text": "What do you see?"},
        {
            "type": "image_url",
            "image_url": {"url": "https://techcorp.example/parcel.jpg", "detail": "high"},
        },
    ]


class Person(BaseModel):
    name: str
    age: int
    city: str


async def test_six_typed_answers(provider, server):
    provider.fill(name="Alice", age=31, city="Köln")

    async with Assistant("chat", **server) as assistant:
        person = await assistant.parse([Message("user", "Alice, 31, lives in Köln.")], Person)

    assert person == Person(name="Alice", age=31, city="Köln")
    wanted = provider.requests[0].body["response_format"]
    assert wanted["type"] == "json_schema"
    assert wanted["json_schema"]["schema"]["required"] == ["name", "age", "city"]


async def test_seven_long_conversations(provider, server):
    conversation: list[Message] = []

    async with Assistant("chat", limits=Limits(window=400, messages=20), **server) as assistant:
        for number in range(30):
            provider.say(f"Answer {number}. " + "More. " * 20)
            conversation.append(Message("user", f"Question {number}?"))
            conversation += await assistant.reply(conversation)

    assert len(conversation) == 60
    sent = provider.requests[-1].body["messages"]
    assert 3 < len(sent) < 20
    assert [message["role"] for message in sent[:3]] == ["system", "user", "assistant"]
    assert sent[-1]["content"] == "Question 29?"


@pytest.fixture(params=["responses", "xai"])
async def keeping(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Any, Assistant]]:
    """A provider that keeps conversations, and an assistant that talks to it."""
    wire = WIRES[request.param]
    with wire.provider() as provider:
        async with Assistant(wire.connect(provider), tools=[lookup_order]) as assistant:
            yield provider, assistant


async def test_eight_state_on_the_server(keeping):
    provider, assistant = keeping
    provider.say("Good to know.")
    provider.say("Your favourite colour is blue.")

    conversation = [Message("user", "My favourite colour is blue.")]
    conversation += await assistant.reply(conversation)
    conversation.append(Message("user", "What is my favourite colour?"))
    conversation += await assistant.reply(conversation)

    assert provider.requests[1].previous == next(iter(provider.stored))
    assert [message["content"] for message in provider.requests[1].sent] == ["What is my favourite colour?"]
    assert len(provider.requests[1].messages) == 4

    await assistant.forget(conversation)
    assert provider.stored == {}


def test_importing_the_engine_loads_no_providers_library():
    loaded = "sorted({'openai', 'xai_sdk', 'grpc', 'aiohttp', 'httpx2', 'django'} & set(sys.modules))"
    program = f"import sys; from supportbot.assistant import *; print({loaded})"

    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )

    assert told.stdout.strip() == "[]"


async def test_the_built_in_model_needs_no_server():
    async with Assistant("demo", words_per_second=0, tools=[lookup_order]) as assistant:
        said = await assistant.answer([Message("user", "Where is my order ORD-123?")])

    assert "ORD-123" in said
