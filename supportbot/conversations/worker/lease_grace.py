"""Whether a lease that ran out means that its process has died.

Mostly it does. But while the database is away, full or stands still, while the machine sleeps, and when its clock is
set, processes that live cannot renew theirs either, nor store what they have done. So each has the time of another
lease to do so before this process takes its turns and jobs.
"""

from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from django.conf import settings
from django.utils import timezone

from supportbot.server.process import process

from ..turns import LEASE_DURATION, begin_presence_grace

# In a shorter time without an answer no lease runs out: they are renewed every half second, and where a machine is
# overloaded some seconds later.
MAX_SILENCE = 0.5 * LEASE_DURATION


@dataclass
class LeaseGrace:
    """Until when turns are left alone whose lease ran out, in seconds of the monotonic clock.

    `answered_at` is when the database answered last, by the clock that leases are set by.
    """

    ends_at: float = float("-inf")
    answered_at: datetime | None = None


def note_start() -> None:
    """This process begins: the database may have come back just now, which made others wait until they can renew."""
    process.get(LeaseGrace).answered_at = None
    # Without one there is no other process, and turns that run are those of a dead one.
    if settings.PROCESS_TRANSPORT:
        _leave_time_to_renew()


def begin_grace_period() -> None:
    """The database was asked in vain: others could not renew their leases, and nobody could be noted as present."""
    _leave_time_to_renew()
    begin_presence_grace(process.get(LeaseGrace).answered_at)


def _leave_time_to_renew() -> None:
    process.get(LeaseGrace).ends_at = monotonic() + LEASE_DURATION.total_seconds()


def note_answer() -> None:
    """The database has answered."""
    grace, now = process.get(LeaseGrace), timezone.now()
    if _was_silent(grace, now):
        begin_grace_period()
    grace.answered_at = now


def get_takeover_limit() -> datetime | None:
    """Turns may be taken whose lease ran out before this moment, which is now; None while there is a grace period.

    Whoever asks the database may wait for its answer for long, and leases that run out meanwhile prove nothing.
    """
    grace, now = process.get(LeaseGrace), timezone.now()
    return None if _was_silent(grace, now) or monotonic() < grace.ends_at else now


def _was_silent(grace: LeaseGrace, now: datetime) -> bool:
    """Also when the clock was set back, since a lease may look too long then."""
    return grace.answered_at is not None and abs(now - grace.answered_at) > MAX_SILENCE
