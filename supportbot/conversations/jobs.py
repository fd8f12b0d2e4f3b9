"""The background jobs of conversations: questions to the model, ends that are told of, answers that go on, and the
deletion of what a provider keeps.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.db.models.signals import pre_delete
from django.dispatch import receiver
from django.utils import timezone
from pydantic import BaseModel

from supportbot import model_backends
from supportbot.assistant.errors import ErrorCode, ModelError
from supportbot.assistant.messages import Message
from supportbot.assistant.questions import Question
from supportbot.assistant.usage import RequestUsage
from supportbot.assistant.window import trim_to_budget
from supportbot.jobs.models import Job
from supportbot.jobs.queue import enqueue, enqueue_many, get_owned_job
from supportbot.jobs.registry import ClaimedJob, JobFailed, JobHopeless, JobPostponed, job
from supportbot.server.executors import on_database_thread
from supportbot.usage import recording

from .limits import token_budgets
from .limits.token_budgets import Funds
from .models import Conversation, Turn
from .models import Message as StoredMessage
from .turns import ends, recovery
from .turns.background_questions import split_question_key
from .turns.history import describe_images, load_history, render_transcript
from .turns.team_words import END_PREFIX
from .turns.token_estimates import estimate_request_tokens

# What was promised to somebody is tried for a week, whatever is in its way.
GUARANTEED_MAX_ATTEMPTS = 180
RUNNING_TURN_PAUSE = timedelta(seconds=2)
BUSY_PAUSE = timedelta(seconds=5)  # while tokens are set aside for others
INVALID_MAX_ATTEMPTS = 3  # of a model that answers, and is paid, but not as it was asked to
NUL_ESCAPE = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")  # as JSON spells it


@dataclass(frozen=True, slots=True)
class QuestionInput:
    """What the model is shown for a question.

    It is not `is_ready` while a turn of the conversation runs; `funds` say whether it can be paid for.
    """

    public_id: str
    summary: str
    history: list[Message]
    is_ready: bool
    funds: Funds


def _store_answer(claimed: ClaimedJob, answer: BaseModel | None) -> None:
    name, key = split_question_key(claimed.key)
    if question := _find_question(name):
        question.function(key, answer)


def _settle_failed_attempt(claimed: ClaimedJob, code: str) -> None:
    settle_job_tokens.run_sync(claimed, (), code)


@job(store=_store_answer, on_failure=_settle_failed_attempt)
async def ask_question(claimed: ClaimedJob) -> BaseModel | None:
    """Ask the model what an app wants to know of a conversation; None when nothing was said in it."""
    name, _key = split_question_key(claimed.key)
    question = _find_question(name)
    if question is None:
        # A process of another version may know it; if an app was taken out, none does.
        raise JobFailed("unknown question", name)
    asked = await load_question_input(claimed, settings.LLM_BACKEND)
    if asked is None or not asked.history:
        return None
    if not asked.is_ready:
        raise JobPostponed(timezone.now() + RUNNING_TURN_PAUSE)
    if asked.funds == Funds.BUSY:
        raise JobPostponed(timezone.now() + BUSY_PAUSE)
    if asked.funds != Funds.RESERVED:
        raise JobPostponed(_start_of_tomorrow())
    try:
        return await _ask_model(claimed, question, asked)
    except ModelError as error:
        if error.discarded:
            await record_question_usage(claimed, settings.LLM_BACKEND, error.discarded, error.code)
        is_hopeless = not error.retry or (
            error.code == ErrorCode.INVALID and claimed.attempts >= INVALID_MAX_ATTEMPTS
        )
        raise (JobHopeless if is_hopeless else JobFailed)(error.code, str(error)) from error


@job(max_attempts=GUARANTEED_MAX_ATTEMPTS)
async def announce_end(claimed: ClaimedJob) -> None:
    """Tell a customer that a matter has ended, and ask how it was. The open pages look for it by themselves."""
    reference, staff, moment = claimed.key.split("|")
    if claimed.conversation_id is not None:
        await ends.announce_end(
            claimed.conversation_id,
            reference,
            ended=datetime.fromisoformat(moment),
            staff_id=int(staff) if staff else None,
            key=f"{END_PREFIX}{claimed.id}",
        )


@job(max_attempts=GUARANTEED_MAX_ATTEMPTS)
async def resume_halted_turn(claimed: ClaimedJob) -> None:
    """Nobody's question stays without an answer because a person was about to take over, and did not."""
    if claimed.conversation_id is not None and claimed.last_turn_id is not None:
        run_after = await recovery.resume_halted_turn(claimed.conversation_id, claimed.last_turn_id)
        if run_after is not None:
            raise JobPostponed(run_after)


@job(max_attempts=GUARANTEED_MAX_ATTEMPTS)
async def delete_from_provider(claimed: ClaimedJob) -> None:
    """Delete what a provider keeps under a handle."""
    try:
        await model_backends.get_backend_for_handle(claimed.key).forget([claimed.key])
    except ModelError as error:
        raise JobFailed(error.code, str(error)) from error


def enqueue_ends(ends: Iterable[tuple[int, str]], staff: Any) -> None:
    """See `ConversationsConfig.announce_ends`. One matter may end again, so the moment is a part of its key."""
    moment, who = timezone.now().isoformat(), staff.pk if staff else ""
    keys = {f"{reference}|{who}|{moment}": conversation for conversation, reference in ends}
    enqueue_many(announce_end.name, keys)


@receiver(pre_delete, sender=Conversation)
def enqueue_provider_deletion(sender: Any, instance: Conversation, **_kwargs: Any) -> None:
    """With a conversation goes what providers keep of it, and what is set aside for its turns comes free."""
    for turn in instance.turns.exclude(reservation={}):
        token_budgets.release_reservation(turn)
    kept = StoredMessage.objects.filter(conversation=instance).exclude(handle="")
    for handle in kept.values_list("handle", flat=True):
        enqueue(delete_from_provider.name, handle)


@receiver(pre_delete, sender=Job)
def release_job_tokens(sender: Any, instance: Job, **_kwargs: Any) -> None:
    """However a job ends, also with its conversation, what is still set aside for it comes free.

    Locked, since another process may set tokens aside for it just now.
    """
    row = Job.objects.select_for_update().filter(pk=instance.pk).first()
    if row is not None:
        token_budgets.release_reservation(row)


@on_database_thread()
@transaction.atomic
def load_question_input(claimed: ClaimedJob, backend: str) -> QuestionInput | None:
    """What the question is about, with what it may cost set aside.

    None when somebody else has the job by now, or the conversation is gone.
    """
    row = get_owned_job(claimed).select_related("conversation__user", "last_turn").first()
    if row is None or row.conversation is None:
        return None
    conversation = row.conversation
    history = load_history(conversation, until=row.last_turn, after=conversation.summarised_through)
    # While a turn runs the model would be told half of it, and the tokens that are set aside for the turn would be
    # missing for the question.
    is_ready = not conversation.turns.filter(state=Turn.State.RUNNING).exists()
    funds = token_budgets.reserve_tokens(row, conversation, backend) if is_ready else Funds.BUSY
    row.save(update_fields=["reservation"])
    return QuestionInput(str(conversation.public_id), conversation.summary, history, is_ready, funds)


@on_database_thread()
@transaction.atomic
def settle_job_tokens(claimed: ClaimedJob, requests: Sequence[RequestUsage], error: str = "") -> None:
    """Replace what was set aside by what the model took."""
    row = get_owned_job(claimed).select_related("conversation", "last_turn").first()
    if row is not None and (conversation := row.conversation) is not None:
        token_budgets.settle_reservation(
            row, requests, error, lambda: estimate_request_tokens(conversation, row.last_turn)
        )
        row.save(update_fields=["reservation"])


@on_database_thread()
@transaction.atomic
def record_question_usage(
    claimed: ClaimedJob, backend: str, requests: Sequence[RequestUsage], error: str = ""
) -> None:
    settle_job_tokens.run_sync(claimed, requests, error)
    name, _key = split_question_key(claimed.key)
    for request in requests:
        recording.record_request(name, backend, request, conversation=claimed.conversation_id)


async def _ask_model(claimed: ClaimedJob, question: Question[Any], asked: QuestionInput) -> BaseModel:
    name = settings.LLM_BACKEND
    history = [describe_images(message) for message in asked.history]
    transcript = render_transcript(
        trim_to_budget(history, settings.ENVIRONMENT.llm_window_tokens), asked.summary
    )
    parsed = await model_backends.get_backend(name).parse(
        question.instruction,
        [Message("user", transcript)],
        question.response_model,
        conversation=asked.public_id,
    )
    await record_question_usage(claimed, name, parsed.list_requests())
    return _strip_nul(parsed.value)


def _strip_nul(answer: BaseModel) -> BaseModel:
    """Without NUL, which a model can spell in JSON but PostgreSQL refuses to store."""
    written = answer.model_dump_json()
    if not NUL_ESCAPE.search(written):
        return answer
    return type(answer).model_validate_json(NUL_ESCAPE.sub(r"\1", written))


def _find_question(name: str) -> Question[Any] | None:
    conversations: Any = apps.get_app_config("conversations")
    found: Question[Any] | None = conversations.questions.get(name)
    return found


def _start_of_tomorrow() -> datetime:
    tomorrow = timezone.localdate() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), timezone.get_current_timezone())
