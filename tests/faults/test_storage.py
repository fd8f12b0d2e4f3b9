"""The database is held up or full: whoever writes waits, or is told honestly, and nothing acknowledged is lost."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.servers.site import SQLITE

from .conftest import NewStage


async def test_sixteen_chats_wait_for_a_writer_who_holds_the_database_for_three_seconds(
    new_stage: NewStage,
) -> None:
    """B26: nobody is told «locked», and no message has to be sent twice."""
    async with new_stage() as stage:
        customers = await stage.customers(16)
        first = [await customer.say("p") for customer in customers]
        await customers[0].when_it_streams()

        await asyncio.to_thread(_hold, stage.servers[0].database.removeprefix(SQLITE), 3.0)

        second = [await customer.say("o") for customer in customers]
        for customer, *said in zip(customers, first, second, strict=True):
            for client_id in said:
                assert await customer.until_ended(client_id) == "done"
        history = await stage.prove()
    assert not [each.refused for each in history.customers if each.refused]


async def test_a_full_disk_is_told_honestly_and_heals_by_itself(new_stage: NewStage, tmp_path: Path) -> None:
    """B30: what could not be stored stays in the page and is taken when there is room again."""
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


def _hold(place: str, seconds: float) -> None:
    """Keep everybody else from writing, as a backup or somebody's shell does."""
    with closing(sqlite3.connect(place, timeout=10, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        # The time itself is the fault here: nothing happens that could be waited for.
        connection.create_function("wait", 1, _wait)
        connection.execute("SELECT wait(?)", (seconds,))
        connection.execute("ROLLBACK")


def _wait(seconds: float) -> int:
    from time import sleep

    sleep(seconds)
    return 0
