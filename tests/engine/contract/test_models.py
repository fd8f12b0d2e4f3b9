"""Models that nobody scripts keep the contract too: the built-in one always, real ones where they can be reached.

The real Grok is asked over all three wires when XAI_API_KEY is set, which costs a fraction of a cent, and any
other server when LLM_BASE_URL is (with LLM_API_KEY, LLM_MODEL and LLM_BACKEND as for the product).
"""

import base64
import io
import os
from collections.abc import AsyncIterator, Iterator
from typing import Any, Literal

import pytest
from PIL import Image as Picture
from pydantic import BaseModel

from supportbot.assistant.backends import load_backend
from supportbot.assistant.errors import ErrorCode, ModelError
from supportbot.assistant.messages import Image, Message, TextDelta
from tests.engine.desk import SYSTEM, Desk

ENV = os.environ
GROK = {"api_key": ENV.get("XAI_API_KEY", ""), "model": "grok-4.3"}
OWN = {
    "api_key": ENV.get("LLM_API_KEY", ""),
    "base_url": ENV.get("LLM_BASE_URL", ""),
    "model": ENV.get("LLM_MODEL") or "default",
}
NO_KEY = pytest.mark.skipif(not GROK["api_key"], reason="talks to the real Grok: set XAI_API_KEY to run it")
NO_SERVER = pytest.mark.skipif(
    not OWN["base_url"], reason="talks to a real server: set LLM_BASE_URL to run it"
)

Options = dict[str, Any]


def grok(*backends: str) -> Iterator[Any]:
    for name in backends:
        yield pytest.param((name, GROK), id=f"grok over {name}", marks=[pytest.mark.live, NO_KEY])


own = pytest.param(
    (ENV.get("LLM_BACKEND") or "chat", OWN), id="own server", marks=[pytest.mark.live, NO_SERVER]
)
REAL = [*grok("chat", "responses", "xai"), own]
EVERY = [pytest.param(("demo", {"words_per_second": 0}), id="demo"), *REAL]


@pytest.fixture
async def desk(request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    name, options = request.param
    backend = load_backend(name, **options)
    yield Desk(backend)
    await backend.aclose()


everybody = pytest.mark.parametrize("desk", EVERY, indirect=True)
real_ones = pytest.mark.parametrize("desk", REAL, indirect=True)
keepers = pytest.mark.parametrize("desk", [*grok("responses", "xai")], indirect=True)
groks = pytest.mark.parametrize("desk", [*grok("chat", "responses", "xai")], indirect=True)


@everybody
async def test_it_streams_its_words_and_says_why_it_ends(desk):
    text = await desk.ask("Hello! What can you do for me? Please answer in two or three sentences.")

    assert text.strip() == desk.answers[-1].message.text.strip()
    assert len([event for event in desk.events if isinstance(event, TextDelta) and event.text]) > 1
    assert desk.answers[-1].finish_reason == "stop"
    assert sum(count for count in desk.answers[-1].usage.values() if isinstance(count, int)) > 0


@everybody
async def test_it_calls_a_tool_and_tells_what_came_of_it(desk):
    text = await desk.ask("Where is my order ORD-123? Look it up.")

    assert [result.outcome for result in desk.results] == ["done"]
    assert "shipped" in text.lower()


@everybody
async def test_it_can_word_a_refusal(desk):
    text = await desk.ask("Where is my order ORD-999? Look it up.")

    assert desk.results[0].outcome == "refused"
    assert text.strip()


class Note(BaseModel):
    """What a colleague needs to know of the conversation."""

    category: Literal["order", "invoice", "account", "other"]
    order_number: str
    is_angry: bool


@everybody
async def test_it_fills_in_a_form(desk):
    said = Message("user", "My order ORD-123 is late, and I am furious!!! Where is my order?")

    parsed = await desk.backend.parse(SYSTEM, [said], Note)

    assert isinstance(parsed.value, Note)
    assert parsed.value.category == "order"


@real_ones
async def test_it_remembers_what_it_looked_up(desk):
    await desk.ask("Where is my order ORD-123? Look it up.")

    text = await desk.ask("Which order number did I just ask about? Do not look it up again.")

    assert "ORD-123" in text
    assert not desk.results


@real_ones
async def test_it_calls_two_tools_for_one_request(desk):
    await desk.ask("Look up ORD-123, and open a ticket of high priority saying that it is late. Do both now.")

    called = [call.name for answer in desk.answers for call in answer.message.tool_calls]
    assert sorted(called) == ["create_ticket", "lookup_order"]
    assert [result.outcome for result in desk.results] == ["done", "done"]


@groks
async def test_it_sees_a_picture(desk):
    drawn = io.BytesIO()
    Picture.new("RGB", (256, 256), "red").save(drawn, "PNG")
    picture = Image(f"data:image/png;base64,{base64.b64encode(drawn.getvalue()).decode()}", "low")
    asked = Message("user", "Which colour is this? One word, in English.", images=(picture,))

    parts = [part async for part in desk.backend.stream(SYSTEM, [asked], [])]

    assert "red" in parts[-1].message.text.lower()


@keepers
async def test_it_goes_on_with_what_it_keeps_and_also_without(desk):
    await desk.ask("My favourite colour is blue. Just say OK.")
    handle = desk.history[-1].handle
    assert handle
    assert "blue" in (await desk.ask("What is my favourite colour? One word.")).lower()

    await desk.backend.forget([message.handle for message in desk.history if message.handle])

    assert "blue" in (await desk.ask("Once more, please: my favourite colour?")).lower()
    await desk.backend.forget([desk.history[-1].handle])


@pytest.mark.live
@NO_KEY
@pytest.mark.parametrize("name", ["chat", "responses", "xai"])
async def test_grok_refuses_a_wrong_key(name):
    backend = load_backend(name, api_key="xai-wrong", model="grok-4.3")

    with pytest.raises(ModelError) as caught:
        await Desk(backend).ask("Hello")

    assert (caught.value.code, caught.value.retry) == (ErrorCode.KEY_REFUSED, False)
    await backend.aclose()
