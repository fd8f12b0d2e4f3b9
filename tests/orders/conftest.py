from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from orders.models import Order
from supportbot.assistant.tools import Customer, ToolContext
from supportbot.conversations.models import Conversation
from supportbot.conversations.staff_group import AGENTS

from .platforms import SECRET, Sender

Chat = Callable[..., ToolContext]


@pytest.fixture
def alice(db: None) -> User:
    """A customer with two orders: ORD-123 is on its way, ORD-456 is not sent yet."""
    alice = User.objects.create(username="alice", email="alice@example.com")
    today, now = timezone.localdate(), timezone.now()
    order = Order.objects.create(
        number="ORD-123",
        customer=alice,
        email="Alice@Example.com",
        name="Alice Archer",
        status="shipped",
        ordered_at=now - timedelta(days=5),
        expected_delivery=today + timedelta(days=2),
        tracking="357962501027",
        total="98.90",
    )
    order.items.create(name="Wireless Headphones", sku="HEAD-01", quantity=1, price="79.90")
    order.items.create(name="USB-C Cable", sku="CABL-02", quantity=2, price="9.50")
    Order.objects.create(number="ORD-456", customer=alice, email="alice@example.com", ordered_at=now)
    return alice


@pytest.fixture
def bob(db: None) -> User:
    bob = User.objects.create(username="bob", email="bob@example.com")
    Order.objects.create(number="ORD-789", customer=bob, email="bob@example.com", status="delivered")
    return bob


@pytest.fixture
def chat(db: None) -> Chat:
    """Begins a conversation of somebody, or of a guest, and gives what a tool is told about it."""

    def begin(user: User | None = None, guest_key: str = "guest-key") -> ToolContext:
        conversation = Conversation.objects.create(user=user, guest_key="" if user else guest_key)
        customer = Customer(user.pk, user.email, user.get_short_name()) if user else None
        return ToolContext(conversation.pk, conversation.visitor.key, customer, "turn:1")

    return begin


@pytest.fixture
def desk(client: Any, db: None) -> Any:
    """A browser in which a member of the support staff has signed in."""
    agent = User.objects.create(username="agent", is_staff=True)
    agent.groups.add(Group.objects.get(name=AGENTS))
    client.force_login(agent)
    return client


@pytest.fixture
def sender(settings: Any, db: None) -> Sender:
    """Sends as the platforms do, with the secrets that are set."""
    settings.SHOPIFY_WEBHOOK_SECRET = settings.WOOCOMMERCE_WEBHOOK_SECRET = SECRET
    settings.ORDERS_API_TOKEN = SECRET
    return Sender()
