"""Outages: no model answers, or one of several refuses to. Staff get one mail, and the desk says so until the end."""

import logging
from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from supportbot.compiled_queries import CompiledRows
from supportbot.jobs.mail_jobs import build_id_header
from supportbot.server.executors import on_database_thread

from .models import Outage

logger = logging.getLogger(__name__)

QUIET_PERIOD = timedelta(minutes=1)
# Looked at every two seconds while models answer.
OPEN_OUTAGES = CompiledRows(
    Outage, ["model"], lambda model: Outage.objects.filter(ended=None, model=model).values_list("pk")
)


def record_failure(code: str, model: str = "") -> Outage | None:
    """Count a failure of all models, or of one in whose place another answers; returns the outage if it begins.

    `code` is the code of the error. Runs in the caller's transaction.
    """
    again = Outage.objects.filter(ended=None, model=model).update(
        failures=F("failures") + 1, last=timezone.now()
    )
    if again:
        return None
    try:
        with transaction.atomic():
            outage = Outage.objects.create(code=code, model=model, failures=1)
    except IntegrityError:  # another process recorded it at the same moment
        return None
    if model:
        logger.error("The model %s refuses whatever it is asked: %s. Another one answers.", model, code)
    else:
        logger.error(
            "No model answers: %s. Customers' messages are kept, and they are offered a person.", code
        )
    return outage


@on_database_thread()
def close_quiet_outage(model: str = "") -> bool:
    """End the outage, now that a model answers, if its last failure is `QUIET_PERIOD` ago. True when none is left.

    Without that wait staff would get a mail for each failure of a model that answers now and then. With `model` it is
    the outage of that model alone.
    """
    if not OPEN_OUTAGES.fetch_rows(model):
        return True
    current = Outage.objects.filter(ended=None, model=model)
    if current.filter(last__lt=timezone.now() - QUIET_PERIOD).update(ended=timezone.now()):
        logger.warning("%s answers again.", f"The model {model}" if model else "A model")
    return not current.exists()


@on_database_thread()
def close_outages_of_other_models(models: Sequence[str]) -> None:
    """End the outages of single models that are no longer asked."""
    others = Outage.objects.filter(ended=None).exclude(model__in=["", *models])
    others.update(ended=timezone.now())


def mail_alert(number: str, message_id: str = "") -> None:
    """Mail the addresses of ALERT_EMAILS, if there are any, about the outage with that primary key.

    Raises OSError, as smtplib does, when the mail cannot be sent.
    """
    outage = Outage.objects.get(pk=int(number))
    addresses = settings.ENVIRONMENT.alert_emails
    if not addresses:
        return
    if outage.model:
        subject = _("%(company)s support: one of the assistant's models doesn't answer")
        text = _(
            "The model %(model)s has refused whatever it is asked since %(time)s (%(code)s). It will go on until its "
            "account, its key or its settings are changed.\n\n"
            "Customers are answered by another model of LLM_FALLBACK meanwhile.\n"
            "This is the only mail about it; the desk shows it until it is over.\n"
        )
    else:
        subject = _("%(company)s support: the assistant isn't available")
        text = _(
            "No model has answered since %(time)s (%(code)s).\n\n"
            "Customers' messages are kept, and each customer is offered to talk to a person, which opens a ticket.\n"
            "This is the only mail about it; the desk shows it until it is over.\n"
        )
    began = date_format(timezone.localtime(outage.began), "j M Y, H:i e")
    values = {"time": began, "code": outage.code, "model": outage.model}
    about = subject % {"company": settings.COMPANY_NAME}
    EmailMessage(about, text % values, None, addresses, headers=build_id_header(message_id)).send()
