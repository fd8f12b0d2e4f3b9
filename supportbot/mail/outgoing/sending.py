"""Sends a mail to a customer, as one of a thread to which they can answer."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from smtplib import SMTPDataError, SMTPRecipientsRefused

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from supportbot.audit.models import AuditEvent
from supportbot.audit.recording import record_event
from supportbot.conversations import turns
from supportbot.conversations.models import Conversation

from ..cleanup import plan_cleanup
from ..customer_languages import detect_written_language
from ..header_values import to_one_line
from ..markers import get_marker
from ..models import IncomingMail, SentMail, TicketNotice
from ..reply_tokens import Thread, build_thread
from ..status_codes import PASSING_STATUS

# So that no program answers what a program has sent (RFC 3834, and Exchange's own way to say it).
AUTOMATIC_HEADERS = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
MESSAGE_ID_PATTERN = re.compile(r"<[!-;=?-~]{1,250}>")


@dataclass(frozen=True, slots=True)
class CustomerMail:
    """What is sent. `name` tells it from the other mails of the conversation: the same one has the same Message-ID.

    `is_automatic` is what no person has written. It tells of what staff have answered up to `replies_until`, and of
    the tickets `ticket_numbers`.
    """

    kind: str
    name: str
    subject: str
    template: str
    is_automatic: bool = True
    replies_until: datetime | None = None
    ticket_numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """A mail that a mail server has taken, with where it went."""

    conversation_id: int
    email: str
    mail: CustomerMail


def can_send() -> bool:
    """Without SMTP_URL Django would print the customer's conversation, or a code, into the log."""
    return bool(settings.ENVIRONMENT.smtp_url)


def send_to_customer(conversation: Conversation, mail: CustomerMail, **context: object) -> list[Delivery]:
    """Send it to where the customer is reached. Raises OSError when it cannot be sent now.

    Returns what `note_deliveries` takes: nothing for an address that the mail server refuses for good, which is marked,
    and told of in the conversation. Where the customer has given another one meanwhile, the refusal is raised: the next
    attempt goes there.
    """
    recipient = conversation.reply_email
    thread = build_thread(conversation.pk, recipient)
    can_be_answered = bool(settings.ENVIRONMENT.mail_address)
    text = render_to_string(
        mail.template,
        {
            **context,
            "conversation": conversation,
            "company": settings.COMPANY_NAME,
            "address": build_address(get_customer_path(conversation)),
            "marker": get_marker(detect_written_language(conversation)) if can_be_answered else "",
        },
    )
    subject = to_one_line(f"{mail.subject} {thread.subject_tag}" if can_be_answered else mail.subject)
    message = EmailMessage(
        subject,
        text.strip("\n") + "\n",
        None,
        [recipient],
        reply_to=[thread.reply_address] if can_be_answered else None,
        headers=_build_headers(conversation, thread, mail),
    )
    try:
        message.send()
    except (SMTPRecipientsRefused, SMTPDataError) as error:
        if not _is_permanent(error) or not turns.note_undeliverable.run_sync(conversation.pk, recipient):
            raise
        return []
    return [Delivery(conversation.pk, recipient.lower(), mail)]


def note_deliveries(deliveries: Iterable[Delivery]) -> None:
    """Store what was sent, in the transaction that ends the job: if that has to wait, the mail is not sent again."""
    for each in deliveries:
        mail = each.mail
        SentMail.objects.create(conversation_id=each.conversation_id, email=each.email, kind=mail.kind)
        plan_cleanup()
        if mail.replies_until is not None:
            # A later mail may have been taken by its server before this one.
            is_later = Q(replies_mailed_until=None) | Q(replies_mailed_until__lt=mail.replies_until)
            told = Conversation.objects.filter(is_later, pk=each.conversation_id)
            told.update(replies_mailed_until=mail.replies_until)
        if mail.ticket_numbers:
            TicketNotice.objects.filter(number__in=mail.ticket_numbers).update(mailed=timezone.now())
        if mail.kind == "transcript":
            customer = AuditEvent.Actor.CUSTOMER
            record_event("transcript_mailed", actor=customer, conversation_id=each.conversation_id)


def _is_permanent(error: SMTPRecipientsRefused | SMTPDataError) -> bool:
    """Whether the mail server will never take it for the recipient; a full mailbox or a busy server is not that.

    Some servers look up the recipient only when they have the text.
    """
    if isinstance(error, SMTPDataError):
        return _is_refusal(error.smtp_code, error.smtp_error)
    return all(_is_refusal(code, words) for code, words in error.recipients.values())


def _is_refusal(code: int, words: bytes | str) -> bool:
    said = words.decode(errors="replace") if isinstance(words, bytes) else words
    return 500 <= code <= 599 and not PASSING_STATUS.match(said)


def _build_headers(conversation: Conversation, thread: Thread, mail: CustomerMail) -> dict[str, str]:
    answered = _find_last_message_id(conversation)
    headers = {
        "Message-ID": thread.build_message_id(mail.name),
        "In-Reply-To": answered or thread.root_id,
        "References": f"{thread.root_id} {answered}".strip(),
    }
    return headers | AUTOMATIC_HEADERS if mail.is_automatic else headers


def _find_last_message_id(conversation: Conversation) -> str:
    """Of the customer's last mail in this conversation, empty if there is none that can be referred to."""
    taken = IncomingMail.objects.filter(conversation=conversation, outcome__in=IncomingMail.POSTED_OUTCOMES)
    found = taken.order_by("-pk").values_list("message_id", flat=True).first() or ""
    return found if MESSAGE_ID_PATTERN.fullmatch(found) else ""


def get_customer_path(conversation: Conversation) -> str:
    """A guest may read the mail on another device, where the conversation opens with a code."""
    name = "conversation" if conversation.user_id else "continue"
    return reverse(name, args=[conversation.public_id])


def build_address(path: str) -> str:
    """The whole address of a page, empty where SITE_URL does not say where the site is."""
    site: str = settings.ENVIRONMENT.site_url
    return f"{site.rstrip('/')}{path}" if site else ""
