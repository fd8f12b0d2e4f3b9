"""A question that cannot be stored, or that nobody here knows, is neither asked for ever nor lost without a word."""

import pytest
from django.apps import apps
from django.utils import timezone
from pydantic import BaseModel

from supportbot.assistant.questions import question
from supportbot.jobs import queue, worker
from supportbot.jobs.models import Job
from supportbot.jobs.registry import DEFAULT_MAX_ATTEMPTS
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

    monkeypatch.setitem(apps.get_app_config("conversations").questions, "mood", mood)
    return given


@pytest.fixture
def idle(monkeypatch):
    """Nobody runs jobs but the test."""

    async def nothing() -> None: ...

    monkeypatch.setattr(worker, "run_due_jobs", nothing)


async def put_on_the_list(chat, page, model, tries=0, name="mood") -> None:
    """A question about a conversation in which alice said something; nothing of it is done yet."""
    model.say("I see.")
    await page.ask("My lamp is broken!")
    await Job.objects.acreate(kind="ask_question", key=f"{name}:k", conversation=chat, attempts=tries)


async def do_one() -> None:
    (taken,) = await queue.claim_due_jobs(1)
    await worker._run_job(taken)


async def test_an_answer_that_an_app_cannot_store_is_a_failed_try_with_a_traceback(
    page, model, chat, broken, caplog
):
    await put_on_the_list(chat, page, model)
    model.fill(mood="happy")

    await do_one()

    job = await Job.objects.aget()
    assert (job.attempts, broken) == (1, [Mood(mood="happy")])
    assert job.run_after > timezone.now()
    assert await queue.claim_due_jobs(1) == []
    assert not await Ticket.objects.aexists()
    assert "no room on the device" in caplog.text
    assert "Traceback" in caplog.text


async def test_an_app_that_could_not_store_the_last_answer_is_not_bothered_again(page, model, chat, broken):
    await put_on_the_list(chat, page, model, tries=DEFAULT_MAX_ATTEMPTS - 1)
    model.fill(mood="happy")

    await do_one()

    assert broken == [Mood(mood="happy")]
    assert not await Job.objects.aexists()


@pytest.mark.parametrize("how", ["refused", "died over"])
async def test_an_app_that_cannot_store_that_there_is_no_answer_is_not_bothered_again(
    page, model, chat, broken, caplog, how
):
    await put_on_the_list(chat, page, model, tries=DEFAULT_MAX_ATTEMPTS - (how == "refused"))
    model.refuse()

    await do_one()

    assert broken == [None]
    assert not await Job.objects.aexists()
    assert "no room on the device" in caplog.text


async def test_what_this_version_does_not_know_is_left_for_one_that_does(page, model, chat):
    await put_on_the_list(chat, page, model, name="a_question_of_tomorrow")

    await do_one()

    job = await Job.objects.aget()
    assert job.attempts == 1
    assert job.run_after > timezone.now()
    assert len(model.requests) == 1


async def test_what_no_version_knows_any_more_ends_after_its_tries(page, model, chat):
    await put_on_the_list(chat, page, model, tries=DEFAULT_MAX_ATTEMPTS - 1, name="a_question_of_yesterday")

    await do_one()

    assert not await Job.objects.aexists()
