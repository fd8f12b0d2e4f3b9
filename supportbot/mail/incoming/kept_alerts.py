"""When staff are told of mails that were kept for them: in one mail, with all others of the hour."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from supportbot.jobs.models import Job
from supportbot.jobs.queue import enqueue

from ..models import IncomingMail

JOB_KIND, JOB_KEY = "send_kept_alert", "all"  # of mail/jobs.py
ALERT_DELAY = timedelta(hours=1)  # in which all that is kept comes into one mail to staff


@transaction.atomic
def plan_kept_alert() -> None:
    """Have staff told. Call it before the mail's row is made, in the same transaction.

    A job that is there may be at work, and end without this mail. Its row is locked until the mail is stored, so that
    the job's end waits for it and finds it.
    """
    Job.objects.select_for_update(no_key=True).filter(kind=JOB_KIND, key=JOB_KEY).first()
    enqueue(JOB_KIND, JOB_KEY, run_after=timezone.now() + ALERT_DELAY)


def plan_next_alert(newest_told: int) -> None:
    """Have staff told of what was kept while they were being told. Call it in the transaction that ends the job."""
    if IncomingMail.objects.filter(IncomingMail.NEEDS_STAFF, pk__gt=newest_told).exists():
        plan_kept_alert()
