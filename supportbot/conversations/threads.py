"""Where blocking code runs: the database on threads that keep their connections, each tool on one of its own.

A tool that hangs holds up no transaction and not the end of the process, and a slow transaction no tool.
"""

import asyncio
import contextvars
import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache, partial
from time import monotonic, sleep
from typing import Any, ParamSpec, Protocol, TypeVar

from django.db import (
    DatabaseError,
    InterfaceError,
    OperationalError,
    close_old_connections,
    connection,
    connections,
    transaction,
)

logger = logging.getLogger(__name__)

PATIENCE = 60.0
REST = 0.11  # a little more than the longest time between two looks of SQLite at a lock

P = ParamSpec("P")
T = TypeVar("T")


class Executor(Protocol):
    def submit(self, function: Callable[[], T], /) -> "Future[T]": ...


class GroupCommit:
    """One thread that runs transactions in the order in which they come: SQLite has one writer at a time.

    What has gathered while a commit waited for the disk is committed together, so that under load many
    transactions cost one. Each is told of its result only when that is on the disk, and one that fails
    takes none of the others with it.
    """

    most = 64

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = queue.SimpleQueue()
        self._since, self._idle = monotonic(), 0.0
        threading.Thread(target=self._work, name="database", daemon=True).start()

    def _next(self) -> tuple[Future[Any], Callable[[], Any]]:
        """The next job. Others who want to write look ten times a second whether they may: let them in at times."""
        asked = monotonic()
        job = self._jobs.get()
        now = monotonic()
        self._idle += now - asked
        if now - self._since > 1.0:
            if self._idle < 0.1:
                sleep(REST)
            self._since, self._idle = now, 0.0
        return job

    def submit(self, function: Callable[[], T], /) -> "Future[T]":
        future: Future[T] = Future()
        self._jobs.put((future, function))
        return future

    def _work(self) -> None:
        while True:
            jobs = [self._next()]
            while len(jobs) < self.most and not self._jobs.empty():
                jobs.append(self._jobs.get())
            jobs = [job for job in jobs if job[0].set_running_or_notify_cancel()]
            functions = [function for _, function in jobs]
            outcomes = _together(functions) if len(jobs) > 1 else list(map(_outcome, functions))
            for (future, _), (result, error) in zip(jobs, outcomes, strict=True):
                if error is None:
                    future.set_result(result)
                else:
                    future.set_exception(error)


Outcome = tuple[Any, BaseException | None]


def _together(functions: list[Callable[[], Any]]) -> list[Outcome]:
    try:
        with transaction.atomic():
            return [_outcome_within(function) for function in functions]
    except DatabaseError:
        # The common commit failed, so none of it happened: each one for itself.
        return list(map(_outcome, functions))


def _outcome_within(function: Callable[[], Any]) -> Outcome:
    """The same within a common transaction, which some errors end without a word: a full disk does."""
    outcome = _outcome(function)
    if connection.needs_rollback or not connection.connection.in_transaction:
        raise DatabaseError("the common transaction was lost")
    return outcome


def _outcome(function: Callable[[], Any]) -> Outcome:
    try:
        return function(), None
    except BaseException as error:  # noqa: BLE001 - it is raised where the result is waited for
        return None, error


@cache
def _database() -> Executor:
    return GroupCommit() if connection.vendor == "sqlite" else ThreadPoolExecutor(8, "database")


async def in_database(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a transaction, and come back when it is committed."""
    job = partial(_connected, partial(function, *args, **kwargs))
    return await asyncio.wrap_future(_database().submit(job))


async def stored(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a transaction, and when the database is away wait for it to come back, up to `PATIENCE` seconds.

    The transaction must be one that may be repeated: the database may go away just after it committed.
    """
    now = asyncio.get_running_loop().time
    limit, wait = now() + PATIENCE, 0.1
    while True:
        try:
            return await in_database(function, *args, **kwargs)
        except (OperationalError, InterfaceError) as error:
            if now() > limit:
                raise
            logger.warning("The database is out of reach: %s", type(error).__name__)
        await asyncio.sleep(wait)
        wait = min(2 * wait, 2.0)


async def in_tool_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a tool on a thread of its own, which is left alone when nobody waits for it any more."""
    loop, future = asyncio.get_running_loop(), Future[T]()

    def work() -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            result, error = _outcome(partial(function, *args, **kwargs))
        finally:
            connections.close_all()
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)

    threading.Thread(target=contextvars.copy_context().run, args=(work,), name="tool", daemon=True).start()
    return await asyncio.wrap_future(future, loop=loop)


def _connected(function: Callable[[], T]) -> T:
    # As Django does around a request: a connection that broke meanwhile is replaced, not used again.
    if not connection.in_atomic_block:
        close_old_connections()
    try:
        return function()
    except (OperationalError, InterfaceError):
        _replace_dead()
        raise
    finally:
        if not connection.in_atomic_block:
            close_old_connections()


def _replace_dead() -> None:
    """What ended one connection of a pool has ended all of them, and each would fail once more."""
    pool = getattr(connection, "pool", None)
    if pool is not None and connection.connection is not None and connection.connection.closed:
        pool.drain()
