"""A kind of job whose runs a test decides, and the queue that runs it."""

import asyncio
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group
from django.utils import timezone

from supportbot.jobs import queue, worker
from supportbot.jobs.models import Job
from supportbot.jobs.registry import ClaimedJob, JobKind, job
from supportbot.server.executors import on_database_thread
from supportbot.server.process import process


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
