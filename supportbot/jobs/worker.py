"""Runs the jobs of this installation in this process, a few at a time."""

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Any

from supportbot.server.outages import OUTAGE_ERRORS, log_task_failure
from supportbot.server.process import process

from .queue import (
    ResultNotStored,
    claim_due_jobs,
    complete_job,
    fail_attempt,
    release_job,
    renew_leases,
    retry_later,
)
from .registry import ClaimedJob, JobFailed, JobHopeless, JobKind, JobPostponed, get_job_kinds

logger = logging.getLogger(__name__)

MAX_CONCURRENT_JOBS = 4
MAX_SLOW_JOBS = 3  # so that mails which wait for their server hold nothing else up
MAX_UNCOUNTED_JOBS = 50  # since each of them asks the database again and again
FINISH_SECONDS = 5.0
CANCELLATION_SECONDS = 5.0


@dataclass
class RunningJobs:
    """The jobs that run in this process, each by its task, and which of them are of kinds that may take long.

    The `cancellable_tasks` are at work; the others store what came of it. The `uncounted_tasks` have tried that for so
    long that they no longer count as running. `claim` takes leases on further jobs. With `is_draining` the process
    ends, and starts none of them.
    """

    tasks: dict[asyncio.Task[None], ClaimedJob] = field(default_factory=dict)
    slow_tasks: set[asyncio.Task[None]] = field(default_factory=set)
    cancellable_tasks: set[asyncio.Task[Any] | None] = field(default_factory=set)
    uncounted_tasks: set[asyncio.Task[Any] | None] = field(default_factory=set)
    claim: asyncio.Task[None] | None = None
    is_draining: bool = False

    def count_free(self) -> int:
        return MAX_CONCURRENT_JOBS - len(self.tasks.keys() - self.uncounted_tasks)

    def count_free_for_slow(self) -> int:
        return MAX_SLOW_JOBS - len(self.slow_tasks - self.uncounted_tasks)

    def list_open_tasks(self) -> list[asyncio.Task[None]]:
        return [*self.tasks, *([] if self.claim is None or self.claim.done() else [self.claim])]


async def run_due_jobs(*, takes_over: bool = True) -> None:
    """Start what is due, as long as no more than `MAX_CONCURRENT_JOBS` run. `takes_over` is as in `claim_due_jobs`.

    Whoever calls it may be cancelled; the claim goes on, for its leases may be in the database already.
    """
    running = process.get(RunningJobs)
    if running.is_draining or running.count_free() <= 0:
        return
    if running.claim is None or running.claim.done():
        running.claim = asyncio.create_task(_claim_and_start(running, takes_over), name="claim of jobs")
    await asyncio.shield(running.claim)


async def renew_job_leases() -> None:
    """Keep other processes from what runs here. What ran in one that has died is claimed again within seconds."""
    if running := process.get(RunningJobs).tasks:
        await renew_leases(list(running.values()))


async def _claim_and_start(running: RunningJobs, takes_over: bool) -> None:
    free, free_for_slow = running.count_free(), running.count_free_for_slow()
    for claimed in await claim_due_jobs(free, free_for_slow, takes_over=takes_over):
        if running.is_draining:
            await release_job(claimed)
        else:
            _start_job(running, claimed)


def _start_job(running: RunningJobs, claimed: ClaimedJob) -> None:
    task = asyncio.create_task(_run_job(claimed), name=f"job {claimed.kind}")
    running.tasks[task] = claimed
    if get_job_kinds()[claimed.kind].is_slow:
        running.slow_tasks.add(task)
    task.add_done_callback(_end_task)


async def drain(finish_seconds: float = FINISH_SECONDS) -> None:
    """The process ends: what runs may finish within its time. The rest is cancelled, and due again at once.

    So is what was just being claimed. What was done already is still stored. A mail that was cancelled may have been
    taken by its server, and is then sent twice.
    """
    running = process.get(RunningJobs)
    running.is_draining = True
    await _wait_for_open_tasks(running, finish_seconds)
    for task in running.tasks.keys() & running.cancellable_tasks:
        task.cancel()
    await _wait_for_open_tasks(running, CANCELLATION_SECONDS)


async def _wait_for_open_tasks(running: RunningJobs, timeout_seconds: float) -> None:
    """Also with no time at all each has begun after it; one that is cancelled before would never give its job back."""
    if tasks := running.list_open_tasks():
        await asyncio.wait(tasks, timeout=timeout_seconds)


def _end_task(task: asyncio.Task[None]) -> None:
    running = process.get(RunningJobs)
    running.tasks.pop(task, None)
    running.slow_tasks.discard(task)
    running.uncounted_tasks.discard(task)
    if not task.cancelled() and (error := task.exception()):
        # Its lease runs out, and then it is tried again.
        log_task_failure(logger, task.get_name(), error)


async def _run_job(claimed: ClaimedJob) -> None:
    try:
        await _attempt(claimed)
    except ResultNotStored:
        logger.exception("Job %s: its result could not be stored", claimed.kind)
        await retry_later(claimed, may_store=False)


async def _attempt(claimed: ClaimedJob) -> None:
    """Run the job once and store what came of it. A failure is logged, and decides what becomes of the job."""
    kind = get_job_kinds()[claimed.kind]
    if claimed.attempts > kind.max_attempts:
        # The process that ran its last attempt died before it could end the job.
        await _end_job(claimed)
        return
    try:
        result = await _run_once(kind, claimed)
    except JobPostponed as postponed:
        await release_job(claimed, postponed.run_after)
    except (JobFailed, TimeoutError, OSError) as error:
        logger.warning("Job %s failed: %s", claimed.kind, _describe_failure(error))
        await fail_attempt(claimed, error.code if isinstance(error, JobFailed) else type(error).__name__)
        if isinstance(error, JobHopeless):
            await _end_job(claimed)
        else:
            await retry_later(claimed)
    except Exception as error:  # noqa: BLE001 - it is logged
        log_task_failure(logger, f"job {claimed.kind}", error)
        await retry_later(claimed)
    else:
        await _end_job(claimed, result)


async def _run_once(kind: JobKind, claimed: ClaimedJob) -> Any:
    """What the job's function returns or raises within its time. If it is cancelled the job is given back."""
    tasks, task = process.get(RunningJobs).cancellable_tasks, asyncio.current_task()
    tasks.add(task)
    try:
        async with asyncio.timeout(kind.timeout_seconds):
            return await kind.function(claimed)
    except asyncio.CancelledError:
        logger.warning("Job %s was cut off by the end of the process, and will be run again", kind.name)
        await release_job(claimed)
        raise
    finally:
        tasks.discard(task)


async def _end_job(claimed: ClaimedJob, result: Any = None) -> None:
    """Store what came of the job. While nothing can be stored it is tried again, for as long as this process serves.

    What the job has done, such as a mail that was sent, would be done again by whoever gets it next: so its lease is
    renewed meanwhile. It may be for this job alone that the database refuses, so others are run beside it. When the
    process ends it is tried once more from the start, for a try that began before may just have been refused.
    """
    running = process.get(RunningJobs)
    while True:
        is_last_try = running.is_draining
        try:
            await complete_job(claimed, result)
            return
        except OUTAGE_ERRORS as error:
            if is_last_try:
                raise
            log_task_failure(logger, f"The storing of what came of job {claimed.kind}", error)
            if len(running.uncounted_tasks) < MAX_UNCOUNTED_JOBS:
                running.uncounted_tasks.add(asyncio.current_task())


def _describe_failure(error: Exception) -> str:
    """For the log. Of errors that are not ours the name and number alone: a mail server's words name recipients."""
    if isinstance(error, JobFailed):
        return str(error)
    number = getattr(error, "smtp_code", None) or getattr(error, "errno", None)
    return f"{type(error).__name__} {number}" if isinstance(number, int) else type(error).__name__
