"""A server of one's own may take minutes to load its model: it is waited for, asked only once, and that is told."""

import asyncio

from supportbot.assistant.deadlines import LOADING_SECONDS
from supportbot.assistant.errors import ErrorCode
from supportbot.assistant.messages import Waiting
from tests.engine.desk import Desk
from tests.engine.failing import fails
from tests.provider import HOLD, End, Say, Script


async def test_a_model_that_is_being_loaded_is_waited_for_beyond_the_time_of_a_turn(
    provider: Script, warm_desk: Desk
):
    reply = provider.play(HOLD, Say("Here I am."), End())
    warm_desk.set_limits(first_token=LOADING_SECONDS + 1, turn=0.3, notice=0.1)
    asking = asyncio.create_task(warm_desk.ask("Are you there?"))
    await provider.until(lambda provider: reply.held)
    await asyncio.sleep(0.4)  # longer than the turn may take

    reply.release()

    assert await asking == "Here I am."
    assert [type(event) for event in warm_desk.events].count(Waiting) == 1
    assert len(provider.requests) == 2


async def test_another_one_is_given_up_and_nothing_is_said_of_it_before(provider: Script, warm_desk: Desk):
    provider.ignore()
    warm_desk.set_limits(first_token=0.3, notice=10)

    assert (await fails(warm_desk)).code == ErrorCode.NO_FIRST_TOKEN
    assert Waiting() not in warm_desk.events
    await provider.until(lambda provider: provider.requests[-1].closed_early, timeout=1)
