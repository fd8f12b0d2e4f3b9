"""The real Grok keeps the contract that the scripted provider plays. Needs a key, and costs a fraction of a cent."""

import os
from collections.abc import AsyncIterator

import pytest

from supportbot.assistant.backends.chat import ChatBackend
from supportbot.assistant.messages import ModelError, TextDelta

from .desk import Desk

KEY = os.environ.get("XAI_API_KEY", "")
URL = "https://api.x.ai/v1"

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not KEY, reason="talks to the real Grok: set XAI_API_KEY to run it"),
]


@pytest.fixture
async def live() -> AsyncIterator[Desk]:
    backend = ChatBackend(api_key=KEY, base_url=URL, model=os.environ.get("LLM_MODEL") or "grok-4.3")
    yield Desk(backend)
    await backend.aclose()


async def test_it_streams_its_words(live):
    text = await live.ask("Count from one to twenty in English words, with nothing else.")

    assert "seven" in text.lower()
    assert len([event for event in live.events if isinstance(event, TextDelta) and event.text]) > 1
    assert live.answers[-1].finish_reason == "stop"
    assert live.answers[-1].usage["total_tokens"] > 0


async def test_it_calls_a_tool_tells_what_came_of_it_and_remembers(live):
    text = await live.ask("Where is my order ORD-123? Look it up.")
    assert [result.outcome for result in live.results] == ["done"]
    assert "shipped" in text.lower()

    text = await live.ask("Which order number did I just ask about? Do not look it up again.")
    assert "ORD-123" in text
    assert not live.results


async def test_it_calls_two_tools_for_one_request(live):
    await live.ask("Look up ORD-123, and open a ticket of high priority saying that it is late. Do both now.")

    called = [call.name for answer in live.answers for call in answer.message.tool_calls]
    assert sorted(called) == ["create_ticket", "lookup_order"]
    assert [result.outcome for result in live.results] == ["done", "done"]


async def test_it_can_word_a_refusal(live):
    text = await live.ask("Where is my order ORD-999? Look it up.")

    assert live.results[0].outcome == "refused"
    assert text.strip()


async def test_it_refuses_a_wrong_key():
    backend = ChatBackend(api_key="xai-wrong", base_url=URL, model="grok-4.3")

    with pytest.raises(ModelError) as caught:
        await Desk(backend).ask("Hello")

    assert (caught.value.code, caught.value.retry) == ("key_refused", False)
    await backend.aclose()
