"""Staff post a mail that was kept, in the conversation that it belongs to, or set it aside."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from supportbot.audit.recording import record_event
from supportbot.conversations import turns

from .incoming import CLIENT_ID_CHARS
from .message_parts import describe_cut, split_text
from .models import IncomingMail


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
    turns.post_mail.run_sync(mail.conversation_id, parts, client_id, note=describe_cut() if is_cut else "")
    mail.outcome, mail.text = IncomingMail.Outcome.ATTACHED, mail.text if is_cut else ""
    _set_handled(mail, staff)
    record_event("mail_posted", staff=staff, conversation_id=mail.conversation_id, mail=mail.pk)


@transaction.atomic
def dismiss_mail(mail_id: int, staff: Any) -> None:
    """Nothing is to be done about it. Raises `MailNotPosted`."""
    mail = _lock_unhandled(mail_id)
    _set_handled(mail, staff)
    record_event("mail_dismissed", staff=staff, conversation_id=mail.conversation_id, mail=mail.pk)


def _lock_unhandled(mail_id: int) -> IncomingMail:
    mail = IncomingMail.objects.select_for_update().get(pk=mail_id)
    if mail.handled is not None or mail.outcome in IncomingMail.POSTED_OUTCOMES:
        raise MailNotPosted
    return mail


def _set_handled(mail: IncomingMail, staff: Any) -> None:
    mail.handled, mail.handled_by = timezone.now(), staff
    mail.save(update_fields=["outcome", "text", "handled", "handled_by"])
