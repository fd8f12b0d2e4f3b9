"""Real processes on this machine: started on a core of their own, watched, and always ended."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psutil

PROJECT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 60
END_SECONDS = 10


def cores() -> tuple[set[int], set[int]]:
    """The cores for the server under test and for everything else; both empty where they cannot be chosen."""
    if not hasattr(os, "sched_setaffinity"):
        return set(), set()
    first, *others = sorted(os.sched_getaffinity(0))
    return ({first}, {others[0]}) if others else (set(), set())


SERVER_CORES, OTHER_CORES = cores()


def pin(pid: int, chosen: set[int]) -> None:
    if chosen:
        os.sched_setaffinity(pid, chosen)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def manage(*arguments: str, environment: Mapping[str, str]) -> str:
    """Run a command of manage.py and return what it printed."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"manage.py {arguments[0]} failed:\n{done.stderr[-2000:]}")
    return done.stdout


@contextmanager
def running(
    arguments: Sequence[str],
    port: int,
    log: Path,
    chosen: set[int],
    environment: Mapping[str, str] | None = None,
) -> Iterator[int]:
    """A Python process that serves on `port`: gives its pid once it answers, and ends it at the end."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=PROJECT,
            env={**os.environ, **(environment or {})},
            stdout=output,
            stderr=subprocess.STDOUT,
            # Ctrl-C reaches only the bench itself, which then ends the others in order.
            start_new_session=True,
        )
    try:
        pin(process.pid, chosen)
        _wait_until_it_answers(process, port, log)
        yield process.pid
    finally:
        _end(process)


def _wait_until_it_answers(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise SystemExit(f"{log.stem} did not start:\n{log.read_text()[-2000:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        family = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        family = []
    process.terminate()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        pass
    finally:
        # Also when a second Ctrl-C comes while it is being waited for.
        process.kill()
        process.wait()
    for child in family:
        with suppress(psutil.NoSuchProcess):
            child.kill()


class Watched:
    """The CPU and memory of processes and their children."""

    def __init__(self, *pids: int) -> None:
        self._processes = [psutil.Process(pid) for pid in pids]

    def cpu_seconds(self) -> float:
        # User and system, its own and that of children which have ended.
        return float(sum(sum(each.cpu_times()[:4]) for each in self._family()))

    def resident_kb(self) -> float:
        return float(sum(each.memory_info().rss for each in self._family())) / 1024

    def _family(self) -> list[psutil.Process]:
        return [each for process in self._processes for each in (process, *process.children(recursive=True))]


def machine_cpu_seconds() -> float:
    """The CPU that all processes of this machine have used, and what its host took away."""
    times = psutil.cpu_times()
    return float(
        times.user
        + times.system
        + sum(getattr(times, name, 0) for name in ("nice", "irq", "softirq", "steal"))
    )


def read_url(url: str) -> bytes:
    try:
        with urlopen(url, timeout=10) as response:
            body: bytes = response.read()
            return body
    except URLError as error:
        raise SystemExit(f"{url} does not answer: {error.reason}") from error
