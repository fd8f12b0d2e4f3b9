from collections.abc import AsyncIterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User

from supportbot.assistant.tools import Registry
from supportbot.conversations import runner
from supportbot.conversations.models import Conversation
from tests.provider import Provider

from .page import Browser, Page
from .workshop import Workshop


@pytest.fixture
def alices(alice: User) -> Browser:
    return Browser(alice)


@pytest.fixture
def bobs(bob: User) -> Browser:
    return Browser(bob)


@pytest.fixture
def guests(db: None) -> Browser:
    return Browser()


@pytest.fixture
def chat(alices: Browser) -> Conversation:
    """Alice's conversation, in which nothing was said yet."""
    return alices.begin()


@pytest.fixture
def of_bob(bobs: Browser) -> Conversation:
    return bobs.begin()


@pytest.fixture
def of_guest(guests: Browser) -> Conversation:
    return guests.begin()


@pytest.fixture
async def model(transactional_db: None, provider: Provider, settings: Any) -> AsyncIterator[Provider]:
    """The scripted provider as the model of a server process that has just begun."""
    settings.LLM_BACKEND = "chat"
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(
        update={
            "llm_base_url": provider.url,
            "llm_api_key": "key",
            "llm_model": "grok-scripted",
            "drain_seconds": 0,
        }
    )
    settings.CONVERSATION_MESSAGES_PER_MINUTE = settings.VISITOR_MESSAGES_PER_MINUTE = 0
    yield provider
    await runner.drain()
    if runner._keeper is not None:
        runner._keeper.cancel()
    runner._keeper, runner._closing = None, False


@pytest.fixture
async def page(model: Provider, alices: Browser, chat: Conversation) -> AsyncIterator[Page]:
    """Alice's open page."""
    page = await alices.open(chat)
    yield page
    await page.close()


@pytest.fixture
async def workshop(model: Provider, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Workshop]:
    """Tools that misbehave, besides those of the installation."""
    workshop = Workshop()
    conversations = apps.get_app_config("conversations")
    monkeypatch.setattr(conversations, "tools", Registry([*conversations.tools.values(), *workshop.tools()]))
    yield workshop
    workshop.go_on.set()
    await workshop.is_idle()
