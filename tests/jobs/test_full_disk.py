"""What was done while nothing can be stored is not done again."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import pytest
from django.db import OperationalError

from supportbot.jobs import queue, worker
from supportbot.jobs.mail_jobs import MAIL_TIMEOUT_SECONDS
from supportbot.jobs.models import Job
from supportbot.jobs.registry import ClaimedJob, job
from supportbot.jobs.worker import MAX_CONCURRENT_JOBS
from supportbot.server import executors
from tests.conversations.rows import until
from tests.disk import Disk, watch_disk

from .script import Script, effects, finish_tasks, make_due, put

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def disk(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Disk]:
    async with watch_disk(monkeypatch) as disk:
        yield disk


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
