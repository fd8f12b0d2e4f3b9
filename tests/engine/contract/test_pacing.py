"""Words are passed on at once while the process has room, and several together when it is busy, over every wire."""

import asyncio
from contextlib import aclosing

import pytest

from supportbot.assistant.backends import pacing
from supportbot.assistant.errors import ModelError
from supportbot.assistant.messages import Message, TextDelta
from tests.engine.desk import SYSTEM
from tests.engine.failing import assert_next_turn_works
from tests.provider import CUT, HOLD
from tests.provider.parts import End, words

LONG_SECONDS = 0.5


@pytest.fixture
def room(monkeypatch):
    """A process that has nothing else to do, however busy this machine is."""
    monkeypatch.setattr(pacing, "compute_load", lambda _elapsed, _used: 0.0)


@pytest.fixture
def pause(monkeypatch):
    """A process so busy that it reads twice a second."""
    monkeypatch.setattr(pacing, "compute_pause", lambda _pause, _load: LONG_SECONDS)

    def begin():
        pacing.get_pacer().pause_seconds = LONG_SECONDS

    return begin


async def texts_of(backend, release, texts):
    """The pieces of text of one answer, added to `texts`; `release` is called after each of them."""
    async with aclosing(backend.stream(SYSTEM, [Message("user", "Count")], [])) as parts:
        async for part in parts:
            if isinstance(part, TextDelta) and part.text:
                texts.append(part.text)
                release()
    return texts


async def test_with_room_no_word_waits_for_the_next(provider, backend, room, monkeypatch):
    monkeypatch.setattr(pacing, "Pause", None)
    pieces = words("One two three four")
    reply = provider.play(*(piece for word in pieces[:-1] for piece in (word, HOLD)), pieces[-1], End())

    assert await texts_of(backend, reply.release, []) == ["One ", "two ", "three ", "four"]


async def test_under_load_the_first_word_comes_at_once_and_the_others_together(provider, backend, pause):
    reply = provider.say("One two three four", hold_after=1)
    pause()

    assert await texts_of(backend, reply.release, []) == ["One ", "two three four"]


async def test_what_was_gathered_before_a_cut_is_passed_on(provider, backend, pause):
    reply = provider.play(*words("One "), HOLD, *words("two three "), CUT)
    pause()
    texts = []

    with pytest.raises(ModelError):
        await texts_of(backend, reply.release, texts)

    assert "".join(texts) == "One two three "


async def test_who_leaves_within_a_pause_closes_the_stream(provider, desk, pause):
    provider.say("One two three four", hold_after=2)
    pause()
    asking = asyncio.create_task(desk.ask("Count"))
    await desk.text_received.wait()

    asking.cancel()

    await provider.until(lambda provider: provider.requests[0].closed_early, timeout=1)
    await asyncio.wait({asking})
    await assert_next_turn_works(provider, desk)
