"""This process's housekeeping: it stores the streams' texts, hears of stops, goes on with what others left, mends what
pages missed, and sees to what is to be done in the background.
"""

import asyncio
import logging
from time import monotonic

from django.db import Error as DatabaseError

from . import attachments, background, live, passes, reachability, recovery, runner, turns
from .threads import in_database

logger = logging.getLogger(__name__)

CHECKPOINT = 0.5
INSPECT = 1.0
SWEEP = 2.0
POLL = 5.0
PURGE = 3600.0

_keeper: asyncio.Task | None = None
_purges: set[asyncio.Task] = set()


def ensure() -> None:
    """Start it, if it is not going on already. Call it inside the event loop."""
    global _keeper  # noqa: PLW0603 - one for the process
    if _keeper is None or _keeper.done() or _keeper.get_loop() is not asyncio.get_running_loop():
        _keeper = asyncio.create_task(_keep(), name="keeper")


async def _keep() -> None:
    now = asyncio.get_running_loop().time
    swept = polled = inspected = now() - POLL
    purged = now() - PURGE
    while True:
        try:
            if runner.running():
                await _checkpoint()
            if now() - inspected > INSPECT:
                inspected = now()
                await passes.dismiss_lapsed()
            if runner.room() and now() - swept > SWEEP:
                swept = now()
                await _sweep()
            if now() - polled > POLL:
                polled = now()
                await _poll()
            if now() - purged > PURGE:
                purged = now()
                _begin_purge()
        except DatabaseError as error:
            logger.warning("The database is out of reach: %s", type(error).__name__)
        except Exception:
            # Nobody else would take its place: what went wrong is for the log, and the rest is looked after.
            logger.exception("The housekeeping failed")
        # With very many streams each is stored a little less often, so that storing has a bounded share.
        await asyncio.sleep(max(CHECKPOINT, len(runner.running()) / 200))


def _begin_purge() -> None:
    """Beside the rest: with many files it takes longer than a lease lasts."""
    if not _purges:
        task = asyncio.create_task(_purge(), name="purge")
        _purges.add(task)
        task.add_done_callback(_purges.discard)


async def _purge() -> None:
    try:
        await attachments.purge()
    except DatabaseError as error:
        logger.warning("Old photos could not be looked for: %s", type(error).__name__)


async def _checkpoint() -> None:
    turns_here = runner.running()
    fresh = [
        (each, each.stream, each.stream.streamed.length)
        for each in turns_here
        if each.stream.streamed.length > each.stream.stored  # a message that has grown
    ]
    texts = [
        (stream.streamed.text, stream.streamed.message, each.work.turn, each.work.fence)
        for each, stream, _ in fresh
    ]
    for _, stream, _ in fresh:
        await stream.tell_elsewhere()
    mine = {(each.work.turn, each.work.fence): each for each in turns_here}
    asked = monotonic()
    gone = await in_database(turns.checkpoint, texts, mine)
    for _, stream, length in fresh:
        stream.stored = length
    for each, here in mine.items():
        if each in gone:
            here.cut_short()
        else:
            here.renewed = asked


async def _sweep() -> None:
    for step in await in_database(recovery.sweep, runner.room()):
        await runner.carry_out(step)
    await background.work_off()
    await reachability.tell()


async def _poll() -> None:
    seen = live.seen()
    if seen:
        here = [each.work.conversation for each in runner.running()]
        for step in await in_database(turns.missed, seen, here):
            await live.make_good(step.conversation, step.html, step.revision, step.before)
