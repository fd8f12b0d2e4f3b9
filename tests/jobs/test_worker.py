"""A job is done once. What fails is tried again and ends after so many attempts; an unknown one waits for its app."""

import asyncio
import logging
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from supportbot.jobs import worker
from supportbot.jobs.mail_jobs import MAIL_TIMEOUT_SECONDS
from supportbot.jobs.models import Job
from supportbot.jobs.queue import BACKOFF_BASE, BACKOFF_MAX
from supportbot.jobs.registry import ClaimedJob, JobFailed, JobHopeless, JobKind, JobPostponed, job
from supportbot.jobs.worker import MAX_CONCURRENT_JOBS

from .script import Script, effects, make_due, put, run_due

pytestmark = pytest.mark.django_db(transaction=True)


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
