"""Whether staff are here: they say so themselves, and some page of theirs in admin is open."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from supportbot.audit.recording import record_event
from supportbot.conversations.models import StaffPresence
from supportbot.server.executors import on_database_thread

# Three times within the minute after which somebody who was not seen is taken for away.
PRESENCE_INTERVAL_SECONDS = 20.0
RETRY_SECONDS = 2.0


@on_database_thread()
def touch_presence(staff_id: int) -> bool:
    """Some page of theirs is open now. Returns what their switch says; whoever was never here before is here."""
    presence, _is_new = StaffPresence.objects.get_or_create(user_id=staff_id)
    if presence.is_here:
        presence.last_seen = timezone.now()
        presence.save(update_fields=["last_seen"])
    return presence.is_here


@on_database_thread(repeat=True)
@transaction.atomic
def store_presence(staff: Any, is_here: bool) -> None:
    """They switched themselves to here or away."""
    values = {"is_here": is_here, "last_seen": timezone.now()}
    StaffPresence.objects.update_or_create(user_id=staff.pk, defaults=values)
    record_event("came_back" if is_here else "went_away", staff=staff)
