"""An answer that still runs is not cut because no process could renew its lease: each is given the time to do so."""

import asyncio
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError

from supportbot.conversations import turns
from supportbot.conversations.models import Conversation, Turn
from supportbot.conversations.turns import leases, recovery, streaming_text, submit
from supportbot.conversations.worker import housekeeping, lease_grace
from supportbot.jobs import queue
from supportbot.jobs.models import Job
from supportbot.jobs.worker import RunningJobs
from supportbot.server.process import process

from .clock import Clock
from .rows import until
from .test_abandoned_turns import let_lease_run_out

LEASE_SECONDS = leases.LEASE_DURATION.total_seconds()


@pytest.fixture
async def answer(model: object, chat: Conversation, clock: Clock) -> turns.TurnLease:
    """It runs in another process, and words of it were read. This process has looked at it in vain."""
    lease = (await submit.submit_message(chat.pk, "Where is my order?", "a1")).lease
    await streaming_text.begin_answer(lease, lease.message_id, "It ")
    await look_for_abandoned()
    assert await get_state() == "running"
    return lease


async def look_for_abandoned() -> None:
    await housekeeping._run_action(housekeeping._recover_turns)


async def look_on(clock: Clock, seconds: float) -> None:
    """Look again and again for so long, as the housekeeping does."""
    for _ in range(int(seconds / housekeeping.SWEEP_INTERVAL_SECONDS)):
        clock.advance(housekeeping.SWEEP_INTERVAL_SECONDS)
        await look_for_abandoned()


@sync_to_async
def get_state() -> str:
    return Turn.objects.get().state


async def fail(monkeypatch: pytest.MonkeyPatch, owner: object, name: str) -> None:
    """Look while the database is away, or refuses this."""

    def refuse(*args: object) -> None:
        raise OperationalError("the connection is lost")

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, refuse)
        await look_for_abandoned()


async def is_away(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    clock.advance(LEASE_SECONDS)
    await sync_to_async(let_lease_run_out)()
    await fail(monkeypatch, recovery, "_find_abandoned_conversations")


async def is_away_for_another(_clock: Clock, _monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked just before the look at the turns gets no answer."""

    async def ask() -> None:
        raise OperationalError("the connection is lost")

    await sync_to_async(let_lease_run_out)()
    await housekeeping._run_action(ask)


async def answers_late(clock: Clock, _monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine that is overloaded, where the lease had not been renewed for some seconds before."""
    clock.advance(0.45 * LEASE_SECONDS)
    await sync_to_async(let_lease_run_out)()


async def is_full(_clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """It can be read all the while, and what would be taken is found."""
    await sync_to_async(let_lease_run_out)()
    await fail(monkeypatch, recovery, "_recover_conversation")


async def stands_still(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    find = recovery._find_abandoned_conversations

    def find_late(*args: object) -> list[int]:
        clock.advance(LEASE_SECONDS)
        let_lease_run_out()
        return find(*args)

    with monkeypatch.context() as patch:
        patch.setattr(recovery, "_find_abandoned_conversations", find_late)
        await look_for_abandoned()


async def sleeps(clock: Clock, _monkeypatch: pytest.MonkeyPatch) -> None:
    clock.set_by(3600)
    await sync_to_async(let_lease_run_out)()


async def is_set_back(clock: Clock, _monkeypatch: pytest.MonkeyPatch) -> None:
    clock.set_by(-3600)  # the lease is one of an hour then


async def has_started(_clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside others, just when the database has come back."""
    await sync_to_async(let_lease_run_out)()
    with monkeypatch.context() as patch:
        patch.setattr(lease_grace, "settings", SimpleNamespace(PROCESS_TRANSPORT="redis"))
        lease_grace.note_start()


DISTURBANCES = [
    *(is_away, is_away_for_another, answers_late, is_full, stands_still),
    *(sleeps, is_set_back, has_started),
]


@pytest.mark.parametrize("disturb", DISTURBANCES)
async def test_the_process_of_an_answer_has_time_to_renew_its_lease(answer, clock, disturb, monkeypatch):
    await disturb(clock, monkeypatch)
    await look_on(clock, LEASE_SECONDS - 4)
    assert await get_state() == "running"

    await turns.checkpoint([], [(answer.turn_id, answer.fencing_token)])
    await look_on(clock, LEASE_SECONDS)

    assert await get_state() == "running"


@pytest.mark.parametrize("disturb", DISTURBANCES)
async def test_an_answer_whose_process_has_died_is_ended_all_the_same(answer, clock, disturb, monkeypatch):
    await disturb(clock, monkeypatch)

    await look_on(clock, LEASE_SECONDS + 2)

    assert await get_state() == "interrupted"


@pytest.fixture
async def done_job(transactional_db: None, clock: Clock) -> Job:
    """Another process has done it, and could not store that before its lease ran out."""
    await run_jobs(clock, 2)
    return await Job.objects.acreate(
        kind="close_resolved_ticket", key="TKT-1", attempts=1, run_after=clock.wall
    )


async def run_jobs(clock: Clock, seconds: float) -> None:
    """Again and again for so long, as the housekeeping does."""
    for _ in range(int(seconds / housekeeping.SWEEP_INTERVAL_SECONDS)):
        clock.advance(housekeeping.SWEEP_INTERVAL_SECONDS)
        await look_for_abandoned()
        await housekeeping._run_action(housekeeping._run_jobs)
        await asyncio.gather(*process.get(RunningJobs).tasks)


async def test_a_job_that_another_process_has_done_is_not_done_again_after_an_outage(
    done_job, clock, monkeypatch
):
    """All the while the database can be read."""
    with monkeypatch.context() as patch:
        patch.setattr(queue, "_claim_jobs", Mock(side_effect=OperationalError("database or disk is full")))
        await run_jobs(clock, LEASE_SECONDS)

    await run_jobs(clock, LEASE_SECONDS - 4)
    assert await Job.objects.filter(attempts=1).aexists()

    await run_jobs(clock, 6)
    assert not await Job.objects.aexists()


async def test_what_a_process_left_is_taken_at_once_by_one_that_has_seen_all_in_order(answer, clock):
    await look_on(clock, LEASE_SECONDS)
    await sync_to_async(let_lease_run_out)()

    await look_for_abandoned()

    assert await get_state() == "interrupted"


async def test_the_only_process_goes_on_with_its_predecessors_turns_as_soon_as_it_starts(answer):
    await sync_to_async(let_lease_run_out)()
    lease_grace.note_start()

    await look_for_abandoned()

    assert await get_state() == "interrupted"


async def test_a_turn_that_nobody_runs_is_run_at_once_also_after_an_outage(model, chat, clock, monkeypatch):
    model.say("It has shipped.")
    lease = (await submit.submit_message(chat.pk, "Where is my order?", "a1")).lease
    await turns.release_turn(lease)
    await is_away(clock, monkeypatch)

    await look_for_abandoned()

    await until(Turn.objects.filter(state="done").aexists)
