"""Writes the audit log. Bulk updates send no signals, so whoever changes something says so here, in its transaction."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from .models import AuditEvent

READING_PERIOD = timedelta(minutes=10)
EVENTS_A_STATEMENT = 500
MAX_LISTED_EVENTS = 500


def record_event(
    action: str,
    *,
    staff: Any = None,
    actor: str = AuditEvent.Actor.SYSTEM,
    conversation_id: int | None = None,
    subject: str = "",
    **details: Any,
) -> None:
    """Add one event. `staff` is the account of who did it; without one, `actor` says what kind of actor it was.

    Call it in the transaction of what was done. `details` hold names and states, never a customer's words.
    """
    event = {"conversation_id": conversation_id, "subject": subject, "details": details}
    record_events(action, [event], staff=staff, actor=actor)


def record_events(
    action: str,
    events: Iterable[dict[str, Any]],
    *,
    staff: Any = None,
    actor: str = AuditEvent.Actor.SYSTEM,
) -> None:
    """Add an event for each of several things that the same was done to. The rest is as in `record_event`."""
    who = {"actor": AuditEvent.Actor.STAFF if staff is not None else actor}
    if staff is not None:
        who |= {"actor_id": staff.pk, "actor_name": (staff.get_full_name() or staff.get_username())[:150]}
    AuditEvent.objects.bulk_create(
        (AuditEvent(action=action, **who, **event) for event in events), batch_size=EVENTS_A_STATEMENT
    )


def list_events(subject: str, after: int = 0) -> list[AuditEvent]:
    """What was done to the thing of this name after the event of that key, oldest first, as in a ticket's history."""
    # The index finds the beginning of a subject, and no whole one.
    found = AuditEvent.objects.filter(subject__istartswith=subject, subject=subject, pk__gt=after)
    return list(found.order_by("-pk")[:MAX_LISTED_EVENTS])[::-1]


def record_reading(
    staff: Any, conversation_id: int | None, *, action: str = "read_transcript", subject: str = ""
) -> None:
    """Staff read a transcript, or what else `action` says. What they read of it in `READING_PERIOD` is one reading.

    Call it wherever any of it is given out: a page, its older part, and the socket that brings what is missing.
    """
    read = {"conversation_id": conversation_id, "subject": subject}
    since = timezone.now() - READING_PERIOD
    recent = AuditEvent.objects.filter(action=action, created__gt=since, actor_id=staff.pk)
    if not recent.filter(**read).exists():
        record_events(action, [read], staff=staff)
