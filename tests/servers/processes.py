"""Processes that tests start: in a session of their own, with a log, waited for, and ended by their pid."""

import pwd
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

START_SECONDS = 60
END_SECONDS = 20


def free_port() -> int:
    """A port to listen on. Not of the range that outgoing connections use: one could take it meanwhile."""
    while True:
        port = random.randrange(20_000, 32_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def wait_until(state: Callable[[], Any], timeout: float = START_SECONDS) -> Any:
    """Ask until the answer is true, and return it. Raises `TimeoutError` when it does not become so."""
    deadline = time.monotonic() + timeout
    while not (found := state()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not reached in {timeout} s")
        time.sleep(0.02)
    return found


class Running(Protocol):
    """As much of `subprocess.Popen` as is needed of a running program."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def send_signal(self, which: int, /) -> None: ...

    def kill(self) -> None: ...


class Process:
    """A running program. Leaving its `with` block ends it, if nothing else has."""

    def __init__(
        self,
        arguments: Sequence[str],
        log: Path,
        *,
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
        user: str | None = None,
    ) -> None:
        self.log = log
        with log.open("ab") as output:
            self._popen: Running = subprocess.Popen(
                arguments,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Ctrl-C reaches only the tests, which then end the others in order.
                start_new_session=True,
                **as_user(user),
            )

    @property
    def pid(self) -> int:
        return self._popen.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._popen.poll() is None:
            self.end()

    def wait_until(self, ready: Callable[[], Any]) -> None:
        """Wait until it is ready. When it ends before that, its log says why."""
        try:
            wait_until(lambda: self._popen.poll() is not None or ready())
        except TimeoutError:
            self.kill()
        if self._popen.poll() is not None:
            raise RuntimeError(f"{self.log.stem} did not start:\n{self.log.read_text()[-4000:]}")

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end and return its exit code. One that does not listen is killed."""
        self._popen.send_signal(how)
        try:
            return self._popen.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self) -> None:
        self._popen.kill()
        self._popen.wait()


def as_user(name: str | None) -> dict[str, Any]:
    """What `subprocess` needs to run a program as somebody else."""
    return {"user": name, "group": pwd.getpwnam(name).pw_gid, "extra_groups": []} if name else {}
