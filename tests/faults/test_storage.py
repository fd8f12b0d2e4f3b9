"""The database is held up or full: whoever writes waits, or is told honestly, and nothing acknowledged is lost."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from tests.servers.site import SQLITE

from .conftest import NewStage
from .customer import Customer


@pytest.mark.parametrize(("seconds", "is_refused"), [(3.0, False), (10.0, True)], ids=["3 s", "10 s"])
async def test_sixteen_chats_speak_while_somebody_holds_the_database(
    new_stage: NewStage, seconds: float, is_refused: bool
) -> None:
    """B26: for three seconds nobody notices. After five they are told, and what they wrote is taken later, once."""
    async with new_stage() as stage:
        customers = await stage.customers(16)
        first = [await customer.say("p") for customer in customers]
        await asyncio.gather(*(_is_taken(customer) for customer in customers))

        async with _held(stage.servers[0].database.removeprefix(SQLITE), seconds):
            second = [await customer.say("o") for customer in customers]

        for customer, *said in zip(customers, first, second, strict=True):
            for client_id in said:
                assert await customer.until_ended(client_id) == "done"
        history = await stage.prove()
    refused = [client_id for each in history.customers for client_id in each.refused]
    assert sorted(refused) == sorted(second if is_refused else [])


async def test_a_full_disk_is_told_honestly_and_heals_by_itself(new_stage: NewStage, tmp_path: Path) -> None:
    """B30: what could not be stored stays in the page and is taken when there is room again.

    The log is on the same disk: that nothing can be written down there disturbs nobody.
    """
    full = tmp_path / "disk is full"
    async with new_stage(FAULT_DISK=str(full)) as stage:
        customers = await stage.customers(3)
        for customer in customers:
            await customer.until_ended(await customer.say("p"))

        full.touch()
        # One row still fits into a page that is half empty, many do not.
        asked = [(customer, await customer.say("p")) for customer in customers for _ in range(12)]
        await stage.until(lambda: any(customer.log.refused for customer in customers))
        full.unlink()

        for customer, client_id in asked:
            await customer.until_ended(client_id)
        history = await stage.prove()
    assert any(each.refused for each in history.customers)


async def _is_taken(customer: Customer) -> None:
    await customer.page.until(lambda page: not page.outbox)


@asynccontextmanager
async def _held(place: str, seconds: float) -> AsyncIterator[None]:
    """Keep everybody else from writing for so long, as a backup or somebody's shell does."""
    begun = threading.Event()
    holding = asyncio.create_task(asyncio.to_thread(_hold, place, seconds, begun))
    assert await asyncio.to_thread(begun.wait, 20)
    yield
    await holding


def _hold(place: str, seconds: float, begun: threading.Event) -> None:
    with closing(sqlite3.connect(place, timeout=10, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        begun.set()
        # The time itself is the fault here: nothing happens that could be waited for.
        threading.Event().wait(seconds)
        connection.execute("ROLLBACK")
