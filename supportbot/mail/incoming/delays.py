"""Remembers which mails of a mailbox could not be taken: they are tried after all others, and at last given up."""

import hashlib
from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from ..models import DelayedMail

# Both must be reached: whoever mends what the mails stumble over has a day for it.
MAX_FAILURES, GIVE_UP_HOURS = 5, 24


class Delays:
    """The mails of one mailbox that wait there. `mailbox` is what no other one is called."""

    def __init__(self, mailbox: str) -> None:
        self._mailbox = hashlib.sha256(mailbox.encode()).hexdigest()
        self._rows = {row.uid: row for row in DelayedMail.objects.filter(mailbox=self._mailbox)}

    def sort_uids(self, uids: list[str]) -> list[str]:
        """Those that were never tried first, and else in their order."""
        return sorted(uids, key=self._rows.__contains__)

    def is_given_up(self, uid: str) -> bool:
        row = self._rows.get(uid)
        since = timezone.now() - timedelta(hours=GIVE_UP_HOURS)
        return row is not None and row.failures >= MAX_FAILURES and row.created < since

    def add_mail(self, uid: str, *, has_failed: bool = False) -> None:
        """It waits. It `has_failed` where the mail itself may be the reason."""
        row, _is_new = DelayedMail.objects.get_or_create(mailbox=self._mailbox, uid=uid)
        if has_failed:
            DelayedMail.objects.filter(pk=row.pk).update(failures=F("failures") + 1)

    def remove_mail(self, uid: str) -> None:
        """It waits no longer."""
        if uid in self._rows:
            DelayedMail.objects.filter(pk=self._rows[uid].pk).delete()

    def build_key(self, uid: str) -> str:
        """The key of an `IncomingMail` whose content nobody could read."""
        return hashlib.sha256(f"{self._mailbox} {uid}".encode()).hexdigest()
