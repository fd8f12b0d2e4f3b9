"""Where what a mail quotes begins: at a line that introduces it, at a block of header lines, or at our own line."""

import itertools
import re
from collections.abc import Sequence

from ...markers import PATTERN as MARKER
from .html_text import OLD_MAIL
from .words import (
    FORWARDED,
    HEADER_LINE,
    INTRODUCTION_BEGINNING,
    OWN_WRITING,
    SEPARATOR,
    WROTE_PATTERN,
)

MAX_INTRODUCTION_LINES = 5  # to which programs wrap «On … wrote:»
MAX_INTRODUCTION_CHARS = 400
HEADER_BLOCK_LINES = 9
MIN_HEADER_KINDS = 3
ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{2,}")
TIME = re.compile(r"\d{1,2}[:.h]\d{2}")
YEAR = re.compile(r"\b(?:19|20)\d\d\b|\d{1,2}[./-]\d{1,2}[./-]\d{2}\b")
TIME_OF_DAY = re.compile(r"(?<![\d.])\d{1,2}[:.h]\d{2}(?![\d.])")  # and no date
ANY_DATE = re.compile(r"\d{4}|\d{1,2}[./-]\d{1,2}[./-]\d{2}")  # also of calendars in which the year is 2569
# «Label: value», in any script. The sender's has name and address.
LABEL = r"[*_]{0,2}[^\W\d_][^:：<>@\d]{0,24}[:：]"
LABELLED_LINE = re.compile(rf"^{LABEL}\s*\S")
SENDER_LINE = re.compile(rf"^{LABEL}.{{1,100}}[<\[]\s?(?:mailto:)?{ADDRESS.pattern}\s?[>\]]")
# Also with a title between, in whichever language: what tells is the block below it.
RULE = re.compile(r"^(?:_{10,}|-{3,}\s?[^\s-].{0,40}-{3,})$")


def is_quoted(line: str) -> bool:
    return line.lstrip().startswith(">")


def find_old_mail(lines: Sequence[str], *, is_forward: bool) -> int:
    """The first line of the mail that is answered, where it stands below unquoted; else the number of lines."""
    for number, line in enumerate(lines):
        if is_quoted(line) or len(line) > MAX_INTRODUCTION_CHARS:
            continue
        if _is_marker(lines, number):
            return number
        if is_forward:  # what is forwarded stands below the same lines as an old mail
            continue
        if line == OLD_MAIL or SEPARATOR.match(line) or FORWARDED.match(line):
            return number
        if _begins_header_block(lines, number):
            return number
        if length := measure_introduction(lines, number):
            after = _skip_blank(lines, number + length)
            if after >= len(lines) or not is_quoted(lines[after]):
                return number
    return len(lines)


def measure_introduction(lines: Sequence[str], start: int) -> int:
    """How many lines from here on are «On … wrote:», which programs wrap; 0 if that is not one."""
    if not lines[start].strip() or is_quoted(lines[start]):
        return 0
    if not (INTRODUCTION_BEGINNING.match(lines[start]) or any(map(str.isdigit, lines[start]))):
        return 0
    text = ""
    for length, line in enumerate(lines[start : start + MAX_INTRODUCTION_LINES], start=1):
        if not line.strip() or is_quoted(line) or len(text) > MAX_INTRODUCTION_CHARS:
            return 0
        text = f"{text} {line.strip()}".strip()
        if line.rstrip().endswith((":", "：")):
            begins_later = any(
                INTRODUCTION_BEGINNING.match(each) for each in lines[start + 1 : start + length]
            )
            return length if _is_introduction(text) and not begins_later else 0
    return 0


def find_introduction_above(lines: Sequence[str], end: int) -> int:
    """Where the introduction of the quotation that begins at `end` begins itself; `end` if there is none."""
    while end and not lines[end - 1].strip():
        end -= 1
    found = end
    for start in range(end - 1, max(-1, end - 1 - MAX_INTRODUCTION_LINES), -1):
        if not lines[start].strip() or is_quoted(lines[start]):
            break
        if found == end and is_introduction_of_quote(" ".join(lines[start:end])):
            found = start
        if INTRODUCTION_BEGINNING.match(lines[start]) and found < end:
            return start
    return found


def is_introduction_of_quote(text: str) -> bool:
    """Whether this introduces the quotation that follows: there less is needed than above what is not quoted."""
    has_address, has_digit = bool(ADDRESS.search(text)), any(map(str.isdigit, text))
    has_verb = bool(WROTE_PATTERN.search(text)) and not OWN_WRITING.search(text)
    return text.rstrip().endswith((":", "：")) and has_verb + has_address + has_digit >= 2


def _is_introduction(text: str) -> bool:
    """A verb of writing, and a whole date or an address: a customer may say that somebody wrote something."""
    if len(text) > MAX_INTRODUCTION_CHARS or OWN_WRITING.search(text):
        return False
    has_date = bool(TIME.search(text) and YEAR.search(text))
    return bool(WROTE_PATTERN.search(text)) and (has_date or bool(ADDRESS.search(text)))


def _begins_header_block(lines: Sequence[str], start: int) -> bool:
    """Three kinds of header lines with an address or a whole date, or the sender's and the time's alone with both."""
    first = lines[start].strip()
    if RULE.match(first):
        start = _skip_blank(lines, start + 1)
        first = lines[start].strip() if start < len(lines) else ""
    if _is_block_by_form(lines[start : start + HEADER_BLOCK_LINES]):
        return True
    if not _find_header_kind(first):
        return False
    block = [*itertools.takewhile(str.strip, lines[start : start + HEADER_BLOCK_LINES])]
    found = [_find_header_kind(line.strip()) for line in block]
    # Text may stand close below: its addresses and dates are none of the header's. Lines that go on are indented.
    length = max(
        number for number, kind in enumerate(found, start=1) if kind or block[number - 1][0].isspace()
    )
    text, kinds = " ".join(block[:length]), {*found} - {""}
    has_address, has_time = bool(ADDRESS.search(text)), bool(TIME.search(text))
    if len(kinds) < MIN_HEADER_KINDS:
        is_dated = has_time and bool(ANY_DATE.search(text))
        return length == len(block) and kinds == {"from", "sent"} and has_address and is_dated
    has_date = has_time and bool(YEAR.search(text))
    is_whole = {"from", "subject"} <= kinds or ({"from", "sent", "to"} <= kinds and has_address)
    return is_whole and (has_address or has_date)


def _is_block_by_form(lines: Sequence[str]) -> bool:
    """Whether these are header lines in whichever language: a sender with name and address, next when it was sent.

    Below it stands a recipient's address. Of lists that customers write, such as of an order, hardly any has a second
    one, and all of that in this order.
    """
    if not lines or not SENDER_LINE.match(lines[0].strip()):
        return False
    block = list(itertools.takewhile(LABELLED_LINE.match, (line.strip() for line in lines)))
    is_sent = any(TIME_OF_DAY.search(each) and ANY_DATE.search(each) for each in block[1:3])
    return len(block) > MIN_HEADER_KINDS and is_sent and any(map(ADDRESS.search, block[1:]))


def _find_header_kind(line: str) -> str:
    return next((kind for kind, pattern in HEADER_LINE.items() if pattern.match(line)), "")


def _is_marker(lines: Sequence[str], number: int) -> bool:
    """Whether our own line stands here, which a program may have wrapped. Amid a sentence the customer cites it."""
    if "##-" not in lines[number]:
        return False
    text = " ".join(lines[number : number + 3])
    found = MARKER.search(text)
    before = text[: found.start()].strip() if found else ""
    return bool(found) and (before.endswith((":", "：")) or not any(map(str.isalnum, before)))


def _skip_blank(lines: Sequence[str], start: int) -> int:
    while start < len(lines) and not lines[start].strip():
        start += 1
    return start
