"""How every test of a failure asks, and how it ends."""

import pytest

from supportbot.assistant.errors import ModelError
from tests.provider import Provider, wire

from .desk import Desk

SAID = "Grüße! It is "
START = b"".join(wire.words(SAID))


async def fails(desk: Desk) -> ModelError:
    """Ask for something that must fail."""
    with pytest.raises(ModelError) as caught:
        await desk.ask("Where is my order?")
    return caught.value


async def assert_next_turn_works(provider: Provider, desk: Desk) -> None:
    """The failed turn's stream is closed, and the same backend answers again."""
    await provider.until(lambda provider: provider.idle)
    desk.set_limits(first_token=20, stall=15, turn=90)
    provider.say("Hello again.")
    assert await desk.ask("Are you there?") == "Hello again."
