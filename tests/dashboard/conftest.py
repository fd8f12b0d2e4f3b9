from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.utils import timezone

from supportbot.conversations.staff_group import ensure_staff_groups

from .year import NOW, Year, make_year


@pytest.fixture(scope="module")
def year(django_db_setup: None, django_db_blocker: Any) -> Iterator[Year]:
    """Made once for a module, and gone after it."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_year()
        transaction.set_rollback(True)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the end of the year that was made."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.fixture
def lead(db: None) -> User:
    lead = User.objects.create_user("lead", is_staff=True)
    lead.groups.add(ensure_staff_groups()[1])
    return lead


@pytest.fixture
def leads(lead: User) -> Client:
    client = Client()
    client.force_login(lead)
    return client


@pytest.fixture
def in_berlin(settings: Any) -> Iterator[None]:
    """The shop is in Berlin, and its team is there from nine to five."""
    settings.TIME_ZONE = "Europe/Berlin"
    hours = {"opening_hours": "Mon-Fri 09:00-17:00", "holidays": ""}
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update=hours)
    timezone.activate(ZoneInfo("Europe/Berlin"))
    yield
    timezone.deactivate()
