"""Starts the product's programs by forking a process that has their libraries loaded already.

To load them is most of the second or two that every start takes. What is forked is a process of its own, with its own
environment, folder, files and session, and can be killed like any other. What is about a start itself is tested with
programs that begin with nothing.
"""

import multiprocessing
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests import forked_program

from .processes import Process

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.product_libraries", forked_program.__name__])
# Whoever starts a process also asks after all others, and two who ask at once could miss an exit code.
_lock = threading.Lock()
POLL_SECONDS = 0.01


class Forked:
    """A running program that was forked, to be used like a `subprocess.Popen`."""

    def __init__(
        self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str], streams: Sequence[str]
    ) -> None:
        told = (list(arguments), str(folder), dict(environment), list(streams))
        # A daemon, so that nobody waits for it when the tests end before it does.
        self._process = _context.Process(target=forked_program.run_program, args=told, daemon=True)
        with _lock:
            self._process.start()
        self.args = arguments
        assert self._process.pid is not None
        self.pid = self._process.pid

    def poll(self) -> int | None:
        with _lock:
            return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        deadline = time.monotonic() + timeout if timeout is not None else None
        while (code := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            time.sleep(POLL_SECONDS)
        return code

    def send_signal(self, which: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, which)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class ForkedProcess(Process):
    """A program that serves."""

    def __init__(
        self, arguments: Sequence[str], log: Path, *, folder: Path, environment: Mapping[str, str]
    ) -> None:
        self.log = log
        self._popen = Forked(arguments, folder, environment, [os.devnull, str(log), str(log)])


def run_forked(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str], words: str, timeout: float
) -> subprocess.CompletedProcess[str]:
    """Run a program with these words as its input, to its end."""
    with tempfile.TemporaryDirectory() as place:
        given, said, noted = (Path(place) / name for name in ("stdin", "stdout", "stderr"))
        given.write_text(words)
        process = Forked(arguments, folder, environment, [str(given), str(said), str(noted)])
        try:
            code = process.wait(timeout)
        finally:
            process.kill()
        return subprocess.CompletedProcess(arguments, code, said.read_text(), noted.read_text())
