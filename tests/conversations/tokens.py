"""The day's budgets of tokens: how a test sets them, and what they hold."""

from django.utils import timezone

from supportbot.assistant.messages import Answer
from supportbot.assistant.messages import Message as Said
from supportbot.conversations.limits.token_budgets import Funds
from supportbot.conversations.models import TokenBudget
from supportbot.conversations.turns import (
    TurnLease,
    transitions,
)

REQUEST = 1000 + 24  # what is set aside for one


def spent(scope: str = "everybody") -> int:
    return TokenBudget.objects.get(scope=scope, day=timezone.localdate()).tokens


def set_aside(scope: str = "everybody") -> int:
    return TokenBudget.objects.get(scope=scope, day=timezone.localdate()).reserved


def can_pay(lease: TurnLease) -> bool:
    return lease.funds == Funds.RESERVED


def answer(**usage: int) -> Answer:
    return Answer(Said("assistant", "Hello."), "stop", usage=usage)


def finish(lease: TurnLease, **usage: int) -> None:
    transitions.finish_turn.run_sync(lease, "done", "Hello.", answer=answer(**usage))
