"""While a server of one's own loads its model the page says so; what turns out to be a thought is taken off it."""

import pytest

from supportbot import model_backends
from supportbot.assistant.limits import Limits
from supportbot.conversations.models import Message
from tests.provider import HOLD, End, Say, words

STARTING = "still starting up"


@pytest.fixture
def short_notice(monkeypatch):
    monkeypatch.setattr(model_backends, "get_limits", lambda: Limits(notice=0.05))


@pytest.mark.usefixtures("short_notice")
async def test_the_page_says_that_the_model_is_starting_up_also_one_that_comes_meanwhile(
    page, model, alices, chat
):
    reply = model.play(HOLD, *words("Here I am."), End())
    await page.say("Are you there?")
    await page.until(lambda page: any(STARTING in frame for frame in page.frames))

    other = await alices.open(chat)
    await other.until(lambda other: any(STARTING in frame for frame in other.frames))
    reply.release()

    turn = await page.settled("done")
    assert "Here I am." in turn.text
    assert STARTING not in turn.text
    await other.close()


async def test_a_thought_that_nothing_had_opened_is_taken_off_the_page_and_out_of_the_row(page, model):
    reply = model.play(Say("She sounds angry. "), HOLD, Say("</think>"), Say("Hello!"), HOLD, End())
    await page.say("Hi")
    await page.until(lambda page: page._tails and "angry" in page.streamed())

    reply.release()
    await page.until(lambda page: page.streamed() == "Hello!")
    reply.release()
    turn = await page.settled("done")

    assert turn.one("article", data_role="assistant").text.strip().startswith("Hello!")
    assert [message.text async for message in Message.objects.filter(role="assistant")] == ["Hello!"]
