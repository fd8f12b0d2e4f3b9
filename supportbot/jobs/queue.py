"""The queue of background jobs: stored until they are done, and claimed by whichever process finds them due."""

import logging
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import DateTimeField, ExpressionWrapper, F, Q, QuerySet, Value
from django.utils import timezone

from supportbot.compiled_queries import CompiledRows
from supportbot.server.executors import on_database_thread
from supportbot.server.outages import OUTAGE_ERRORS

from .models import Job
from .registry import ClaimedJob, get_job_kinds

logger = logging.getLogger(__name__)

# It is renewed every few seconds as long as the process lives, also while what came of a run cannot be stored.
LEASE_DURATION = timedelta(seconds=20)
BACKOFF_BASE = timedelta(seconds=20)  # before the second attempt, and twice as long before each further one
BACKOFF_MAX = timedelta(hours=1)
JOBS_A_STATEMENT = 200
MAX_CLOCK_SKEW = timedelta(minutes=1)  # of two hosts
# Looked for every two seconds, mostly in vain.
DUE_JOB = CompiledRows(
    Job, ["run_after"], lambda now: Job.objects.filter(run_after__lte=now).order_by().values_list("pk")[:1]
)


class ResultNotStored(Exception):
    """The function that stores a job's result raised; what it raised is the cause."""


def enqueue(
    kind: str,
    key: str,
    *,
    conversation_id: int | None = None,
    last_turn_id: int | None = None,
    run_after: datetime | None = None,
) -> None:
    """Have it done, once for each key, now or after a moment. Call it in the transaction that it belongs to.

    Raises ValueError for a job that there is not.
    """
    _require_kind(kind)
    about = {"conversation_id": conversation_id, "last_turn_id": last_turn_id}
    Job.objects.get_or_create(
        kind=kind, key=key, defaults={**about, "run_after": run_after or timezone.now()}
    )


def enqueue_many(
    kind: str, conversations_by_key: Mapping[str, int | None], run_after: datetime | None = None
) -> None:
    """The same for many keys at once, each of a conversation or of none."""
    _require_kind(kind)
    due = run_after or timezone.now()
    jobs = [
        Job(kind=kind, key=key, conversation_id=pk, run_after=due) for key, pk in conversations_by_key.items()
    ]
    Job.objects.bulk_create(jobs, batch_size=JOBS_A_STATEMENT, ignore_conflicts=True)


def _require_kind(kind: str) -> None:
    """A job of a kind that no process knows would wait for ever, and nobody would hear of it."""
    if kind not in get_job_kinds():
        raise ValueError(
            f"There is no job {kind!r} in the module jobs of an app. Name it as in enqueue(send_reminder.name, key)."
        )


@on_database_thread()
def claim_due_jobs(limit: int, slow_limit: int | None = None, *, takes_over: bool = True) -> list[ClaimedJob]:
    """Take a lease on at most `limit` jobs that are due and of a kind that this process knows, the oldest first.

    At most `slow_limit` of them, if that is given, are of kinds that may take long. Unless it `takes_over`, jobs that
    were tried before are left alone: somebody may still be about to store what came of them.
    """
    now = timezone.now()
    if not DUE_JOB.fetch_rows(now):
        return []
    due = Job.objects.filter(run_after__lte=now).order_by("run_after")
    slow_limit = limit if slow_limit is None else min(limit, slow_limit)
    return _claim_jobs(due if takes_over else due.filter(attempts=0), limit, slow_limit, now)


@transaction.atomic
def _claim_jobs(due: QuerySet[Job], limit: int, slow_limit: int, now: datetime) -> list[ClaimedJob]:
    kinds = get_job_kinds().values()
    # Whoever has locked one claims or ends it now; or its host is gone, and that must not hold up the others.
    due = due.select_for_update(skip_locked=True)
    slow = due.filter(kind__in=[kind.name for kind in kinds if kind.is_slow])
    quick = due.filter(kind__in=[kind.name for kind in kinds if not kind.is_slow])
    claimed = _claim_each(slow[:slow_limit], now)
    return claimed + _claim_each(quick[: limit - len(claimed)], now)


def _claim_each(due: Iterable[Job], now: datetime) -> list[ClaimedJob]:
    claimed = []
    for row in due:
        Job.objects.filter(pk=row.pk).update(attempts=row.attempts + 1, run_after=now + LEASE_DURATION)
        about = (row.conversation_id, row.last_turn_id)
        claimed.append(ClaimedJob(row.pk, row.kind, row.key, row.attempts + 1, *about))
    return claimed


@on_database_thread(repeat=True)
@transaction.atomic
def complete_job(claimed: ClaimedJob, result: Any = None) -> bool:
    """End the job and store its result; False when it is no longer this process's, or has ended already.

    Raises `ResultNotStored`, and has ended nothing, when the kind's `store` raises, unless the database is away.
    """
    if not _delete_job(claimed):
        return False
    kind = get_job_kinds()[claimed.kind]
    if kind.store is not None:
        try:
            kind.store(claimed, result)
        except OUTAGE_ERRORS:
            raise
        except Exception as error:
            raise ResultNotStored(claimed.kind) from error
    return True


@on_database_thread()
def renew_leases(claims: Collection[ClaimedJob]) -> None:
    """Keep others from these jobs, which this process runs. One that has just failed keeps its longer pause."""
    owned = Q(pk__in=[])
    for claimed in claims:
        owned |= Q(pk=claimed.id, attempts=claimed.attempts)
    lease_until = timezone.now() + LEASE_DURATION
    Job.objects.filter(owned, run_after__lt=lease_until).update(run_after=lease_until)


@on_database_thread()
def correct_future_jobs() -> None:
    """Nothing waits for as long as the clock was set back: a job that was made later than now was made now.

    It is due as long after that as before, so a lease on it lasts as long. What is due before the job was made was set
    by the clock as it is now, and stays.
    """
    now = timezone.now()
    jobs = Job.objects.filter(created__gt=now + MAX_CLOCK_SKEW)
    if jobs.exists():  # asking locks nothing
        due = ExpressionWrapper(Value(now) + (F("run_after") - F("created")), DateTimeField())
        jobs.filter(run_after__gte=F("created") - MAX_CLOCK_SKEW).update(run_after=due)
        jobs.update(created=now)


@on_database_thread()
@transaction.atomic
def fail_attempt(claimed: ClaimedJob, code: str) -> None:
    """Note a failed attempt in whatever way the job's kind wants that."""
    kind = get_job_kinds()[claimed.kind]
    if kind.on_failure is not None:
        kind.on_failure(claimed, code)


@on_database_thread(repeat=True)
@transaction.atomic
def retry_later(claimed: ClaimedJob, *, may_store: bool = True) -> None:
    """Try it again after a growing pause. After its last attempt it ends without a result.

    `may_store` is False when it is `store` itself that failed: then it is not called with None either. Raises
    `ResultNotStored` when that call fails.
    """
    if claimed.attempts >= get_job_kinds()[claimed.kind].max_attempts:
        logger.error("Job %s is given up after %s attempts", claimed.kind, claimed.attempts)
        if may_store:
            complete_job.run_sync(claimed)
        else:
            _delete_job(claimed)
    else:
        pause = min(BACKOFF_BASE * 2 ** min(claimed.attempts - 1, 10), BACKOFF_MAX)
        get_owned_job(claimed).update(run_after=timezone.now() + pause)


@on_database_thread()
@transaction.atomic
def release_job(claimed: ClaimedJob, run_after: datetime | None = None) -> None:
    """Give the lease back: the job is due now or at `run_after`, and this was no attempt."""
    get_owned_job(claimed).update(run_after=run_after or timezone.now(), attempts=claimed.attempts - 1)


@on_database_thread()
def find_earlier_job(claimed: ClaimedJob) -> datetime | None:
    """When the last of the jobs of this kind that were there before it, about the same conversation, is tried next.

    For kinds of which two would do the same thing beside each other. None where there is no such job.
    """
    others = Job.objects.filter(kind=claimed.kind, conversation=claimed.conversation_id, pk__lt=claimed.id)
    return others.order_by("-run_after").values_list("run_after", flat=True).first()


def _delete_job(claimed: ClaimedJob) -> bool:
    """Delete the job; False when it is no longer this process's. Locked, or another one may claim it in between."""
    row = get_owned_job(claimed).select_for_update().first()
    return row is not None and row.delete()[0] > 0


def get_owned_job(claimed: ClaimedJob) -> QuerySet[Job]:
    """The job's row, as long as nobody else has claimed it since."""
    return Job.objects.filter(pk=claimed.id, attempts=claimed.attempts)
