"""How long ago something was, as staff read it in lists."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _


def format_duration(since: datetime) -> str:
    """“less than a minute”, “5 minutes”, “2 hours”."""
    if timezone.now() - since < timedelta(minutes=1):
        return _("less than a minute")
    return timesince(since, depth=1)
