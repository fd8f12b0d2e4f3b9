"""What a provider keeps of a conversation is used while it fits, is never needed, and goes with the conversation."""

import asyncio
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from supportbot import model_backends
from supportbot.assistant.messages import Answer
from supportbot.assistant.messages import Message as Said
from supportbot.conversations import turns
from supportbot.conversations.models import Conversation
from supportbot.conversations.worker import housekeeping
from supportbot.jobs import queue, worker
from supportbot.jobs.models import Job
from supportbot.jobs.registry import DEFAULT_MAX_ATTEMPTS
from supportbot.server.executors import on_database_thread
from supportbot.server.process import process
from tests.provider import Provider

from .rows import until


@pytest.fixture
def keeping(model: Provider, settings) -> Provider:
    """A provider that keeps conversations: the Responses API."""
    settings.LLM_BACKEND = "responses"
    return model


def sent(request) -> list[str]:
    """The roles of what this request itself brought."""
    return [message["role"] for message in request.sent]


async def test_a_turn_sends_only_what_is_new(keeping, page):
    keeping.call("lookup_order", order_id="ORD-123")
    keeping.say("It has shipped.")
    await page.ask("Where is ORD-123?")
    keeping.say("In two days.")

    await page.ask("When will it come?")

    first, second, third = keeping.requests
    assert sent(first) == ["system", "user"]
    assert sent(second) == ["tool"]
    assert sent(third) == ["user"]
    roles = [message["role"] for message in third.messages]
    assert roles == ["system", "user", "assistant", "tool", "assistant", "user"]


async def test_when_the_provider_has_forgotten_it_the_rows_are_told(keeping, page):
    keeping.say("It has shipped.")
    await page.ask("Where is ORD-123?")
    keeping.forget_all()
    keeping.say("In two days.")

    turn = await page.ask("When will it come?")

    assert "In two days." in turn.text
    assert sent(keeping.requests[-1]) == ["system", "user", "assistant", "user"]


async def test_after_a_summary_the_rows_are_told_anew(keeping, page, chat):
    keeping.say("It has shipped.")
    await page.ask("Where is ORD-123?")
    await Conversation.objects.filter(pk=chat.pk).aupdate(
        summary="She waits for ORD-123.", summarised_through=0
    )
    keeping.say("In two days.")

    await page.ask("When will it come?")

    assert sent(keeping.requests[-1])[0] == "system"
    assert "She waits for ORD-123." in keeping.requests[-1].sent[0]["content"]


async def test_a_switch_of_backend_in_mid_conversation_is_not_noticed(keeping, page, settings):
    keeping.say("One.")
    await page.ask("First?")
    settings.LLM_BACKEND = "chat"
    keeping.say("Two.")
    await page.ask("Second?")
    settings.LLM_BACKEND = "responses"
    keeping.say("Three.")
    await page.ask("Third?")
    settings.LLM_BACKEND = "demo"
    await page.ask("Hello!")
    settings.LLM_BACKEND = "responses"
    keeping.say("Five.")

    await page.ask("Fifth?")

    told = [message["content"] for message in keeping.requests[-1].messages if message["role"] == "user"]
    assert told == ["First?", "Second?", "Third?", "Hello!", "Fifth?"]
    assert [turn["data-state"] for turn in page.turns.values()] == ["done"] * 5


async def test_an_answer_that_was_cut_is_not_gone_on_from(keeping, page):
    keeping.say("It left our warehouse", finish="length")
    await page.ask("Where is ORD-123?")
    keeping.say("Tomorrow.")

    await page.ask("When will it come?")

    assert sent(keeping.requests[-1])[0] == "system"


async def test_with_the_conversation_goes_what_the_provider_kept(keeping, page, chat):
    keeping.say("One.")
    await page.ask("First?")
    keeping.say("Two.")
    await page.ask("Second?")
    assert len(keeping.stored) == 2

    await chat.adelete()

    await until(sync_to_async(lambda: not Job.objects.exists()))
    assert keeping.stored == {}


def test_an_answer_that_no_message_holds_is_deleted_there(transactional_db, chat):
    lease = turns.submit_message.run_sync(chat.pk, "Hello", "a1").lease
    answer = Answer(Said("assistant", "Hi", handle="responses:a:b:c"), "stop")

    turns.finish_turn.run_sync(lease, "failed", "", answer=answer)

    assert Job.objects.get(kind="delete_from_provider").key == "responses:a:b:c"


@pytest.fixture
def no_sweeps(monkeypatch):
    """The housekeeping does nothing after its first round, so that no turn is cancelled."""
    monkeypatch.setattr(housekeeping, "CHECKPOINT_INTERVAL_SECONDS", 3600)


async def test_an_answer_that_ends_after_its_conversation_was_deleted_is_kept_nowhere(
    no_sweeps, keeping, page, chat, caplog
):
    answer = keeping.say("It has shipped.", hold_after=2)
    await page.say("My name is Jane Roe. Where is ORD-123?")
    await page.until(lambda page: page.has_words)

    await chat.adelete()
    answer.release()

    await until(Job.objects.filter(kind="delete_from_provider").aexists)
    await worker.run_due_jobs()
    await until(sync_to_async(lambda: not Job.objects.exists()))
    assert keeping.stored == {}
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_what_cannot_be_deleted_now_is_deleted_later(keeping, page, chat):
    keeping.say("One.")
    await page.ask("First?")
    keeping.fail(500)
    keeping.fail(500)

    await chat.adelete()

    await until(Job.objects.filter(kind="delete_from_provider", attempts=1).aexists)
    await asyncio.gather(*process.get(worker.RunningJobs).tasks)
    assert len(keeping.stored) == 1
    await Job.objects.aupdate(run_after="2020-01-01T00:00:00Z")
    await until(sync_to_async(lambda: not Job.objects.exists()))
    assert keeping.stored == {}


@pytest.mark.parametrize(("status", "times"), [(401, 1), (403, 1), (404, 0), (503, 2)])
async def test_what_a_provider_keeps_is_forgotten_however_long_it_refuses(
    model, chat, settings, status, times
):
    settings.LLM_BACKEND = "responses"
    handle = (
        model_backends.get_backend("responses")
        ._breakers[0]
        .backend._stored_state.make_handle("resp_1", "", [Said("user", "Hi")])
    )
    for _ in range(times or 1):
        model.fail(status)
    await on_database_thread()(queue.enqueue)("delete_from_provider", handle)

    (taken,) = await queue.claim_due_jobs(1)
    await worker._run_job(taken)

    assert await Job.objects.filter(key=handle).aexists() is bool(times)


async def test_a_promise_outlasts_a_question(model):
    await on_database_thread()(queue.enqueue)("delete_from_provider", "responses:a:b:c")
    await Job.objects.aupdate(attempts=DEFAULT_MAX_ATTEMPTS)
    (taken,) = await queue.claim_due_jobs(1)

    await queue.retry_later(taken)

    wait = (await Job.objects.aget()).run_after - timezone.now()
    assert timedelta(minutes=10) < wait <= queue.BACKOFF_MAX
