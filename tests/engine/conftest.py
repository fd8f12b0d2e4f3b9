from collections.abc import AsyncIterator
from typing import Any

import pytest

from supportbot.assistant.backends import Backend, load_backend
from tests.provider import Provider, Script

from .desk import Desk


@pytest.fixture
def spoken() -> str:
    """The backend that a module of tests is about."""
    return "chat"


@pytest.fixture
async def backend(spoken: str, provider: Provider) -> AsyncIterator[Any]:
    backend: Any = load_backend(spoken, api_key="key", base_url=provider.url, model="grok-scripted")
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
