"""The desk's part of admin's header."""

from datetime import datetime, timedelta
from typing import Any

from django import template
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from ..rights import can_answer, can_read

register = template.Library()


@register.inclusion_tag("desk/_bar.html", name="desk_bar")
def show_desk_bar(user: Any) -> dict[str, Any]:
    """The desk's link and switches. It asks the database for nothing: the socket brings the number that wait."""
    return {"is_reader": can_read(user), "can_answer": can_answer(user)}


@register.filter("initial")
def get_initial(name: str) -> str:
    """The letter of an avatar."""
    return name[:1].upper()


@register.filter("duration")
def format_duration(since: datetime) -> str:
    """“less than a minute”, “5 minutes”, “2 hours”."""
    if timezone.now() - since < timedelta(minutes=1):
        return _("less than a minute")
    return timesince(since, depth=1)
