from collections.abc import AsyncIterator

import pytest

from supportbot.assistant.backends.chat import ChatBackend
from tests.provider import Provider

from .desk import Desk


@pytest.fixture
async def backend(provider: Provider) -> AsyncIterator[ChatBackend]:
    backend = ChatBackend(api_key="key", base_url=provider.url, model="grok-scripted")
    yield backend
    await backend.aclose()


@pytest.fixture
def desk(backend: ChatBackend) -> Desk:
    return Desk(backend)
