"""Every moment that admin shows is an element, which the page's script shows in the reader's own time zone.

Django has one function for whatever is read-only in admin, and no setting for how it shows a time. So those of its own
pages and of any app are shown like ours. Days are the site's, and what filters by them says in which zone they are.
"""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.admin import DateFieldListFilter, FieldListFilter, helpers
from django.contrib.admin.templatetags import admin_list
from django.contrib.admin.utils import display_for_field, display_for_value
from django.db.models import DateTimeField

from supportbot.conversations.templatetags.chat import render_moment


def install_local_times() -> None:
    """To be called when the apps are ready."""
    for module in (helpers, admin_list):
        module.display_for_field = _display_field  # type: ignore[attr-defined]
    admin_list.display_for_value = _display_value  # type: ignore[attr-defined]
    FieldListFilter.register(
        lambda field: isinstance(field, DateTimeField), MomentListFilter, take_priority=True
    )


def _display_field(value: Any, *args: Any, **kwargs: Any) -> str:
    return render_moment(value) if isinstance(value, datetime) else display_for_field(value, *args, **kwargs)


def _display_value(value: Any, *args: Any, **kwargs: Any) -> str:
    return render_moment(value) if isinstance(value, datetime) else display_for_value(value, *args, **kwargs)


class MomentListFilter(DateFieldListFilter):
    """Filters by days, such as today, of the site's zone, which it names."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = f"{self.title} ({settings.TIME_ZONE})"
