"""Reads a mail from its bytes. All of it is untrusted, and texts are bounded."""

import hashlib
from dataclasses import dataclass, field
from email.message import Message

from ...header_values import to_one_line
from ..reply_text import MAX_CHARS, extract_reply
from ..reply_text.words import FORWARD_SUBJECT
from .bounded_message import read_message
from .headers import join_headers, read_header, read_person
from .parts import Attached, read_parts

SUBJECT_CHARS = 200
RECIPIENT_HEADERS = (
    *("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Delivered-To"),
    *("Resent-To", "X-Forwarded-To", "X-Forwarded-For"),
)


class MailUnreadable(Exception):
    """It is no mail, or one that is made to be unreadable."""


@dataclass(frozen=True, slots=True)
class ParsedMail:
    """A mail that was read. `sender` is what it claims to be from, empty if that is not one address.

    `reply_to` is the name and the address of whom it wants to be answered, without an address if that is not one.
    `text` is what is new in it, `whole_text` all that it says.
    """

    key: str
    message_id: str
    sender: str
    sender_name: str
    reply_to: tuple[str, str]
    subject: str
    recipients: str
    answered_ids: str
    size: int
    text: str = field(repr=False)
    whole_text: str = field(repr=False)
    attached: tuple[Attached, ...] = ()
    message: Message = field(default_factory=Message, repr=False)


def parse_mail(raw: bytes) -> ParsedMail:
    """Raises `MailUnreadable`."""
    try:
        return _build_mail(read_message(raw), raw)
    except (RecursionError, LookupError, ValueError, TypeError, AttributeError) as error:
        # Whatever Python's reader of mails raises for a mail that breaks the format.
        raise MailUnreadable(type(error).__name__) from error


def build_key(raw: bytes, message_id: str) -> str:
    """The same for a mail that comes twice, whichever way: of its id and its content, without the lines of its way."""
    head, _, body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    told = message_id.encode() if message_id else head
    return hashlib.sha256(told + b"\0" + hashlib.sha256(body.strip()).digest()).hexdigest()


def _build_mail(message: Message, raw: bytes) -> ParsedMail:
    sender_name, sender = read_person(message, "From")
    subject = read_header(message, "Subject")
    texts, attached = read_parts(message)
    whole = "\n".join(texts)[:MAX_CHARS].replace("\0", "")
    message_id = to_one_line(str(message.get("Message-ID", "")))[:300]
    return ParsedMail(
        key=build_key(raw, message_id),
        message_id=message_id,
        sender=sender,
        sender_name=sender_name,
        reply_to=read_person(message, "Reply-To"),
        subject=subject[:SUBJECT_CHARS],
        recipients=join_headers(message, RECIPIENT_HEADERS),
        answered_ids=join_headers(message, ("In-Reply-To", "References")),
        size=len(raw),
        text=extract_reply(whole, is_forward=bool(FORWARD_SUBJECT.match(subject))),
        whole_text=whole.replace("\x02", "").strip(),
        attached=tuple(attached),
        message=message,
    )
