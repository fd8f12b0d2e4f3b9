"""Questions that the model is asked in the background: how one is put into the queue, and what its job is called."""

from collections.abc import Mapping

from django.conf import settings

from supportbot.assistant.questions import Question
from supportbot.jobs.queue import enqueue, enqueue_many

JOB_KIND = "ask_question"


def enqueue_question(
    conversation_id: int, question: Question, key: object, *, last_turn_id: int | None = None
) -> bool:
    """Have the model asked about the conversation, up to its turn `last_turn_id` if one is named.

    False where the settings do not want the model to be asked in the background. Call it in the transaction that the
    question belongs to.
    """
    if not settings.ENVIRONMENT.llm_background:
        return False
    job_key = _build_job_key(question, key)
    enqueue(JOB_KIND, job_key, conversation_id=conversation_id, last_turn_id=last_turn_id)
    return True


def enqueue_questions(question: Question, conversations_by_key: Mapping[str, int]) -> bool:
    """The same about many conversations at once."""
    if not settings.ENVIRONMENT.llm_background:
        return False
    enqueue_many(JOB_KIND, {_build_job_key(question, key): pk for key, pk in conversations_by_key.items()})
    return True


def _build_job_key(question: Question, key: object) -> str:
    return f"{question.name}:{key}"


def split_question_key(job_key: str) -> tuple[str, str]:
    """The question's name and the key that its asker gave, from the key of its job."""
    name, _, key = job_key.partition(":")
    return name, key
