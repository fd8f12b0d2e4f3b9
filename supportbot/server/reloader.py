"""`manage.py serve --reload`: the server as a process that is started again whenever code or templates change.

Django's own reloader would move Daphne out of the main thread, where signals no longer end it in good order, and
would give up at the first syntax error. Here the server is the same process as in production.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType

from django.apps import apps
from django.conf import settings

POLL_SECONDS = 0.5
STOP_SECONDS = 10
RELOADED_SUFFIXES = {".py", ".html", ".txt"}
# A restart cuts answers off instead of waiting for them; they can be tried again in the page.
DEVELOPMENT_ENVIRONMENT = {"DRAIN_SECONDS": "0"}

FileTimes = dict[Path, int]


def run_with_reload(command: Sequence[str]) -> None:
    """Run `command` until SIGINT or SIGTERM, and start it again after every change.

    A command that ends by itself, for a syntax error or a missing migration, has said why; the next change starts
    it again.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    times = read_file_times()
    server = _start_process(command)
    try:
        while True:
            time.sleep(POLL_SECONDS)
            before, times = times, read_file_times()
            if times != before:
                _report_change(before, times)
                _stop_process(server)
                server = _start_process(command)
    except KeyboardInterrupt:
        _stop_process(server)


def read_file_times() -> FileTimes:
    """When each file that decides what is served was last changed, in nanoseconds."""
    times = {}
    for path in _reloaded_files():
        with suppress(FileNotFoundError):  # deleted since it was listed
            times[path] = path.stat().st_mtime_ns
    return times


def _reloaded_files() -> Iterator[Path]:
    for folder in _reloaded_folders():
        yield from (path for path in folder.rglob("*") if path.suffix in RELOADED_SUFFIXES)
    yield settings.BASE_DIR / ".env"


def _reloaded_folders() -> set[Path]:
    """Templates, the packages beside `manage.py`, also new ones, and apps elsewhere but in the environment."""
    base = settings.BASE_DIR.resolve()
    packages = {path.parent for path in base.glob("*/__init__.py") if path.parent.name != "tests"}
    apart = {Path(app.path).resolve() for app in apps.get_app_configs()}
    covered = [*packages, Path(sys.prefix).resolve(), Path(sys.base_prefix).resolve()]
    return {
        base / "templates",
        *packages,
        *(each for each in apart if not any(map(each.is_relative_to, covered))),
    }


def _report_change(before: FileTimes, after: FileTimes) -> None:
    changed = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
    print(f"\n  {changed[0]}{more} changed: restarting.", flush=True)  # noqa: T201 - for the developer's shell


def _start_process(command: Sequence[str]) -> "subprocess.Popen[bytes]":
    # In a process group of its own, so that Ctrl-C reaches it only through us, and once.
    environment = DEVELOPMENT_ENVIRONMENT | os.environ
    return subprocess.Popen(command, env=environment, process_group=0)  # noqa: S603 - our own command


def _stop_process(server: "subprocess.Popen[bytes]") -> None:
    server.terminate()
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
