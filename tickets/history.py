"""A ticket's history in sentences, from the audit log."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from .models import Ticket


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One thing that somebody did. `event` is its key in the audit log."""

    event: int
    actor_id: int | None
    created: datetime
    who: str
    sentence: str


def load_history(number: str, after_event: int = 0) -> list[HistoryLine]:
    """What was done to the ticket, oldest first."""
    audit: Any = apps.get_app_config("audit")
    return list(build_lines(audit.list_events(number, after_event)))


def build_lines(events: Iterable[Any]) -> Iterable[HistoryLine]:
    for event in events:
        for sentence in describe_event(event):
            yield HistoryLine(event.pk, event.actor_id, event.created, name_actor(event), sentence)


def name_actor(event: Any) -> str:
    """Who did it, as staff read it."""
    names = {
        "customer": _("The customer"),
        "assistant": _("The AI assistant"),
        "system": _("The system"),
    }
    return event.actor_name or names.get(event.actor, _("A colleague"))


def describe_event(event: Any) -> list[str]:
    """What was done, a sentence for each thing, without who did it."""
    changes = event.details.get("changes")
    if changes is not None:
        cause = event.details.get("cause", "")
        if _is_told_by_request(cause, changes):
            return []
        if action := _describe_action(event.actor, cause, changes):
            return [action]
        added = event.details.get("added", ())
        return [_describe_change(name, values, is_added=name in added) for name, values in changes.items()]
    number = {"number": event.details.get("number", "")}
    sentences = {
        "ticket_opened": _("opened the ticket"),
        "ticket_replied": _("replied to the customer"),
        "ticket_joined": _("merged %(number)s into this ticket") % number,
        "person_requested": _("asked for a person"),
        "rated": _describe_rating(event.details),
    }
    return [sentences.get(event.action, event.action)]


def _is_told_by_request(cause: str, changes: Mapping[str, list[str] | None]) -> bool:
    """Whether the team is waited for again since the customer asked for a person, which is an event of its own."""
    old, _new = changes.get("status") or ("", "")
    return cause == "person" and old not in Ticket.ENDED_STATUSES


def _describe_action(actor: str, cause: str, changes: Mapping[str, list[str] | None]) -> str:
    """What a customer or the system did where that says more than which values it changed; else empty."""
    statuses = changes.get("status") if len(changes) == 1 else None
    if actor == "customer" and statuses:
        old, new = statuses
        return _describe_customer_step(old, new, cause)
    if actor == "customer" and "guest_email" in changes:
        return _("gave a name and an e-mail address")
    if actor == "customer" and "customer" in changes:
        return _("signed in")
    if actor == "assistant" and len(changes) > 1 and not any(changes.values()):
        return _("filled in %(fields)s") % {
            "fields": ", ".join(_("“%(label)s”") % {"label": get_label(name)} for name in changes)
        }
    if actor == "system" and statuses and statuses[1] == Ticket.Status.CLOSED:
        return _("closed it, as nobody had written for long enough")
    return ""


def _describe_customer_step(old: str, new: str, cause: str) -> str:
    """From one status to another."""
    if new == Ticket.Status.CLOSED:
        return _("said that it is solved")
    if old not in Ticket.ENDED_STATUSES:
        return _("replied")
    return _("reopened it by a reply") if cause == "reply" else _("reopened it")


def _describe_rating(details: Mapping[str, Any]) -> str:
    """An event of an earlier version does not say what of the rating was new."""
    if details.get("changed") == ["words"]:
        return _("wrote a few words about the rating")
    return _("rated it as good") if details.get("is_good") else _("rated it as not good")


def _describe_change(name: str, values: list[str] | None, *, is_added: bool) -> str:
    label = get_label(name)
    if is_added:
        return _("added to “%(field)s”") % {"field": label}
    if values is None:
        return _("changed “%(field)s”") % {"field": label}
    old, new = (describe_value(name, value) for value in values)
    if not new:
        return _("removed “%(old)s” from “%(field)s”") % {"field": label, "old": old}
    if not old:
        return _("set “%(field)s” to “%(new)s”") % {"field": label, "new": new}
    return _("changed “%(field)s” from “%(old)s” to “%(new)s”") % {"field": label, "old": old, "new": new}


def get_label(name: str) -> str:
    """A field's name as staff read it."""
    try:
        field: Any = Ticket._meta.get_field("tags" if name == "tag_names" else name)
    except FieldDoesNotExist:  # of an earlier version
        return name
    return capfirst(str(field.verbose_name))


def describe_value(name: str, value: str) -> str:
    """A stored value as staff read it: a choice by its label, anything else as it is."""
    try:
        field: Any = Ticket._meta.get_field(name)
    except FieldDoesNotExist:
        return value
    return str(dict(field.flatchoices).get(value, value))
