"""What the model may cost a day: tokens are reserved before it is asked, and what it took is settled afterwards.

The reservation stands on the row of the turn or job that asks, so a process that dies neither spends nor frees
anything: whoever claims that row next goes on from there. It is settled with the budgets and the day that it was
debited from.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from supportbot.assistant.errors import ErrorCode, ModelError, get_error_traits
from supportbot.assistant.usage import parse_usage
from supportbot.jobs.models import Job

from ..models import Conversation, TokenBudget, Turn

UNMETERED_BACKENDS = ("demo",)


def reserve_tokens(holder: Turn | Job, conversation: Conversation, backend: str) -> bool:
    """Reserve the most that the next request can cost; False when one of the day's budgets has not so much left.

    The caller saves the holder.
    """
    budgets = _list_budgets(conversation)
    if backend in UNMETERED_BACKENDS or not budgets:
        return True
    release_reservation(holder)
    tokens = settings.ENVIRONMENT.llm_window_tokens + settings.ENVIRONMENT.llm_max_tokens
    day = timezone.localdate().isoformat()
    taken = [scope for scope, limit in budgets if _debit(scope, day, tokens, limit)]
    if len(taken) < len(budgets):
        _credit(taken, day, -tokens)
        return False
    holder.reservation = {"tokens": tokens, "day": day, "scopes": taken}
    return True


def build_budget_error() -> ModelError:
    return ModelError(ErrorCode.OVER_BUDGET, "the day's tokens are used up", retry=False)


def settle_reservation(
    holder: Turn | Job, usage: Mapping[str, Any], error: str, estimate: Callable[[], int]
) -> None:
    """Replace the reservation by what the provider counted.

    Where it counted nothing that can be true, `estimate` is asked, and never more is charged than was set aside; after
    an error that is not billed nothing is. The caller saves the holder.
    """
    if not holder.reservation:
        return
    used = 0
    if get_error_traits(error).is_billed:
        used = parse_usage(usage).total or min(estimate(), holder.reservation["tokens"])
    release_reservation(holder, used)


def release_reservation(holder: Turn | Job, used: int = 0) -> None:
    """End a reservation, of which `used` tokens were needed. The caller saves the holder."""
    if holder.reservation:
        _credit(holder.reservation["scopes"], holder.reservation["day"], used - holder.reservation["tokens"])
    holder.reservation = {}


def _list_budgets(conversation: Conversation) -> list[tuple[str, int]]:
    env = settings.ENVIRONMENT
    budgets = [
        (f"conversation:{conversation.pk}", env.conversation_tokens_per_day),
        (conversation.visitor.key, env.visitor_tokens_per_day),
        ("everybody", env.tokens_per_day),
    ]
    return [(scope, limit) for scope, limit in budgets if limit]


def _debit(scope: str, day: str, tokens: int, limit: int) -> bool:
    budget = TokenBudget.objects.filter(scope=scope, day=day)
    with_room = budget.filter(tokens__lte=limit - tokens)
    if with_room.update(tokens=F("tokens") + tokens):
        return True
    if budget.exists():
        return False
    TokenBudget.objects.get_or_create(scope=scope, day=day)
    return bool(with_room.update(tokens=F("tokens") + tokens))


def _credit(scopes: Sequence[str], day: str, tokens: int) -> None:
    if tokens:
        for scope in scopes:  # in one order, so that two turns never wait for each other's row
            TokenBudget.objects.filter(scope=scope, day=day).update(tokens=F("tokens") + tokens)
