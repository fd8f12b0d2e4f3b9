"""Who stops listening is not kept on the line: the provider sees it within a second, and may stop to compute."""

import asyncio
from contextlib import aclosing

import pytest

from supportbot.assistant.messages import Message, TextDelta
from tests.engine.desk import SYSTEM
from tests.engine.failing import assert_next_turn_works


async def test_cancelling_the_task_closes_the_stream(provider, desk):
    provider.say("One two three four", hold_after=2)
    asking = asyncio.create_task(desk.ask("Count"))
    await desk.text_received.wait()

    asking.cancel()

    await provider.until(lambda provider: provider.requests[0].closed_early, timeout=1)
    with pytest.raises(asyncio.CancelledError):
        await asking
    await assert_next_turn_works(provider, desk)


async def test_cancelling_before_the_first_word_closes_the_request(provider, desk):
    provider.ignore()
    asking = asyncio.create_task(desk.ask("Count"))
    await provider.until(lambda provider: provider.open_streams == 1)

    asking.cancel()

    await provider.until(lambda provider: provider.requests[0].closed_early, timeout=1)


async def test_closing_the_generator_between_two_words_closes_the_stream(provider, backend):
    provider.say("One two three four", hold_after=2)

    async with aclosing(backend.stream(SYSTEM, [Message("user", "Count")], [])) as parts:
        async for part in parts:
            if isinstance(part, TextDelta) and part.text:
                break

    await provider.until(lambda provider: provider.requests[0].closed_early, timeout=1)


async def test_a_connection_is_used_again_and_closed_at_the_end(provider, backend, desk):
    for _turn in range(3):
        provider.say("Yes.")
        await desk.ask("Are you there?")
    assert provider.connections == 1

    await backend.aclose()

    await provider.until(lambda provider: provider.connections == 0)
