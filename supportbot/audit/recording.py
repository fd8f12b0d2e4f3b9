"""Writes the audit log. Bulk updates send no signals, so whoever changes something says so here, in its transaction."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from .models import AuditEvent

READING_PERIOD = timedelta(minutes=10)


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
    AuditEvent.objects.create(
        action=action,
        actor=AuditEvent.Actor.STAFF if staff is not None else actor,
        actor_id=staff.pk if staff is not None else None,
        actor_name=(staff.get_full_name() or staff.get_username())[:150] if staff is not None else "",
        conversation_id=conversation_id,
        subject=subject,
        details=details,
    )


def record_reading(staff: Any, conversation_id: int) -> None:
    """Staff read a transcript. Whatever they read of it within `READING_PERIOD` is one reading.

    Call it wherever any of it is given out: a page, its older part, and the socket that brings what is missing.
    """
    since = timezone.now() - READING_PERIOD
    readings = AuditEvent.objects.filter(action="read_transcript", created__gt=since)
    if not readings.filter(actor_id=staff.pk, conversation_id=conversation_id).exists():
        record_event("read_transcript", staff=staff, conversation_id=conversation_id)
