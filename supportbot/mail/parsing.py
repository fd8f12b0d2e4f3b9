"""Reads a mail from its bytes. All of it is untrusted: headers become single clean lines, texts are bounded."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message

from supportbot.conversations.card_numbers import mask_card_numbers

from .bounded_message import read_message
from .from_header import has_hidden_sender, normalise_address, read_addresses
from .mime_text import decode_text, to_one_line
from .part_texts import TEXT_KINDS, PartTexts, find_text_kind, is_file, read_bytes
from .reply_text import MAX_CHARS, extract_reply
from .reply_text.words import FORWARD_SUBJECT

MAX_PARTS, MAX_TEXTS = 2_000, 20
MAX_HEADER_CHARS = 20_000
SUBJECT_CHARS, NAME_CHARS, ADDRESS_CHARS, FILE_NAME_CHARS = 200, 100, 254, 120
RECIPIENT_HEADERS = (
    *("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Delivered-To"),
    *("Resent-To", "X-Forwarded-To", "X-Forwarded-For"),
)
IMAGE_ENDINGS = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".heic", ".heif")
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
# What programs add to each mail that they sign.
SIGNATURE_TYPES = frozenset(
    {
        *("application/pgp-signature", "application/pgp-keys"),
        *("application/pkcs7-signature", "application/x-pkcs7-signature"),
    }
)


class MailUnreadable(Exception):
    """It is no mail, or one that is made to be unreadable."""


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that came with a mail; with `is_in_text` it stands amid the text, as a logo in a signature does."""

    name: str
    content_type: str
    data: bytes = field(repr=False)
    is_in_text: bool = False

    @property
    def is_image(self) -> bool:
        """By what the program calls it, or by its name where it calls it nothing."""
        is_named_so = (
            self.name.lower().endswith(IMAGE_ENDINGS) and self.content_type == "application/octet-stream"
        )
        return self.content_type.startswith("image/") or is_named_so


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


def read_header(message: Message, name: str) -> str:
    """The first header of that name as one line of text, decoded; empty if there is none."""
    return _decode(str(message.get(name, "")))


def join_headers(message: Message, names: tuple[str, ...]) -> str:
    """All headers of these names, as they were written, one after the other; of long ones beginning and end."""
    found = " ".join(str(value) for name in names for value in message.get_all(name, []))
    half = MAX_HEADER_CHARS // 2
    return found if len(found) <= MAX_HEADER_CHARS else f"{found[:half]} {found[-half:]}"


def list_parts(message: Message) -> list[Message]:
    """What a part is made of; nothing for one that is a text or a file."""
    payload = message.get_payload()
    return [part for part in payload if isinstance(part, Message)] if isinstance(payload, list) else []


def walk_parts(message: Message) -> Iterator[Message]:
    """All parts, however deep: Python's own way down ends at a thousand."""
    waiting, count = [message], 0
    while waiting and count < MAX_PARTS:
        part, count = waiting.pop(), count + 1
        yield part
        waiting.extend(reversed(list_parts(part)))


def build_key(raw: bytes, message_id: str) -> str:
    """The same for a mail that comes twice, whichever way: of its id and its content, without the lines of its way."""
    head, _, body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    told = message_id.encode() if message_id else head
    return hashlib.sha256(told + b"\0" + hashlib.sha256(body.strip()).digest()).hexdigest()


def _build_mail(message: Message, raw: bytes) -> ParsedMail:
    sender_name, sender = _read_person(message, "From")
    subject = read_header(message, "Subject")
    texts, attached = _read_parts(message)
    whole = "\n".join(texts)[:MAX_CHARS].replace("\0", "")
    message_id = to_one_line(str(message.get("Message-ID", "")))[:300]
    return ParsedMail(
        key=build_key(raw, message_id),
        message_id=message_id,
        sender=sender,
        sender_name=sender_name,
        reply_to=_read_person(message, "Reply-To"),
        subject=subject[:SUBJECT_CHARS],
        recipients=join_headers(message, RECIPIENT_HEADERS),
        answered_ids=join_headers(message, ("In-Reply-To", "References")),
        size=len(raw),
        text=extract_reply(whole, is_forward=bool(FORWARD_SUBJECT.match(subject))),
        whole_text=whole.replace("\x02", "").strip(),
        attached=tuple(attached),
        message=message,
    )


def _read_person(message: Message, header: str) -> tuple[str, str]:
    """Name and address of the one there; no address where there are several, since nobody knows which one is meant."""
    headers = [str(value)[:MAX_HEADER_CHARS] for value in message.get_all(header, [])[:2]]
    found = read_addresses(headers)
    if len(headers) != 1 or len(found) != 1 or has_hidden_sender(message):
        return _decode(" ".join(headers))[:NAME_CHARS], ""
    name, address = found[0]
    address = normalise_address(to_one_line(address))
    # More than one @ is read by each program in its own way.
    is_address = bool(ADDRESS.fullmatch(address)) and len(address) <= ADDRESS_CHARS
    return mask_card_numbers(_decode(name)).text[:NAME_CHARS], address if is_address else ""


def _decode(value: str) -> str:
    """A header's text, as far as it can be decoded."""
    value = value[:MAX_HEADER_CHARS]
    with suppress(HeaderParseError, ValueError, LookupError):
        pieces = decode_header(value)
        value = "".join(
            decode_text(piece, charset or "") if isinstance(piece, bytes) else piece
            for piece, charset in pieces
        )
    return to_one_line(value)


def _read_parts(message: Message) -> tuple[list[str], list[Attached]]:
    """The texts, as many as are looked at, and all else."""
    found: list[str] = []
    attached: list[Attached] = []
    texts = PartTexts()
    for part in _iterate_parts(message, texts):
        kind = find_text_kind(part)
        is_text = kind in ("text/plain", "text/html") and not is_file(part)
        has_room = len(found) < MAX_TEXTS and sum(map(len, found)) < MAX_CHARS
        if is_text and has_room and (text := texts.read_text(part)) is not None:
            found.append(text)
        elif kind not in SIGNATURE_TYPES:
            is_in_text = "Content-ID" in part and part.get_content_disposition() != "attachment"
            attached.append(Attached(_read_file_name(part), kind, read_bytes(part), is_in_text))
    return [text for text in found if text.strip()], attached


def _iterate_parts(message: Message, texts: PartTexts) -> Iterator[Message]:
    """The parts that say something: of alternatives the plain text, or else the HTML."""
    waiting, count = [message], 0
    while waiting and count < MAX_PARTS:
        part, count = waiting.pop(), count + 1
        parts = list_parts(part)
        if part.get_content_type() == "message/rfc822" or not parts:
            yield part
        elif part.get_content_type() == "multipart/alternative":
            waiting.extend(reversed(_choose_alternative(parts, texts)))
        else:
            waiting.extend(reversed(parts))


def _choose_alternative(parts: list[Message], texts: PartTexts) -> list[Message]:
    """The plain text, if it says something; else all but that, such as HTML with its pictures."""
    for part in parts:
        if part.get_content_type() == "text/plain" and texts.has_words(part):
            # Pictures that stand in the HTML still come with the mail.
            return [part, *(image for each in parts if each is not part for image in _find_images(each))]
    # Words that are there as HTML too would be read twice.
    has_html = any(_has_html_words(each, texts) for part in parts for each in walk_parts(part))
    left_out = {"text/plain", *(TEXT_KINDS if has_html else ())}
    return [part for part in parts if part.get_content_type() not in left_out]


def _has_html_words(part: Message, texts: PartTexts) -> bool:
    is_html = part.get_content_type() == "text/html" and part.get_content_disposition() != "attachment"
    return is_html and texts.has_words(part)


def _find_images(part: Message) -> list[Message]:
    return [each for each in walk_parts(part) if each.get_content_maintype() == "image"]


def _read_file_name(part: Message) -> str:
    if part.get_content_type() == "message/rfc822":
        return "message.eml"
    name = to_one_line(str(part.get_filename() or "")).replace("/", "_").replace("\\", "_")
    # A type is as untrusted as a name: a database refuses a zero byte in either.
    name = _decode(name) or to_one_line(part.get_content_type())
    return mask_card_numbers(name).text[:FILE_NAME_CHARS]
