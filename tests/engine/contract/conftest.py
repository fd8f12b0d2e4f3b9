from collections.abc import AsyncIterator, Iterator

import pytest

from supportbot.assistant.backends import Backend
from tests.engine.desk import Desk
from tests.provider import Script

from .wires import WIRES, Wire


@pytest.fixture(params=WIRES)
def spoken(request: pytest.FixtureRequest) -> Wire:
    """The wire that this run of a test plays over."""
    return WIRES[request.param]


@pytest.fixture
def provider(spoken: Wire) -> Iterator[Script]:
    with spoken.provider() as running:
        yield running


@pytest.fixture
async def backend(spoken: Wire, provider: Script) -> AsyncIterator[Backend]:
    backend = spoken.connect(provider)
    yield backend
    await backend.aclose()


@pytest.fixture
def desk(backend: Backend) -> Desk:
    return Desk(backend)


@pytest.fixture
async def warm_desk(provider: Script, desk: Desk) -> Desk:
    """One whose connection is open already, lest a short time limit pass before the request is sent."""
    provider.say("Hello.")
    await desk.ask("Hello")
    return desk
