"""How long a stream of a model waits between two reads: not at all while this process has room.

When it is busy, each read shall bring more words, which share its cost: then the cost falls instead of every word's
lag growing. So the pause grows and shrinks with the load. The streams of an event loop have it in common, whichever
backend reads them, so none is read more often than another, and those whose pauses end together are read together.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import exp
from time import process_time
from typing import Protocol
from weakref import WeakKeyDictionary

# A process that uses more of a core than the first of these takes short pauses, and none any longer below the second.
LIGHT_LOAD, IDLE_LOAD = 0.25, 0.15
# Beyond the first of these it takes long ones, as long as the second demands, so that something is left for what comes
# in bursts: pages, and the beginnings of turns. Beyond 0.2 s words would come in visible jerks, and there is little to
# be saved by it.
FULL_LOAD, BUSY_LOAD, MAX_PAUSE_SECONDS = 0.65, 0.5, 0.175
# In a short pause a stream is read as soon as two pieces have come: that costs half as much as each by itself, and only
# the first one waits, for the other. With one it is read as often as it takes for `MEAN_PIECES` a read, late reads of
# three among them, so that more than half of the words wait for no other.
SHORT_PAUSE_SECONDS, MAX_PAIR_SECONDS, MEAN_PIECES = 0.025, 0.045, 1.9
# Such a read tells how long a piece is. What is `PAIR_LENGTH` times as long is two. When the process is late, what is
# taken for one may be several, so a piece never counts as much longer than the last one.
PAIR_LENGTH, MAX_GROWTH = 1.5, 1.1
# A process that would take less goes back to short ones. Long ones end up to half of their ticks earlier or later, and
# the least ones are to bring three pieces a read all the same.
LEAST_LONG_PAUSE_SECONDS = 0.06
# An event loop whose timers are so late has no room, whoever has the processor.
FULL_LOAD_LAG_SECONDS = 0.1
CHECK_SECONDS = 0.1
# The logarithm of the factor by which a check changes the pause, for a load that is off by 1. It takes a check or two
# until a change shows in the load, so a pause that changed faster would swing.
GAIN = 0.5
# Pauses end at ticks, so that one wake-up of the event loop reads many streams. To ask each of them costs something, so
# a stream is asked for the first time when it should have brought a piece, or a tick before it had two the last time.
# One of more than some 60 pieces a second has brought two by then, which are taken for one: it is read with more.
TICK_SECONDS, FIRST_LOOK_TICKS, LONG_PAUSE_TICKS = 0.01, 2, 5


class Body(Protocol):
    """The body of an answer. While reading is paused, what comes gathers in its socket."""

    piece_bytes: int  # of one piece, 0 before one was read by itself
    pair_ticks: int  # how many it took lately until two had come
    surplus_pieces: float  # how many more than `MEAN_PIECES` a read have come

    @property
    def is_paused(self) -> bool: ...
    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...
    def count_waiting_bytes(self) -> int: ...


@dataclass(slots=True)
class Pause:
    """One pause of a body. A short one began after the tick `began`, and ends at `latest`, a time of the loop's clock.

    A long one, of which that is 0, ends at its tick.
    """

    body: Body
    began: int
    latest: float

    @property
    def is_for_one(self) -> bool:
        """Whether one piece is enough."""
        return self.body.surplus_pieces >= 0

    def get_first_look(self) -> int:
        """The tick at which it may end."""
        return self.began + (
            FIRST_LOOK_TICKS if self.is_for_one else max(FIRST_LOOK_TICKS, self.body.pair_ticks - 1)
        )

    def may_end(self, tick: int, now: float) -> bool:
        """Whether its time is over, or as many pieces have come as are waited for. Notes what these tell."""
        if not self.latest:
            return True
        body, is_for_one = self.body, self.is_for_one
        number = body.count_waiting_bytes()
        has_enough = number >= (1 if is_for_one else PAIR_LENGTH * body.piece_bytes)
        if not (has_enough or now >= self.latest):
            return False
        if number:
            body.surplus_pieces += max(1, round(number / (body.piece_bytes or number))) - MEAN_PIECES
        if has_enough and is_for_one:
            longest = int(MAX_GROWTH * body.piece_bytes) + 1
            body.piece_bytes = min(number, longest) if body.piece_bytes else number
        elif has_enough:
            body.pair_ticks = tick - self.began
        return True


class Pacer:
    """Of one event loop. It has one timer for all streams, and none while nothing is read."""

    def __init__(self) -> None:
        self.pause_seconds = 0.0
        self._readers = 0
        self._is_checking = False
        self._checked_at = self._cpu_seconds = 0.0
        self._pauses: dict[int, list[Pause]] = {}  # by the tick at which they may end

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

    def begin_pause(self, body: Body) -> None:
        """Read no more of a body until its pause has ended, if this process takes pauses now."""
        if not self.pause_seconds or body.is_paused:
            return
        body.pause_reading()
        now = asyncio.get_running_loop().time()
        if self.pause_seconds <= SHORT_PAUSE_SECONDS:
            pause = Pause(body, int(now / TICK_SECONDS), now + MAX_PAIR_SECONDS)
            self._await_tick(pause.get_first_look(), pause)
        else:
            ticks = round((now + self.pause_seconds) / TICK_SECONDS / LONG_PAUSE_TICKS) * LONG_PAUSE_TICKS
            self._await_tick(ticks, Pause(body, 0, latest=0))

    def _await_tick(self, tick: int, pause: Pause) -> None:
        if tick not in self._pauses:
            self._pauses[tick] = []
            asyncio.get_running_loop().call_at(tick * TICK_SECONDS, self._end_pauses, tick)
        self._pauses[tick].append(pause)

    def _end_pauses(self, tick: int) -> None:
        now = asyncio.get_running_loop().time()
        for pause in self._pauses.pop(tick):
            if pause.may_end(tick, now):
                pause.body.resume_reading()
            else:
                self._await_tick(max(tick, int(now / TICK_SECONDS)) + 1, pause)

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
    """The next pause, after a check that has found this load: none, the short one, or a long one.

    None while there is room. Then short ones, which save most of what can be saved without a word that waits
    noticeably. Long ones grow until the load is `BUSY_LOAD`, so that no word waits longer than the load demands.
    """
    if pause_seconds < SHORT_PAUSE_SECONDS:
        return SHORT_PAUSE_SECONDS if load > LIGHT_LOAD else 0.0
    if pause_seconds == SHORT_PAUSE_SECONDS:
        if load > FULL_LOAD:
            return LEAST_LONG_PAUSE_SECONDS
        return SHORT_PAUSE_SECONDS if load > IDLE_LOAD else 0.0
    changed = pause_seconds * exp(GAIN * (load - BUSY_LOAD))
    return min(MAX_PAUSE_SECONDS, changed) if changed >= LEAST_LONG_PAUSE_SECONDS else SHORT_PAUSE_SECONDS


_pacers: WeakKeyDictionary[asyncio.AbstractEventLoop, Pacer] = WeakKeyDictionary()


def get_pacer() -> Pacer:
    """That of the running event loop."""
    loop = asyncio.get_running_loop()
    pacer = _pacers.get(loop)
    if pacer is None:
        # A pause that was cut short keeps its loop alive.
        for closed in [each for each in _pacers if each.is_closed()]:
            del _pacers[closed]
        pacer = _pacers[loop] = Pacer()
    return pacer
