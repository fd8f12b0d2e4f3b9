from collections.abc import AsyncIterator

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from supportbot.conversations.models import Conversation
from supportbot.conversations.staff_group import AGENTS, ensure_staff_groups
from tests.conversations.conftest import _own_media, alices, chat, guests, model, of_guest, page
from tests.conversations.page import Browser
from tests.provider import Provider

from .desk_page import DeskPage, open_desk

__all__ = ["_own_media", "alices", "chat", "guests", "model", "of_guest", "page"]


@pytest.fixture
def sam(db: None) -> User:
    """A second member of the support staff."""
    sam = User.objects.create_user("sam", "sam@example.com", "sam", is_staff=True, first_name="Sam")
    sam.groups.add(Group.objects.get(name=AGENTS))
    return sam


@pytest.fixture
def lead(db: None) -> User:
    lead = User.objects.create_user("lead", is_staff=True, first_name="Lea")
    lead.groups.add(ensure_staff_groups()[1])
    return lead


@pytest.fixture
def agents(agent: User) -> Browser:
    return Browser(agent)


@pytest.fixture
def leads(lead: User) -> Client:
    client = Client()
    client.force_login(lead)
    return client


@pytest.fixture
def sams(sam: User) -> Browser:
    return Browser(sam)


@pytest.fixture
async def desk(model: Provider, agents: Browser, chat: Conversation) -> AsyncIterator[DeskPage]:
    """The agent's live page of Alice's conversation."""
    desk = await open_desk(agents, chat)
    yield desk
    await desk.close()


@pytest.fixture
async def sams_desk(model: Provider, sams: Browser, chat: Conversation) -> AsyncIterator[DeskPage]:
    desk = await open_desk(sams, chat)
    yield desk
    await desk.close()
