"""What a tool does to the database: its lock is taken when it writes, and given back when its time is over.

Nobody can end a thread from outside. But its database connection can be interrupted, rolled back and closed to it.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from time import monotonic
from typing import Any

from django.db import DEFAULT_DB_ALIAS, OperationalError, connections
from django.db import Error as DatabaseError
from django.db.backends.base.base import BaseDatabaseWrapper

from supportbot.assistant.tools import ToolTimeOver

logger = logging.getLogger(__name__)

INTERRUPT_INTERVAL_SECONDS = 0.05
CANCEL_TIMEOUT_SECONDS = 1.0
END_TIMEOUT_SECONDS = 5.0
MIN_LOCK_WAIT_SECONDS = 0.05
# Stands at the end of a query of `select_for_update()`, which SQLite has no words for.
LOCK_MARK = "/* FOR UPDATE */"
LOCK_FEATURES = (
    "has_select_for_update",
    "has_select_for_update_of",
    "has_select_for_no_key_update",
    "has_select_for_update_nowait",
    "has_select_for_update_skip_locked",
)

Execute = Callable[[str, Any, bool, dict[str, Any]], Any]


class ToolTransaction:
    """The default database as one tool call uses it, on the thread of the call.

    On SQLite a transaction would hold the only lock from its beginning. Here it begins with the first statement that
    writes, or that locks what it reads by `select_for_update()`. What is read before that is read on its own, as on
    PostgreSQL.

    After `end_now()`, which another thread calls, nothing that the tool does reaches the database: its statements raise
    `ToolTimeOver`, also the one that was interrupted.
    """

    def __init__(self, timeout: float) -> None:
        """`timeout` is in seconds, from now: no longer does the tool wait for SQLite's lock."""
        self.is_over = False
        self._deadline = monotonic() + timeout
        self._connection: BaseDatabaseWrapper | None = None
        self._has_begun = False
        # Held while a statement runs, so that nothing is rolled back under it.
        self._statement_lock = threading.Lock()

    @contextmanager
    def attach_to_thread(self) -> Iterator[None]:
        """Within the block, what this thread does to the default database is done under these rules.

        A transaction that has begun before is left as it is.
        """
        connection = connections[DEFAULT_DB_ALIAS]
        if connection.in_atomic_block:
            yield
            return
        connection.inc_thread_sharing()
        self._connection = connection
        is_sqlite = connection.vendor == "sqlite"
        try:
            with (
                self._refuse_new_connections(connection),
                connection.execute_wrapper(self._execute_on_sqlite if is_sqlite else self._execute),
                _mark_locking_queries(connection) if is_sqlite else nullcontext(),
            ):
                yield
        finally:
            with self._statement_lock:
                self._connection = None
            connection.dec_thread_sharing()

    def end_now(self) -> None:
        """The time of the tool is over: interrupt what it does, and roll back what it has not committed.

        Call it on another thread than that of the tool. It blocks until the locks of the tool are free, or for
        `END_TIMEOUT_SECONDS` when the database does not answer.
        """
        self.is_over = True
        gives_up_at = monotonic() + END_TIMEOUT_SECONDS
        while not self._statement_lock.acquire(timeout=INTERRUPT_INTERVAL_SECONDS):
            if monotonic() > gives_up_at:
                logger.warning("A tool's statement could not be ended in time")
                return  # what it does next is refused, and so rolled back
            _interrupt(self._connection)
        try:
            _roll_back(self._connection)
        finally:
            self._statement_lock.release()

    @contextmanager
    def _refuse_new_connections(self, connection: BaseDatabaseWrapper) -> Iterator[None]:
        """Within the block, one that `end_now()` has closed stays closed."""
        ensure_connection = connection.ensure_connection

        def ensure_connection_in_time() -> None:
            if self.is_over:
                raise ToolTimeOver
            ensure_connection()

        vars(connection)["ensure_connection"] = ensure_connection_in_time
        try:
            yield
        finally:
            del vars(connection)["ensure_connection"]

    def _execute(self, execute: Execute, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        with self._statement_lock:
            return self._execute_in_time(execute, sql, params, many, context)

    def _execute_in_time(
        self, execute: Execute, sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        if self.is_over:
            raise ToolTimeOver
        try:
            return execute(sql, params, many, context)
        except DatabaseError:
            if self.is_over:  # so it was interrupted
                raise ToolTimeOver from None
            raise

    def _execute_on_sqlite(
        self, execute: Execute, sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        with self._statement_lock:
            if self.is_over:
                raise ToolTimeOver
            if sql.startswith("BEGIN"):
                self._has_begun = False
                return None
            self._begin_if_needed(context["connection"], sql)
            return self._execute_in_time(execute, sql, params, many, context)

    def _begin_if_needed(self, connection: BaseDatabaseWrapper, sql: str) -> None:
        """Take SQLite's lock before the first statement of a transaction that needs it. Wait for it within the time."""
        sqlite = connection.connection
        if sqlite.in_transaction:
            return
        with connection.wrap_database_errors:
            if connection.in_atomic_block and self._has_begun:
                # SQLite rolls a transaction back by itself when the disk is full. What came now would stand alone.
                raise OperationalError("the transaction of the tool was lost")
            if _is_read(sql):
                return
            wait_seconds = max(self._deadline - monotonic(), MIN_LOCK_WAIT_SECONDS)
            sqlite.execute(f"PRAGMA busy_timeout = {wait_seconds * 1000:.0f}")
            if connection.in_atomic_block:
                sqlite.execute("BEGIN IMMEDIATE")
                self._has_begun = True


def _is_read(sql: str) -> bool:
    statement = sql.lstrip(" (\n").upper()
    return statement.startswith(("SELECT", "PRAGMA", "EXPLAIN")) and not sql.rstrip().endswith(LOCK_MARK)


@contextmanager
def _mark_locking_queries(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Have Django write `LOCK_MARK` where other databases get FOR UPDATE, on this connection alone."""
    features, operations = vars(connection.features), vars(connection.ops)
    features.update(dict.fromkeys(LOCK_FEATURES, True))
    operations["for_update_sql"] = lambda **_options: LOCK_MARK
    try:
        yield
    finally:
        del operations["for_update_sql"]
        for name in LOCK_FEATURES:
            del features[name]


def _interrupt(connection: BaseDatabaseWrapper | None) -> None:
    """Have the statement that runs now fail."""
    raw = connection.connection if connection is not None else None
    if connection is None or raw is None:
        return
    try:
        if connection.vendor == "sqlite":
            raw.interrupt()
        else:
            raw.cancel_safe(timeout=CANCEL_TIMEOUT_SECONDS)
    except Exception as error:  # noqa: BLE001 - of whichever driver; the connection is broken, and so is its transaction
        logger.info("A tool's statement could not be interrupted: %s", type(error).__name__)


def _roll_back(connection: BaseDatabaseWrapper | None) -> None:
    """Free the locks of a connection that another thread uses. A pooled one goes back, lest hung tools use all up."""
    raw = connection.connection if connection is not None else None
    if connection is None or raw is None:
        return
    try:
        with connection.wrap_database_errors:
            raw.rollback()
        if connection.vendor != "sqlite":
            connection.close()
    except DatabaseError as error:
        logger.info("A tool's transaction broke off: %s", type(error).__name__)
