"""The groups of staff get the rights that each app says, once: what an administrator changes stays as they want it."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.core.management import call_command

from supportbot.conversations.staff_group import check_declared_rights, ensure_staff_groups

pytestmark = pytest.mark.django_db


@pytest.fixture
def orders(monkeypatch):
    """An app that says other rights than before, as a new version of it may."""

    def declare(**rights):
        for name, value in rights.items():
            monkeypatch.setattr(apps.get_app_config("orders"), name, value, raising=False)

    return declare


def find_rights(group):
    return set(group.permissions.values_list("codename", flat=True))


def test_a_right_that_an_administrator_took_away_is_not_given_again():
    agents, leads = ensure_staff_groups()
    agents.permissions.remove(Permission.objects.get(codename="delete_savedreply"))

    call_command("migrate", verbosity=0)

    assert "delete_savedreply" not in find_rights(agents)
    assert "delete_savedreply" in find_rights(leads)


def test_a_right_that_an_administrator_gave_stays():
    agents, _leads = ensure_staff_groups()
    agents.permissions.add(Permission.objects.get(codename="delete_order"))

    call_command("migrate", verbosity=0)

    assert "delete_order" in find_rights(agents)


def test_a_right_that_an_app_says_for_the_first_time_is_given_at_the_next_migration(orders):
    orders(agent_rights=("orders.view_order", "orders.add_order"), lead_rights=("orders.delete_order",))

    call_command("migrate", verbosity=0)

    agents, leads = ensure_staff_groups()
    assert {"add_order", "delete_order"} & find_rights(agents) == {"add_order"}
    assert {"add_order", "delete_order"} <= find_rights(leads)


@pytest.mark.parametrize(
    ("rights", "told", "hint"),
    [
        (("orders.view_oder",), "names 'orders.view_oder', which is no right", "orders.view_order, "),
        (("view_order",), "names 'view_order', which is no right", "orders.view_order, "),
        ("orders.view_order", "must be a tuple of rights, not 'orders.view_order'", "with its comma"),
        ([3], "names 3, which is no right", "orders.view_order, "),
        (None, "must be a tuple of rights, not None", ""),
    ],
)
def test_a_right_that_is_misspelt_is_told_with_those_that_there_are(orders, rights, told, hint):
    orders(agent_rights=rights)

    (error,) = check_declared_rights(None)

    assert error.id == "supportbot.E013"
    assert f"orders.apps.OrdersConfig.agent_rights {told}" in error.msg
    assert hint in (error.hint or "")
