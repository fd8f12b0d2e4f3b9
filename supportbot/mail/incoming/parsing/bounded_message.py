"""Python's reader of mails, with an end for mails that are made to take it minutes."""

import re
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from email.policy import Compat32
from functools import partial
from typing import Any

from .mime_text import decode_text

MAX_LINES = 3_000_000
MAX_READ_PARTS, MAX_READ_HEADERS = 20_000, 50_000
MAX_LINE_TESTS = 10_000_000  # each line is tested for the end of each part that it stands in
# Of a header such as Content-Type, and of all of them: each parameter has Python count the quotation marks behind it.
MAX_CONTENT_CHARS, MAX_PARAMETERS, MAX_ALL_PARAMETERS = 8_000, 100, 50_000
# As in “name*0=”: a number of thousands of digits is none to Python.
LONG_NUMBER = re.compile(r"\*[0-9]{10}")


class MailTooIntricate(ValueError):
    """It has so many lines, parts or headers that no program writes it."""


@dataclass
class _Count:
    """What was read of one mail until now."""

    lines: int
    parts: int = 0
    headers: int = 0
    parameters: int = 0

    def add_header(self, name: str, value: str) -> None:
        """Raises `MailTooIntricate`."""
        self.headers += 1
        is_intricate = self.headers > MAX_READ_HEADERS
        if name.lower().startswith("content-"):
            parameters = value.count(";")
            self.parameters += parameters
            is_intricate = (
                is_intricate
                or len(value) > MAX_CONTENT_CHARS
                or parameters > MAX_PARAMETERS
                or self.parameters > MAX_ALL_PARAMETERS
                or LONG_NUMBER.search(value) is not None
            )
        if is_intricate:
            raise MailTooIntricate


class ReadableHeaders(Compat32):
    """Headers as texts, also where a program has written letters into them as they are."""

    def header_fetch_parse(self, name: str, value: str) -> Any:
        return value if value.isascii() else decode_text(value.encode("utf-8", "surrogateescape"), "")


READABLE_HEADERS = ReadableHeaders()


class BoundedMessage(Message):
    """A mail or a part of one, which counts for the whole mail as it is read."""

    def __init__(self, count: _Count, policy: Compat32 = READABLE_HEADERS) -> None:
        super().__init__(policy=policy)
        self._count, self._level = count, 0

    def attach(self, payload: Any) -> None:
        """Raises `MailTooIntricate`."""
        if isinstance(payload, BoundedMessage):
            payload._level = self._level + 1
            self._count.parts += 1
            if self._count.parts > MAX_READ_PARTS or payload._level * self._count.lines > MAX_LINE_TESTS:
                raise MailTooIntricate
        super().attach(payload)

    def set_raw(self, name: str, value: Any) -> None:
        """Raises `MailTooIntricate`."""
        self._count.add_header(name, str(value))
        super().set_raw(name, value)


def read_message(raw: bytes) -> Message:
    """The mail with its parts. Raises `MailTooIntricate`, and `RecursionError` for parts within parts within parts."""
    count = _Count(raw.count(b"\n"))
    if count.lines > MAX_LINES:
        raise MailTooIntricate
    return BytesParser(_class=partial(BoundedMessage, count), policy=READABLE_HEADERS).parsebytes(raw)
