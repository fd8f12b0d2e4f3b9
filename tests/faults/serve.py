"""Serves the site as `manage.py serve` does, or runs another command of it, with the faults that the environment names.

FAULT_KILL=turns.submit_message:written@3     the process dies at the third passing of this point
FAULT_DISK=<path>                     while this file is there, the disk of SQLite and of the log is full
FAULT_CLOCK=<path>                    the clock on the wall is wrong by as many seconds as this file says
FAULT_SOCKET=0.5                      every socket is closed after so many seconds
FAULT_MESSAGES=0.3                    30 % of what other processes send is lost on its way
FAULT_WRITES=<path>                   while this file is there, SQLite can write nothing at all, as on a full disk
FAULT_DEADLINE=1                      seconds for which a write is tried again at once, instead of the usual sixty
FAULT_LEASE=3                         seconds, instead of the usual ten, so that a test need not wait for them
"""

import asyncio
import faulthandler
import os
import random
import signal
import sys
from datetime import datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any

from tests.faults import points

FULL, ENDLESS = 1, 1_073_741_823


def shorten_lease(seconds: float) -> None:
    from supportbot.conversations.turns import claiming, leases, streaming_text, submit
    from supportbot.conversations.worker import lease_grace

    for module in (claiming, leases, streaming_text, submit, lease_grace):  # each has it by its own import
        assert module.LEASE_DURATION
        module.LEASE_DURATION = timedelta(seconds=seconds)


def fill_disk_while(full: Path) -> None:
    """SQLite is not given another page on any connection while the file is there, and nothing can be logged.

    (It never takes away pages that are in use.)
    """
    from django.db.backends.signals import connection_created

    log = Log()

    def limit(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        pages = FULL if full.exists() else ENDLESS
        context["connection"].connection.execute(f"PRAGMA max_page_count = {pages}")
        log.write_to("/dev/full" if full.exists() else "")
        return execute(sql, params, many, context)

    def set_limit(connection: Any, **_: object) -> None:
        connection.execute_wrappers.append(limit)

    connection_created.connect(set_limit, weak=False)


def refuse_writes_while(full: Path) -> None:
    """Whatever would write fails as it does on a full disk, also what needs no other page."""
    from django.db import OperationalError
    from django.db.backends.signals import connection_created

    def refuse(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if sql.lstrip().startswith(("INSERT", "UPDATE", "DELETE")) and full.exists():
            raise OperationalError("database or disk is full")
        return execute(sql, params, many, context)

    def add_refusal(connection: Any, **_: object) -> None:
        connection.execute_wrappers.append(refuse)

    connection_created.connect(add_refusal, weak=False)


class Log:
    """Where the process writes what it logs, which can be moved and come back."""

    def __init__(self) -> None:
        self._own = os.dup(sys.stderr.fileno())
        self._place = ""

    def write_to(self, place: str) -> None:
        """Let it all go to this file, or to its own place again."""
        if place == self._place:
            return
        self._place = place
        target = os.open(place, os.O_WRONLY) if place else self._own
        for stream in (sys.stdout, sys.stderr):
            os.dup2(target, stream.fileno())


def set_clock_by(place: Path) -> None:
    """Before anything has asked for the time."""
    from django.utils import timezone

    true = timezone.now

    def wrong() -> datetime:
        return true() + timedelta(seconds=float(place.read_text()) if place.exists() else 0)

    timezone.now = wrong


def close_sockets_after(seconds: float) -> None:
    """As servers and proxies do that give no socket more than so much time."""
    from supportbot.conversations.web.consumers import ChatConsumer

    connect = ChatConsumer.connect

    @wraps(connect)
    async def for_a_while(self: Any) -> None:
        await connect(self)
        loop = asyncio.get_running_loop()
        self._its_end = loop.call_later(seconds, lambda: loop.create_task(self.close(1000)))

    ChatConsumer.connect = for_a_while  # type: ignore[method-assign]


def lose_messages(share: float) -> None:
    """Also what processes say of themselves."""
    from supportbot.conversations.realtime.process_messages.connection import ProcessConnection

    chance = random.Random(share)
    take = ProcessConnection._take_message

    @wraps(take)
    def take_message(self: Any, *message: Any) -> None:
        if chance.random() >= share:
            take(self, *message)

    ProcessConnection._take_message = take_message  # type: ignore[method-assign]


def tell_what_it_does(*_: object) -> None:
    """Write into the log where every task and every thread stands, for a run that has failed."""
    for task in asyncio.all_tasks(asyncio.get_event_loop()):
        task.print_stack(limit=5, file=sys.stderr)
    faulthandler.dump_traceback(sys.stderr)


def main() -> None:
    from manage import use_uvloop

    command = sys.argv[1:] or ["serve"]
    if command[0] == "serve":
        use_uvloop()
    signal.signal(signal.SIGUSR1, tell_what_it_does)
    if place := os.environ.get("FAULT_CLOCK"):
        set_clock_by(Path(place))
    import django
    from django.core.management import execute_from_command_line

    django.setup()
    points.install(os.environ.get("FAULT_KILL", ""))
    if seconds := os.environ.get("FAULT_LEASE"):
        shorten_lease(float(seconds))
    if seconds := os.environ.get("FAULT_DEADLINE"):
        from supportbot.server import executors

        executors.RETRY_DEADLINE_SECONDS = float(seconds)
    if full := os.environ.get("FAULT_DISK"):
        fill_disk_while(Path(full))
    if full := os.environ.get("FAULT_WRITES"):
        refuse_writes_while(Path(full))
    if seconds := os.environ.get("FAULT_SOCKET"):
        close_sockets_after(float(seconds))
    if share := os.environ.get("FAULT_MESSAGES"):
        lose_messages(float(share))
    execute_from_command_line(["manage.py", *command])


if __name__ == "__main__":
    main()
