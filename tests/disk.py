"""A disk of the database that a test may fill up."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.backends.signals import connection_created

from supportbot.server import executors
from supportbot.server.executors import on_database_thread

WRITES = ("INSERT", "UPDATE", "DELETE")


class Disk:
    """While it is full nobody writes."""

    def __init__(self) -> None:
        self.is_full = False
        self.refused = 0

    def refuse(self, execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        if self.is_full and sql.lstrip().startswith(WRITES):
            self.refused += 1
            raise OperationalError("database or disk is full")
        return execute(sql, params, many, context)


@asynccontextmanager
async def watch_disk(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Disk]:
    """It stays full for longer than a write is tried again at once."""
    monkeypatch.setattr(executors, "RETRY_DEADLINE_SECONDS", 0.2)
    disk = Disk()
    wrapped: list[Any] = []

    def wrap(connection: Any, **_kwargs: Any) -> None:
        connection.execute_wrappers.append(disk.refuse)
        wrapped.append(connection)

    # A process on PostgreSQL has several threads for the database: those that are there and those that come.
    connection_created.connect(wrap)
    await on_database_thread()(_close_connection)()
    try:
        yield disk
    finally:
        disk.is_full = False
        connection_created.disconnect(wrap)
        for each in wrapped:
            each.execute_wrappers.remove(disk.refuse)


def _close_connection() -> None:
    """That of the thread on which this is called."""
    connection.close()
