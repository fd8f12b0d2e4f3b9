"""What a mail says, read from its bytes: who wrote it, which text, which files. All of it is untrusted."""

from .bounded_message import READABLE_HEADERS
from .headers import join_headers, read_header
from .mail import MailUnreadable, ParsedMail, build_key, parse_mail
from .parts import Attached, list_parts, walk_parts

__all__ = [
    "READABLE_HEADERS",
    "Attached",
    "MailUnreadable",
    "ParsedMail",
    "build_key",
    "join_headers",
    "list_parts",
    "parse_mail",
    "read_header",
    "walk_parts",
]
