from collections.abc import AsyncIterator
from random import Random
from time import sleep
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import Group, User

from supportbot.assistant.tools import Tool
from supportbot.conversations.staff_group import AGENTS
from tests.conversations.conftest import _own_media, alices, model
from tests.conversations.page import Browser
from tests.faults import script
from tests.faults.proxy import Proxy
from tests.provider import Provider

from .plan import SEED
from .play import Shop

__all__ = ["_own_media", "alices", "model"]

RIVALS = 4
# The model's words come at this pace, so that there is a middle of an answer.
WORD_BYTES, WORD_SECONDS = 300, 0.01


@pytest.fixture
def rivals(agent: User) -> list[User]:
    names = [f"rival{number}" for number in range(1, RIVALS)]
    others = [User.objects.create_user(name, f"{name}@example.com", name, is_staff=True) for name in names]
    for other in others:
        other.groups.add(Group.objects.get(name=AGENTS))
    return [agent, *others]


@pytest.fixture
async def shop(
    model: Provider, alice: User, alices: Browser, rivals: list[User], settings: Any
) -> AsyncIterator[Shop]:
    """The model behind a line that is as slow as a real one."""
    port = urlsplit(settings.ENVIRONMENT.llm_base_url).port
    model.otherwise(script.speak(model))
    async with Proxy(port or 0, delay=WORD_SECONDS, piece=WORD_BYTES) as line:
        settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(
            update={
                "llm_base_url": f"{line.url}/v1",
                "visitor_tokens_per_day": 0,
                "conversation_tokens_per_day": 0,
                "tokens_per_day": 0,
            }
        )
        yield Shop(alice, alices, model, (rivals[0], rivals[1]))


@pytest.fixture
def slow_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tools take their time, before and after they write, so that takeovers meet them in the middle."""

    chance, run = Random(SEED), Tool.run

    def run_slowly(self: Tool, *args: Any) -> Any:
        sleep(chance.random() * 0.03)
        result = run(self, *args)
        sleep(chance.random() * 0.03)
        return result

    monkeypatch.setattr(Tool, "run", run_slowly)
