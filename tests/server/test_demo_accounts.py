"""Accounts whose passwords everybody knows open nothing where strangers come, and a check tells of them."""

from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.core import checks
from django.core.management import call_command
from django.test import Client

from supportbot.demo.accounts import DEMO_ACCOUNTS
from supportbot.demo.checks import check_demo_accounts
from supportbot.demo.management.commands.demo_shop import PEOPLE

pytestmark = pytest.mark.django_db
PAGES = ("/accounts/login/", "/admin/login/")


@pytest.fixture
def demo_shop(settings: Any) -> None:
    settings.DEBUG = True
    call_command("demo_shop")
    settings.DEBUG = False


@pytest.fixture
def production(settings: Any, demo_shop: None) -> None:
    """The same database, served to strangers."""
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"debug": False})


def sign_in(name: str, password: str, path: str) -> bool:
    client = Client()
    client.post(path, {"username": name, "password": password})
    return "_auth_user_id" in client.session


def test_every_demo_account_is_known(demo_shop, django_user_model):
    assert (
        set(PEOPLE) == set(DEMO_ACCOUNTS) == set(django_user_model.objects.values_list("username", flat=True))
    )


@pytest.mark.parametrize("name", DEMO_ACCOUNTS)
def test_none_gets_in_with_its_demo_password(production, settings, name):
    settings.AXES_ENABLED = True
    assert not any(sign_in(name, name, path) for path in PAGES)
    settings.AXES_ENABLED = False
    assert authenticate(username=name, password=name) is None


def test_with_a_password_of_its_own_it_may_sign_in(production, django_user_model):
    admin = django_user_model.objects.get(username="admin")
    admin.set_password("a password of its own")
    admin.save()

    assert sign_in("admin", "a password of its own", "/admin/login/")


def test_where_it_is_tried_out_everybody_may_sign_in(demo_shop):
    for name in DEMO_ACCOUNTS:
        assert sign_in(name, name, "/accounts/login/")


@pytest.mark.django_db(transaction=True)  # the check looks by a connection of its own
def test_the_deployment_check_names_them(production):
    (found,) = check_demo_accounts(None)

    assert (found.id, found.level) == ("supportbot.E010", checks.ERROR)
    assert "admin, agent, alice, bob, sam" in found.msg
    assert "changepassword" in found.hint
    assert check_demo_accounts in checks.registry.registry.deployment_checks


@pytest.mark.django_db(transaction=True)
def test_it_is_silent_about_accounts_with_passwords_of_their_own(production, django_user_model):
    for user in django_user_model.objects.all():
        user.set_password("a password of its own")
        user.save()

    assert check_demo_accounts(None) == []


def test_it_is_silent_where_it_is_tried_out(demo_shop):
    assert check_demo_accounts(None) == []
