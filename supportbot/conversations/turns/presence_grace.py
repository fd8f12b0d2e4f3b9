"""Whether somebody has left who was not seen for a while.

Mostly they have. But while no process runs, and while the database is away or stands still, nobody can be noted as
present. So whoever was here when that began counts as here until their page had time to come back.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max
from django.utils import timezone

from supportbot.server.executors import on_database_thread
from supportbot.server.process import process

from ..models import Message, StaffPresence

PRESENCE_TIMEOUT = timedelta(minutes=1)
MAX_DOWNTIME = timedelta(minutes=10)  # after a longer one nobody counts as here before they were seen again


@dataclass(frozen=True, slots=True)
class Silence:
    """Nobody could be noted as present between these two moments."""

    since: datetime
    until: datetime

    @property
    def grace_end(self) -> datetime:
        return self.until + PRESENCE_TIMEOUT


@dataclass
class LastSilence:
    """The last one that this process knows of."""

    silence: Silence | None = None


@on_database_thread()
def note_presence_at_start() -> None:
    """This process begins: the newest of what is stored tells since when none has run."""
    newest_message = Message.objects.order_by("-pk").values_list("created", flat=True).first()
    newest_presence = StaffPresence.objects.aggregate(newest=Max("last_seen"))["newest"]
    stored = [moment for moment in (newest_message, newest_presence) if moment is not None]
    begin_presence_grace(max(stored, default=timezone.now()))


def begin_presence_grace(silent_since: datetime | None) -> None:
    """Nobody could be noted as present from that moment until now; None where this process does not know since when."""
    now = timezone.now()
    oldest = now - MAX_DOWNTIME
    since = max(silent_since or oldest, oldest)
    if (earlier := _find_silence(now)) is not None:
        since = max(min(since, earlier.since), oldest)  # whoever was here then had no time to come back
    process.get(LastSilence).silence = Silence(since, now)


def get_presence_limit() -> datetime:
    """Whoever was seen after this moment counts as here."""
    now = timezone.now()
    silence = _find_silence(now)
    return (now if silence is None else min(now, silence.since)) - PRESENCE_TIMEOUT


def find_return_deadline(last_seen: datetime | None) -> datetime | None:
    """Until when somebody may come back who was here when they could no longer be noted. None of anybody else."""
    silence = _find_silence(timezone.now())
    if silence is None or last_seen is None:
        return None
    return silence.grace_end if silence.since - PRESENCE_TIMEOUT < last_seen < silence.until else None


def _find_silence(now: datetime) -> Silence | None:
    """The one after which pages may still have to come back."""
    silence = process.get(LastSilence).silence
    return silence if silence is not None and now < silence.grace_end else None
