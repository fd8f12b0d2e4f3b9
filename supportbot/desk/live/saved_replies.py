"""Saved replies, with their variables filled in for one conversation."""

import re
from collections.abc import Mapping
from typing import Any

from django.db.models import Q

from ..models import SavedReply
from .facts import Facts

VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def list_replies(staff: Any, facts: Facts, ticket: str) -> list[dict[str, str]]:
    """The replies that a member of staff may use: shared ones and their own, by title."""
    usable = SavedReply.objects.filter(Q(is_shared=True) | Q(owner=staff))
    values = build_values(staff, facts, ticket)
    return [{"title": reply.title, "text": fill_variables(reply.text, values)} for reply in usable]


def build_values(staff: Any, facts: Facts, ticket: str) -> dict[str, str]:
    """What the variables stand for."""
    user = facts.conversation.user
    return {
        "customer": (user.first_name or user.get_username()) if user else facts.conversation.contact_name,
        "agent": staff.get_short_name() or staff.get_username(),
        "ticket": ticket,
    }


def fill_variables(text: str, values: Mapping[str, str]) -> str:
    """A variable without a value stays as it is, so that staff see that something is missing."""
    return VARIABLE.sub(lambda found: values.get(found[1]) or found[0], text)
