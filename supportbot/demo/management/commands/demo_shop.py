"""`manage.py demo_shop`: two customers with orders, two members of staff and an administrator, to try out."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from supportbot.conversations.staff_group import ensure_staff_groups

from ...accounts import DEMO_STAFF


@dataclass(frozen=True)
class DemoOrder:
    number: str
    customer: str
    status: str
    ordered_days_ago: int
    items: tuple[tuple[str, str, int, str], ...]  # name, SKU, quantity, price
    expected_in_days: int | None = None
    tracking: str = ""

    @property
    def total(self) -> Decimal:
        return sum((quantity * Decimal(price) for _name, _sku, quantity, price in self.items), Decimal())


# An entry for each of DEMO_ACCOUNTS.
PEOPLE: dict[str, dict[str, Any]] = {
    "alice": {"first_name": "Alice", "last_name": "Archer"},
    "bob": {"first_name": "Bob", "last_name": "Baker"},
    "agent": {"first_name": "Alex", "last_name": "Agent", "is_staff": True},
    "sam": {"first_name": "Sam", "last_name": "Summers", "is_staff": True},
    "admin": {"is_staff": True, "is_superuser": True},
}
HEADPHONES = ("Wireless Headphones", "HEAD-01", 1, "79.90")
CABLES = ("USB-C Cable, 2 m", "CABL-02", 2, "9.50")
KEYBOARD = ("Mechanical Keyboard", "KEYB-01", 1, "129.00")
LAMP = ("Desk Lamp", "LAMP-01", 1, "45.00")
ORDERS = (
    DemoOrder(
        "ORD-123", "alice", "shipped", 5, (HEADPHONES, CABLES), expected_in_days=2, tracking="357962501027"
    ),
    DemoOrder("ORD-456", "alice", "processing", 1, (KEYBOARD,), expected_in_days=5),
    DemoOrder("ORD-789", "bob", "delivered", 14, (LAMP,), tracking="490313116609"),
)


class Command(BaseCommand):
    help = "Create the demo shop. A second run keeps everything and only moves the expected dates on."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError(_("Demo accounts have known passwords, so they are made only with DEBUG=1."))
        people = {name: _create_account(name, **fields) for name, fields in PEOPLE.items()}
        ensure_staff_groups()[0].user_set.add(*(people[name] for name in DEMO_STAFF))
        if "orders" in apps.app_configs:  # the site works without them too
            for demo in ORDERS:
                _create_order(demo, people[demo.customer])
        self.stdout.write(
            _("The demo shop is ready: customers alice and bob, staff agent and sam, administrator admin.")
        )


def _create_account(name: str, **fields: Any) -> Any:
    """The account of that name; a new one has its name for a password."""
    users = get_user_model().objects
    known = users.filter(username=name).first()
    return known or users.create_user(name, f"{name}@example.com", name, **fields)


def _create_order(demo: DemoOrder, customer: Any) -> None:
    orders, items = apps.get_model("orders", "Order").objects, apps.get_model("orders", "OrderItem").objects
    today = timezone.localdate()
    expected = None if demo.expected_in_days is None else today + timedelta(days=demo.expected_in_days)
    ordered = timezone.now() - timedelta(days=demo.ordered_days_ago)
    values = {
        "customer": customer,
        "email": customer.email,
        "name": customer.get_full_name(),
        "status": demo.status,
        "ordered_at": ordered,
        "expected_delivery": expected,
        "delivered_at": ordered + timedelta(days=4) if demo.status == "delivered" else None,
        "tracking": demo.tracking,
        "subtotal": demo.total,
        "total": demo.total,
    }
    order, is_new = orders.get_or_create(number=demo.number, defaults=values)
    if is_new:
        for name, sku, quantity, price in demo.items:
            items.create(order=order, name=name, sku=sku, quantity=quantity, price=Decimal(price))
    elif expected:
        orders.filter(pk=order.pk).exclude(expected_delivery=expected).update(expected_delivery=expected)
