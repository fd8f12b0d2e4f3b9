"""The one thread on which transactions run on SQLite, and what came of a function that ran on a thread."""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from time import monotonic, sleep
from typing import Any, TypeVar

from django.db import DatabaseError, connection, transaction

from .commit_hooks import isolate_commit_hooks

MAX_TRANSACTIONS_PER_COMMIT = 64
# Another process that waits for SQLite's lock looks at it every 100 ms at the least (sqliteDefaultBusyCallback in
# SQLite's main.c). So a thread that was idle for less than this in a second lets go of the lock for a little longer.
WRITER_CHECK_SECONDS, MIN_IDLE_SECONDS = 1.0, 0.1
WRITER_YIELD_SECONDS = 0.11

T = TypeVar("T")
Outcome = tuple[Any, BaseException | None]


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
            for (future, _), outcome in zip(jobs, outcomes, strict=True):
                settle_future(future, outcome)


def _run_all(functions: list[Callable[[], Any]]) -> list[Outcome]:
    """What each function returned or raised. Raises nothing, since that would end the only thread of its kind."""
    if len(functions) <= 1:
        return list(map(capture_outcome, functions))
    outcomes, error = capture_outcome(partial(_run_in_one_transaction, functions))
    # Nobody knows then whether it was committed, so none of it is run again here.
    return [(None, error)] * len(functions) if error is not None else outcomes


def _run_in_one_transaction(functions: list[Callable[[], Any]]) -> list[Outcome]:
    """What each function returned or raised, once all of it is committed."""
    try:
        with transaction.atomic():
            return [_capture_in_transaction(function) for function in functions]
    except DatabaseError:
        # The common commit failed, so none of it happened: each one for itself.
        return list(map(capture_outcome, functions))


def _capture_in_transaction(function: Callable[[], Any]) -> Outcome:
    """Run a function as a part of a common transaction.

    Raises `DatabaseError` when SQLite has rolled the common transaction back by itself, as it does on a full disk
    (https://www.sqlite.org/lang_transaction.html), so that each function is run again in a transaction of its own.
    """
    outcome = capture_outcome(function)
    if connection.needs_rollback or not connection.connection.in_transaction:
        raise DatabaseError("the common transaction was lost")
    return outcome


def capture_outcome(function: Callable[[], Any]) -> Outcome:
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


def settle_future(future: "Future[Any]", outcome: Outcome) -> None:
    """Give what came of it to whoever waits for the future."""
    result, error = outcome
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
