"""What is set aside for a question in the background comes free, however its job ends."""

from collections.abc import Callable

import pytest
from asgiref.sync import async_to_sync

from supportbot.conversations import jobs, turns
from supportbot.conversations.models import Conversation, TokenBudget
from supportbot.conversations.turns.background_questions import enqueue_question
from supportbot.jobs import queue, worker
from supportbot.jobs.models import Job
from supportbot.jobs.registry import ClaimedJob, get_job_kinds
from supportbot.server.executors import on_database_thread
from supportbot.usage.models import ModelRequest
from tests.provider import wire
from tickets.questions import triage

REQUEST = 1000 + 24  # what is set aside for one
End = Callable[[ClaimedJob], object]


@pytest.fixture
def limit(settings):
    limits = {"llm_window_tokens": 1000, "llm_max_tokens": 24, "tokens_per_day": 10 * REQUEST}
    settings.LLM_BACKEND = "chat"
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={**limits, "llm_background": True})


def claim_question(chat: Conversation) -> ClaimedJob:
    enqueue_question(chat.pk, triage, "T1")
    (claimed,) = [each for each in queue.claim_due_jobs.run_sync(9) if each.kind == "ask_question"]
    return claimed


def count_set_aside() -> set[int]:
    return set(TokenBudget.objects.values_list("reserved", flat=True))


def delete_conversation(claimed: ClaimedJob) -> None:
    Conversation.objects.get(pk=claimed.conversation_id).delete()


def delete_account(claimed: ClaimedJob) -> None:
    Conversation.objects.get(pk=claimed.conversation_id).user.delete()


def die_over_last_attempt(claimed: ClaimedJob) -> None:
    Job.objects.update(attempts=get_job_kinds()[claimed.kind].max_attempts, run_after=Job().created)
    (last,) = [each for each in queue.claim_due_jobs.run_sync(9) if each.kind == claimed.kind]
    async_to_sync(worker._attempt)(last)


def fail_to_store(claimed: ClaimedJob) -> None:
    Job.objects.update(attempts=99)
    (row,) = Job.objects.filter(kind=claimed.kind)
    last = ClaimedJob(row.pk, row.kind, row.key, row.attempts, row.conversation_id, row.last_turn_id)
    queue.retry_later.run_sync(last, may_store=False)


@pytest.mark.parametrize("end", [delete_conversation, delete_account, die_over_last_attempt, fail_to_store])
def test_what_is_set_aside_comes_free_when_the_job_ends(transactional_db, chat, limit, end: End):
    lease = turns.submit_message.run_sync(chat.pk, "Hello", "a1").lease
    turns.finish_turn.run_sync(lease, "failed", "")
    claimed = claim_question(chat)
    jobs.load_question_input.run_sync(claimed, "chat")
    assert count_set_aside() == {REQUEST}

    end(claimed)

    assert not Job.objects.filter(kind="ask_question").exists()
    assert count_set_aside() == {0}


def test_what_is_set_aside_for_a_question_about_nothing_comes_free(transactional_db, chat, limit):
    async_to_sync(worker._attempt)(claim_question(chat))

    assert not Job.objects.exists()
    assert count_set_aside() == {0}


def test_what_was_set_aside_after_the_job_was_read_comes_free(transactional_db, chat, limit):
    claimed = claim_question(chat)
    read_before = Job.objects.get(pk=claimed.id)
    jobs.load_question_input.run_sync(claimed, "chat")

    read_before.delete()

    assert count_set_aside() == {0}


async def leave_to_test() -> None:
    """In the place of `worker.run_due_jobs`."""


@pytest.mark.parametrize("wrong", ["declined", "invalid"])
async def test_what_was_counted_of_an_answer_of_no_use_is_paid_and_recorded(
    chat, model, limit, wrong, monkeypatch
):
    monkeypatch.setattr(worker, "run_due_jobs", leave_to_test)
    lease = (await turns.submit_message(chat.pk, "Hello", "a1")).lease
    await turns.finish_turn(lease, "failed", "")
    await on_database_thread()(enqueue_question)(chat.pk, triage, "T1")
    (claimed,) = await queue.claim_due_jobs(9)
    model.refuse() if wrong == "declined" else model.fill(category="a parcel from outer space")

    await worker._run_job(claimed)

    budget = await TokenBudget.objects.aget(scope="everybody")
    assert (budget.tokens, budget.reserved) == (wire.USAGE["total_tokens"], 0)
    request = await ModelRequest.objects.aget()
    assert (request.purpose, request.model, request.output) == ("triage", wire.MODEL, 25)
