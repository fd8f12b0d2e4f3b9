"""On SQLite a transaction that reads first and writes later fails beside another writer: none may begin so."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.backends.signals import connection_created

from supportbot.server.executors import on_database_thread
from tests.provider import Call

pytestmark = pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has many writers")


@pytest.fixture
async def begun(transactional_db: None) -> Iterator[list[str]]:
    """How every transaction of the process begins, on whatever thread."""
    begun: list[str] = []

    def note(statement: str) -> None:
        if statement.upper().startswith("BEGIN"):
            begun.append(statement)

    def trace(connection, **_kwargs) -> None:
        connection.connection.set_trace_callback(note)

    await on_database_thread()(lambda: (connection.ensure_connection(), trace(connection)))()
    connection_created.connect(trace)
    yield begun
    connection_created.disconnect(trace)
    await on_database_thread()(
        lambda: connection.connection and connection.connection.set_trace_callback(None)
    )()


async def test_every_transaction_asks_for_the_right_to_write_at_its_beginning(begun, page, model):
    """B26: a question, two tools of which one writes, a message that waits, Stop, and Try again."""
    model.calls(
        Call("lookup_order", {"order_id": "ORD-123"}),
        Call("create_ticket", {"issue": "late", "priority": "low"}),
    )
    model.say("There is a ticket.")
    await page.ask("Where is it? I want to complain.")
    model.say("One two three four", hold_after=2)
    await page.say("Tell me more")
    await page.until(lambda page: len(page.turns) == 2 and page.streamed() == "One two ")
    await page.say("And what about my other order?")
    model.say("The other one too.")
    await page.request(action="stop")
    await page.settled("done")

    assert len(begun) > 10
    assert set(begun) == {"BEGIN IMMEDIATE"}
