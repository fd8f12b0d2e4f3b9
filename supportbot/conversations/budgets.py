"""What the model may cost a day: tokens are set aside before it is asked, and what it took is paid afterwards.

What is set aside stands on the turn, so a process that dies neither spends nor frees anything: whoever takes
the turn up next goes on from there.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from supportbot.assistant.messages import ModelError

from .models import Budget, Conversation, Turn

FREE = ("demo", "handover")
# Failures of a request that no model has worked on.
UNANSWERED = ("unreachable", "down", "busy", "key_refused", "request_refused", "over_budget")


def reserve(turn: Turn, conversation: Conversation) -> bool:
    """Set aside the most that the next request can cost; False when one of the day's budgets has not so much left.

    The caller saves the turn.
    """
    budgets = _budgets(conversation)
    if turn.backend in FREE or not budgets:
        return True
    give_back(turn, conversation)
    tokens = settings.ENVIRONMENT.llm_window_tokens + settings.ENVIRONMENT.llm_max_tokens
    taken = [scope for scope, limit in budgets if _take(scope, tokens, limit)]
    if len(taken) < len(budgets):
        _add(taken, -tokens)
        return False
    turn.reserved = tokens
    return True


def over() -> ModelError:
    return ModelError("over_budget", "the day's tokens are used up", retry=False)


def pay(turn: Turn, conversation: Conversation, usage: Mapping[str, Any], error: str = "") -> None:
    """Put what a request took in the place of what was set aside, all of it where nobody said what it took.

    The caller saves the turn.
    """
    used = 0 if error in UNANSWERED else usage.get("total_tokens")
    give_back(turn, conversation, used if isinstance(used, int) else turn.reserved)


def give_back(turn: Turn, conversation: Conversation, used: int = 0) -> None:
    """End the reservation of a request, of which `used` tokens were needed. The caller saves the turn."""
    if turn.reserved:
        _add([scope for scope, _ in _budgets(conversation)], used - turn.reserved)
    turn.reserved = 0


def are_used_up(conversation_id: int) -> bool:
    """Whether one of the day's budgets has nothing left for work in the background."""
    budgets = _budgets(Conversation.objects.get(pk=conversation_id))
    today = Budget.objects.filter(day=timezone.localdate(), scope__in=[scope for scope, _ in budgets])
    used = dict(today.values_list("scope", "tokens"))
    return any(used.get(scope, 0) >= limit for scope, limit in budgets)


def spend(conversation_id: int, usage: Mapping[str, Any]) -> None:
    """Put down what work in the background took, for which nothing was set aside."""
    used = usage.get("total_tokens")
    scopes = [scope for scope, _ in _budgets(Conversation.objects.get(pk=conversation_id))]
    for scope in scopes:
        Budget.objects.get_or_create(scope=scope, day=timezone.localdate())
    _add(scopes, used if isinstance(used, int) else 0)


def _budgets(conversation: Conversation) -> list[tuple[str, int]]:
    env = settings.ENVIRONMENT
    budgets = [
        (f"conversation:{conversation.pk}", env.conversation_tokens_per_day),
        (conversation.visitor.key, env.visitor_tokens_per_day),
        ("everybody", env.tokens_per_day),
    ]
    return [(scope, limit) for scope, limit in budgets if limit]


def _take(scope: str, tokens: int, limit: int) -> bool:
    today = Budget.objects.filter(scope=scope, day=timezone.localdate())
    with_room = today.filter(tokens__lte=limit - tokens)
    if with_room.update(tokens=F("tokens") + tokens):
        return True
    if today.exists():
        return False
    Budget.objects.get_or_create(scope=scope, day=timezone.localdate())
    return bool(with_room.update(tokens=F("tokens") + tokens))


def _add(scopes: Sequence[str], tokens: int) -> None:
    if tokens:
        for scope in scopes:  # in one order, so that two turns never wait for each other's row
            Budget.objects.filter(scope=scope, day=timezone.localdate()).update(tokens=F("tokens") + tokens)
