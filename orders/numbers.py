"""Order numbers as people write them, and the forms in which they are compared.

A customer writes “Bestell-Nr. 1001”, “1OO1”, “١٠٠١”, half of ORD-2024-9001, the tracking number, or pastes a mail. What
may be a number in that is looked for among the orders that they may see, and nowhere else.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import unquote

from .email_addresses import MAX_WRITTEN_CHARS

MAX_JOINED_PARTS = 8
MAX_GAP_CHARS = 3
MAX_NUMBERS = 20  # that one look-up tries; a mail that somebody pastes has about as many
# So many are counted as one guess: a day, an amount and a house stand beside an order's number.
NUMBERS_PER_GUESS = 5
MAX_CANDIDATES = 200
MIN_TRACKING_CHARS = 8
MAX_TRACKING_CHARS = 200

PART = re.compile(r"[^\W\d_]+|\d+")
# Letters of a Cyrillic or Greek keyboard that look as Latin ones do, in a number such as “А-1001” or “1ОО1”.
ALIKE = str.maketrans("АВЕКМНОРСТУХІЈЅӀΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEKMHOPCTYXIJSIABEZHIKMNOPTYX")
ALIKE_NUMBER = re.compile(
    r"(?<![^\W_])(?=[A-ZА-ЯІЈЅӀΑ-Ω#/_-]{0,12}\d)[\dA-ZАВЕКМНОРСТУХІЈЅӀΑΒΕΖΗΙΚΜΝΟΡΤΥΧ#/_-]{2,40}(?![^\W_])"
)
# An O among digits is a zero, and an I or L a one, for whoever reads a number from a label.
LOOKALIKES = re.compile(r"[\dOIL]{2,40}")
AS_DIGITS = str.maketrans("OIL", "011")
LINE_END = re.compile(r"[^\w\n]{0,3}(?:\n|\Z)")
# Some shops have numbers of letters alone.
WORD = re.compile(r"(?<!\w)[^\W\d_]{6,12}(?!\w)")
TRACKING_MARKS = r"[,;|\n]"  # between several tracking numbers
DATE_MARKS = frozenset(".,:/–—-")


@dataclass(frozen=True, slots=True)
class WrittenNumber:
    """What may be meant: whole numbers, the last digits of one, or a tracking number. All in the form of keys.

    It is true where it has a digit. Words alone may be a number too, in shops that have such ones.
    """

    keys: frozenset[str]
    short_keys: frozenset[str]
    tracking_keys: frozenset[str]
    words: frozenset[str] = frozenset()
    group_count: int = 0  # groups of digits that were read: of one length, no more numbers are tried
    is_cut: bool = False  # there are more of them than were read

    def __bool__(self) -> bool:
        return bool(self.keys or self.tracking_keys)


def fold_digits(text: str) -> str:
    """In upper case, with compatibility forms and all of Unicode's digits as ASCII."""
    folded = unicodedata.normalize("NFKC", text).upper()
    if folded.isascii():
        return folded
    return "".join(str(unicodedata.decimal(each)) if each.isdecimal() else each for each in folded)


def normalise_number(written: str) -> str:
    """Only the letters of an order number, in upper case, and its digits: people write the rest differently."""
    return "".join(PART.findall(fold_digits(written)))


def shorten_number(number: str) -> str:
    """The last group of a number's digits without leading zeros: 9001 of ORD-2024-9001, 1001 of #1001-A."""
    groups = re.findall(r"\d+", fold_digits(number))
    return groups[-1].lstrip("0") if groups else ""


def join_tracking_numbers(numbers: Iterable[str]) -> str:
    """An order's tracking numbers, each once and whole, the newest ones last. Of too many they are kept."""
    joined = ""
    for number in dict.fromkeys(reversed(list(filter(None, numbers)))):
        longer = f"{number}, {joined}" if joined else number
        if joined and len(longer) > MAX_TRACKING_CHARS:
            break
        joined = longer
    return joined


def list_tracking_keys(tracking: str) -> list[str]:
    """The tracking numbers of an order in the form of keys: those of its parcels, the newest one last."""
    keys = map(normalise_number, re.split(TRACKING_MARKS, tracking))
    return list(filter(None, keys)) or [""]


def read_number(written: str) -> WrittenNumber:
    """All that may be an order's number in what somebody wrote."""
    text = fold_digits(written[:MAX_WRITTEN_CHARS])
    groups = list(re.finditer(r"\d+", text))
    if len(groups) > MAX_NUMBERS:
        text = text[: groups[MAX_NUMBERS].start()]
    group_count = min(len(groups), MAX_NUMBERS)
    keys: dict[str, None] = {}  # in the order in which they were written
    short: dict[str, None] = {}
    tracking: dict[str, None] = {}
    decoded = unquote(text) if "%" in text else text  # “%231001” in a link is #1001
    latin = text if text.isascii() else ALIKE_NUMBER.sub(lambda found: found[0].translate(ALIKE), text)
    for variant in dict.fromkeys((text, decoded, latin, LOOKALIKES.sub(_read_lookalikes, latin))):
        parts = _split_parts(variant)
        keys |= dict.fromkeys(_join_parts(parts, _may_be_one_number))
        short |= dict.fromkeys(_join_parts(parts, _may_be_end_of_number))
        tracking |= dict.fromkeys(_join_parts(parts, lambda _left, _right: True))
    return WrittenNumber(
        frozenset(list(keys)[:MAX_CANDIDATES]),
        frozenset(key.lstrip("0") for key in list(short)[:MAX_CANDIDATES] if key.isdecimal()) - {""},
        frozenset(key for key in tracking if len(key) >= MIN_TRACKING_CHARS),
        frozenset(WORD.findall(text)[: MAX_NUMBERS - group_count]),
        group_count,
        is_cut=len(groups) > MAX_NUMBERS,
    )


def _read_lookalikes(found: re.Match[str]) -> str:
    return found[0].translate(AS_DIGITS) if re.search(r"\d", found[0]) else found[0]


class _Part(NamedTuple):
    """A group of letters or of digits, what stands between it and the one before, and whether its line ends there."""

    text: str
    gap: str
    is_near: bool
    is_last: bool


def _split_parts(text: str) -> list[_Part]:
    parts, end = [], 0
    for found in PART.finditer(text):
        gap = text[end : found.start()]
        is_near = len(gap) <= MAX_GAP_CHARS and "\n" not in gap
        end = found.end()
        parts.append(_Part(found[0], gap, is_near, bool(LINE_END.match(text, end))))
    return parts


def _join_parts(parts: list[_Part], may_join: Callable[[_Part, _Part], bool]) -> Iterator[str]:
    """What neighbouring groups of letters and of digits make together, if there is a digit in it."""
    for first in range(len(parts)):
        joined = ""
        for last in range(first, min(first + MAX_JOINED_PARTS, len(parts))):
            part = parts[last]
            if last > first and not (part.is_near and may_join(parts[last - 1], part)):
                break
            joined += part.text
            if not joined.isalpha():
                yield joined


def _may_be_one_number(left: _Part, right: _Part) -> bool:
    """“ord 123”, “1001-A” and a line that ends with “1001 A” may be, “1001 a parcel” may not."""
    is_apart = right.text.isalpha() and left.text.isdecimal() and any(map(str.isspace, right.gap))
    return not is_apart or (right.is_last and len(right.text) <= 2)


def _may_be_end_of_number(left: _Part, right: _Part) -> bool:
    """“4 7 1 1” and “4.711” may be the last digits of a number, but “12.3.” is a day and “12:30” a time."""
    is_day_or_time = len(right.text) < 3 and not DATE_MARKS.isdisjoint(right.gap)
    return left.text.isdecimal() and right.text.isdecimal() and not is_day_or_time
