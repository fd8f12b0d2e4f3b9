"""The same thing done at very many moments of an answer."""

import asyncio
from random import Random

from . import database
from .conftest import NewStage
from .customer import ENDED, Customer
from .page import Page

RELOADS = 100
CLOSES = 50


async def test_reloads_and_lost_lines_at_any_moment_never_repeat_or_lose_a_letter(
    new_stage: NewStage,
) -> None:
    """B4: a hundred times in mid-answer. Every text ever shown is the beginning of its answer."""
    chance = Random(4)
    async with new_stage() as stage:
        customers = await stage.customers(5)
        stage.upstream.delay = 0.1

        async def interrupt(customer: Customer) -> None:
            left = RELOADS // len(customers)
            while left:
                client_id = await customer.say("p")
                while left and await _comes_further(customer, client_id, chance.randrange(100)):
                    left -= 1
                    if chance.random() < 0.7:
                        await customer.reload(customer.page)
                    else:
                        stage.doors[0].cut()
                await customer.until_ended(client_id)

        await asyncio.gather(*(interrupt(customer) for customer in customers))
        history = await stage.prove()
    assert sum(each.connects for each in history.customers) > RELOADS


async def test_an_answer_waits_for_whoever_closed_the_page_in_its_middle(new_stage: NewStage) -> None:
    """B5: ten customers, five times each, closed at fifty moments and opened again when all answers have ended."""
    chance = Random(5)
    async with new_stage() as stage:
        customers = await stage.customers(10)
        stage.upstream.delay = 0.05
        for _ in range(CLOSES // len(customers)):
            asked = [await customer.say("p") for customer in customers]
            await asyncio.gather(
                *(
                    _leaves(customer, client_id, chance.randrange(150))
                    for customer, client_id in zip(customers, asked, strict=True)
                )
            )
            await stage.until(lambda: not database.active_turns(stage.servers[0]))
            await asyncio.gather(*(customer.open() for customer in customers))
            for customer, client_id in zip(customers, asked, strict=True):
                assert customer.state_of(client_id) == "done"
        history = await stage.prove()
    assert {row.status for row in history.stored.messages} == {"complete"}


async def _leaves(customer: Customer, client_id: str, letters: int) -> None:
    await customer.page.until(lambda page: not page.outbox)
    await _comes_further(customer, client_id, letters)
    await customer.leave()
    customer.pages.clear()


async def _comes_further(customer: Customer, client_id: str, letters: int) -> bool:
    """Wait for so many more letters of the answer to this message. False when it is at its end."""
    before = _length(customer.page)

    def has_come(page: Page) -> bool:
        return customer.state_of(client_id, page) in ENDED or before + letters < _length(page)

    await customer.page.until(has_come)
    return customer.state_of(client_id) not in ENDED


def _length(page: Page) -> int:
    """How much of the newest answer the page shows."""
    newest = page.screen.shown()[-1:]
    return sum(len(each.text) for each in newest if each.role == "assistant" and each.status == "streaming")
