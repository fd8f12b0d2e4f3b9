"""Stop works at every word of an answer, and quickly."""

import asyncio
import threading
from random import Random
from time import monotonic

import pytest

from supportbot.conversations.models import Message, Turn
from supportbot.conversations.worker import housekeeping, runner
from supportbot.server.executors import on_database_thread

from .rows import until

STOPS = 100
WORDS = [f"word{number} " for number in range(60)]
PATIENCE = 1.0
HELD_UP = 2  # of the hundred, by whatever else the machine does


@pytest.fixture
def boundless(settings):
    """Nobody knows what a stopped answer took, so all that was set aside for it is paid."""
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"visitor_tokens_per_day": 0})


@pytest.mark.usefixtures("boundless")
async def test_a_hundred_answers_are_stopped_each_at_another_word(page, model):
    """B11: within a second the page says so and the model's stream is closed; the next answer begins as usual."""
    chance = Random(11)
    took = []
    for number in range(STOPS):
        said = chance.randrange(1, len(WORDS))
        model.say("".join(WORDS), hold_after=said)
        known = len(page.turns)
        await page.say(f"Tell me story {number}")
        read = "".join(WORDS[:said])
        await page.until(
            lambda page, known=known, read=read: len(page.turns) > known and page.streamed() == read
        )

        began = monotonic()
        await page.request(action="stop")
        await asyncio.gather(
            page.settled("stopped"), model.until(lambda model: model.requests[-1].closed_early)
        )

        took.append(monotonic() - began)
        assert page.last.one(data_role="assistant").classed("text")[0].text.strip() == read.strip()
    assert sum(seconds > PATIENCE for seconds in took) <= HELD_UP
    assert await Turn.objects.filter(state="stopped").acount() == STOPS
    assert await Message.objects.filter(role="assistant", status="partial").acount() == STOPS
    assert len(model.requests) == STOPS


async def test_an_answer_that_has_ended_cannot_be_cut_short_any_more(page, model):
    """As by a checkpoint that saw it run a moment ago: its end would be shown seconds late, or not be stored."""
    reply = model.say("It has shipped.", hold_after=1)
    await page.say("Where is my order?")
    await page.until(lambda page: page.turns and page.streamed() == "It ")
    (running,) = runner.get_running_turns()
    free = threading.Event()
    busy = asyncio.create_task(on_database_thread()(free.wait)(20))
    reply.release()

    async def has_ended() -> bool:
        return not running.is_cancellable

    await until(has_ended)

    running.cancel()
    await page.take_all()
    free.set()

    async with asyncio.timeout(housekeeping.RESYNC_INTERVAL_SECONDS / 2):
        assert "It has shipped." in (await page.settled("done")).text
    await busy


async def _nothing_runs() -> bool:
    return not runner.get_running_turns()
