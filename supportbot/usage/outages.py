"""When no model answers: staff are told once, when it begins, and see it on every page of the desk until it ends."""

import logging
from datetime import timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from supportbot.server.executors import on_database_thread

from .models import Outage

logger = logging.getLogger(__name__)

QUIET_PERIOD = timedelta(minutes=1)


def record_failure(code: str) -> Outage | None:
    """Note that no model answered; returns the outage if it has just begun."""
    again = Outage.objects.filter(ended=None).update(failures=F("failures") + 1, last=timezone.now())
    if again:
        return None
    try:
        with transaction.atomic():
            outage = Outage.objects.create(code=code, failures=1)
    except IntegrityError:  # another process noticed it in this moment
        return None
    logger.error("No model answers: %s. Customers' messages are kept, and they are offered a person.", code)
    return outage


@on_database_thread()
def close_quiet_outage() -> bool:
    """A model answers again: True when no outage is left.

    One ends only after a quiet minute, lest staff be told again of each failure of a shaky one.
    """
    quiet = Outage.objects.filter(ended=None, last__lt=timezone.now() - QUIET_PERIOD)
    if quiet.update(ended=timezone.now()):
        logger.warning("The model answers again.")
    return not Outage.objects.filter(ended=None).exists()


def mail_alert(number: str) -> None:
    """Tell staff by mail, if the settings name addresses. Raises OSError, as smtplib does, when it cannot be sent."""
    outage = Outage.objects.get(pk=int(number))
    addresses = settings.ENVIRONMENT.alert_emails
    if addresses:
        words = (
            f"Since {outage.began:%Y-%m-%d %H:%M %Z} no model has answered ({outage.code}).\n\n"
            "Customers' messages are kept, and each customer is offered to talk to a person, which opens a ticket.\n"
            "This is the only message about it; the desk says so until it is over.\n"
        )
        send_mail(f"{settings.COMPANY_NAME} support: the assistant is away", words, None, addresses)
