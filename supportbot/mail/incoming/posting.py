"""Staff post a mail that was kept, in the conversation that it belongs to, or set it aside."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from supportbot.audit.recording import record_event, record_events
from supportbot.conversations import turns
from supportbot.languages import use_language

from ..customer_languages import get_customer_language
from ..models import IncomingMail
from .intake import CLIENT_ID_CHARS
from .message_parts import describe_cut, split_text

MAILS_A_TRANSACTION = 500


class MailNotPosted(Exception):
    """The mail has no conversation or no text, or somebody has seen to it already."""


@transaction.atomic
def post_kept_mail(mail_id: int, staff: Any) -> None:
    """Post it as the customer's message. Raises `MailNotPosted`, and `RequestRefused` beyond the customer's limits."""
    mail = _lock_unhandled(mail_id)
    if mail.conversation_id is None or not mail.text.strip():
        raise MailNotPosted
    parts, is_cut = split_text(mail.text)
    client_id = f"mail:{mail.key[:CLIENT_ID_CHARS]}"
    note = ""
    if is_cut:
        with use_language(get_customer_language(mail.conversation_id)):
            note = describe_cut()
    turns.post_mail.run_sync(mail.conversation_id, parts, client_id, note=note)
    mail.outcome, mail.text = IncomingMail.Outcome.ATTACHED, mail.text if is_cut else ""
    mail.handled, mail.handled_by = timezone.now(), staff
    mail.save(update_fields=["outcome", "text", "handled", "handled_by"])
    record_event("mail_posted", staff=staff, conversation_id=mail.conversation_id, mail=mail.pk)


def dismiss_mails(mail_ids: Sequence[int], staff: Any) -> int:
    """Nothing is to be done about them. Returns how many there were that nobody had seen to yet."""
    return sum(
        _dismiss_some(mail_ids[start : start + MAILS_A_TRANSACTION], staff)
        for start in range(0, len(mail_ids), MAILS_A_TRANSACTION)
    )


@transaction.atomic
def _dismiss_some(mail_ids: Sequence[int], staff: Any) -> int:
    unhandled = IncomingMail.objects.filter(handled=None).exclude(outcome__in=IncomingMail.POSTED_OUTCOMES)
    locked = unhandled.filter(pk__in=mail_ids).order_by("pk").select_for_update()
    dismissed = dict(locked.values_list("pk", "conversation_id"))
    IncomingMail.objects.filter(pk__in=dismissed).update(handled=timezone.now(), handled_by=staff)
    events = ({"conversation_id": talk, "details": {"mail": pk}} for pk, talk in dismissed.items())
    record_events("mail_dismissed", events, staff=staff)
    return len(dismissed)


def _lock_unhandled(mail_id: int) -> IncomingMail:
    mail = IncomingMail.objects.select_for_update().get(pk=mail_id)
    if mail.handled is not None or mail.outcome in IncomingMail.POSTED_OUTCOMES:
        raise MailNotPosted
    return mail
