"""A process that ends finishes its jobs in time or gives them back at once."""

import asyncio
from threading import Event
from typing import Any

import pytest
from django.utils import timezone

from supportbot.jobs import queue, worker
from supportbot.jobs.models import Job
from supportbot.server.executors import on_database_thread

from .script import put, run_due

pytestmark = pytest.mark.django_db(transaction=True)


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
