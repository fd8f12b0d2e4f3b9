"""Pictures that strangers send, made into pictures of our own before anybody sees or keeps them.

    picture = await prepare(data)
    Message("user", "It arrived like this.", images=(picture.as_image(),))

Each is drawn anew by `reencode`, a program in a process of its own with little memory and time.
"""

import asyncio
import os
import signal
import subprocess
import sys
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import distribution
from threading import BoundedSemaphore, Lock, Timer
from typing import IO, cast

from ..messages import Detail, Image
from . import reencode

MAX_BYTES = 8 * 1024 * 1024
MAX_OUTPUT_BYTES = 4 * 1024 * 1024
MAX_PROCESSES = 2
MAX_PENDING_PICTURES = 8  # pictures that are held in memory, those at work too
PROCESS_TIMEOUT_SECONDS = 30.0

EXIT_MESSAGES = {
    reencode.EXIT_TOO_LARGE: "This photo is too large. "
    f"Up to {reencode.MAX_PIXELS // 1_000_000} megapixels and {reencode.MAX_SIDE_PIXELS:,} pixels a side can be sent.",
    reencode.EXIT_ANIMATED: "Moving pictures can't be sent. Please send a photo.",
    -signal.SIGKILL: "This photo took too long to open. Please try again, or send a smaller one.",
}
DAMAGED_MESSAGE = "This photo is damaged and can't be opened. Please try another one."

_line = BoundedSemaphore(MAX_PENDING_PICTURES)


class PictureError(Exception):
    """The picture is not taken, in words that the customer reads."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as we wrote it: JPEG or PNG, and nothing in it but what can be seen."""

    data: bytes = field(repr=False)
    content_type: str
    width: int
    height: int

    def as_image(self, detail: Detail = "high") -> Image:
        """As the model is sent it. Takes milliseconds for a large one."""
        return Image(f"data:{self.content_type};base64,{b64encode(self.data).decode('ascii')}", detail)


async def prepare(data: bytes, max_bytes: int = MAX_BYTES) -> Picture:
    """Take a stranger's bytes for a picture and draw it anew. Raises `PictureError`."""
    if not data:
        raise PictureError("This file is empty.")
    if len(data) > max_bytes:
        raise PictureError(describe_size_limit(max_bytes))
    if not reencode.is_supported_format(data):
        raise PictureError("This is not a photo that can be sent here. JPEG, PNG and WebP can.")
    if not _line.acquire(blocking=False):
        raise PictureError("Many photos are being sent right now. Please try again in a moment.")
    child = _ReencodeProcess(data)
    try:
        code, output = await asyncio.wrap_future(_pool().submit(child.run))
    finally:
        child.kill()  # when nobody waits for it any more
        _line.release()
    if code:
        raise PictureError(EXIT_MESSAGES.get(code, DAMAGED_MESSAGE))
    return _parse_output(output)


def describe_size_limit(max_bytes: int) -> str:
    return f"This photo is too big. Up to {max_bytes / 1024 / 1024:.3g} MB can be sent."


class _ReencodeProcess:
    """One run of the program. It can be ended from another thread, before it has begun too."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._lock = Lock()
        self._is_killed = False
        self._process: subprocess.Popen[bytes] | None = None

    def run(self) -> tuple[int, bytes]:
        """Its exit code and what it wrote."""
        with self._lock:
            if self._is_killed:
                return -1, b""
            self._process = _start_process()
        alarm = Timer(PROCESS_TIMEOUT_SECONDS, self.kill)
        alarm.daemon = True
        alarm.start()
        try:
            return _exchange_bytes(self._process, self._data)
        finally:
            alarm.cancel()

    def kill(self) -> None:
        with self._lock:
            self._is_killed = True
            if self._process is not None and self._process.poll() is None:
                self._process.kill()


def _start_process() -> "subprocess.Popen[bytes]":
    # Isolated and without site-packages: it starts in a tenth of the time, and finds nothing but Pillow.
    command = [sys.executable, "-I", "-S", reencode.__file__, _pillow_folder()]
    # It gets none of our secrets; the one variable is for a Python that does not find its own library.
    environment = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    pipe = subprocess.PIPE
    return subprocess.Popen(  # noqa: S603 - nothing of it is a stranger's
        command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env=environment
    )


def _exchange_bytes(process: "subprocess.Popen[bytes]", data: bytes) -> tuple[int, bytes]:
    with process:
        stdin, stdout = cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)
        with suppress(BrokenPipeError):  # it has ended already
            stdin.write(data)
        with suppress(BrokenPipeError):
            stdin.close()
        output = stdout.read(MAX_OUTPUT_BYTES + 1)
    return process.returncode, output


def _parse_output(output: bytes) -> Picture:
    """What the program wrote, which may be anything if the picture took it over."""
    head, _, data = output.partition(b"\n")
    try:
        content_type, width, height = head.decode("ascii").split(" ")
        picture = Picture(data, content_type, int(width), int(height))
    except ValueError:
        raise PictureError(DAMAGED_MESSAGE) from None
    begins = {"image/jpeg": reencode.JPEG_SIGNATURE, "image/png": reencode.PNG_SIGNATURE}.get(content_type)
    if begins is None or not data.startswith(begins) or len(output) > MAX_OUTPUT_BYTES:
        raise PictureError(DAMAGED_MESSAGE)
    return picture


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(MAX_PROCESSES, "picture")


@cache
def _pillow_folder() -> str:
    return str(distribution("pillow").locate_file(""))
