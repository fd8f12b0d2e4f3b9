"""Very many lines that come back at once, and one that never does. Minutes, so only `make faults` runs them."""

import asyncio
from time import monotonic

import pytest

from .conftest import NewStage
from .proxy import Proxy

pytestmark = pytest.mark.long

PAGES = 20


async def test_a_thousand_pages_that_lose_their_lines_at_once_are_all_back_within_half_a_minute(
    new_stage: NewStage,
) -> None:
    """B34: fifty customers with twenty tabs each, whose answers go on meanwhile."""
    async with new_stage() as stage:
        customers = await stage.customers(50)
        for customer in customers:
            for _ in range(PAGES - 1):
                await customer.open()
        pages = [page for customer in customers for page in customer.pages]
        await asyncio.gather(*(page.until(lambda page: page.is_open, 60) for page in pages))
        asked = [await customer.say("p") for customer in customers]
        await asyncio.gather(*(customer.when_it_streams(30) for customer in customers))

        began = monotonic()
        stage.doors[0].reset()
        await asyncio.gather(*(page.until(lambda page: not page.is_open) for page in pages))
        await asyncio.gather(*(page.until(lambda page: page.is_open, 60) for page in pages))
        back = monotonic() - began
        for customer, client_id in zip(customers, asked, strict=True):
            assert await customer.until_ended(client_id) == "done"

        await stage.prove()
        assert back < 30


async def test_a_line_that_died_without_a_word_is_given_up_by_the_server_within_a_minute(
    new_stage: NewStage,
) -> None:
    """B6: until then it counts as an open page of the customer, who may have only one here."""
    async with new_stage(VISITOR_SOCKETS="1") as stage:
        (customer,) = await stage.customers(1)
        await customer.page.until(lambda page: page.is_open)
        async with Proxy(stage.servers[0].port) as elsewhere:
            stage.doors[0].darken()
            other = await customer.open(elsewhere)

            assert await customer.until_ended(await customer.say("p", other), 70, other) == "done"
