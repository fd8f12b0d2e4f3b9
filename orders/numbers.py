"""Order numbers and e-mail addresses as people write them, and the forms in which they are compared.

A customer writes “Bestell-Nr. 1001”, “1OO1”, “١٠٠١”, half of ORD-2024-9001, the tracking number, or pastes a mail. What
may be a number in that is looked for among the orders that they may see, and nowhere else.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

MAX_WRITTEN_CHARS = 2000
MAX_JOINED_PARTS = 8
MAX_GAP_CHARS = 3
MAX_CANDIDATES = 200
MIN_TRACKING_CHARS = 8
PHONE_DIGITS = 9  # the last ones: before them stand a country's and an area's code, in many forms
MIN_PHONE_DIGITS = 6

PART = re.compile(r"[^\W\d_]+|\d+")
# “ext. 08467”, “x12” or “#12” behind a telephone number; the X of “1-800-FLEX 123456” is part of a word.
EXTENSION = re.compile(r"(?<=\d)\W{0,3}(?:EXT(?:ENSION)?|X|#)\W{0,3}\d{1,6}\W*$")
# An O among digits is a zero, and an I or L a one, for whoever reads a number from a label.
LOOKALIKES = re.compile(r"[\dOIL]{2,40}")
AS_DIGITS = str.maketrans("OIL", "011")
# Every repetition has a bound: a search must not take longer than what a stranger wrote is long.
# Words of scripts without spaces may stand right beside an address, and are hardly ever part of one.
LETTER = r"[^\W\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
EMAIL = re.compile(
    rf"(?<![.+%'-])(?<!{LETTER})(?:{LETTER}|[.+%'-]){{1,64}}@(?:{LETTER}|-){{1,63}}(?:\.(?:{LETTER}|-){{1,63}}){{1,6}}"
)
ANY_EMAIL = re.compile(r"(?<![\w.+%'-])[\w.+%'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}")
AT_WORDS = (
    r"at|ät|arroba|arobas|arobase|chez|chiocciola|klammeraffe|apenstaartje|snabel-?a|kukac|małpa|malpa|zavináč|zavinac"
    r"|собака|アット(?:マーク)?"
)
DOT_WORDS = r"dot|punkt|punto|point|ponto|punt|prik|pont|kropka|tečka|tecka|nokta|точка|крапка|ドット"
SPELLED_AT = re.compile(rf"\s{{0,3}}[(\[{{<]?\s?\b(?:{AT_WORDS})\b\s?[)\]}}>]?\s{{0,3}}", re.IGNORECASE)
SPELLED_DOT = re.compile(rf"\s{{0,3}}[(\[{{<]?\s?\b(?:{DOT_WORDS})\b\s?[)\]}}>]?\s{{0,3}}", re.IGNORECASE)
# “zoe @ example .com” and “zoe@example,com”
LOOSE_AT = re.compile(r"(?<=[\w.+%'-])\s{0,3}@\s{0,3}(?=\w)")
LOOSE_DOT = re.compile(r"(@[\w-]{1,63}(?:\.[\w-]{1,63}){0,5})\s{0,2}[.,。]\s{0,2}(?=\w{2,24}\b)")


@dataclass(frozen=True, slots=True)
class WrittenNumber:
    """What may be meant: whole numbers, the last digits of one, or a tracking number. All in the form of keys."""

    keys: frozenset[str]
    short_keys: frozenset[str]
    tracking_keys: frozenset[str]

    def __bool__(self) -> bool:
        return bool(self.keys or self.tracking_keys)


def normalise_number(written: str) -> str:
    """Only the letters of an order number, in upper case, and its digits: people write the rest differently."""
    return "".join(PART.findall(_fold(written)))


def shorten_number(number: str) -> str:
    """The last group of a number's digits without leading zeros: 9001 of ORD-2024-9001, 1001 of #1001-A."""
    groups = re.findall(r"\d+", _fold(number))
    return groups[-1].lstrip("0") if groups else ""


def shorten_phone(phone: str) -> str:
    """The last digits of a telephone number, empty if there are too few.

    Without its extension, unless what is left would be no number: “+49 30 #123456” has none.
    """
    written = _fold(phone[:MAX_WRITTEN_CHARS])
    digits = "".join(re.findall(r"\d", EXTENSION.sub("", written)))
    if len(digits) < MIN_PHONE_DIGITS:
        digits = "".join(re.findall(r"\d", written))
    return digits[-PHONE_DIGITS:] if len(digits) >= MIN_PHONE_DIGITS else ""


def read_number(written: str) -> WrittenNumber:
    """All that may be an order's number in what somebody wrote. It is empty where there is no digit."""
    text = _fold(written[:MAX_WRITTEN_CHARS])
    keys: dict[str, None] = {}  # in the order in which they were written
    tracking: dict[str, None] = {}
    for variant in dict.fromkeys((text, LOOKALIKES.sub(_read_lookalikes, text))):
        keys |= dict.fromkeys(_join_parts(variant, _may_be_one_number))
        tracking |= dict.fromkeys(_join_parts(variant, lambda _gap, _left, _right: True))
    whole = list(keys)[:MAX_CANDIDATES]
    return WrittenNumber(
        frozenset(whole),
        frozenset(key.lstrip("0") for key in whole if key.isdecimal()) - {""},
        frozenset(key for key in tracking if len(key) >= MIN_TRACKING_CHARS),
    )


def _read_lookalikes(found: re.Match[str]) -> str:
    return found[0].translate(AS_DIGITS) if re.search(r"\d", found[0]) else found[0]


def extract_email(written: str) -> str:
    """The e-mail address in what somebody wrote, in small letters; what they wrote if there is none in it.

    “<zoe@example.com>.”, “mailto:zoe@example.com” and “zoe at example dot com” are all the same address.
    """
    text = written[:MAX_WRITTEN_CHARS].replace("\0", "")
    if not text.isascii():
        # What nobody sees, such as marks of direction that came with a paste, is no part of it.
        visible = "".join(each for each in text if unicodedata.category(each) not in ("Cf", "Cs"))
        text = unicodedata.normalize("NFKC", visible)
    text = text.strip().replace("mailto:", " ")
    found = EMAIL.search(text) or ANY_EMAIL.search(text)
    if not found:
        spelled = SPELLED_DOT.sub(".", SPELLED_AT.sub("@", text))
        found = EMAIL.search(spelled) or EMAIL.search(LOOSE_DOT.sub(r"\1.", LOOSE_AT.sub("@", spelled)))
    return (found[0].strip("'.-") if found else text).lower()


def read_contact(email: str, phone: str) -> tuple[str, str]:
    """The address and the last digits of the telephone number by which a guest names an order; one is empty or both.

    An address goes first. Words without one, such as “none”, are none.
    """
    address = extract_email(email)
    return (address, "") if "@" in address else ("", shorten_phone(phone))


def _join_parts(text: str, may_join: Callable[[str, str, str], bool]) -> Iterator[str]:
    """What neighbouring groups of letters and of digits make together, if there is a digit in it."""
    parts = list(PART.finditer(text))
    gaps = [text[left.end() : right.start()] for left, right in pairwise(parts)]
    for first in range(len(parts)):
        joined = ""
        for last in range(first, min(first + MAX_JOINED_PARTS, len(parts))):
            gap = gaps[last - 1] if last > first else ""
            is_near = len(gap) <= MAX_GAP_CHARS and "\n" not in gap
            if last > first and not (is_near and may_join(gap, parts[last - 1][0], parts[last][0])):
                break
            joined += parts[last][0]
            if not joined.isalpha():
                yield joined


def _may_be_one_number(gap: str, left: str, right: str) -> bool:
    """“ord 123” and “1001-A” may be, “1001 a parcel” may not."""
    return not (right.isalpha() and left.isdecimal() and any(map(str.isspace, gap)))


def _fold(text: str) -> str:
    """In upper case, with compatibility forms and all of Unicode's digits as ASCII."""
    folded = unicodedata.normalize("NFKC", text).upper()
    if folded.isascii():
        return folded
    return "".join(str(unicodedata.decimal(each)) if each.isdecimal() else each for each in folded)
