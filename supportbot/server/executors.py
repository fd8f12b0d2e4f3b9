"""Where blocking code runs: the database on threads that keep their connections, each tool on one of its own.

A tool that hangs holds up no transaction and not the end of the process, and a slow transaction no tool.
"""

import asyncio
import contextvars
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial, update_wrapper
from typing import Generic, ParamSpec, Protocol, TypeVar

from django.db import InterfaceError, OperationalError, close_old_connections, connection, connections
from django.utils import translation

from .commit_hooks import isolate_commit_hooks
from .group_commit import GroupCommit, capture_outcome, settle_future
from .outages import log_outage
from .process import process

RETRY_DEADLINE_SECONDS = 60.0
DATABASE_TIMEOUT_SECONDS = 5.0
FIRST_RETRY_SECONDS, MAX_RETRY_SECONDS = 0.1, 2.0
DATABASE_THREADS = 8

P = ParamSpec("P")
T = TypeVar("T")


class Executor(Protocol):
    def submit(self, function: Callable[[], T], /) -> "Future[T]": ...


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
            outcome = capture_outcome(partial(function, *args, **kwargs))
        finally:
            connections.close_all()
        settle_future(future, outcome)

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
