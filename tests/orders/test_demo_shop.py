"""The demo shop: `manage.py demo_shop`."""

from datetime import timedelta

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.utils import timezone

from orders.models import Order
from supportbot.conversations.staff_group import ensure_staff_groups

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo_shop(settings):
    settings.DEBUG = True
    # What hashing costs is not the point here.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

    def run():
        call_command("demo_shop", verbosity=0)

    run()
    return run


def test_it_makes_the_people_who_can_sign_in(demo_shop):
    names = ("alice", "bob", "agent", "sam", "admin")
    people = {name: authenticate(username=name, password=name) for name in names}
    rights = {name: (user.is_staff, user.is_superuser) for name, user in people.items()}
    assert rights == {
        "alice": (False, False),
        "bob": (False, False),
        "agent": (True, False),
        "sam": (True, False),
        "admin": (True, True),
    }
    for name in ("agent", "sam"):
        assert people[name].groups.get().name == "Support staff"


def test_it_makes_their_orders(demo_shop):
    today = timezone.localdate()
    orders = Order.objects.order_by("number").values_list(
        "number", "customer__username", "status", "expected_delivery"
    )
    assert list(orders) == [
        ("ORD-123", "alice", "shipped", today + timedelta(days=2)),
        ("ORD-456", "alice", "processing", today + timedelta(days=5)),
        ("ORD-789", "bob", "delivered", None),
    ]
    order = Order.objects.get(number="ORD-123")
    assert (order.items.count(), order.eta, order.email) == (2, "2 days", "alice@example.com")
    assert order.tracking
    assert order.total == sum(item.quantity * item.price for item in order.items.all())


def test_a_second_run_keeps_everything_and_moves_the_expected_dates_on(demo_shop):
    alice, order = User.objects.get(username="alice"), Order.objects.get(number="ORD-123")
    alice.set_password("her own")
    alice.save()
    order.name, order.expected_delivery = "Alice B. Archer", timezone.localdate() - timedelta(days=3)
    order.save()
    demo_shop()
    order.refresh_from_db()
    assert (order.name, order.eta, order.items.count()) == ("Alice B. Archer", "2 days", 2)
    assert authenticate(username="alice", password="her own") == alice
    assert (User.objects.count(), Order.objects.count()) == (5, 3)


def test_it_makes_no_known_passwords_where_strangers_may_come(settings, db):
    settings.DEBUG = False
    with pytest.raises(CommandError, match="only with DEBUG=1"):
        call_command("demo_shop")
    assert not User.objects.exists()


def test_the_support_staff_have_the_rights_for_their_work_and_no_more():
    Group.objects.all().delete()
    rights = ensure_staff_groups()[0].permissions.values_list("codename", flat=True)
    assert set(rights) == {
        "view_ticket",
        "add_ticket",
        "change_ticket",
        "view_order",
        "view_orderitem",
        "view_conversation",
        "change_conversation",
        "view_turn",
        "view_message",
        "view_toolcall",
        "view_savedreply",
        "add_savedreply",
        "change_savedreply",
        "delete_savedreply",
        "view_modelrequest",
        "view_outage",
    }
