"""The end of a turn, a stop and a retry. Every function here is one transaction."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from supportbot.assistant.errors import ModelError
from supportbot.assistant.messages import Answer, Mark, ToolCall
from supportbot.jobs.queue import enqueue
from supportbot.server.executors import on_database_thread
from supportbot.usage import recording

from ..limits.rate_limits import count_request
from ..models import Conversation, CustomerRequest, Message, Turn
from . import summaries
from .changes import (
    TurnChange,
    build_change,
    close_open_messages,
    describe_owner,
    load_messages,
    load_next_turn,
    load_stored_turn,
    save_change,
    save_conversation,
)
from .claiming import claim_next_turn
from .interruption import close_begun_call
from .leases import TurnLease, lock_leased_turn
from .provider_state import delete_provider_state
from .token_estimates import settle_turn

# A kind of job of `conversations.jobs`: it calls `recovery.resume_halted_turn`.
RESUME_JOB_KIND = "resume_halted_turn"


@on_database_thread(repeat=True)
@transaction.atomic
def finish_turn(
    lease: TurnLease,
    state: str,
    text: str,
    *,
    error: ModelError | None = None,
    answer: Answer | None = None,
    first_token: datetime | None = None,
    is_long: bool = False,
    begun_call: ToolCall | None = None,
    cut_marks: Sequence[Mark] = (),
) -> TurnChange:
    """End a turn: keep its text, close what is open, and take a lease on the next one in the queue.

    `answer` is the model's last message, None if there is none that is whole. With `is_long` the oldest part of the
    conversation is summed up in the background. `begun_call` is one that was begun and whose result may not be stored.
    `cut_marks` are what could not be confirmed of a message that was cut. Raises `LeaseLost`.
    """
    turn, conversation = lock_leased_turn(lease)
    if begun_call is not None:
        close_begun_call(turn, begun_call)
    messages = load_messages(turn)
    _set_end(turn, state, error, first_token)
    requests = answer.list_requests() if answer is not None else error.discarded if error is not None else ()
    is_charged = bool(text or first_token or answer) or state == Turn.State.STOPPED
    settle_turn(turn, conversation, requests, turn.error, text, is_charged=is_charged)
    recording.record_answer(turn, requests)
    turn.marks += [asdict(mark) for mark in (*(answer.marks if answer else ()), *cut_marks)]
    if answer is not None:
        turn.usage.append(dict(answer.usage))
        turn.model = answer.model[:80]
    is_whole = state == Turn.State.DONE and answer is not None and answer.finish_reason != "length"
    status = Message.Status.COMPLETE if is_whole else Message.Status.PARTIAL
    close_open_messages(messages, text, status, answer.message if answer is not None and is_whole else None)
    if answer is not None and not is_whole:
        delete_provider_state.run_sync(conversation.pk, answer.message)
    change = save_change(turn, conversation, messages)
    if is_long:
        summaries.enqueue_summary(conversation)
    if conversation.owner != Conversation.Owner.BOT:
        # It was stopped just when one of its tools had given the conversation to a person.
        return replace(change, owner=describe_owner(conversation), notifies_desk=True)
    return _claim_following_turn(conversation, change)


def _set_end(turn: Turn, state: str, error: ModelError | None, first_token: datetime | None) -> None:
    turn.state = state
    turn.finished = timezone.now()
    turn.first_token = first_token
    turn.lease_until = None
    if error is not None:
        turn.error = error.code
    elif state != Turn.State.STOPPED:
        turn.error = ""  # one that was stopped keeps why
    turn.may_retry = state != Turn.State.DONE and (error is None or error.retry)


def _claim_following_turn(conversation: Conversation, change: TurnChange) -> TurnChange:
    """The change, together with the turn that waits behind the one that has ended."""
    (ended,) = change.turns
    # When every message since this turn's first one is its own, nothing waits and there is no need to look.
    is_last = conversation.last_seq - ended.messages[0].seq + 1 == len(ended.messages)
    lease = None if is_last else claim_next_turn(conversation)
    if conversation.revision == change.revision:
        return change
    save_conversation(conversation)
    return build_change(conversation, [ended, load_next_turn(conversation)], lease)


@on_database_thread(repeat=True)
@transaction.atomic
def request_stop(
    conversation_id: int, turn_id: int = 0, reason: str = "", *, silences_bot: bool = False
) -> int | None:
    """Ask for the running turn to be stopped, wherever it runs. Returns its id, None if no such turn runs.

    With a `turn_id` that turn alone is meant: it may have ended, and the next one begun. `reason` is stored as the
    turn's error, empty for a customer's own wish. With `silences_bot` no other turn is begun for a few seconds, after
    which this one goes on if nobody has taken the conversation over.
    """
    # Locked, or a change of the turn that is being stored would overwrite the wish.
    conversation = Conversation.objects.lock(conversation_id)
    silences_bot = silences_bot and conversation.owner == Conversation.Owner.BOT
    if silences_bot:
        conversation.bot_silent_until = timezone.now() + Conversation.MAX_SILENCE
        conversation.save(update_fields=["bot_silent_until"])
    turn = Turn.objects.filter(conversation=conversation_id, state=Turn.State.RUNNING).first()
    if turn is None or turn_id not in (0, turn.pk):
        return None
    if not reason:
        count_request(conversation, CustomerRequest.Kind.STOP)
    if silences_bot:
        enqueue(
            RESUME_JOB_KIND,
            f"{turn.pk}:{turn.fencing_token}",
            conversation_id=conversation.pk,
            last_turn_id=turn.pk,
            run_after=conversation.bot_silent_until,
        )
    Turn.objects.filter(pk=turn.pk).update(stop_requested=True, error=reason)
    return turn.pk


@on_database_thread()
def is_running(turn_id: int) -> bool:
    return Turn.objects.filter(pk=turn_id, state=Turn.State.RUNNING).exists()


@on_database_thread(repeat=True)
@transaction.atomic
def retry_turn(conversation_id: int, turn_id: int, can_start: bool = True) -> TurnChange:
    """Run a turn again that failed or was cut: from its stored tool results, with the cut text replaced.

    With `can_start` False it stays queued, for another process. Raises `RequestRefused` for one too many in a minute.
    """
    conversation = Conversation.objects.lock(conversation_id)
    turn = conversation.turns.last()
    is_bots = conversation.owner == Conversation.Owner.BOT
    if turn is None or turn.pk != turn_id or not turn.can_retry or not is_bots:
        # A second click, a page that has not heard yet, or a person has it by now: show what is true.
        is_known = conversation.turns.filter(pk=turn_id).exists()
        shown = (load_stored_turn(turn_id),) if is_known else ()
        return TurnChange(conversation.pk, shown)
    count_request(conversation, CustomerRequest.Kind.RETRY)
    turn.state, turn.crash_count, turn.marks = Turn.State.QUEUED, 0, []
    if not can_start or conversation.is_bot_silent:
        return save_change(turn, conversation)
    turn.save()
    lease = claim_next_turn(conversation)
    save_conversation(conversation)
    return build_change(conversation, [load_stored_turn(turn_id)], lease)
