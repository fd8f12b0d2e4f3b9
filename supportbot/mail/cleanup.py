"""Deletes what is not needed any longer of mails that came and were sent."""

from datetime import timedelta

from django.utils import timezone

from .models import IncomingMail, SentMail

HANDLED_DAYS = 30  # that rows of mails are kept of which staff have nothing to do
SENT_DAYS = 2  # longer than any limit counts


def delete_old_mails() -> None:
    """What staff must still look at stays."""
    now = timezone.now()
    old = IncomingMail.objects.filter(received__lt=now - timedelta(days=HANDLED_DAYS))
    old.exclude(handled=None, outcome__in=IncomingMail.OPEN_OUTCOMES).exclude(
        outcome__in=IncomingMail.POSTED_OUTCOMES
    ).delete()
    SentMail.objects.filter(created__lt=now - timedelta(days=SENT_DAYS)).delete()
