"""Time goes wrong: the clock on the wall jumps, and sockets are given only so much of it."""

import asyncio
import signal
from pathlib import Path

from .conftest import NewStage

HOUR = 3600


def set_clock(clock: Path, wrong_by: int) -> None:
    """At once: a server that looks meanwhile must not find an empty file."""
    new = clock.with_suffix(".new")
    new.write_text(str(wrong_by))
    new.replace(clock)


async def test_the_clock_may_jump_by_an_hour_under_running_answers(
    new_stage: NewStage, tmp_path: Path
) -> None:
    """B31: forward, back, and back again just before the process is killed, so that its leases lie in the future."""
    clock = tmp_path / "clock"
    async with new_stage(FAULT_CLOCK=str(clock)) as stage:
        customers = await stage.customers(4)
        for wrong_by in (HOUR, -HOUR, 0):
            stage.upstream.delay = 0.1
            asked = [await customer.say("p") for customer in customers]
            await asyncio.gather(*(customer.when_it_streams() for customer in customers))
            set_clock(clock, wrong_by)
            asked += [await customer.say("o") for customer in customers]
            stage.upstream.delay = 0.01
            for customer, client_id in zip(customers * 2, asked, strict=True):
                assert await customer.until_ended(client_id) == "done"

        stage.upstream.delay = 0.1
        asked = [await customer.say(kind) for customer, kind in zip(customers, "pptt", strict=True)]
        await customers[0].when_it_streams()
        set_clock(clock, -HOUR)
        stage.servers[0].signal(signal.SIGKILL)
        stage.upstream.delay = 0.01
        for customer, client_id in zip(customers, asked, strict=True):
            await customer.until_ended(client_id)
        await stage.prove()


async def test_sockets_that_are_given_half_a_second_miss_nothing(new_stage: NewStage) -> None:
    """B32: ten ends of a socket and more for every page, ten times as often as the table asks for."""
    async with new_stage(FAULT_SOCKET="0.5") as stage:
        customers = await stage.customers(3)
        stage.upstream.delay = 0.05

        while min(len(customer.page.close_codes) for customer in customers) < 10:
            await asyncio.gather(*(_asks(customer) for customer in customers))

        await stage.prove()
        assert {code for customer in customers for code in customer.page.close_codes} == {1000}


async def _asks(customer) -> None:
    await customer.until_ended(await customer.say("p"))
