"""Whether this process can store anything now: a database that only answers is no use to anybody who writes to us."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any

from django.conf import settings
from django.db import Error, OperationalError, connection, transaction

from .process import process

# Enough to find out that a disk is full, or a database may not grow.
PROBE_BYTES = 64 * 1024
PROBE_INTERVAL_SECONDS = 5.0  # anybody may ask, and each answer costs a write
LOCK_TIMEOUT_MS = 3000  # that SQLite waits for another writer


@dataclass
class LastProbe:
    """When this process last tried to write, in seconds of the monotonic clock, and what it met."""

    tried_at: float = float("-inf")
    error: Exception | None = None
    lock: Lock = field(default_factory=Lock)


def check_writes() -> None:
    """Raises `Error` or `OSError` when the database, or the place of the photos, takes nothing.

    It is tried once in `PROBE_INTERVAL_SECONDS`; until then the answer is the same.
    """
    last = process.get(LastProbe)
    with last.lock:  # on a slow disk, who asks meanwhile waits for the answer and does not write too
        if monotonic() - last.tried_at > PROBE_INTERVAL_SECONDS:
            try:
                _try_writes()
                last.error = None
            except (Error, OSError) as error:
                last.error = error
            last.tried_at = monotonic()
    if last.error is not None:
        raise last.error.with_traceback(None)


def _try_writes() -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            _check_sqlite(cursor)
        elif connection.vendor == "postgresql":
            _check_postgresql(cursor)
    for folder in _list_folders():
        _check_folder(folder)


def _check_sqlite(cursor: Any) -> None:
    """Make room in the database file as a transaction does, and take all of it back."""
    with _short_lock_timeout(cursor), transaction.atomic():
        cursor.execute("CREATE TABLE readiness_probe (content BLOB)")
        cursor.execute("INSERT INTO readiness_probe VALUES (zeroblob(%s))", [PROBE_BYTES])
        transaction.set_rollback(True)


@contextmanager
def _short_lock_timeout(cursor: Any) -> Iterator[None]:
    (usual,) = cursor.execute("PRAGMA busy_timeout").fetchone()
    cursor.execute(f"PRAGMA busy_timeout = {LOCK_TIMEOUT_MS}")
    try:
        yield
    finally:
        cursor.execute(f"PRAGMA busy_timeout = {usual}")


def _check_postgresql(cursor: Any) -> None:
    """Write to its log what a transaction writes. Providers make a database read-only when its disk is full."""
    cursor.execute("SELECT current_setting('transaction_read_only'), txid_current()")
    if cursor.fetchone()[0] == "on":
        raise OperationalError("the database is read-only")


def _list_folders() -> set[Path]:
    """Where this process stores files: photos, and what SQLite keeps beside its database."""
    folders = {Path(settings.MEDIA_ROOT)}
    if connection.vendor == "sqlite":
        folders.add(Path(connection.settings_dict["NAME"]).absolute().parent)
    return folders


def _check_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, PROBE_BYTES)
        else:
            file.write(bytes(PROBE_BYTES))
            file.flush()
