"""Filters for the templates of the chat and of the desk."""

import json
from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from ..models import Message
from ..realtime import error_messages
from ..realtime.language import RIGHT_TO_LEFT, detect_language
from ..realtime.markdown import render_links, render_markdown
from ..realtime.markdown.cut_text import finish_cut_text
from ..realtime.markdown.plain_text import render_plain_text

register = template.Library()

register.filter("failure", error_messages.get_failure_message)
register.filter("failure_advice", error_messages.get_failure_advice)


@register.filter("text_attributes")
def render_text_attributes(text: str) -> str:
    """`dir="rtl" lang="ar"`, for the element around a text; `dir="auto"` alone if its language is not clear.

    A browser goes by the first letter, which in a text of Arabic may be that of an order's number.
    """
    language = detect_language(text)
    direction = "rtl" if language in RIGHT_TO_LEFT else "auto"
    return format_html('dir="{}" lang="{}"' if language else 'dir="{}"', direction, language)


@register.filter("markdown")
def render_safe_markdown(text: str, status: str = "") -> str:
    """The HTML of a text, which is a whole one or, with the status of a message, as much as there is of it."""
    text = _finish_text(text, status)
    return mark_safe(render_markdown(text))  # noqa: S308 - sanitised there


@register.filter("links")
def render_text_with_links(text: str, role: str = "") -> str:
    """The HTML of what people write: it stays as it is, but its addresses are links.

    What the server says leads nowhere: the addresses in it are the customer's own.
    """
    return text if role == Message.Role.SYSTEM else mark_safe(render_links(text))  # noqa: S308 - sanitised there


@register.filter("plain_text")
def render_plain_message(message: Message) -> str:
    """What a message says where nothing draws it: Markdown is what the assistant writes, and nobody else."""
    is_markdown = message.role == Message.Role.ASSISTANT
    return render_plain_text(_finish_text(message.text, message.status)) if is_markdown else message.text


def _finish_text(text: str, status: str) -> str:
    return finish_cut_text(text) if status == Message.Status.PARTIAL else text


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


@register.filter("speaker")
def get_speaker_name(message: Message, company: str) -> str:
    """Who says it in a transcript for customers, and whether the answer is incomplete: “Assistant (incomplete)”."""
    if message.role == Message.Role.CUSTOMER:
        return _("You")
    if message.role in (Message.Role.STAFF, Message.Role.SYSTEM):
        return company
    is_whole = message.status == Message.Status.COMPLETE
    return _("Assistant") if is_whole else _("Assistant (incomplete)")


@register.filter("author")
def get_author_label(message: Message) -> str:
    """Who says it, as a customer's page has it: “You”, “Assistant”, “Ann, support team”."""
    match message.role:
        case Message.Role.CUSTOMER:
            return _("You")
        case Message.Role.ASSISTANT:
            return _("Assistant")
        case Message.Role.STAFF if message.author_name:
            return _("%(name)s, support team") % {"name": message.author_name}
        case Message.Role.STAFF:
            return _("Support team")
        case _:
            return _("Support")


# Times are written in the site's zone, as elements that say the whole moment. `chat/times.js` shows the reader's own.


@register.filter("clock")
def render_clock_time(moment: datetime) -> str:
    """The time, with the day unless that is today, and with the year unless it is this one."""
    here, today = _localise(moment), _localise(timezone.now()).date()
    if here.date() == today:
        return _render_time("clock", here, "TIME_FORMAT")
    return _render_time("clock", here, "j M, H:i" if here.year == today.year else "DATETIME_FORMAT")


@register.filter("moment")
def render_moment(moment: datetime) -> str:
    """The day and the time: “28 Nov 2026, 16:12”."""
    return _render_time("moment", _localise(moment), "DATETIME_FORMAT")


@register.filter("day")
def render_day(moment: datetime) -> str:
    """“28 Nov 2026”."""
    return _render_time("day", _localise(moment), "DATE_FORMAT")


def _localise(moment: datetime) -> datetime:
    return timezone.localtime(moment, timezone.get_default_timezone())


def _render_time(name: str, here: datetime, pattern: str) -> str:
    return format_html(
        '<time datetime="{}" data-shows="{}">{}</time>', here.isoformat(), name, date_format(here, pattern)
    )


@register.filter("unwrap")
def join_wrapped_lines(text: str) -> str:
    """The text in lines as the reader gets it: a line that is indented by two spaces goes on with the one before."""
    return text.replace("\n  ", " ")
