"""Accounts as tickets know them."""

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import QuerySet

# Where rights are stored, whatever other backends check a log-in.
MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"


def name_person(person: Any) -> str:
    """As colleagues call them."""
    name: str = person.get_full_name() or person.get_username()
    return name


def find_team() -> QuerySet[Any]:
    """The accounts of those who work on tickets: not any longer, once one is closed or has lost the right."""
    accounts: Any = get_user_model()._default_manager
    rightful: QuerySet[Any] = accounts.with_perm("tickets.change_ticket", backend=MODEL_BACKEND)
    return rightful.filter(is_staff=True)


def find_account(email: str) -> Any:
    """The customer's account with this address; None where there is none, or more than one, or it is of the staff."""
    if not email:
        return None
    found = list(get_user_model()._default_manager.filter(email__iexact=email, is_active=True)[:2])
    return found[0] if len(found) == 1 and not found[0].is_staff else None
