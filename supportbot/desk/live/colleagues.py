"""Whom a conversation or a ticket can be given to, and whether they are here."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from supportbot.conversations.answerers import find_answerers
from supportbot.conversations.turns.presence_grace import get_presence_limit

from ..durations import format_duration
from ..rights import can_assign


@dataclass(frozen=True)
class Colleague:
    pk: int
    is_here: bool
    label: str


def list_colleagues(user: Any) -> list[Colleague]:
    """Whom this person may give it to, those who are here first. A lead may take it from a colleague by this too."""
    colleagues = find_answerers()
    return describe_colleagues(colleagues if can_assign(user) else colleagues.exclude(pk=user.pk))


def describe_colleagues(accounts: QuerySet[Any]) -> list[Colleague]:
    """These members of staff by their names, those who are here first."""
    people = accounts.select_related("presence").order_by("first_name", "username")
    return sorted(map(_describe_colleague, people), key=lambda each: not each.is_here)


def _describe_colleague(person: Any) -> Colleague:
    presence = getattr(person, "presence", None)  # none of who was never here
    name = {"name": person.get_full_name() or person.get_username()}
    if presence is None:
        return Colleague(person.pk, False, _("%(name)s (away)") % name)
    if presence.is_here and presence.last_seen > get_presence_limit():
        return Colleague(person.pk, True, _("%(name)s (here)") % name)
    away = {"time": format_duration(presence.last_seen)}
    return Colleague(person.pk, False, _("%(name)s (away for %(time)s)") % (name | away))
