"""What the model may cost a day: tokens are set aside before it is asked, and what it took is paid afterwards.

What is set aside stands on the row of the turn or errand that asks, so a process that dies neither spends nor frees
anything: whoever takes it up next goes on from there. It is paid to the budgets and the day that it was taken from.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from supportbot.assistant.messages import ModelError

from .models import Budget, Conversation, Errand, Turn

FREE = ("demo", "handover")
# Failures of a request that no model has worked on.
UNANSWERED = ("unreachable", "down", "busy", "key_refused", "no_model", "request_refused", "over_budget")


def reserve(asker: Turn | Errand, conversation: Conversation, backend: str) -> bool:
    """Set aside the most that the next request can cost; False when one of the day's budgets has not so much left.

    The caller saves the asker.
    """
    budgets = _budgets(conversation)
    if backend in FREE or not budgets:
        return True
    _give_back(asker)
    tokens = settings.ENVIRONMENT.llm_window_tokens + settings.ENVIRONMENT.llm_max_tokens
    day = timezone.localdate().isoformat()
    taken = [scope for scope, limit in budgets if _take(scope, day, tokens, limit)]
    if len(taken) < len(budgets):
        _add(taken, day, -tokens)
        return False
    asker.reservation = {"tokens": tokens, "day": day, "scopes": taken}
    return True


def over() -> ModelError:
    return ModelError("over_budget", "the day's tokens are used up", retry=False)


def pay(asker: Turn | Errand, usage: Mapping[str, Any], error: str = "") -> None:
    """Put what a request took in the place of what was set aside, all of it where nobody said what it took.

    The caller saves the asker.
    """
    used = 0 if error in UNANSWERED else usage.get("total_tokens")
    _give_back(asker, used if isinstance(used, int) else None)


def _give_back(asker: Turn | Errand, used: int | None = 0) -> None:
    """End a reservation, of which `used` tokens were needed, None for all."""
    if asker.reservation and used is not None:
        _add(asker.reservation["scopes"], asker.reservation["day"], used - asker.reservation["tokens"])
    asker.reservation = {}


def _budgets(conversation: Conversation) -> list[tuple[str, int]]:
    env = settings.ENVIRONMENT
    budgets = [
        (f"conversation:{conversation.pk}", env.conversation_tokens_per_day),
        (conversation.visitor.key, env.visitor_tokens_per_day),
        ("everybody", env.tokens_per_day),
    ]
    return [(scope, limit) for scope, limit in budgets if limit]


def _take(scope: str, day: str, tokens: int, limit: int) -> bool:
    budget = Budget.objects.filter(scope=scope, day=day)
    with_room = budget.filter(tokens__lte=limit - tokens)
    if with_room.update(tokens=F("tokens") + tokens):
        return True
    if budget.exists():
        return False
    Budget.objects.get_or_create(scope=scope, day=day)
    return bool(with_room.update(tokens=F("tokens") + tokens))


def _add(scopes: Sequence[str], day: str, tokens: int) -> None:
    if tokens:
        for scope in scopes:  # in one order, so that two turns never wait for each other's row
            Budget.objects.filter(scope=scope, day=day).update(tokens=F("tokens") + tokens)
