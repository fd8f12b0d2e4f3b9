from collections.abc import AsyncIterator, Iterator

import pytest

from supportbot.assistant.backends.xai import XaiBackend
from tests.engine.desk import Desk
from tests.provider.grpc import GrpcProvider


@pytest.fixture
def provider() -> Iterator[GrpcProvider]:
    with GrpcProvider() as running:
        yield running


@pytest.fixture
async def backend(provider: GrpcProvider) -> AsyncIterator[XaiBackend]:
    backend = XaiBackend(api_key="xai-1", base_url=provider.url, model="grok-scripted")
    yield backend
    await backend.aclose()


@pytest.fixture
def desk(backend: XaiBackend) -> Desk:
    return Desk(backend)
