import secrets
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.utils import timezone

from supportbot.assistant.tools import Registry
from supportbot.conversations import jobs
from supportbot.conversations.attachments import storage
from supportbot.conversations.models import Attachment, Conversation
from supportbot.conversations.worker import housekeeping, lease_grace, runner
from supportbot.server.process import process
from tests.provider import Provider
from tests.servers.fixtures import new_site, stocked_database

from .clock import Clock
from .page import Browser, Page
from .photos import PICTURE, sent
from .workshop import Workshop

__all__ = ["new_site", "stocked_database"]


@pytest.fixture(autouse=True)
def _own_media(settings: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Photos are kept in a folder of the test, which is made with the first of them: most tests have none."""
    settings.MEDIA_ROOT = tmp_path_factory.getbasetemp() / f"media-{secrets.token_hex(8)}"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(lease_grace, "monotonic", lambda: clock.monotonic)
    monkeypatch.setattr(timezone, "now", clock.now)
    return clock


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
    import_module("supportbot.assistant.backends.chat")  # there, too, not in the middle of an answer
    settings.LLM_BACKEND = "chat"
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(
        update={
            "llm_base_url": provider.url,
            "llm_api_key": "key",
            "llm_model": "grok-scripted",
            "drain_seconds": 0,
            "llm_background": False,
        }
    )
    settings.CONVERSATION_MESSAGES_PER_MINUTE = settings.VISITOR_MESSAGES_PER_MINUTE = 0
    yield provider
    await runner.drain()
    await runner.close_connections()
    if (task := process.get(housekeeping.Housekeeper).task) is not None:
        task.cancel()


@pytest.fixture
def frequent_sweeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is due is looked for more often than in earnest, so that tests need not wait for it."""
    monkeypatch.setattr(housekeeping, "CHECKPOINT_INTERVAL_SECONDS", 0.1)
    monkeypatch.setattr(housekeeping, "SWEEP_INTERVAL_SECONDS", 0.1)
    monkeypatch.setattr(jobs, "RUNNING_TURN_PAUSE", timedelta(seconds=0.1))


@pytest.fixture
def background(model: Provider, settings: Any, frequent_sweeps: None) -> None:
    """The model is also asked about conversations in the background, as it is unless somebody switches that off."""
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"llm_background": True})


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


@pytest.fixture
def image(chat: Conversation) -> Attachment:
    return sent(chat)


@pytest.fixture
def unsent(chat: Conversation) -> Attachment:
    return storage.store_image(chat.pk, PICTURE)


@pytest.fixture
def limit(settings: Any) -> Callable[..., None]:
    """Sets the day's budgets, by the names of the settings."""
    settings.LLM_BACKEND = "chat"
    settings.CONVERSATION_MESSAGES_PER_MINUTE = settings.VISITOR_MESSAGES_PER_MINUTE = 0

    def set_limits(**tokens: int) -> None:
        of_requests = {"llm_window_tokens": 1000, "llm_max_tokens": 24, "visitor_tokens_per_day": 0}
        settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update=of_requests | tokens)

    return set_limits
