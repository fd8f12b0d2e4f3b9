"""What this process does again and again.

It stores what streams and cancels what was stopped, recovers abandoned turns, runs background jobs, sends pages what
they missed, closes sockets whose session has ended, and deletes old uploads, sessions and conversations.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from time import monotonic

from django.db import Error as DatabaseError

from supportbot.jobs import queue as job_queue
from supportbot.jobs import worker as job_worker
from supportbot.languages import use_site_language
from supportbot.server.guest_sessions import delete_expired_sessions
from supportbot.server.outages import OUTAGE_ERRORS, log_outage, log_task_failure
from supportbot.server.process import process

from .. import turns
from ..attachments.cleanup import delete_orphans
from ..limits.rate_limits import delete_old_requests
from ..realtime import broadcast, empty_pages, heard_text, process_messages, socket_sessions
from ..retention import delete_old_conversations
from . import lease_grace, model_health, runner, storage_notices

logger = logging.getLogger(__name__)

CHECKPOINT_INTERVAL_SECONDS = 0.5
SESSION_CHECK_INTERVAL_SECONDS = 1.0
SWEEP_INTERVAL_SECONDS = 2.0
RESYNC_INTERVAL_SECONDS = 5.0
UNATTENDED_INTERVAL_SECONDS = CLOCK_CHECK_INTERVAL_SECONDS = 20.0
CLEANUP_INTERVAL_SECONDS = 3600.0
# With very many streams each is stored a little less often, so that storing has a bounded share.
CHECKPOINTS_PER_SECOND = 200

Action = Callable[[], Awaitable[None]]


@dataclass
class Housekeeper:
    """The task of this process's housekeeping, and the clean-up that goes on beside it."""

    task: asyncio.Task[None] | None = None
    cleanup: asyncio.Task[None] | None = None


def ensure_running() -> None:
    """Start the housekeeping, and listening to other processes, if that is not going on already.

    Call it inside the event loop.
    """
    housekeeper = process.get(Housekeeper)
    task = housekeeper.task
    if task is None or task.done() or task.get_loop() is not asyncio.get_running_loop():
        with use_site_language():  # whoever's request it was that came first
            housekeeper.task = asyncio.create_task(_run_loop(), name="housekeeping")
            process_messages.open_connection()


async def _run_loop() -> None:
    done_at: dict[Action, float] = {}
    lease_grace.note_start()
    await _run_action(turns.note_presence_at_start)
    while True:
        await _run_action(_store_streams_or_tell)
        await _run_due_actions(done_at)
        pause = len(runner.get_running_turns()) / CHECKPOINTS_PER_SECOND
        await asyncio.sleep(max(CHECKPOINT_INTERVAL_SECONDS, pause))


async def _run_action(action: Action) -> None:
    """If it cannot be done that is logged, and keeps nothing else from being done.

    Whichever action it was that the database did not answer: others could not renew their leases either.
    """
    try:
        await action()
    except OUTAGE_ERRORS as error:
        lease_grace.begin_grace_period()
        log_outage(error)
    except DatabaseError as error:
        log_outage(error)
    except Exception:
        # The loop of the housekeeping must never end: log and go on.
        logger.exception("The housekeeping failed")


async def _run_due_actions(done_at: dict[Action, float]) -> None:
    """Do what is due again. `done_at` is when each action was begun last, in seconds of the loop's clock."""
    now = asyncio.get_running_loop().time
    for action, interval_seconds in (
        (socket_sessions.close_expired_sockets, SESSION_CHECK_INTERVAL_SECONDS),
        (job_worker.renew_job_leases, SWEEP_INTERVAL_SECONDS),
        (_recover_turns, SWEEP_INTERVAL_SECONDS),
        (_run_jobs, SWEEP_INTERVAL_SECONDS),
        (empty_pages.join_begun_conversations, RESYNC_INTERVAL_SECONDS),
        (_resync_stale_connections, RESYNC_INTERVAL_SECONDS),
        (_note_customers_here, SWEEP_INTERVAL_SECONDS),
        (_find_other_persons, UNATTENDED_INTERVAL_SECONDS),
        (job_queue.correct_future_jobs, CLOCK_CHECK_INTERVAL_SECONDS),
        (_start_cleanup, CLEANUP_INTERVAL_SECONDS),
    ):
        if action is _recover_turns and not runner.count_free_slots():
            continue  # it stays due: as soon as a turn has ended, one that waits may run
        if now() - done_at.get(action, float("-inf")) > interval_seconds:
            done_at[action] = now()
            await _run_action(action)


async def _run_for_each(name: str, actions: Iterable[Awaitable[object]]) -> None:
    """Do the same for several conversations at once. One with which it fails is logged, and keeps no other waiting."""
    for outcome in await asyncio.gather(*actions, return_exceptions=True):
        if isinstance(outcome, Exception):
            log_task_failure(logger, name, outcome)


async def _start_cleanup() -> None:
    """Beside the rest: with many files it takes longer than a lease lasts."""
    housekeeper = process.get(Housekeeper)
    if housekeeper.cleanup is None or housekeeper.cleanup.done():
        housekeeper.cleanup = asyncio.create_task(_delete_old_rows(), name="clean-up")


async def _delete_old_rows() -> None:
    for action in (delete_orphans, delete_old_requests, delete_expired_sessions, delete_old_conversations):
        await _run_action(action)


async def _store_streams_or_tell() -> None:
    """Store what streams. While that cannot be, whoever waits for an answer is told."""
    running = runner.get_running_turns()
    try:
        if running:
            await _store_streams()
    except Exception as error:
        lease_grace.begin_grace_period()  # its own turns would be taken for abandoned
        if isinstance(error, DatabaseError):
            await storage_notices.report_failure(each.lease.conversation_id for each in running)
        raise
    await storage_notices.report_success()


async def _store_streams() -> None:
    """Store what has come since the last checkpoint, renew the leases, and cancel what was stopped elsewhere."""
    running = runner.get_running_turns()
    grown = [
        (each, each.stream, each.stream.length)
        for each in running
        if each.stream.length > each.stream.stored_length
    ]
    texts = [
        (stream.text, stream.message_id, each.lease.turn_id, each.lease.fencing_token)
        for each, stream, _length in grown
    ]
    mine = {(each.lease.turn_id, each.lease.fencing_token): each for each in running}
    renewed_at = monotonic()
    lost = await turns.checkpoint(texts, mine)
    lease_grace.note_answer()
    for _each, stream, length in grown:
        stream.stored_length = length
    for key, each in mine.items():
        if key in lost:
            each.cancel()
        else:
            each.renewed_at = renewed_at


async def _recover_turns() -> None:
    """Also in a grace period turns that wait are run: only those that may run elsewhere are left alone."""
    lost_before = lease_grace.get_takeover_limit()
    changes = await turns.recover_abandoned_turns(runner.count_free_slots(), lost_before=lost_before)
    lease_grace.note_answer()
    await _run_for_each("Going on with a turn", map(runner.publish_and_start, changes))


async def _run_jobs() -> None:
    """Also while every turn's slot is taken: a mail to staff must not wait for the end of a rush.

    In a grace period no job is taken over, since another process may have done it and not been able to store that.
    """
    if not runner.is_draining():
        takes_over = lease_grace.get_takeover_limit() is not None
        await job_worker.run_due_jobs(takes_over=takes_over)
        await model_health.close_outage_if_recovered()
        await model_health.report_single_models()


async def _note_customers_here() -> None:
    """Whose page is open sees a person's answer here, and need not get it by mail."""
    if watched := broadcast.get_conversations_of_customers():
        await turns.note_customers_here(watched)


async def _find_other_persons() -> None:
    """Nobody waits for a person who may no longer answer."""
    found = await turns.find_unattended_conversations()
    await _run_for_each("Finding another person", map(_find_other_person, found))


async def _find_other_person(conversation_id: int) -> None:
    await runner.publish_and_start(await turns.wait_for_another_person(conversation_id))


async def _resync_stale_connections() -> None:
    if seen := broadcast.get_watched_revisions():
        streaming = [each.lease.conversation_id for each in runner.get_running_turns()]
        streaming += heard_text.get_conversations_heard_since(monotonic() - RESYNC_INTERVAL_SECONDS)
        missed = await turns.load_missed_changes(seen, streaming)
        await _run_for_each("Showing what was missed", map(broadcast.deliver_missed, missed))
