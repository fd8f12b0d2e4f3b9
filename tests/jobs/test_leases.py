"""A job is run by one process at a time, and by another one when that is gone."""

import asyncio
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from supportbot.jobs import queue, worker
from supportbot.jobs.mail_jobs import MAIL_TIMEOUT_SECONDS
from supportbot.jobs.models import Job
from tests.conversations.crowd import at_once

from .script import finish_tasks, make_due, put, run_due

pytestmark = pytest.mark.django_db(transaction=True)


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


async def test_jobs_that_were_tried_before_are_left_to_whoever_may_have_done_them(script):
    script.replies = ["on its way"]
    await put("P-1", attempts=1)
    await put("P-2")

    await worker.run_due_jobs(takes_over=False)
    await finish_tasks()

    assert [each.key async for each in Job.objects.all()] == ["P-1"]


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


async def test_a_lease_that_was_taken_after_the_clock_was_set_back_lasts(script):
    """Of a job that was made before, and given back just after."""
    await put(created=timezone.now() + timedelta(hours=1))
    [claimed] = await queue.claim_due_jobs(9)

    await queue.correct_future_jobs()

    assert await queue.claim_due_jobs(9) == []
    assert await queue.complete_job(claimed)
