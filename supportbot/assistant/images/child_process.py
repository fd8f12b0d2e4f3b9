"""Runs the program `reencode` in a process of its own, which can be killed at any time."""

import asyncio
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from importlib.metadata import distribution
from threading import BoundedSemaphore, Lock, Timer
from typing import IO, cast

from . import reencode

MAX_PROCESSES = 2
MAX_PENDING_PICTURES = 8  # held in memory at once, those that are being re-encoded included
PROCESS_TIMEOUT_SECONDS = 30.0
PROCESS_KILLED = -signal.SIGKILL  # the exit code, as subprocess has it


class ReencoderBusy(Exception):
    """`MAX_PENDING_PICTURES` pictures are being re-encoded or wait for it."""


class Reencoder:
    """Re-encodes pictures, at most `MAX_PROCESSES` at a time. One serves all event loops of a process."""

    def __init__(self) -> None:
        self._free_slots = BoundedSemaphore(MAX_PENDING_PICTURES)
        self._executor = ThreadPoolExecutor(MAX_PROCESSES, "reencode")

    async def reencode_picture(self, data: bytes, max_output_bytes: int) -> tuple[int, bytes]:
        """Returns the program's exit code and its output, cut off one byte after `max_output_bytes`.

        A cancelled call kills the process. Raises `ReencoderBusy`.
        """
        if not self._free_slots.acquire(blocking=False):
            raise ReencoderBusy
        process = _ReencodeProcess(data, max_output_bytes)
        try:
            return await asyncio.wrap_future(self._executor.submit(process.run))
        finally:
            process.kill()
            self._free_slots.release()


class _ReencodeProcess:
    """One run of the program. `kill` may be called from any thread, also before `run`."""

    def __init__(self, data: bytes, max_output_bytes: int) -> None:
        self._data = data
        self._max_output_bytes = max_output_bytes
        self._lock = Lock()
        self._is_killed = False
        self._process: subprocess.Popen[bytes] | None = None

    def run(self) -> tuple[int, bytes]:
        """Blocks until the process ends, or `PROCESS_TIMEOUT_SECONDS` kill it. Returns (exit code, output)."""
        with self._lock:
            if self._is_killed:
                return PROCESS_KILLED, b""
            self._process = _start_process()
        alarm = Timer(PROCESS_TIMEOUT_SECONDS, self.kill)
        alarm.daemon = True
        alarm.start()
        try:
            return _exchange_bytes(self._process, self._data, self._max_output_bytes)
        finally:
            alarm.cancel()

    def kill(self) -> None:
        with self._lock:
            self._is_killed = True
            if self._process is not None and self._process.poll() is None:
                self._process.kill()


def _start_process() -> "subprocess.Popen[bytes]":
    # Isolated (-I) and without site-packages (-S): it starts in a tenth of the time, and finds no library but those
    # that stand beside Pillow.
    command = [sys.executable, "-I", "-S", reencode.__file__, *_find_library_folders()]
    # None of our secrets. LD_LIBRARY_PATH is for a Python that does not find its own shared library without it.
    environment = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    pipe = subprocess.PIPE
    return subprocess.Popen(  # noqa: S603 - the command holds nothing of the upload
        command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env=environment
    )


def _exchange_bytes(
    process: "subprocess.Popen[bytes]", data: bytes, max_output_bytes: int
) -> tuple[int, bytes]:
    with process:
        stdin, stdout = cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)
        with suppress(BrokenPipeError):  # the process has ended without reading all of it
            stdin.write(data)
        with suppress(BrokenPipeError):
            stdin.close()
        output = stdout.read(max_output_bytes + 1)
    return process.returncode, output


@cache
def _find_library_folders() -> list[str]:
    return sorted({str(distribution(name).locate_file("")) for name in ("pillow", "pillow-heif")})
