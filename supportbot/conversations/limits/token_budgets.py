"""What the model may cost a day: tokens are set aside before it is asked, and what it took is settled afterwards.

What is spent and what is set aside are two numbers. Who finds too little left because others' tokens are set aside
waits for a moment, since most of that comes back; only what is spent sends anybody away for the day.

The reservation stands on the row of the turn or job that asks, so a process that dies neither spends nor frees
anything: whoever claims that row next goes on from there. It is settled with the budgets and the day that it was
debited from.
"""

import logging
from collections.abc import Callable, Sequence
from enum import StrEnum

from django.conf import settings
from django.db import connection
from django.utils import timezone

from supportbot.assistant.errors import ErrorCode, ModelError, get_error_traits
from supportbot.assistant.usage import RequestUsage, parse_usage
from supportbot.jobs.models import Job
from supportbot.jobs.queue import enqueue

from ..models import Conversation, TokenBudget, Turn
from .guest_limits import get_address_token_limit, get_guest_token_limit

logger = logging.getLogger(__name__)

UNMETERED_BACKENDS = ("demo",)
EVERYBODY, GUESTS = "everybody", "guests"
SITE_SCOPES = (EVERYBODY, GUESTS)  # when one of these is spent, staff are told
# A kind of job that `desk` registers.
ALERT_JOB_KIND = "send_budget_alert"
# Some of each are run for every answer, so their SQL is not built anew each time.
DEBIT_SQL = """
    UPDATE conversations_tokenbudget SET reserved = reserved + %s
    WHERE scope = %s AND day = %s AND tokens + reserved <= %s
"""
CREDIT_SQL = """
    UPDATE conversations_tokenbudget SET tokens = tokens + %s, reserved = reserved + %s
    WHERE scope = %s AND day = %s
"""


class Funds(StrEnum):
    """Whether the next request can be paid for."""

    RESERVED = "reserved"
    BUSY = "busy"  # not now: too much is set aside for others
    SPENT = "spent"  # not today
    SPENT_BY_GUESTS = "spent_by_guests"  # the same, but for somebody who signs in


class TokensBusy(Exception):
    """The tokens that are left today are set aside for others just now."""


def reserve_tokens(holder: Turn | Job, conversation: Conversation, backend: str) -> Funds:
    """Set aside the most that the next request can cost, unless one of the day's budgets has not so much left.

    What the holder has set aside already stays so. The caller saves the holder.
    """
    budgets = _list_budgets(conversation)
    if backend in UNMETERED_BACKENDS or not budgets:
        return Funds.RESERVED
    tokens = settings.ENVIRONMENT.llm_window_tokens + settings.ENVIRONMENT.llm_max_tokens
    day = timezone.localdate().isoformat()
    if (holder.reservation.get("tokens"), holder.reservation.get("day")) == (tokens, day):
        return Funds.RESERVED
    release_reservation(holder)
    taken: list[str] = []
    for scope, limit in budgets:
        if not _debit(scope, day, tokens, limit):
            _credit(taken, day, reserved=-tokens)
            return _explain_refusal(scope, day, tokens, limit)
        taken.append(scope)
    holder.reservation = {"tokens": tokens, "day": day, "scopes": taken}
    return Funds.RESERVED


def build_budget_error(funds: Funds) -> ModelError:
    code = ErrorCode.OVER_GUEST_BUDGET if funds == Funds.SPENT_BY_GUESTS else ErrorCode.OVER_BUDGET
    return ModelError(code, "the day's tokens are used up", retry=False)


def settle_reservation(
    holder: Turn | Job, requests: Sequence[RequestUsage], error: str, estimate: Callable[[], int]
) -> None:
    """Replace the reservation by what the providers counted for the requests that were made.

    Where one counted nothing that can be true, `estimate` is asked, and no more is charged for it than was set aside;
    after an error that is not billed nothing is. The caller saves the holder.
    """
    if not holder.reservation:
        return
    counts = [parse_usage(request.usage).total for request in requests]
    used = sum(counts)
    if get_error_traits(error).is_billed and not (counts and all(counts)):
        used += min(estimate(), holder.reservation["tokens"])
    release_reservation(holder, used)


def release_reservation(holder: Turn | Job, used: int = 0) -> None:
    """End a reservation, of which `used` tokens were needed. The caller saves the holder."""
    if holder.reservation:
        scopes, day = holder.reservation["scopes"], holder.reservation["day"]
        _credit(scopes, day, spent=used, reserved=-holder.reservation["tokens"])
    holder.reservation = {}


def _list_budgets(conversation: Conversation) -> list[tuple[str, int]]:
    env = settings.ENVIRONMENT
    budgets = [
        (f"conversation:{conversation.pk}", env.conversation_tokens_per_day),
        (conversation.visitor.key, env.visitor_tokens_per_day),
    ]
    if conversation.user_id is None:
        # Whoever has no account can have any number of browsers.
        address = conversation.address_key
        budgets += [(f"address:{address}", get_address_token_limit())] if address else []
        budgets.append((GUESTS, get_guest_token_limit()))
    budgets.append((EVERYBODY, env.tokens_per_day))
    return [(scope, limit) for scope, limit in budgets if limit]


def _debit(scope: str, day: str, tokens: int, limit: int) -> bool:
    if _run_update(DEBIT_SQL, tokens, scope, day, limit - tokens):
        return True
    if not TokenBudget.objects.filter(scope=scope, day=day).exists():
        # Of two who make the day's row at once, one does.
        TokenBudget.objects.bulk_create([TokenBudget(scope=scope, day=day)], ignore_conflicts=True)
    # Somebody may have made it since the first look.
    return bool(_run_update(DEBIT_SQL, tokens, scope, day, limit - tokens))


def _explain_refusal(scope: str, day: str, tokens: int, limit: int) -> Funds:
    budget = TokenBudget.objects.filter(scope=scope, day=day)
    if not budget.filter(tokens__gt=limit - tokens).exists():
        return Funds.BUSY
    if budget.filter(exhausted=None).update(exhausted=timezone.now()):
        logger.warning(
            "The tokens of today are spent: %s", scope if scope in SITE_SCOPES else "of one customer"
        )
        if scope in SITE_SCOPES:
            enqueue(ALERT_JOB_KIND, f"{scope}:{day}")
    return Funds.SPENT_BY_GUESTS if scope == GUESTS or scope.startswith("address:") else Funds.SPENT


def _credit(scopes: Sequence[str], day: str, *, spent: int = 0, reserved: int = 0) -> None:
    for scope in scopes:  # in one order, so that two turns never wait for each other's row
        _run_update(CREDIT_SQL, spent, reserved, scope, day)


def _run_update(sql: str, *values: str | int) -> int:
    """Returns how many rows were changed."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.rowcount
