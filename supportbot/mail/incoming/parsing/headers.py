"""Reads headers. All of it is untrusted: each becomes a single clean line.

A sender that a program wrote carelessly is read all the same. One that can be read in two ways is not.
"""

import re
from contextlib import suppress
from email.errors import HeaderParseError, MisplacedEnvelopeHeaderDefect
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses

from supportbot.conversations.card_numbers import mask_card_numbers

from ...header_values import normalise_address, to_one_line
from .mime_text import decode_text

MAX_HEADER_CHARS = 20_000
NAME_CHARS, ADDRESS_CHARS = 100, 254
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
NAMED_BY_ADDRESS = re.compile(
    r"[\"']?([^\s\"'<>,;:()@]{1,64}@[^\s\"'<>,;:()@]{1,190})[\"']?\s*<([^\s<>@]+@[^\s<>@]+)>"
)


def read_header(message: Message, name: str) -> str:
    """The first header of that name as one line of text, decoded; empty if there is none."""
    return decode_header_value(str(message.get(name, "")))


def join_headers(message: Message, names: tuple[str, ...]) -> str:
    """All headers of these names, as they were written, one after the other; of long ones beginning and end."""
    found = " ".join(str(value) for name in names for value in message.get_all(name, []))
    half = MAX_HEADER_CHARS // 2
    return found if len(found) <= MAX_HEADER_CHARS else f"{found[:half]} {found[-half:]}"


def read_person(message: Message, header: str) -> tuple[str, str]:
    """Name and address of the one there; no address where there are several, since nobody knows which one is meant."""
    headers = [str(value)[:MAX_HEADER_CHARS] for value in message.get_all(header, [])[:2]]
    found = _read_addresses(headers)
    if len(headers) != 1 or len(found) != 1 or _has_hidden_sender(message):
        return decode_header_value(" ".join(headers))[:NAME_CHARS], ""
    name, address = found[0]
    address = normalise_address(to_one_line(address))
    # More than one @ is read by each program in its own way.
    is_address = bool(ADDRESS.fullmatch(address)) and len(address) <= ADDRESS_CHARS
    return mask_card_numbers(decode_header_value(name)).text[:NAME_CHARS], address if is_address else ""


def decode_header_value(value: str) -> str:
    """A header's text, as far as it can be decoded."""
    value = value[:MAX_HEADER_CHARS]
    with suppress(HeaderParseError, ValueError, LookupError):
        pieces = decode_header(value)
        value = "".join(
            decode_text(piece, charset or "") if isinstance(piece, bytes) else piece
            for piece, charset in pieces
        )
    return to_one_line(value)


def _read_addresses(headers: list[str]) -> list[tuple[str, str]]:
    """Names and addresses. Programs forget to quote a comma in a name, and name who has no name by the address."""
    found = [(name, address) for name, address in getaddresses(headers) if address or name]
    text = " ".join(headers)
    if text.count("@") == 1 and len(found) > 1:
        found = [(name, address) for name, address in found if "@" in address]
    elif (named := NAMED_BY_ADDRESS.fullmatch(text.strip())) and named[1].lower() == named[2].lower():
        found = [("", named[2])]
    return found


def _has_hidden_sender(message: Message) -> bool:
    """Whether there is «From :» with a space: a sender for some mail servers, and none for Python."""
    begins_so = (message.get_unixfrom() or "").replace(" ", "").startswith("From:")
    return begins_so or any(isinstance(each, MisplacedEnvelopeHeaderDefect) for each in message.defects)
