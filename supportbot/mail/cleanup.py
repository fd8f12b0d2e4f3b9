"""Deletes what is not needed any longer of mails that came and were sent."""

from datetime import timedelta

from django.utils import timezone

from supportbot.jobs.queue import enqueue

from .models import DelayedMail, IncomingMail, SentMail

HANDLED_DAYS = 30  # that rows of mails are kept of which staff have nothing to do
DELAYED_DAYS = 30  # a mail that is still in its mailbox then is tried as if it were new
SENT_DAYS = 2  # longer than any limit counts
JOB_KIND = "delete_mail_rows"  # of jobs.py


def plan_cleanup() -> None:
    """Have old rows deleted by a job, as long as there are any: where mail only goes out, nothing else would do it."""
    if SentMail.objects.exists():
        enqueue(JOB_KIND, "all", run_after=timezone.now() + timedelta(days=1))


def delete_old_mails() -> None:
    """What staff must still look at stays."""
    now = timezone.now()
    old = IncomingMail.objects.filter(received__lt=now - timedelta(days=HANDLED_DAYS))
    posted = IncomingMail.POSTED_OUTCOMES
    old.exclude(IncomingMail.NEEDS_STAFF).exclude(outcome__in=posted).delete()
    SentMail.objects.filter(created__lt=now - timedelta(days=SENT_DAYS)).delete()
    DelayedMail.objects.filter(created__lt=now - timedelta(days=DELAYED_DAYS)).delete()
