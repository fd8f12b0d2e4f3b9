"""How long a stream of a model waits between two reads: not at all while this process has room.

When it is busy, each read shall bring more tokens, which share its cost: then the cost falls instead of every word's
lag growing. So the pause grows and shrinks with the load. The streams of an event loop have it in common, whichever
backend reads them, so none is read more often than another.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from math import exp
from time import process_time
from weakref import WeakKeyDictionary

# A process that uses more of a core than this takes short pauses, which nobody notices: a word waits for half of one.
LIGHT_LOAD, SHORT_PAUSE_SECONDS = 0.25, 0.025
# Beyond this it takes longer ones, so that something is left for what comes in bursts: pages, and the beginnings of
# turns. Beyond 0.15 s words would come in visible jerks, and there is little left to save.
BUSY_LOAD, MAX_PAUSE_SECONDS = 0.6, 0.15
MIN_PAUSE_SECONDS = 0.01
# An event loop whose timers are so late has no room, whoever has the processor.
FULL_LOAD_LAG_SECONDS = 0.1
CHECK_SECONDS = 0.1
# The logarithm of the factor by which a check changes the pause, for a load that is off by 1. It takes a check or two
# until a change shows in the load, so a pause that changed faster would swing.
GAIN = 0.5
SLOT_SECONDS = 0.005  # pauses end at a multiple of this


class Pacer:
    """Of one event loop. It has one timer for all streams, and none while nothing is read."""

    def __init__(self) -> None:
        self.pause_seconds = 0.0
        self._readers = 0
        self._is_checking = False
        self._checked_at = self._cpu_seconds = 0.0
        self._waiting: dict[int, list[asyncio.Future[None]]] = {}  # by the slot in which their pause ends

    @contextmanager
    def count_reader(self) -> Iterator[None]:
        """Within the block a stream is read."""
        self._readers += 1
        if not self._is_checking:
            self._is_checking = True
            self._schedule_check()
        try:
            yield
        finally:
            self._readers -= 1

    async def await_pause(self) -> None:
        """Wait for the end of a pause. Those of many streams end together, so that one wake-up reads them all."""
        loop = asyncio.get_running_loop()
        slot = int((loop.time() + self.pause_seconds) / SLOT_SECONDS)
        if slot not in self._waiting:
            self._waiting[slot] = []
            loop.call_at(slot * SLOT_SECONDS, self._end_pauses, slot)
        ended = loop.create_future()
        self._waiting[slot].append(ended)
        await ended

    def _end_pauses(self, slot: int) -> None:
        for ended in self._waiting.pop(slot):
            if not ended.done():  # or else its reader was cancelled
                ended.set_result(None)

    def _schedule_check(self) -> None:
        loop = asyncio.get_running_loop()
        self._checked_at, self._cpu_seconds = loop.time(), process_time()
        loop.call_later(CHECK_SECONDS, self._check)

    def _check(self) -> None:
        if not self._readers:
            self.pause_seconds, self._is_checking = 0.0, False
            return
        elapsed = asyncio.get_running_loop().time() - self._checked_at
        used = process_time() - self._cpu_seconds
        self.pause_seconds = compute_pause(self.pause_seconds, compute_load(elapsed, used))
        self._schedule_check()


def compute_load(elapsed_seconds: float, cpu_seconds: float) -> float:
    """How busy the process was since the last check, which was to be `CHECK_SECONDS` ago: from 0 to 1.

    By the CPU of all its threads, of which one at a time can run Python; or by how late the check is, when others have
    the processor.
    """
    lag_seconds = elapsed_seconds - CHECK_SECONDS
    return min(1.0, max(cpu_seconds / elapsed_seconds, lag_seconds / FULL_LOAD_LAG_SECONDS))


def compute_pause(pause_seconds: float, load: float) -> float:
    """The next pause, after a check that has found this load."""
    is_long = pause_seconds > SHORT_PAUSE_SECONDS
    wanted_load = BUSY_LOAD if is_long else LIGHT_LOAD
    if load > wanted_load:
        pause_seconds = max(pause_seconds, MIN_PAUSE_SECONDS)
    changed = pause_seconds * exp(GAIN * (load - wanted_load))
    if is_long:
        return min(MAX_PAUSE_SECONDS, max(SHORT_PAUSE_SECONDS, changed))
    if load <= BUSY_LOAD:
        changed = min(SHORT_PAUSE_SECONDS, changed)
    return changed if changed >= MIN_PAUSE_SECONDS else 0.0


_pacers: WeakKeyDictionary[asyncio.AbstractEventLoop, Pacer] = WeakKeyDictionary()


def get_pacer() -> Pacer:
    """That of the running event loop."""
    loop = asyncio.get_running_loop()
    pacer = _pacers.get(loop)
    if pacer is None:
        for closed in [
            each for each in _pacers if each.is_closed()
        ]:  # a pause that was cut short keeps its loop alive
            del _pacers[closed]
        pacer = _pacers[loop] = Pacer()
    return pacer
