"""What is to be done with a mail, by what it is and whose it is: known before its pictures are looked at."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils import timezone

from ..models import IncomingMail
from .kinds import find_kind
from .parsing import ParsedMail, read_header
from .senders import Match, is_forged

Outcome = IncomingMail.Outcome

MAX_STRANGERS_PER_DAY = 100
MAX_PER_STRANGER_AND_DAY = 5


def choose_outcome(mail: ParsedMail, match: Match) -> str:
    """An `IncomingMail.Outcome`: `POSTED` or `OPENED` of what is to be posted; all else is for staff alone."""
    if kind := find_kind(mail):
        return kind
    if match.problem or not mail.sender:
        return match.problem or Outcome.UNKNOWN
    return Outcome.POSTED if match.conversation is not None else _choose_for_stranger(mail)


def _choose_for_stranger(mail: ParsedMail) -> str:
    """Whether it begins a conversation. Nothing is answered by itself, since the sender may be forged."""
    if settings.ENVIRONMENT.mail_strangers == "keep" or _is_spam(mail) or _is_of_staff(mail):
        return Outcome.UNKNOWN
    if is_forged(mail.message):
        return Outcome.FORGED
    since = timezone.now() - timedelta(days=1)
    opened = IncomingMail.objects.filter(outcome=Outcome.OPENED, received__gt=since)
    is_over_limit = (
        opened.count() >= MAX_STRANGERS_PER_DAY
        or opened.filter(sender=mail.sender).count() >= MAX_PER_STRANGER_AND_DAY
    )
    return Outcome.LIMITED if is_over_limit else Outcome.OPENED


def _is_of_staff(mail: ParsedMail) -> bool:
    """As when one of them answers the mail that told them of a customer."""
    return get_user_model().objects.filter(is_staff=True, email__iexact=mail.sender).exists()


def _is_spam(mail: ParsedMail) -> bool:
    """What our mail server calls so. A sender can only accuse themselves by such a line."""
    flag, status = read_header(mail.message, "X-Spam-Flag"), read_header(mail.message, "X-Spam-Status")
    return "yes" in (flag.lower(), status.lower().split(",")[0].strip())
