"""The database is held up or full: whoever writes waits, or is told honestly, and nothing acknowledged is lost."""

import asyncio
import html
import os
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from time import monotonic

import httpx2
import pytest

from tests.servers.site import SQLITE

from .conftest import QUICK, NewStage
from .customer import Customer
from .grounds import on_sqlite
from .stage import Stage


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


async def test_a_disk_that_fills_up_in_mid_answer_leaves_no_turn_unsettled(
    new_stage: NewStage, tmp_path: Path
) -> None:
    """B30: whoever waits is told, a new guest gets an honest page, and all goes on by itself when there is room again.

    It is full for longer than a write is tried again at once.
    """
    full = tmp_path / "disk is full"
    async with new_stage(FAULT_WRITES=str(full), FAULT_DEADLINE="1") as stage:
        await _fill_in_mid_answer(stage, full.touch, full.unlink, seconds=3)


@pytest.mark.long
@pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts a disk")
async def test_a_real_disk_that_is_full_for_more_than_a_minute(
    stocked_database: Path, tmp_path: Path
) -> None:
    """B30: the same on a file system of its own, without any hook in the product but a shorter lease."""
    disk = tmp_path / "disk"
    disk.mkdir()
    await _call_program("mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(disk))
    filler = disk / "filler"

    def fill_up() -> None:
        with suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))

    try:
        async with on_sqlite(stocked_database, disk, **QUICK) as stage:
            await _fill_in_mid_answer(stage, fill_up, filler.unlink, seconds=75)
    finally:
        await _call_program("umount", str(disk))


async def _call_program(*words: str) -> None:
    process = await asyncio.create_subprocess_exec(*words)
    assert await process.wait() == 0, words


async def _fill_in_mid_answer(
    stage: Stage, fill_up: Callable[[], object], make_room: Callable[[], object], seconds: float
) -> None:
    customers = await stage.customers(3)
    for customer in customers:
        await customer.until_ended(await customer.say("p"))
    stage.upstream.delay = 0.1
    asked = [await customer.say("p") for customer in customers]
    await asyncio.gather(*(customer.when_it_streams() for customer in customers))

    fill_up()
    stage.upstream.delay = 0.0
    began = monotonic()
    for customer in customers:
        await customer.page.until(lambda page: "can't save anything" in page.screen.notice)
    first_page, first_message = await _come_as_guest(stage)
    # The time itself is the fault here: nothing happens that could be waited for.
    await asyncio.sleep(max(0, seconds - (monotonic() - began)))
    assert {customer.state_of(said) for customer, said in zip(customers, asked, strict=True)} == {"running"}

    make_room()
    for customer, client_id in zip(customers, asked, strict=True):
        assert await customer.until_ended(client_id, seconds=10) == "done"
        await customer.page.until(lambda page: page.screen.notice == "")
    await stage.prove()
    assert first_page.status_code == 200  # nothing is written for a look
    assert first_message.status_code in (422, 503)
    assert "again in a moment" in html.unescape(first_message.text)
    assert stage.exit_codes == []


async def _come_as_guest(stage: Stage) -> tuple[httpx2.Response, httpx2.Response]:
    """A new guest looks at the page, and posts a first message without scripts. Returns both responses."""
    async with httpx2.AsyncClient(trust_env=False, follow_redirects=True, timeout=30) as guest:
        page = await guest.get(stage.doors[0].url)
        form = {"text": "Hello?", "client_id": "first", "csrfmiddlewaretoken": guest.cookies["csrftoken"]}
        return page, await guest.post(page.url, data=form, headers={"Accept": "text/html"})
