"""A job is done once. What fails is tried again and ends after so many attempts; an unknown one waits for its app."""

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from threading import Event
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from supportbot.jobs import queue, worker
from supportbot.jobs.mail_jobs import MAIL_TIMEOUT_SECONDS
from supportbot.jobs.models import Job
from supportbot.jobs.queue import BACKOFF_BASE, BACKOFF_MAX
from supportbot.jobs.registry import ClaimedJob, JobFailed, JobHopeless, JobKind, JobPostponed, job
from supportbot.jobs.worker import MAX_CONCURRENT_JOBS
from supportbot.server import executors
from supportbot.server.executors import on_database_thread
from supportbot.server.process import process
from tests.conversations.crowd import at_once
from tests.conversations.rows import until
from tests.disk import Disk, watch_disk

pytestmark = pytest.mark.django_db(transaction=True)


class Script:
    """What the runs of a kind raise or return, one after the other, and what the kind was told."""

    def __init__(self) -> None:
        self.replies: list[Any] = []
        self.runs = 0
        self.has_begun = asyncio.Event()
        self.results: list[Any] = []
        self.failures: list[str] = []
        self.store_error: Exception | None = None

    def kind(self, **options: Any) -> JobKind:
        @job(store=self._store, on_failure=self._note_failure, **options)
        async def track_parcel(claimed: ClaimedJob) -> Any:
            self.runs += 1
            self.has_begun.set()
            reply = self.replies.pop(0)
            if isinstance(reply, Exception):
                raise reply
            return await reply if isinstance(reply, asyncio.Future) else reply

        return track_parcel

    def _store(self, claimed: ClaimedJob, result: Any) -> None:
        """The result has an effect in the database, whose number is counted."""
        self.results.append(result)
        Group.objects.create(name=f"{claimed.key} {len(self.results)}")
        if self.store_error is not None:
            raise self.store_error

    def _note_failure(self, claimed: ClaimedJob, code: str) -> None:
        self.failures.append(code)
        Group.objects.create(name=f"{claimed.key} failed {len(self.failures)}")


@pytest.fixture
def script(install) -> Script:
    script = Script()
    install(script.kind())
    return script


@pytest.fixture
async def disk(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Disk]:
    async with watch_disk(monkeypatch) as disk:
        yield disk


async def put(key: str = "P-1", kind: str = "track_parcel", **fields: Any) -> Job:
    await on_database_thread()(queue.enqueue)(kind, key)
    await Job.objects.filter(key=key).aupdate(**fields)
    return await Job.objects.aget(key=key)


async def run_due() -> None:
    """Run what is due, to its end."""
    await worker.run_due_jobs()
    await finish_tasks()


async def finish_tasks() -> None:
    """What was begun, to its end."""
    await asyncio.gather(*process.get(worker.RunningJobs).tasks, return_exceptions=True)


async def make_due() -> None:
    """The pause before the next attempt is over; so is the lease of a process that is gone."""
    await Job.objects.aupdate(run_after=timezone.now() - timedelta(seconds=1))


async def effects() -> int:
    return await Group.objects.filter(name__startswith="P-").acount()


async def test_a_job_that_is_done_is_gone_and_its_result_stored(script):
    script.replies = ["on its way"]
    await put()

    await run_due()

    assert script.results == ["on its way"]
    assert await effects() == 1
    assert not await Job.objects.aexists()


async def test_the_same_key_is_kept_once(script):
    script.replies = ["on its way"]
    await put()
    await put()

    await run_due()

    assert script.runs == 1


async def test_what_is_not_due_is_left(script):
    await put(run_after=timezone.now() + timedelta(minutes=1))

    await run_due()

    assert script.runs == 0


async def test_what_failed_is_tried_again_after_growing_pauses(script):
    script.replies = [JobFailed("busy") for _ in range(9)]
    await put()
    pauses = []

    for attempt in range(1, 10):
        await make_due()
        before = timezone.now()
        await run_due()
        row = await Job.objects.aget()
        assert row.attempts == attempt
        pauses.append(row.run_after - before)

    for attempt, pause in enumerate(pauses):
        wanted = min(BACKOFF_BASE * 2**attempt, BACKOFF_MAX)
        assert wanted <= pause < wanted + timedelta(seconds=10)
    assert script.results == []


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (JobFailed("busy", "in Hamburg"), "busy"),
        (ConnectionResetError("no line"), "ConnectionResetError"),
        (TimeoutError(), "TimeoutError"),
        (JobHopeless("no_such_parcel"), "no_such_parcel"),
    ],
)
async def test_each_failure_is_told_with_its_code(script, caplog, error, code):
    script.replies = [error]
    await put()

    await run_due()

    assert script.failures == [code]
    assert await Group.objects.filter(name="P-1 failed 1").aexists()
    assert "Job track_parcel failed: " in caplog.text


async def test_after_its_last_attempt_it_ends_without_a_result(script, install, caplog):
    install(script.kind(max_attempts=2))
    script.replies = [JobFailed("busy"), JobFailed("busy")]
    await put()

    await run_due()
    assert script.results == []
    await make_due()
    await run_due()

    assert script.results == [None]
    assert script.failures == ["busy", "busy"]
    assert not await Job.objects.aexists()
    assert "given up after 2 attempts" in caplog.text


async def test_what_is_hopeless_ends_at_once_without_a_result(script):
    script.replies = [JobHopeless("no_such_parcel")]
    await put()

    await run_due()

    assert script.results == [None]
    assert not await Job.objects.aexists()


async def test_what_is_postponed_is_no_attempt(script):
    tomorrow = timezone.now() + timedelta(days=1)
    script.replies = [JobPostponed(tomorrow)]
    await put(attempts=4)

    await run_due()

    row = await Job.objects.aget()
    assert (row.attempts, row.run_after) == (4, tomorrow)
    assert (script.failures, script.results) == ([], [])


async def test_a_run_has_its_time_and_no_more(script, install):
    install(script.kind(timeout_seconds=0.05))
    never = asyncio.get_running_loop().create_future()
    script.replies = [never]
    await put()

    async with asyncio.timeout(10):
        await run_due()

    assert never.cancelled()
    assert script.failures == ["TimeoutError"]
    assert (await Job.objects.aget()).attempts == 1


async def test_a_job_of_an_unknown_kind_is_left_for_a_process_that_knows_it(script, install):
    for number in range(MAX_CONCURRENT_JOBS + 1):
        old = timezone.now() - timedelta(days=1)
        await Job.objects.acreate(kind="of_tomorrow", key=f"N-{number}", run_after=old)
    script.replies = ["on its way"]
    await put()

    await run_due()

    assert script.results == ["on its way"]  # those that were there before are not in its way
    assert await Job.objects.filter(kind="of_tomorrow", attempts=0).acount() == MAX_CONCURRENT_JOBS + 1
    newer = Script()
    kind = newer.kind()
    install(JobKind("of_tomorrow", *(getattr(kind, name) for name in kind.__slots__[1:])))
    newer.replies = ["done"] * MAX_CONCURRENT_JOBS
    await run_due()
    assert newer.results == ["done"] * MAX_CONCURRENT_JOBS


async def test_a_job_that_a_process_was_killed_over_is_claimed_again_when_its_lease_runs_out(script):
    script.replies = ["on its way"]
    await put()
    (killed,) = await queue.claim_due_jobs(9)

    assert await queue.claim_due_jobs(9) == []
    await make_due()
    await run_due()

    assert script.results == ["on its way"]
    assert killed.attempts == 1
    assert not await Job.objects.aexists()


async def test_a_job_that_a_process_was_killed_over_is_due_for_others_within_seconds(script, install):
    install(script.kind(timeout_seconds=MAIL_TIMEOUT_SECONDS))
    await put()

    await queue.claim_due_jobs(9)

    assert (await Job.objects.aget()).run_after < timezone.now() + timedelta(seconds=30)


async def test_nobody_else_claims_what_still_runs(script):
    reply = asyncio.get_running_loop().create_future()
    script.replies = [reply]
    await put()
    await worker.run_due_jobs()
    await make_due()  # nearly: it is renewed just before

    await worker.renew_job_leases()

    assert await queue.claim_due_jobs(9) == []
    assert (await Job.objects.aget()).run_after > timezone.now() + timedelta(seconds=15)
    reply.set_result("on its way")
    await finish_tasks()
    assert script.results == ["on its way"]


async def test_what_has_just_failed_keeps_its_pause(script):
    """The leases are renewed while a run stores that it has failed."""
    await put(attempts=5)
    [claimed] = await queue.claim_due_jobs(9)
    await queue.retry_later(claimed)
    due = (await Job.objects.aget()).run_after

    await queue.renew_leases([claimed])

    assert (await Job.objects.aget()).run_after == due


async def test_who_has_lost_a_job_to_another_renews_nothing(script):
    await put()
    [late] = await queue.claim_due_jobs(9)
    await make_due()
    await queue.claim_due_jobs(9)
    await make_due()

    await queue.renew_leases([late])

    assert (await Job.objects.aget()).run_after < timezone.now()


async def test_a_process_that_lost_its_job_ends_nothing(script):
    await put()
    (late,) = await queue.claim_due_jobs(9)
    await make_due()
    (now,) = await queue.claim_due_jobs(9)
    row = await Job.objects.aget()

    assert not await queue.complete_job(late, "too late")
    await queue.release_job(late)
    await queue.retry_later(late)

    assert script.results == []
    again = await Job.objects.aget()
    assert (again.attempts, again.run_after) == (now.attempts, row.run_after) == (2, row.run_after)
    assert await queue.complete_job(now, "on its way")
    assert script.results == ["on its way"]


async def test_a_job_that_processes_die_over_is_not_run_for_ever(script, install):
    install(script.kind(max_attempts=3))
    await put(attempts=3)

    await run_due()

    assert script.runs == 0
    assert script.results == [None]
    assert not await Job.objects.aexists()


async def test_a_result_that_cannot_be_stored_leaves_nothing_and_is_a_failed_attempt(script, caplog):
    script.replies = ["on its way"]
    script.store_error = OSError("no room on the device")
    await put()

    await run_due()

    assert await effects() == 0
    assert (await Job.objects.aget()).attempts == 1
    assert "no room on the device" in caplog.text
    assert "Traceback" in caplog.text


async def test_who_cannot_store_the_last_result_is_not_asked_to_store_that_there_is_none(script, install):
    install(script.kind(max_attempts=1))
    script.replies = ["on its way"]
    script.store_error = RuntimeError("a bug")
    await put()

    await run_due()

    assert script.results == ["on its way"]
    assert not await Job.objects.aexists()


async def finish_while_full(script: Script, disk: Disk) -> None:
    """A run does its work and ends while nothing can be stored, for longer than that is tried again at once."""
    reply = asyncio.get_running_loop().create_future()
    script.replies = [reply, "on its way"]
    await put()
    await worker.run_due_jobs()
    await script.has_begun.wait()
    await make_due()  # the lease has run out
    disk.is_full = True
    reply.set_result("on its way")
    await until(lambda: has_refused(disk, 8))


async def has_refused(disk: Disk, count: int) -> bool:
    return disk.refused > count


async def test_what_was_done_while_nothing_can_be_stored_is_stored_as_soon_as_it_can_be(script, disk):
    await finish_while_full(script, disk)
    assert await effects() == 0

    disk.is_full = False
    async with asyncio.timeout(10):
        await finish_tasks()

    assert script.runs == 1
    assert script.failures == []
    assert await effects() == 1
    assert not await Job.objects.aexists()


async def test_what_cannot_be_stored_is_left_alone_by_all_though_its_lease_ran_out(script, disk, monkeypatch):
    """What is written into rows that are there may still fit on the disk."""
    monkeypatch.setattr("tests.disk.WRITES", ("INSERT", "DELETE"))
    await finish_while_full(script, disk)

    await worker.renew_job_leases()
    assert await queue.claim_due_jobs(9) == []

    disk.is_full = False
    async with asyncio.timeout(10):
        await finish_tasks()
    assert script.runs == await effects() == 1


async def test_jobs_whose_results_the_database_refuses_again_and_again_hold_no_others_up(
    script, install, monkeypatch, caplog
):
    monkeypatch.setattr(executors, "RETRY_DEADLINE_SECONDS", 0.2)
    script.replies = ["on its way"] * MAX_CONCURRENT_JOBS
    script.store_error = OperationalError("index row size exceeds maximum")
    for number in range(MAX_CONCURRENT_JOBS):
        await put(f"P-{number}")
    others = Script()

    @job(timeout_seconds=MAIL_TIMEOUT_SECONDS)
    async def send_mail(claimed: ClaimedJob) -> None:
        others.has_begun.set()

    install(send_mail)
    await worker.run_due_jobs()
    await put("M-1", "send_mail")

    async def has_begun() -> bool:
        await worker.run_due_jobs()
        return others.has_begun.is_set()

    await until(has_begun)
    assert "what came of job track_parcel could not be finished: OperationalError" in caplog.text
    await make_due()  # nearly: it is renewed just before
    await worker.renew_job_leases()
    assert await queue.claim_due_jobs(9) == []

    script.store_error = None
    async with asyncio.timeout(10):
        await finish_tasks()
    assert script.runs == await effects() == MAX_CONCURRENT_JOBS


async def test_a_process_that_ends_gives_back_nothing_that_was_done_already(script, disk, monkeypatch):
    await finish_while_full(script, disk)

    ending = asyncio.create_task(worker.drain(finish_seconds=0))
    # From now on a try goes on for long. The one that has begun before is refused a few times, then it is over.
    monkeypatch.setattr(executors, "RETRY_DEADLINE_SECONDS", 60)
    await until(partial(has_refused, disk, disk.refused + 3))
    disk.is_full = False
    await ending

    assert script.runs == await effects() == 1
    assert not await Job.objects.aexists()


async def test_jobs_that_were_tried_before_are_left_to_whoever_may_have_done_them(script):
    script.replies = ["on its way"]
    await put("P-1", attempts=1)
    await put("P-2")

    await worker.run_due_jobs(takes_over=False)
    await finish_tasks()

    assert [each.key async for each in Job.objects.all()] == ["P-1"]


async def test_a_bug_is_logged_whole_and_the_job_waits_as_after_any_failure(script, caplog):
    script.replies = [ZeroDivisionError("a bug")]
    await put(attempts=8)

    await run_due()

    assert "ZeroDivisionError" in caplog.text
    assert "Traceback" in caplog.text
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    row = await Job.objects.aget()
    assert row.attempts == 9
    assert row.run_after > timezone.now() + BACKOFF_BASE


async def test_no_more_than_a_few_run_at_once(script):
    hanging = [asyncio.get_running_loop().create_future() for _ in range(MAX_CONCURRENT_JOBS)]
    script.replies = [*hanging, "on its way"]
    for number in range(MAX_CONCURRENT_JOBS + 1):
        await put(f"P-{number}")

    await worker.run_due_jobs()
    await worker.run_due_jobs()
    assert await Job.objects.filter(attempts=1).acount() == MAX_CONCURRENT_JOBS
    for each in hanging:
        each.set_result("on its way")
    await run_due()  # their end
    await run_due()

    assert script.runs == MAX_CONCURRENT_JOBS + 1
    assert not await Job.objects.aexists()


async def test_mails_that_wait_for_their_server_hold_nothing_else_up(script, install):
    hanging = asyncio.get_running_loop().create_future()

    @job(timeout_seconds=MAIL_TIMEOUT_SECONDS)
    async def send_mail(claimed: ClaimedJob) -> None:
        await hanging

    install(send_mail)
    script.replies = ["on its way"]
    for number in range(MAX_CONCURRENT_JOBS + 1):
        await put(f"M-{number}", "send_mail")
    await worker.run_due_jobs()
    await worker.run_due_jobs()

    await put("P-1")
    await worker.run_due_jobs()
    async with asyncio.timeout(10):
        await script.has_begun.wait()

    hanging.set_result(None)
    while await Job.objects.aexists():
        await run_due()
    assert await effects() == 1


async def test_when_the_process_ends_a_job_may_finish_within_its_time(script):
    reply = asyncio.get_running_loop().create_future()
    script.replies = [reply]
    await put()
    await worker.run_due_jobs()
    await script.has_begun.wait()

    ending = asyncio.create_task(worker.drain())
    asyncio.get_running_loop().call_later(0.05, reply.set_result, "on its way")
    await ending

    assert script.results == ["on its way"]
    assert not await Job.objects.aexists()


async def test_when_the_process_ends_its_jobs_are_due_for_others_at_once_and_the_log_says_so(script, caplog):
    never = asyncio.get_running_loop().create_future()
    script.replies = [never]
    await put()
    await worker.run_due_jobs()
    await script.has_begun.wait()

    await worker.drain(finish_seconds=0)

    row = await Job.objects.aget()
    assert row.attempts == 0
    assert row.run_after <= timezone.now()
    assert (script.failures, script.results) == ([], [])
    assert "was cut off by the end of the process" in caplog.text


@pytest.mark.parametrize("ends_before_the_claim", [True, False])
async def test_what_is_claimed_just_as_the_process_ends_is_given_back_at_once(
    script, monkeypatch, ends_before_the_claim: bool
):
    claim_jobs, has_begun, may_end, has_ended = queue._claim_jobs, Event(), Event(), Event()

    def claim_slowly(*args: Any) -> Any:
        has_begun.set()
        assert may_end.wait(10)
        claimed = claim_jobs(*args)
        has_ended.set()
        return claimed

    monkeypatch.setattr(queue, "_claim_jobs", claim_slowly)
    never = asyncio.get_running_loop().create_future()
    script.replies = [never, never]
    for number in range(2):
        await put(f"P-{number}")
    housekeeping = asyncio.create_task(worker.run_due_jobs())
    await asyncio.to_thread(has_begun.wait, 10)

    if ends_before_the_claim:
        ending = asyncio.create_task(worker.drain(finish_seconds=0))
        await asyncio.sleep(0)
        housekeeping.cancel()
        may_end.set()
    else:
        may_end.set()
        await housekeeping
        ending = asyncio.create_task(worker.drain(finish_seconds=0))
    await ending
    assert await asyncio.to_thread(has_ended.wait, 10)
    await on_database_thread()(len)("")  # behind the claim

    assert await Job.objects.filter(attempts=0, run_after__lte=timezone.now()).acount() == 2
    assert (script.failures, script.results) == ([], [])
    assert script.runs == (0 if ends_before_the_claim else 2)


async def test_a_process_that_ends_claims_nothing_any_longer(script):
    await worker.drain()
    await put()

    await run_due()

    assert (await Job.objects.aget()).attempts == 0


def test_of_processes_that_claim_at_once_each_job_goes_to_one(script):
    for number in range(6):
        queue.enqueue("track_parcel", f"P-{number}")

    claims = at_once(*[lambda: queue.claim_due_jobs.run_sync(4)] * 3)
    claims.append(queue.claim_due_jobs.run_sync(4))  # the rest, if all three have looked at the same four

    keys = [claimed.key for claim in claims for claimed in claim]
    assert sorted(keys) == [f"P-{number}" for number in range(6)]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_a_job_that_a_lost_host_has_locked_keeps_no_other_waiting(script):
    for number in range(3):
        queue.enqueue("track_parcel", f"P-{number}")
    with transaction.atomic():
        Job.objects.select_for_update().get(key="P-0")
        (claimed,) = at_once(lambda: queue.claim_due_jobs.run_sync(4))
    assert [each.key for each in claimed] == ["P-1", "P-2"]

    (claimed,) = queue.claim_due_jobs.run_sync(4)

    assert claimed.key == "P-0"
