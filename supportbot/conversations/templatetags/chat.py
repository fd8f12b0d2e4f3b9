"""Filters for the templates of the chat and of the desk."""

import json
from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from ..realtime import error_messages
from ..realtime.markdown import render_markdown

register = template.Library()

register.filter("failure", error_messages.get_failure_message)


@register.filter("markdown")
def render_safe_markdown(text: str) -> str:
    return mark_safe(render_markdown(text))  # noqa: S308 - sanitised there, and nowhere else marked safe


@register.filter("pretty_json")
def format_json(text: str) -> str:
    """JSON over several lines; what is not JSON stays as it is."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text


@register.filter("ago")
def format_age(moment: datetime) -> str:
    """“just now”, “5 minutes ago”, “2 weeks ago”."""
    if timezone.now() - moment < timedelta(minutes=1):
        return _("just now")
    return _("%(time)s ago") % {"time": timesince(moment, depth=1)}
