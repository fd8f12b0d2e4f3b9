"""Runs the server with a thread that looks 500 times a second at what its other threads do.

    python -m tests.bench.sampler FILE manage.py serve

When the server ends, FILE has as JSON what was seen of each thread: the CPU that it used, and its stacks, each with the
CPU that the thread had used since the look before when it was seen there. A stack on which it mostly has used none is
one on which it waits, and is left out. What is done between two looks is not seen, nor what the event loop does in C.
"""

import json
import runpy
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

INTERVAL_SECONDS = 0.002
# So long may a thread at work keep this one waiting for Python's lock. With Python's own 5 ms, a short piece of work
# would always have ended by then, and only long ones would be seen.
SWITCH_SECONDS = 0.00005
IDLE_PART = 0.05  # a thread that used less of the time between two looks has done nothing

Place = tuple[str, str]  # a function's file and name
Stack = tuple[Place, ...]  # from the outermost function to the innermost

# Waits for events, or handles them in C. A loop that is busy in short pieces is seen here at most looks.
EVENT_LOOP: Place = ("internet/asyncioreactor.py", "run")
SERVING: Place = ("daphne/server.py", "run")


@dataclass
class Seen:
    """Of one thread. `cpu_seconds` is what it had used at the last look."""

    clock: int
    first_cpu_seconds: float
    cpu_seconds: float
    stacks: defaultdict[Stack, float] = field(default_factory=lambda: defaultdict(float))
    looks: Counter[Stack] = field(default_factory=Counter)
    # Of these, those before which nothing was done.
    idle_looks: Counter[Stack] = field(default_factory=Counter)

    def iter_work(self) -> Iterator[tuple[Stack, float]]:
        for stack, used in self.stacks.items():
            if stack[-1] != EVENT_LOOP and 2 * self.idle_looks[stack] < self.looks[stack]:
                yield stack, used


class Sampler(threading.Thread):
    def __init__(self, serving: Place = SERVING) -> None:
        """Until `serving` is on the stack of the main thread, nothing is looked at."""
        super().__init__(name="sampler", daemon=True)
        self._serving = serving
        self._seen: dict[tuple[int, str], Seen] = {}
        self._is_over = False
        self._seconds = 0.0

    def run(self) -> None:
        main = threading.main_thread().ident or 0
        looked_at = time.monotonic()
        while not self._is_over:
            time.sleep(INTERVAL_SECONDS)
            now = time.monotonic()
            frames = sys._current_frames()
            if self._serving in _stack(frames.get(main)):
                self._seconds += now - looked_at
                names = {thread.ident: thread.name for thread in threading.enumerate()}
                for ident, frame in frames.items():
                    if ident != self.ident:
                        self._look((ident, names.get(ident, "?")), frame, now - looked_at)
            looked_at = now

    def _look(self, thread: tuple[int, str], frame: FrameType, elapsed: float) -> None:
        seen = self._seen.get(thread)
        if seen is None:
            # A thread that has a frame cannot end before this one lets go of Python's lock.
            clock = time.pthread_getcpuclockid(thread[0])
            used = time.clock_gettime(clock)
            seen = self._seen[thread] = Seen(clock, used, used)
        try:
            used = time.clock_gettime(seen.clock)
        except OSError:  # another thread has its number now
            del self._seen[thread]
            return
        since, seen.cpu_seconds = used - seen.cpu_seconds, used
        stack = _stack(frame)
        seen.stacks[stack] += since
        seen.looks[stack] += 1
        seen.idle_looks[stack] += since < IDLE_PART * elapsed

    def end(self) -> dict[str, object]:
        """Stop looking. Returns what was seen, with the threads of a pool as one."""
        self._is_over = True
        self.join()
        cpu: defaultdict[str, float] = defaultdict(float)
        stacks: defaultdict[str, defaultdict[Stack, float]] = defaultdict(lambda: defaultdict(float))
        for (_ident, name), seen in self._seen.items():
            group = name.rstrip("-_0123456789")
            cpu[group] += seen.cpu_seconds - seen.first_cpu_seconds
            for stack, used in seen.iter_work():
                stacks[group][stack] += used
        return {
            "seconds": self._seconds,
            "threads": {
                name: {"cpu_seconds": cpu[name], "stacks": list(counts.items())}
                for name, counts in stacks.items()
            },
        }


def _stack(frame: FrameType | None) -> Stack:
    places = []
    while frame is not None:
        file = "/".join(frame.f_code.co_filename.split("/")[-2:])
        places.append((file, frame.f_code.co_name))
        frame = frame.f_back
    return tuple(reversed(places))


def main() -> None:
    _, place, *sys.argv = sys.argv
    sys.setswitchinterval(SWITCH_SECONDS)
    sampler = Sampler()
    sampler.start()
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    finally:
        Path(place).write_text(json.dumps(sampler.end()))


if __name__ == "__main__":
    main()
