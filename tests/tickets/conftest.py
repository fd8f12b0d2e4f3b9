from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from supportbot.assistant.tools import Customer, ToolContext
from supportbot.conversations.models import Conversation
from supportbot.conversations.staff_group import AGENTS
from tests.conversations.conftest import _own_media
from tests.conversations.page import Browser
from tickets.models import Ticket

__all__ = ["_own_media"]

Chat = Callable[..., ToolContext]


@pytest.fixture
def alice(db: None) -> User:
    return User.objects.create(username="alice", first_name="Alice", email="alice@example.com")


@pytest.fixture
def bob(db: None) -> User:
    return User.objects.create(username="bob", email="bob@example.com")


@pytest.fixture
def agent(db: None) -> User:
    agent = User.objects.create(username="agent", is_staff=True)
    agent.groups.add(Group.objects.get(name=AGENTS))
    return agent


@pytest.fixture
def talk(alice: User) -> Conversation:
    return Conversation.objects.create(user=alice)


@pytest.fixture
def ticket(talk: Conversation, alice: User) -> Ticket:
    return Ticket.objects.create(
        number="TKT-00000001", issue="ORD-123 is late", conversation=talk, customer=alice
    )


@pytest.fixture
def chat(db: None) -> Chat:
    """Begins a conversation of somebody, or of a guest, and gives what a tool is told about it."""

    def begin(user: User | None = None, request: str = "turn:1") -> ToolContext:
        conversation = Conversation.objects.create(user=user, guest_key="" if user else "guest-key")
        customer = Customer(user.pk, user.email, user.get_short_name()) if user else None
        return ToolContext(conversation.pk, conversation.visitor.key, customer, request)

    return begin


@pytest.fixture
def desk(client: Any, agent: User) -> Any:
    """A browser in which a member of the support staff has signed in."""
    client.force_login(agent)
    return client


@pytest.fixture
def alices(alice: User) -> Client:
    return Browser(alice).client


@pytest.fixture
def sam(agent: User) -> User:
    """The agent, whose first name is all that customers may read."""
    agent.first_name, agent.username = "Sam", "secret-account"
    agent.save()
    return agent
