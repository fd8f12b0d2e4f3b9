"""What staff learn when the tokens of a day are spent for all guests or for all: one mail, and a line in admin."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone
from django.utils.translation import gettext as _

from supportbot.conversations.limits.token_budgets import GUESTS, SITE_SCOPES
from supportbot.conversations.models import TokenBudget
from supportbot.jobs.mail_jobs import build_id_header


def find_spent_budgets() -> list[TokenBudget]:
    """Those of the site of which somebody was sent away today."""
    today = TokenBudget.objects.filter(day=timezone.localdate(), scope__in=SITE_SCOPES)
    return list(today.exclude(exhausted=None).order_by("scope"))


def describe_spent_budget(budget: TokenBudget) -> str:
    if budget.scope == GUESTS:
        return _(
            "The tokens of today for visitors who aren't signed in are used up. They are asked to sign in, or to talk "
            "to a person, until tomorrow. The limit is GUEST_TOKENS_PER_DAY."
        )
    return _(
        "The tokens of today are used up. The assistant answers nobody until tomorrow; customers can talk to a person. "
        "The limit is TOKENS_PER_DAY."
    )


def mail_budget_alert(key: str, message_id: str = "") -> None:
    """Mail the addresses of ALERT_EMAILS about a budget, whose scope and day the key names.

    Raises OSError, as smtplib does, when the mail cannot be sent.
    """
    scope, _colon, day = key.rpartition(":")
    budget = TokenBudget.objects.filter(scope=scope, day=day).first()
    addresses = settings.ENVIRONMENT.alert_emails
    if budget is None or not addresses:
        return
    subject = _("%(company)s support: the tokens of today are used up") % {"company": settings.COMPANY_NAME}
    text = _("%(what)s\n\nThis is the only mail about it today.\n") % {"what": describe_spent_budget(budget)}
    EmailMessage(subject, text, None, addresses, headers=build_id_header(message_id)).send()
