"""A question that cannot be stored, or that nobody here knows, is neither asked for ever nor lost without a word."""

import pytest
from django.utils import timezone
from pydantic import BaseModel

from supportbot.assistant.questions import question
from supportbot.conversations import background, errands
from supportbot.conversations.models import Errand
from supportbot.conversations.threads import in_database
from tickets.models import Ticket

pytestmark = pytest.mark.usefixtures("background", "idle")


class Mood(BaseModel):
    mood: str


@pytest.fixture
def broken(monkeypatch):
    """A question of an app that cannot store any answer; the answers that it was given."""
    given: list[Mood | None] = []

    @question(Mood)
    def mood(key: str, answer: Mood | None) -> None:
        """How does the customer feel?"""
        given.append(answer)
        Ticket.objects.create(issue=key)
        raise OSError("no room on the device")

    monkeypatch.setitem(errands.questions(), "mood", mood)
    return given


@pytest.fixture
def idle(monkeypatch):
    """Nobody does errands but the test."""

    async def nothing() -> None: ...

    monkeypatch.setattr(background, "work_off", nothing)


async def put_on_the_list(chat, page, model, tries=0, name="mood") -> None:
    """An errand about a conversation in which alice said something; nothing of it is done yet."""
    model.say("I see.")
    await page.ask("My lamp is broken!")
    await Errand.objects.acreate(name=name, key="k", conversation=chat, tries=tries)


async def do_one() -> None:
    (taken,) = await in_database(errands.take, 1)
    await background._do(taken)


async def test_an_answer_that_an_app_cannot_store_is_a_failed_try_with_a_traceback(
    page, model, chat, broken, caplog
):
    await put_on_the_list(chat, page, model)
    model.fill(mood="happy")

    await do_one()

    errand = await Errand.objects.aget()
    assert (errand.tries, broken) == (1, [Mood(mood="happy")])
    assert errand.due > timezone.now()
    assert await in_database(errands.take, 1) == []
    assert not await Ticket.objects.aexists()
    assert "no room on the device" in caplog.text
    assert "Traceback" in caplog.text


async def test_an_app_that_could_not_store_the_last_answer_is_not_bothered_again(page, model, chat, broken):
    await put_on_the_list(chat, page, model, tries=errands.TRIES - 1)
    model.fill(mood="happy")

    await do_one()

    assert broken == [Mood(mood="happy")]
    assert not await Errand.objects.aexists()


@pytest.mark.parametrize("how", ["refused", "died over"])
async def test_nor_is_one_that_cannot_store_that_there_is_no_answer(page, model, chat, broken, caplog, how):
    await put_on_the_list(chat, page, model, tries=errands.TRIES - (how == "refused"))
    model.refuse()

    await do_one()

    assert broken == [None]
    assert not await Errand.objects.aexists()
    assert "no room on the device" in caplog.text


async def test_what_this_version_does_not_know_is_left_for_one_that_does(page, model, chat):
    await put_on_the_list(chat, page, model, name="a_question_of_tomorrow")

    await do_one()

    errand = await Errand.objects.aget()
    assert errand.tries == 1
    assert errand.due > timezone.now()
    assert len(model.requests) == 1


async def test_what_no_version_knows_any_more_ends_after_its_tries(page, model, chat):
    await put_on_the_list(chat, page, model, tries=errands.TRIES - 1, name="a_question_of_yesterday")

    await do_one()

    assert not await Errand.objects.aexists()
