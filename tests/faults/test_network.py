"""The network between a page and the server, and between the server and the model, fails in every way it knows."""

import asyncio

import pytest

from .conftest import NewStage
from .proxy import Proxy
from .stage import Stage


async def test_a_line_that_went_dead_without_a_word_is_noticed_and_what_was_missed_comes(
    new_stage: NewStage,
) -> None:
    """B6: a black hole in mid-answer, as when a laptop sleeps or leaves the WLAN."""
    async with new_stage() as stage:
        customers = await stage.customers(3)
        stage.upstream.delay = 0.1
        asked = [await customer.say("p") for customer in customers]
        await asyncio.gather(*(customer.when_it_streams() for customer in customers))

        stage.doors[0].darken()
        sent = [await customer.say("p") for customer in customers]  # into the hole
        for customer in customers:
            await customer.page.until(lambda page: not page.is_open, 15)
        stage.doors[0].lighten()

        for customer, *said in zip(customers, asked, sent, strict=True):
            for client_id in said:
                await customer.until_ended(client_id)
        await stage.prove()


async def test_a_line_that_delays_and_slices_changes_nothing(new_stage: NewStage) -> None:
    """B4: five bytes at a time, on both sides of the server."""
    async with new_stage() as stage:
        stage.upstream.piece, stage.upstream.delay = 97, 0.001
        stage.doors[0].piece, stage.doors[0].delay = 311, 0.001
        customers = await stage.customers(2)

        await asyncio.gather(*(customer.live(3) for customer in customers))

        await stage.prove()


@pytest.mark.parametrize("break_line", [Proxy.cut, Proxy.reset, Proxy.darken], ids=lambda how: how.__name__)
async def test_a_model_that_breaks_off_leaves_a_marked_beginning_and_a_way_to_try_again(
    new_stage: NewStage, break_line: object
) -> None:
    """B15, B16: the provider's connection is cut, reset, or says nothing more, before and in mid-answer."""
    async with new_stage(LLM_STALL_SECONDS="1", LLM_FIRST_TOKEN_SECONDS="2") as stage:
        customers = await stage.customers(4)
        stage.upstream.delay = 0.3
        asked = [await customer.say(kind) for customer, kind in zip(customers, "pwtb", strict=True)]
        await customers[0].when_it_streams()

        await _break_until_all_fail(stage, break_line, asked)

        assert "partial" in [each.status for each in customers[0].page.screen.shown()]
        stage.upstream.delay = 0.01
        stage.upstream.lighten()
        for customer, client_id in zip(customers, asked, strict=True):
            if await customer.until_ended(client_id) != "done":
                await customer.try_again(client_id)
        await stage.prove()


async def _break_until_all_fail(stage: Stage, break_line, asked: list[str]) -> None:
    break_line(stage.upstream)
    first = stage.people[0]
    assert await first.until_ended(asked[0]) == "failed"
