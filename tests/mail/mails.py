"""Mails as they come in and go out, for tests."""

from email.message import EmailMessage
from email.utils import make_msgid
from typing import Any

from django.core import mail
from django.core.mail import EmailMessage as SentMail

from supportbot.conversations import turns
from supportbot.conversations.models import Conversation
from supportbot.mail.incoming.intake import take_mail
from supportbot.mail.outgoing import customer_mails
from supportbot.mail.outgoing.sending import note_deliveries

ALICE = "Alice Archer <alice@example.com>"


def mail_unread_reply(conversation_id: int | None, turn_id: int | None) -> None:
    """As its job does it, to the end of the job; so do the others here."""
    note_deliveries(customer_mails.mail_unread_reply(conversation_id, turn_id))


def mail_answer(conversation_id: int | None, turn_id: int | None) -> None:
    note_deliveries(customer_mails.mail_answer(conversation_id, turn_id))


def mail_ticket_numbers(conversation_id: int | None) -> None:
    note_deliveries(customer_mails.mail_ticket_numbers(conversation_id))


def mail_transcript(conversation_id: int | None, key: str) -> None:
    note_deliveries(customer_mails.mail_transcript(conversation_id, key))


def mail_too_large(conversation_id: int | None, key: str) -> None:
    note_deliveries(customer_mails.mail_too_large(conversation_id, key))


def write_to_customer(chat: Conversation, staff: Any, text: str) -> SentMail:
    """A member of staff answers, and the customer, who has left, is sent it."""
    turns.take_over.run_sync(chat.pk, staff.pk)
    answer = turns.post_staff_message.run_sync(chat.pk, staff.pk, text, None)
    mail_unread_reply(chat.pk, answer.change.turns[0].row.pk)
    return mail.outbox[-1]


def build_answer(
    sent: SentMail | None,
    sender: str,
    text: str,
    *,
    without: tuple[str, ...] = (),
    headers: dict[str, str] | None = None,
) -> EmailMessage:
    """An answer as a program makes it, `without` some of the marks: address, ids, subject."""
    answer = EmailMessage()
    answer["From"], answer["Message-ID"] = sender, make_msgid(domain="client.example")
    if sent is None:
        answer["To"], answer["Subject"] = "support@example.com", "A question"
    else:
        answer["To"] = "support@example.com" if "address" in without else sent.reply_to[0]
        answer["Subject"] = "Re: my lamp" if "subject" in without else f"Re: {sent.subject}"
        if "ids" not in without:
            answer["In-Reply-To"] = sent.message()["Message-ID"]
            answer["References"] = f"{sent.message()['References']} {sent.message()['Message-ID']}"
    for name, value in (headers or {}).items():
        del answer[name]
        answer[name] = value
    answer.set_content(text)
    return answer


def take(message: EmailMessage) -> str:
    """What was done with it."""
    return take_mail(message.as_bytes())


def list_posted(chat: Conversation) -> list[str]:
    """What was posted by mail."""
    return list(chat.messages.filter(channel="mail").order_by("seq").values_list("text", flat=True))
