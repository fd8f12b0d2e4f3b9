"""What pages do all day: send twice, and stand open side by side."""

import asyncio

from .conftest import NewStage


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
        await other.until(lambda page: "different version" in page.screen.notice)

        history = await stage.prove()
    assert [row.role for row in history.stored.messages] == ["customer", "assistant", "assistant"]
    assert len(history.stored.tickets) == 1


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
