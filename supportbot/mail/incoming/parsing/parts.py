"""What a mail is made of: the texts that count as what it says, and the files that came with it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message

from supportbot.conversations.card_numbers import mask_card_numbers

from ...header_values import to_one_line
from ..reply_text import MAX_CHARS
from .headers import decode_header_value
from .part_texts import TEXT_KINDS, PartTexts, find_text_kind, is_file, read_bytes

MAX_PARTS, MAX_TEXTS = 2_000, 20
FILE_NAME_CHARS = 120
IMAGE_ENDINGS = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".heic", ".heif")
# What programs add to each mail that they sign.
SIGNATURE_TYPES = frozenset(
    {
        *("application/pgp-signature", "application/pgp-keys"),
        *("application/pkcs7-signature", "application/x-pkcs7-signature"),
    }
)


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


def read_parts(message: Message) -> tuple[list[str], list[Attached]]:
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
    name = decode_header_value(name) or to_one_line(part.get_content_type())
    return mask_card_numbers(name).text[:FILE_NAME_CHARS]
