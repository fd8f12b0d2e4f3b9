from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest

from supportbot.assistant.backends import Backend, load_backend
from supportbot.assistant.facts import readers
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


@pytest.fixture
def on_24_november(monkeypatch: pytest.MonkeyPatch) -> None:
    """The day on which an answer says “tomorrow”, whatever day it is: the texts of a test may name the next one."""

    class Then(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> "Then":
            return cls(2026, 11, 24, 12, tzinfo=tz)

    monkeypatch.setattr(readers, "datetime", Then)
