"""Accounts as tickets know them."""

from typing import Any

from django.contrib.auth import get_user_model


def name_person(person: Any) -> str:
    """As colleagues call them."""
    name: str = person.get_full_name() or person.get_username()
    return name


def is_on_team(person: Any) -> bool:
    """Not any longer, once the account is closed or is no longer one of staff."""
    return bool(person.is_staff and person.is_active)


def find_account(email: str) -> Any:
    """The customer's account with this address; None where there is none, or more than one, or it is of the staff."""
    if not email:
        return None
    found = list(get_user_model()._default_manager.filter(email__iexact=email, is_active=True)[:2])
    return found[0] if len(found) == 1 and not found[0].is_staff else None
