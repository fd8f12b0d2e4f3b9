"""What pages do all day: send twice, reload, close, come back, and stand open side by side."""

import asyncio
from random import Random

from . import database
from .conftest import NewStage
from .customer import Customer
from .page import Page


async def test_one_message_sent_twenty_times_at_once_is_one_message(new_stage: NewStage) -> None:
    """B7: the same client id on two sockets, and then with other words."""
    async with new_stage() as stage:
        (customer,) = await stage.customers(1)
        other = await customer.open()
        for page in customer.pages:
            await page.until(lambda page: page.is_open)

        client_id = await customer.say("t")
        frame = {"text": customer.log.sent[client_id], "client_id": client_id}
        await asyncio.gather(*(page.send(**frame) for page in (customer.page, other) * 10))
        await customer.until_ended(client_id)
        await other.send(text="something else", client_id=client_id)
        await other.until(lambda page: "other words" in page.screen.notice)

        history = await stage.prove()
    assert [row.role for row in history.stored.messages] == ["customer", "assistant", "assistant"]
    assert len(history.stored.tickets) == 1


async def test_reloads_and_lost_lines_at_any_moment_never_repeat_or_lose_a_letter(
    new_stage: NewStage,
) -> None:
    """B4: eighteen times in the middle of answers. Every text ever shown is the beginning of its answer."""
    chance = Random(4)
    async with new_stage() as stage:
        customers = await stage.customers(3)
        stage.upstream.delay = 0.05

        async def interrupt(customer: Customer) -> None:
            for _ in range(6):
                client_id = await customer.say("p")
                await customer.when_it_streams()
                length = len(customer.page.screen.shown()[-1].text) + chance.randrange(200)
                await customer.page.until(lambda page, length=length: _has_come_to(page, length))
                if chance.random() < 0.5:
                    await customer.reload(customer.page)
                else:
                    stage.doors[0].cut()
                await customer.until_ended(client_id)

        await asyncio.gather(*(interrupt(customer) for customer in customers))
        await stage.prove()


def _has_come_to(page: Page, length: int) -> bool:
    newest = page.screen.shown()[-1]
    return len(newest.text) >= length or newest.status != "streaming"


async def test_the_answer_waits_for_whoever_closed_the_page(new_stage: NewStage) -> None:
    """B5: closed in mid-answer; the turn belongs to the server and goes on."""
    async with new_stage() as stage:
        (customer,) = await stage.customers(1)
        stage.upstream.delay = 0.05
        await customer.say("b")
        await customer.page.until(lambda page: page.screen.client_ids)
        await customer.leave()
        await stage.until(lambda: not database.active_turns(stage.servers[0]))

        customer.pages.clear()
        await customer.open()

        history = await stage.prove()
    assert [each.status for each in history.customers[0].pages[0]] == ["complete"] * 3


async def test_all_tabs_of_a_conversation_show_the_same(new_stage: NewStage) -> None:
    """B9, B10: three tabs, from each of which something is said while the others' questions are answered."""
    async with new_stage() as stage:
        (customer,) = await stage.customers(1)
        pages = [customer.page, await customer.open(), await customer.open()]

        said = [await customer.say("p", page=page) for _ in range(4) for page in pages]
        await customer.until_ended(said[-1])

        history = await stage.prove()
    assert len(history.customers[0].pages) == 3
    assert not history.customers[0].refused
