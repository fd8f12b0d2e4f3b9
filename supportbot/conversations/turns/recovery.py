"""What a process left behind when it ended: run again, or kept as it is with a way to try again."""

import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import BooleanField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet
from django.utils import timezone

from supportbot.assistant.errors import ErrorCode
from supportbot.assistant.messages import ToolCall
from supportbot.compiled_queries import CompiledRows
from supportbot.server.executors import on_database_thread
from supportbot.server.outages import OUTAGE_ERRORS, log_task_failure
from supportbot.server.process import process

from ..models import Conversation, Message, Turn
from .changes import (
    ChangedTurn,
    TurnChange,
    build_change,
    close_open_messages,
    load_messages,
    load_next_turn,
    save_change,
    save_conversation,
)
from .claiming import claim_next_turn
from .interruption import close_begun_call, close_uncertain_calls, end_bot_turns
from .leases import TurnLease, lock_leased_turn
from .token_estimates import settle_turn

logger = logging.getLogger(__name__)

# A turn over which so many processes ended is not given to another one.
MAX_CRASHES = 4
MAX_CONVERSATIONS_PER_SWEEP = 20
# A queued turn older than this lost the process that queued it.
QUEUED_GRACE_PERIOD = timedelta(seconds=5)
# A lease this far ahead means that the clock was set back since: it is taken for one that ran out.
MAX_CLOCK_SKEW = timedelta(minutes=1)
# Until it is looked again whether a turn has ended that was to.
HALT_PAUSE = timedelta(seconds=2)
NO_LIMIT = datetime.max.replace(tzinfo=UTC)


@dataclass
class FailedRecoveries:
    """Conversations that this process could not recover when it tried last: from then on all others come first."""

    conversation_ids: set[int] = field(default_factory=set)


@on_database_thread()
def recover_abandoned_turns(free_slots: int, *, lost_before: datetime | None = NO_LIMIT) -> list[TurnChange]:
    """Take a lease on what dead processes left: running turns whose lease ran out, and forgotten queued ones.

    At most `free_slots` of them, and no more at once than leaves the database time for others: those first whose lease
    ran out first, and those that wait for tokens by turns. Running turns are taken if their lease ran out before
    `lost_before`, and none of them if that is None. A conversation that cannot be recovered is logged and holds up no
    other, whatever the reason: where that looks like an outage, which others must not wait for too, the sweep ends, and
    the next one begins with the others. Nor is one waited for that somebody else has locked, whose host may be gone.
    """
    limit = min(free_slots, MAX_CONVERSATIONS_PER_SWEEP)
    failed = process.get(FailedRecoveries).conversation_ids
    if failed:
        _forget_ended_conversations(failed)
    changes: list[TurnChange] = []
    for conversation_id in _find_abandoned_conversations(limit, lost_before):
        try:
            change = _recover_conversation(conversation_id)
            if change is None:
                failed.add(conversation_id)
                continue
            changes.append(change)
            failed.discard(conversation_id)
        except Exception as error:
            failed.add(conversation_id)
            is_outage = isinstance(error, OUTAGE_ERRORS)
            if is_outage and not changes:
                raise
            log_task_failure(logger, f"The recovery of conversation {conversation_id}", error)
            if is_outage:
                break  # those that have a lease already must be run
    return changes


def _forget_ended_conversations(failed: set[int]) -> None:
    """Another process has recovered them since, or they were deleted."""
    active = Turn.objects.active().filter(conversation__in=failed)
    failed.intersection_update(active.values_list("conversation", flat=True))


@on_database_thread(repeat=True)
@transaction.atomic
def release_turn(lease: TurnLease, begun_call: ToolCall | None = None) -> None:
    """This process ends before anything was shown of the turn: another one may run it at once.

    `begun_call` is as in `finish_turn`; the other pending calls are run there. Raises `LeaseLost`.
    """
    turn, _conversation = lock_leased_turn(lease)
    if begun_call is not None:
        close_begun_call(turn, begun_call)
    if not turn.stop_requested:
        turn.state = Turn.State.QUEUED
    turn.lease_until = timezone.now()
    turn.save()


@on_database_thread(repeat=True)
@transaction.atomic
def resume_halted_turn(conversation_id: int, turn_id: int) -> datetime | None:
    """Go on with a turn that was ended for a person who has not taken the conversation over after all.

    It is queued again if nothing was read of its answer; else what there is of it is kept, with a way to try again.
    Returns when to look again, as long as somebody may still take over or the turn has not ended; else None. The pages
    and the next sweep find by themselves what was changed.
    """
    conversation = Conversation.objects.lock(conversation_id)
    turn = conversation.turns.filter(pk=turn_id, error=ErrorCode.TAKEN_OVER).first()
    if turn is None or conversation.owner != Conversation.Owner.BOT or conversation.bot_silent_until is None:
        return None
    if conversation.is_bot_silent:
        return conversation.bot_silent_until
    if turn.state == Turn.State.RUNNING:  # whoever runs it has not heard yet, or has died
        return timezone.now() + HALT_PAUSE
    if turn.state == Turn.State.STOPPED and turn.pk > (conversation.bot_starts_after or 0):
        _requeue_or_offer_retry(turn, conversation)
    return None


def _requeue_or_offer_retry(turn: Turn, conversation: Conversation) -> None:
    messages = load_messages(turn)
    is_read = any(each.text for each in messages if each.status == Message.Status.PARTIAL)
    is_overtaken = conversation.turns.filter(pk__gt=turn.pk, fencing_token__gt=0).exists()
    if is_read or is_overtaken:
        turn.state, turn.error = Turn.State.INTERRUPTED, ErrorCode.INTERRUPTED
    else:
        turn.state, turn.marks, turn.lease_until = Turn.State.QUEUED, [], timezone.now()
    save_change(turn, conversation, messages)


def _has_passed(moment: str, now: Any, latest: Any) -> Q:
    """Whether a stored moment is over, also one of a clock that was ahead of this one: later than the `latest`."""
    return Q(**{f"{moment}__lt": now}) | Q(**{f"{moment}__gt": latest})


def _is_of_any(conversations: Any) -> ExpressionWrapper:
    return ExpressionWrapper(Q(conversation__in=conversations), output_field=BooleanField())


def _query_lost_turns(now: Any, latest: Any, failed: Any) -> QuerySet[Turn, Any]:
    lost = Turn.objects.filter(_has_passed("lease_until", now, latest), state=Turn.State.RUNNING)
    in_order = lost.order_by(_is_of_any(failed), "lease_until")
    return in_order.values_list("conversation")[:MAX_CONVERSATIONS_PER_SWEEP]


def _query_waiting_turns(now: Any, latest: Any, queued_before: Any, failed: Any) -> QuerySet[Turn, Any]:
    was_released = Q(lease_until__isnull=False)
    is_forgotten = _has_passed("created", queued_before, latest) | was_released
    is_due = Q(not_before=None) & is_forgotten | _has_passed("not_before", now, latest)
    same_conversation = Turn.objects.active().filter(conversation=OuterRef("conversation"))
    ahead = same_conversation.filter(Q(state=Turn.State.RUNNING) | Q(pk__lt=OuterRef("pk")))
    waiting = Turn.objects.filter(is_due, ~Exists(ahead), state=Turn.State.QUEUED)
    # Those that wait for tokens take turns, or so many of them would keep the others away.
    in_rotation = waiting.order_by(_is_of_any(failed), F("not_before").asc(nulls_first=True), "pk")
    return in_rotation.values_list("conversation")[:MAX_CONVERSATIONS_PER_SWEEP]


# Looked for every two seconds, mostly in vain; by what has an index, so that as many rows are read as there are such
# turns, not as there are turns.
LOST_TURNS = CompiledRows(Turn, ["lease_until", "lease_until", "conversation__in"], _query_lost_turns)
WAITING_TURNS = CompiledRows(
    Turn, ["created", "created", "created", "conversation__in"], _query_waiting_turns
)


def _find_abandoned_conversations(limit: int, lost_before: datetime | None) -> list[int]:
    now, failed = timezone.now(), process.get(FailedRecoveries).conversation_ids
    latest = now + MAX_CLOCK_SKEW
    lost = LOST_TURNS.fetch_rows(min(now, lost_before), latest, failed) if lost_before is not None else []
    waiting = WAITING_TURNS.fetch_rows(now, latest, now - QUEUED_GRACE_PERIOD, failed)
    found = dict.fromkeys(pk for (pk,) in [*lost, *waiting])
    return sorted(found, key=failed.__contains__)[:limit]


@transaction.atomic
def _recover_conversation(conversation_id: int) -> TurnChange | None:
    """Returns None, and has changed nothing, while somebody else has locked the conversation."""
    conversation = Conversation.objects.lock_if_free(conversation_id)
    if conversation is None:
        return None
    if conversation.owner != Conversation.Owner.BOT:
        # The process died after a tool had given the conversation to a person, and before the turn was ended.
        ended_turns = end_bot_turns(conversation)
        save_conversation(conversation)
        return build_change(conversation, ended_turns, with_owner=True, notifies_desk=True)
    ended: list[ChangedTurn] = []
    now = timezone.now()
    is_lost = _has_passed("lease_until", now, now + MAX_CLOCK_SKEW)
    for turn in conversation.turns.filter(is_lost, state=Turn.State.RUNNING):
        ended += _requeue_or_interrupt(turn, conversation)
    ended += _end_overdue_turns(conversation)
    revision = conversation.revision
    lease = claim_next_turn(conversation)
    save_conversation(conversation)
    if conversation.revision != revision:
        ended.append(load_next_turn(conversation))
    return build_change(conversation, ended, lease)


def _end_overdue_turns(conversation: Conversation) -> list[ChangedTurn]:
    """Tell a customer for whom no tokens came free in the time of a whole turn, and let them try again."""
    since = timezone.now() - timedelta(seconds=settings.ENVIRONMENT.turn_seconds)
    ended: list[ChangedTurn] = []
    for turn in conversation.turns.filter(waits_since__lt=since, state=Turn.State.QUEUED):
        turn.state, turn.error, turn.may_retry = Turn.State.FAILED, ErrorCode.TOKENS_SET_ASIDE, True
        turn.finished, turn.waits_since, turn.not_before = timezone.now(), None, None
        messages = load_messages(turn)  # a dead process may have left calls in them
        close_open_messages(messages, None, Message.Status.PARTIAL)
        ended += save_change(turn, conversation, messages).turns
    return ended


def _requeue_or_interrupt(turn: Turn, conversation: Conversation) -> tuple[ChangedTurn, ...]:
    """Queue the turn again if the customer has seen nothing of its answer; else keep what there is of it.

    An answer asked for anew would come in other words, and take the place of what was being read. Returns the turn
    if pages must be shown it.
    """
    close_uncertain_calls(turn)
    messages = load_messages(turn)
    is_seen = any(each.text for each in messages if each.status == Message.Status.STREAMING)
    if not (is_seen or turn.stop_requested or turn.crash_count >= MAX_CRASHES):
        turn.state = Turn.State.QUEUED
        turn.crash_count += 1
        turn.save()
        return ()
    turn.state = Turn.State.STOPPED if turn.stop_requested else Turn.State.INTERRUPTED
    if not turn.stop_requested:  # one that was stopped keeps why
        turn.error = ErrorCode.INTERRUPTED
    turn.may_retry = True
    turn.fencing_token += 1
    turn.finished, turn.lease_until = timezone.now(), None
    settle_turn(turn, conversation, (), is_charged=is_seen or turn.stop_requested)
    close_open_messages(messages, None, Message.Status.PARTIAL)
    return save_change(turn, conversation, messages).turns
