"""Outages, in which no model answers: staff get one mail, and each page of the desk says so until the outage ends."""

import logging
from datetime import timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from supportbot.server.executors import on_database_thread

from .models import Outage

logger = logging.getLogger(__name__)

QUIET_PERIOD = timedelta(minutes=1)


def record_failure(code: str) -> Outage | None:
    """Count a failure of all models; returns the outage if it begins with this one.

    `code` is the code of the error. Runs in the caller's transaction.
    """
    again = Outage.objects.filter(ended=None).update(failures=F("failures") + 1, last=timezone.now())
    if again:
        return None
    try:
        with transaction.atomic():
            outage = Outage.objects.create(code=code, failures=1)
    except IntegrityError:  # another process recorded it at the same moment
        return None
    logger.error("No model answers: %s. Customers' messages are kept, and they are offered a person.", code)
    return outage


@on_database_thread()
def close_quiet_outage() -> bool:
    """End the outage, now that a model answers, if its last failure is `QUIET_PERIOD` ago. True when none is left.

    Without that wait staff would get a mail for each failure of a model that answers now and then.
    """
    quiet = Outage.objects.filter(ended=None, last__lt=timezone.now() - QUIET_PERIOD)
    if quiet.update(ended=timezone.now()):
        logger.warning("The model answers again.")
    return not Outage.objects.filter(ended=None).exists()


def mail_alert(number: str) -> None:
    """Mail the addresses of ALERT_EMAILS, if there are any, about the outage with that primary key.

    Raises OSError, as smtplib does, when the mail cannot be sent.
    """
    outage = Outage.objects.get(pk=int(number))
    addresses = settings.ENVIRONMENT.alert_emails
    if addresses:
        subject = _("%(company)s support: the assistant isn't available") % {"company": settings.COMPANY_NAME}
        text = _(
            "No model has answered since %(time)s (%(code)s).\n\n"
            "Customers' messages are kept, and each customer is offered to talk to a person, which opens a ticket.\n"
            "This is the only mail about it; the desk shows it until it is over.\n"
        )
        values = {"time": f"{outage.began:%Y-%m-%d %H:%M %Z}", "code": outage.code}
        send_mail(subject, text % values, None, addresses)
