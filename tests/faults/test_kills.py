"""A process may be killed at any moment: nothing is lost, nothing is done twice, and every turn ends."""

import asyncio
import signal

from .conftest import NewStage

POINTS = (
    "turns.submit_message:before@4",
    "turns.submit_message:stored@5",
    "turns.begin_answer:stored@3",
    "AnswerStream.append:after@12",
    "turns.store_requested_calls:stored@2",
    "Tool.run:after@2",
    "tool_calls._set_result:after@2",
    "turns.run_tool:after@2",
    "turns.complete_call:written@2",
    "turns.finish_turn:written@3",
    "turns.finish_turn:stored@3",
)


async def test_kills_at_named_points_lose_nothing_and_double_nothing(new_stage: NewStage) -> None:
    """B1, B2: eleven kill -9, each at another point of a turn's life."""
    async with new_stage(kill_points=POINTS) as stage:
        customers = await stage.customers(6)
        await asyncio.gather(*(customer.live(8) for customer in customers))

        await stage.prove()
        assert stage.exit_codes.count(-signal.SIGKILL) >= 8


async def test_an_answer_that_was_killed_in_its_middle_is_kept_and_can_be_tried_again(
    new_stage: NewStage,
) -> None:
    """B1: what was read of it stays, marked as cut off, and «Try again» brings it whole."""
    async with new_stage() as stage:
        (customer,) = await stage.customers(1)
        stage.upstream.delay = 0.2
        client_id = await customer.say("p")
        await customer.when_it_streams()
        read = customer.page.screen.shown()[-1].text

        stage.servers[0].signal(signal.SIGKILL)

        assert await customer.until_ended(client_id) == "interrupted"
        assert customer.page.screen.shown()[-1].status == "partial"
        assert read.startswith(customer.page.screen.shown()[-1].text[:10])
        await customer.try_again(client_id)
        await stage.prove()


async def test_one_ticket_is_opened_whatever_moment_the_process_dies_at(new_stage: NewStage) -> None:
    """B2: kill -9 before and after every step around a tool that writes."""
    points = (
        "turns.store_requested_calls:stored",
        "turns.run_tool:before",
        "tool_calls._set_result:before",
        "tool_calls._set_result:after",
        "turns.run_tool:after",
    )
    async with new_stage(kill_points=[f"{point}@1" for point in points]) as stage:
        customers = await stage.customers(5)
        for customer in customers:
            await customer.until_ended(await customer.say("t"))

        history = await stage.prove()
        assert stage.exit_codes.count(-signal.SIGKILL) == len(points)
    assert len(history.stored.tickets) == len(customers)
