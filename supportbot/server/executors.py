"""Where blocking code runs: the database on threads that keep their connections, each tool on one of its own.

A tool that hangs holds up no transaction and not the end of the process, and a slow transaction no tool.
"""

import asyncio
import contextvars
import queue
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial, update_wrapper
from time import monotonic, sleep
from typing import Any, Generic, ParamSpec, Protocol, TypeVar

from django.db import (
    DatabaseError,
    InterfaceError,
    OperationalError,
    close_old_connections,
    connection,
    connections,
    transaction,
)
from django.utils import translation

from .commit_hooks import isolate_commit_hooks
from .outages import log_outage
from .process import process

RETRY_DEADLINE_SECONDS = 60.0
DATABASE_TIMEOUT_SECONDS = 5.0
FIRST_RETRY_SECONDS, MAX_RETRY_SECONDS = 0.1, 2.0
DATABASE_THREADS = 8
MAX_TRANSACTIONS_PER_COMMIT = 64
# Another process that waits for SQLite's lock looks at it every 100 ms at the least (sqliteDefaultBusyCallback in
# SQLite's main.c). So a thread that was idle for less than this in a second lets go of the lock for a little longer.
WRITER_CHECK_SECONDS, MIN_IDLE_SECONDS = 1.0, 0.1
WRITER_YIELD_SECONDS = 0.11

P = ParamSpec("P")
T = TypeVar("T")


class Executor(Protocol):
    def submit(self, function: Callable[[], T], /) -> "Future[T]": ...


class GroupCommit:
    """One thread that runs transactions in the order in which they come: SQLite has one writer at a time.

    What has gathered while a commit waited for the disk is committed together, so that under load many
    transactions cost one. The result of each is returned only when it is on the disk, and one that fails
    takes none of the others with it.
    """

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = queue.SimpleQueue()
        self._checked_at, self._idle_seconds = monotonic(), 0.0
        threading.Thread(target=self._run, name="database", daemon=True).start()

    def _wait_for_job(self) -> tuple[Future[Any], Callable[[], Any]]:
        """The next job. A thread that is never idle lets other processes write once a second."""
        waiting_since = monotonic()
        job = self._jobs.get()
        now = monotonic()
        self._idle_seconds += now - waiting_since
        if now - self._checked_at > WRITER_CHECK_SECONDS:
            if self._idle_seconds < MIN_IDLE_SECONDS:
                sleep(WRITER_YIELD_SECONDS)
            self._checked_at, self._idle_seconds = now, 0.0
        return job

    def submit(self, function: Callable[[], T], /) -> "Future[T]":
        future: Future[T] = Future()
        self._jobs.put((future, function))
        return future

    def _run(self) -> None:
        isolate_commit_hooks()
        while True:
            jobs = [self._wait_for_job()]
            while len(jobs) < MAX_TRANSACTIONS_PER_COMMIT and not self._jobs.empty():
                jobs.append(self._jobs.get())
            jobs = [job for job in jobs if job[0].set_running_or_notify_cancel()]
            outcomes = _run_all([function for _, function in jobs])
            for (future, _), (result, error) in zip(jobs, outcomes, strict=True):
                if error is None:
                    future.set_result(result)
                else:
                    future.set_exception(error)


Outcome = tuple[Any, BaseException | None]


def _run_all(functions: list[Callable[[], Any]]) -> list[Outcome]:
    """What each function returned or raised. Raises nothing, since that would end the only thread of its kind."""
    if len(functions) <= 1:
        return list(map(_capture, functions))
    outcomes, error = _capture(partial(_run_in_one_transaction, functions))
    # Nobody knows then whether it was committed, so none of it is run again here.
    return [(None, error)] * len(functions) if error is not None else outcomes


def _run_in_one_transaction(functions: list[Callable[[], Any]]) -> list[Outcome]:
    """What each function returned or raised, once all of it is committed."""
    try:
        with transaction.atomic():
            return [_capture_in_transaction(function) for function in functions]
    except DatabaseError:
        # The common commit failed, so none of it happened: each one for itself.
        return list(map(_capture, functions))


def _capture_in_transaction(function: Callable[[], Any]) -> Outcome:
    """Run a function as a part of a common transaction.

    Raises `DatabaseError` when SQLite has rolled the common transaction back by itself, as it does on a full disk
    (https://www.sqlite.org/lang_transaction.html), so that each function is run again in a transaction of its own.
    """
    outcome = _capture(function)
    if connection.needs_rollback or not connection.connection.in_transaction:
        raise DatabaseError("the common transaction was lost")
    return outcome


def _capture(function: Callable[[], Any]) -> Outcome:
    """What the function returned or raised.

    What is no `Exception`, such as a `KeyboardInterrupt` or a `CancelledError`, would end the task or the process in
    which it is raised again. Here it was raised by a function alone, so it becomes a `RuntimeError`.
    """
    try:
        return function(), None
    except Exception as error:  # noqa: BLE001 - it is raised where the result is waited for
        return None, error
    except BaseException as error:  # noqa: BLE001
        wrapped = RuntimeError(f"{type(error).__name__} was raised on a thread")
        wrapped.__cause__ = error
        return None, wrapped


def _create_executor() -> Executor:
    return (
        GroupCommit()
        if connection.vendor == "sqlite"
        else ThreadPoolExecutor(DATABASE_THREADS, "database", isolate_commit_hooks)
    )


@dataclass
class DatabaseExecutor:
    """The threads of this process on which transactions run."""

    executor: Executor = field(default_factory=_create_executor)


class DatabaseFunction(Generic[P, T]):
    """A function that uses the database and is awaited by its own name.

        change = await finish_turn(lease, ...)          on a database thread; back when it is committed
        change = finish_turn.run_sync(lease, ...)       in this thread, as a part of the caller's transaction

    `on_database_thread` makes one of a plain function.
    """

    def __init__(self, function: Callable[P, T], *, is_repeatable: bool) -> None:
        update_wrapper(self, function)
        self._function = function
        self._is_repeatable = is_repeatable

    async def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run it on a database thread. What it raises is raised here."""
        return await self._await_result(partial(self._function, *args, **kwargs))

    def run_sync(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run it in this thread, as a part of the transaction that is open here, if there is one."""
        return self._function(*args, **kwargs)

    async def run_after(self, check: Callable[[], object], *args: P.args, **kwargs: P.kwargs) -> T:
        """Await the function, but only if `check`, which is called just before on the same thread, does not raise."""

        def check_and_run() -> T:
            check()
            return self._function(*args, **kwargs)

        return await self._await_result(check_and_run)

    async def _await_result(self, function: Callable[[], T]) -> T:
        job = _bind_context(function)
        return await (_run_with_retry(job) if self._is_repeatable else _run_on_thread(job))


def on_database_thread(*, repeat: bool = False) -> Callable[[Callable[P, T]], DatabaseFunction[P, T]]:
    """Make a function into a `DatabaseFunction`.

    With `repeat` it is run again while the database is away, for up to `RETRY_DEADLINE_SECONDS`; then the last
    `OperationalError` or `InterfaceError` is raised. It must be one that may be repeated: the database may go away just
    after it committed.
    """

    def decorate(function: Callable[P, T]) -> DatabaseFunction[P, T]:
        return DatabaseFunction(function, is_repeatable=repeat)

    return decorate


@asynccontextmanager
async def limit_database_wait() -> AsyncIterator[None]:
    """For what somebody waits for in front of a page. Raises OperationalError after `DATABASE_TIMEOUT_SECONDS`."""
    try:
        async with asyncio.timeout(DATABASE_TIMEOUT_SECONDS):
            yield
    except TimeoutError as error:
        raise OperationalError("The database has not answered in time") from error


async def _run_on_thread(job: Callable[[], T]) -> T:
    executor = process.get(DatabaseExecutor).executor
    return await asyncio.wrap_future(executor.submit(partial(_run_with_fresh_connection, job)))


async def _run_with_retry(job: Callable[[], T]) -> T:
    now = asyncio.get_running_loop().time
    deadline, pause = now() + RETRY_DEADLINE_SECONDS, FIRST_RETRY_SECONDS
    while True:
        try:
            return await _run_on_thread(job)
        except (OperationalError, InterfaceError) as error:
            if now() > deadline:
                raise
            log_outage(error)
        await asyncio.sleep(pause)
        pause = min(2 * pause, MAX_RETRY_SECONDS)


async def run_in_tool_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run blocking code on a thread of its own. When whoever awaits it is cancelled, the thread goes on unheeded."""
    loop, future = asyncio.get_running_loop(), Future[T]()

    def work() -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            isolate_commit_hooks()
            result, error = _capture(partial(function, *args, **kwargs))
        finally:
            connections.close_all()
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)

    threading.Thread(target=_bind_context(work), name="tool", daemon=True).start()
    return await asyncio.wrap_future(future, loop=loop)


def _bind_context(function: Callable[[], T]) -> Callable[[], T]:
    """The function, to be run on another thread with the variables and in the language of whoever calls this."""
    # What Django keeps of the language is one thread's alone, also in a context that another one runs.
    in_language = partial(_run_in_language, translation.get_language(), function)
    return partial(contextvars.copy_context().run, in_language)


def _run_in_language(language: str | None, function: Callable[[], T]) -> T:
    with translation.override(language):
        return function()


def _run_with_fresh_connection(function: Callable[[], T]) -> T:
    # As Django does around a request: a connection that broke meanwhile is replaced and not used again.
    if not connection.in_atomic_block:
        close_old_connections()
    try:
        return function()
    except (OperationalError, InterfaceError):
        _drain_broken_pool()
        raise
    finally:
        if not connection.in_atomic_block:
            close_old_connections()


def _drain_broken_pool() -> None:
    """Close all connections of the pool: what broke this one has broken the others, and each would fail once."""
    pool = getattr(connection, "pool", None)
    if pool is not None and connection.connection is not None and connection.connection.closed:
        pool.drain()
