"""What the parts of a mail say: each text is read once, and only so many characters of a mail are."""

from email.message import Message

from ..reply_text import enriched_to_html, html_to_text, unwrap_flowed
from .mime_text import decode_text, find_html_charset

MAX_PART_CHARS = 400_000
MAX_TEXT_CHARS = 600_000  # of all texts of a mail as they were sent; the last one may be longer
ENRICHED_TYPES = ("text/enriched", "text/richtext")
# How else programs write texts.
TEXT_KINDS = {
    **dict.fromkeys(("text/markdown", "text/x-markdown"), "text/plain"),
    **dict.fromkeys((*ENRICHED_TYPES, "application/xhtml+xml"), "text/html"),
}


class PartTexts:
    """The texts of one mail, by the part that they stand in."""

    def __init__(self) -> None:
        self._texts: dict[Message, str] = {}
        self._chars = 0

    def read_text(self, part: Message) -> str | None:
        """None where so much of this mail was read that this part is not."""
        if part not in self._texts:
            if self._chars >= MAX_TEXT_CHARS:
                return None
            self._chars += len(part.get_payload())
            self._texts[part] = _read_text(part, find_text_kind(part))
        return self._texts[part]

    def has_words(self, part: Message) -> bool:
        return bool((self.read_text(part) or "").strip())


def find_text_kind(part: Message) -> str:
    """The part's type, by which its text is read: of several parts without a line between them it is plain text."""
    kind = part.get_content_type()
    return "text/plain" if kind.startswith("multipart/") else TEXT_KINDS.get(kind, kind)


def is_file(part: Message) -> bool:
    return part.get_content_disposition() == "attachment" or bool(part.get_filename())


def read_bytes(part: Message) -> bytes:
    if part.get_content_type() == "message/rfc822":
        return b""  # it is named, and not kept
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _read_text(part: Message, kind: str) -> str:
    data = read_bytes(part)
    charset = str(part.get_content_charset("") or "")
    if part.get_content_type() in ENRICHED_TYPES:
        return html_to_text(enriched_to_html(decode_text(data, charset)))
    if kind == "text/html":
        return html_to_text(decode_text(data, charset or find_html_charset(data)))
    text = decode_text(data, charset)[:MAX_PART_CHARS]
    if str(part.get_param("format", "")).lower() == "flowed":
        return unwrap_flowed(text, deletes_space=str(part.get_param("delsp", "")).lower() == "yes")
    return text.replace("\r\n", "\n")
