"""Taking a lease on a turn: which is the next one, and what the model is sent of its conversation."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from supportbot.assistant.messages import ToolCall
from supportbot.assistant.tools import Customer, ToolContext
from supportbot.prompts.models import Prompt
from supportbot.server.executors import on_database_thread

from ..limits.token_budgets import Funds, reserve_tokens
from ..models import Conversation, Message, Turn
from ..models import ToolCall as StoredCall
from .background_questions import enqueue_question
from .leases import LEASE_DURATION, NO_MESSAGE, TurnLease, lock_leased_turn
from .model_input import build_system_text, load_model_history

TOKEN_WAIT = timedelta(seconds=1)  # until a turn that waits for tokens looks again


def acquire_lease(turn: Turn, conversation: Conversation) -> Funds | None:
    """Mark the turn as run by this process, and say whether it can be paid for.

    None when it stays queued, since tokens are set aside for others. The caller saves both, and knows that no other
    turn of the conversation is running.
    """
    backend = turn.backend or settings.LLM_BACKEND
    # Before the tokens are set aside: from then on everybody else who begins an answer waits for this transaction.
    prompt = Prompt.objects.get_current()
    funds = reserve_tokens(turn, conversation, backend)
    if funds == Funds.BUSY:
        let_turn_wait(turn, conversation)
        return None
    turn.state = Turn.State.RUNNING
    turn.fencing_token += 1
    turn.lease_until = timezone.now() + LEASE_DURATION
    turn.started = timezone.now()
    turn.finished = turn.first_token = None
    turn.stop_requested, turn.error, turn.may_retry = False, "", False
    turn.backend = backend
    turn.waits_since = turn.not_before = None
    turn.prompt = prompt
    turn.revision = conversation.next_revision()
    return funds


def let_turn_wait(turn: Turn, conversation: Conversation) -> None:
    """Have the turn look for tokens again in a moment, and show that it waits. The caller saves both."""
    turn.not_before = timezone.now() + TOKEN_WAIT
    if turn.waits_since is None:
        turn.waits_since = timezone.now()
        turn.revision = conversation.next_revision()


def claim_next_turn(conversation: Conversation) -> TurnLease | None:
    """Take a lease on the oldest queued turn, unless one is running or somebody is taking over.

    The caller saves the conversation. If its revision is another one now, that turn must be shown, which may have to
    wait all the same.
    """
    if conversation.owner != Conversation.Owner.BOT or conversation.is_bot_silent:
        return None
    active = list(conversation.turns.active().order_by("pk")[:2])
    if not active or any(turn.state == Turn.State.RUNNING for turn in active):
        return None
    turn = active[0]
    # Whoever tries it again gives it all its tool calls back.
    rounds_made, calls_made = (0, 0) if turn.may_retry else _count_calls_made(turn)
    funds = acquire_lease(turn, conversation)
    turn.save()
    if funds is None:
        return None
    pending = tuple(call.as_value() for call in StoredCall.objects.pending_of(turn))
    # Those that a process died over come first.
    message_id = NO_MESSAGE if pending else _reuse_or_create_answer(turn, conversation).pk
    lease = build_lease(turn, conversation, message_id, pending, funds=funds)
    return replace(lease, rounds_made=rounds_made, calls_made=calls_made)


def _reuse_or_create_answer(turn: Turn, conversation: Conversation) -> Message:
    """An empty message for the answer: a retry writes it in the place of the one that was cut."""
    answer = turn.messages.filter(role=Message.Role.ASSISTANT).exclude(status=Message.Status.COMPLETE).last()
    if answer is None:
        return create_answer_message(turn, conversation)
    answer.text, answer.status = "", Message.Status.STREAMING
    answer.save(update_fields=["text", "status"])
    return answer


def _count_calls_made(turn: Turn) -> tuple[int, int]:
    """How often a process that died over this turn has let the model ask for tools, and how many calls were done."""
    if not turn.usage:  # the model has not finished a message yet: one query less a turn
        return 0, 0
    is_done = ~Q(state=StoredCall.State.PENDING)
    counts = StoredCall.objects.filter(message__turn=turn).aggregate(
        rounds=Count("message", distinct=True), calls=Count("pk", filter=is_done)
    )
    return counts["rounds"], counts["calls"]


@on_database_thread(repeat=True)
@transaction.atomic
def reload_lease(lease: TurnLease, message_id: int) -> TurnLease:
    """The same lease after its pending calls have their results, which its history then holds.

    Raises `LeaseLost`.
    """
    turn, conversation = lock_leased_turn(lease)
    return build_lease(turn, conversation, message_id)


def create_answer_message(turn: Turn, conversation: Conversation) -> Message:
    """Store an empty message for what the model says next. The caller saves the conversation."""
    answer = build_answer_message(turn, conversation)
    answer.save()
    return answer


def build_answer_message(turn: Turn, conversation: Conversation) -> Message:
    """The same, not saved yet."""
    answer = Message(
        conversation=conversation,
        turn=turn,
        seq=conversation.next_seq(),
        role=Message.Role.ASSISTANT,
        status=Message.Status.STREAMING,
    )
    answer.calls = []
    return answer


def build_lease(
    turn: Turn,
    conversation: Conversation,
    message_id: int,
    pending_calls: tuple[ToolCall, ...] = (),
    *,
    funds: Funds = Funds.RESERVED,
) -> TurnLease:
    """The lease on a turn that was just acquired, with what the model is sent for it."""
    return TurnLease(
        turn_id=turn.pk,
        fencing_token=turn.fencing_token,
        conversation_id=conversation.pk,
        public_id=str(conversation.public_id),
        language=conversation.language,
        message_id=message_id,
        backend=turn.backend,
        system_text=build_system_text(turn.prompt, conversation),
        history=load_model_history(conversation, turn),
        tool_context=_build_tool_context(conversation, turn),
        pending_calls=pending_calls,
        funds=funds,
        summary=conversation.summary,
    )


def build_customer(user: Any) -> Customer | None:
    """An account as tools and apps know it; None for a guest."""
    return Customer(user.pk, user.email, user.get_short_name() or user.get_username()) if user else None


def _build_tool_context(conversation: Conversation, turn: Turn) -> ToolContext:
    return ToolContext(
        conversation.pk,
        conversation.visitor.key,
        build_customer(conversation.user),
        request=f"turn:{turn.pk}",
        ask_later=partial(enqueue_question, conversation.pk),
    )
