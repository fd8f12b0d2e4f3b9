"""Very many lines that come back at once, and one that never does. Minutes, so only `make faults` runs them."""

import asyncio
from contextlib import suppress
from random import Random
from time import monotonic

import pytest
import websockets
from websockets.exceptions import WebSocketException

from .conftest import NewStage
from .customer import Customer
from .proxy import Proxy

pytestmark = pytest.mark.long

TABS = 19  # of each of the fifty customers, besides the page that shows everything
LONGEST = 30.0
# As static/chat/connection.js has them.
SILENCE_SECONDS = 8.0
RECONNECT_SECONDS, RECONNECT_SPREAD_SECONDS, RECONNECT_SPREAD_MAX_SECONDS = 0.5, 1.5, 15.0


async def tab(customer: Customer, chance: Random) -> websockets.ClientConnection:
    """A tab that comes back as soon as a page does, with as many tries, and has heard from the server."""
    spread = RECONNECT_SPREAD_SECONDS
    while True:
        await asyncio.sleep(RECONNECT_SECONDS + spread * chance.random())
        with suppress(OSError, WebSocketException):  # the former is also what a TimeoutError is
            return await connect_tab(customer)
        spread = min(RECONNECT_SPREAD_MAX_SECONDS, 2 * spread)


async def connect_tab(customer: Customer) -> websockets.ClientConnection:
    """One try. It is given up when nothing is heard for as long as a page waits."""
    socket = await customer.page._connect(SILENCE_SECONDS)
    try:
        async with asyncio.timeout(SILENCE_SECONDS):
            await socket.send('{"action": "ping"}')
            await socket.recv()
    except TimeoutError:
        await socket.close()
        raise
    return socket


async def test_a_thousand_lines_that_are_lost_at_once_are_all_back_within_half_a_minute(
    new_stage: NewStage,
) -> None:
    """B34: fifty customers with twenty tabs each, whose answers go on meanwhile."""
    chance = Random(34)
    async with new_stage() as stage:
        customers = await stage.customers(50)
        for customer in customers:
            await asyncio.gather(*(tab(customer, chance) for _ in range(TABS)))
        asked = [await customer.say("p") for customer in customers]

        stage.doors[0].reset()
        began = monotonic()
        await asyncio.gather(*(tab(customer, chance) for customer in customers for _ in range(TABS)))
        back = monotonic() - began

        for customer, client_id in zip(customers, asked, strict=True):
            assert await customer.until_ended(client_id) == "done"
        await stage.prove()
    print(f"all were back after {back:.1f} s")
    assert back < LONGEST


async def test_a_line_that_died_without_a_word_is_given_up_by_the_server_within_a_minute(
    new_stage: NewStage,
) -> None:
    """B6: until then it counts as an open page of the customer, who may have only one here."""
    async with new_stage(VISITOR_SOCKETS="1") as stage:
        (customer,) = await stage.customers(1)
        await customer.page.until(lambda page: page.is_open)
        async with Proxy(stage.servers[0].port) as elsewhere:
            other = await customer.open(elsewhere)
            await other.until(lambda page: 4429 in page.close_codes)
            stage.doors[0].darken()

            client_id = await customer.say("p", other)
            assert await customer.until_ended(client_id, 70, other) == "done"
