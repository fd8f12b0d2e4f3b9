"""The lease on a turn: who may write to it, and what whoever runs it needs to know.

Whoever runs a turn holds a lease that must be renewed, and the turn's fencing token, which every write is checked
against: a process that lost the turn can no longer change it and gets `LeaseLost`.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from supportbot.assistant.messages import Message, ToolCall
from supportbot.assistant.tools import ToolContext
from supportbot.compiled_queries import CompiledQuery
from supportbot.server.executors import on_database_thread

from ..limits.token_budgets import Funds
from ..models import Conversation, Turn

LEASE_DURATION = timedelta(seconds=10)
NO_MESSAGE = 0  # between two messages of a turn, while its tools run
LEASED_TURN = CompiledQuery(
    Turn,
    ["id", "fencing_token"],
    lambda pk, token: Turn.objects.filter(pk=pk, fencing_token=token, state=Turn.State.RUNNING),
)


class LeaseLost(Exception):
    """The turn is no longer this process's: it was stopped or deleted, or another process took it over."""


@dataclass(frozen=True, slots=True)
class TurnLease:
    """A turn that this process runs: all that running it takes, and the fencing token that proves the right to.

    `language` is the customer's. `message_id` is the answer that is to be streamed, or `NO_MESSAGE` while
    `pending_calls` come first. `system_text` and `history` are what the model is sent; `summary` is the part of the
    former that sums up what was said before. `funds` say whether it can be paid for. `rounds_made` and `calls_made` say
    how often a process that died had asked for tools in this turn, and how many calls it had done.
    """

    turn_id: int
    fencing_token: int
    conversation_id: int
    public_id: str
    language: str
    message_id: int
    backend: str
    system_text: str
    history: list[Message]
    tool_context: ToolContext
    pending_calls: tuple[ToolCall, ...] = ()
    funds: Funds = Funds.RESERVED
    summary: str = ""
    rounds_made: int = 0
    calls_made: int = 0


def lock_leased_turn(lease: TurnLease) -> tuple[Turn, Conversation]:
    """Lock the conversation and read the turn.

    Raises `LeaseLost` when the turn is no longer this process's, or was deleted with its conversation.
    """
    try:
        conversation = Conversation.objects.lock(lease.conversation_id)
    except Conversation.DoesNotExist:
        raise LeaseLost from None
    turn = LEASED_TURN.fetch_first(lease.turn_id, lease.fencing_token)
    if turn is None:
        raise LeaseLost
    return turn, conversation


@on_database_thread(repeat=True)
@transaction.atomic
def renew_lease(lease: TurnLease) -> None:
    """Renew the lease of one turn. Raises `LeaseLost`."""
    turn, _conversation = lock_leased_turn(lease)
    Turn.objects.filter(pk=turn.pk).update(lease_until=timezone.now() + LEASE_DURATION)
