"""An orderly end in the middle of everything, as at every deploy."""

import asyncio
import signal
from time import monotonic

from .conftest import NewStage
from .customer import Customer

DRAIN = 2.0


async def test_a_deploy_under_running_answers_loses_nothing_and_pages_come_back(new_stage: NewStage) -> None:
    """B3: SIGTERM with fifty answers in mid-stream, and a tenth of the usual time for them to finish."""
    async with new_stage(DRAIN_SECONDS=str(DRAIN)) as stage:
        customers = await stage.customers(50)
        stage.upstream.delay = 0.4
        asked = [await customer.say("p") for customer in customers]
        await asyncio.gather(*(customer.when_it_streams() for customer in customers))

        began = monotonic()
        stage.servers[0].signal(signal.SIGTERM)
        late = [await customer.say("p") for customer in customers[:3]]  # in the last moments of the process
        await stage.until(lambda: stage.exit_codes)
        took = monotonic() - began

        assert stage.exit_codes == [0]
        assert took < DRAIN + 5
        await stage.until(stage.servers[0].is_ready)
        await asyncio.gather(*(customer.page.until(lambda page: page.is_open, 10) for customer in customers))
        stage.upstream.delay = 0.01
        for customer, client_id in [*zip(customers, asked, strict=True), *zip(customers, late, strict=False)]:
            await customer.until_ended(client_id)
        await stage.prove()


async def test_an_end_with_nothing_to_do_is_quick(new_stage: NewStage) -> None:
    """B3: an open page does not hold up the end of its process."""
    async with new_stage() as stage:
        customers: list[Customer] = await stage.customers(2)
        await asyncio.gather(*(customer.page.until(lambda page: page.is_open) for customer in customers))

        stage.servers[0].signal(signal.SIGTERM)
        await stage.until(lambda: stage.exit_codes, seconds=5)

        assert stage.exit_codes == [0]
