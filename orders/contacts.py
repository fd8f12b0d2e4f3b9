"""The e-mail address and the telephone number by which a guest names an order, and in which forms they are compared.

Of a telephone number these are its last digits: before them stand a country's and an area's code, in many forms. Where
a country's numbers are shorter than that, it is all that stands behind its code.
"""

import re
from collections.abc import Iterator

from .email_addresses import MAX_WRITTEN_CHARS, extract_email
from .numbers import fold_digits

PHONE_DIGITS = 9
MIN_PHONE_DIGITS = 6
MIN_WHOLE_PHONE_DIGITS = 7
MAX_PHONE_DIGITS = 13  # of one number, if other marks than those of a telephone number part it
MAX_PHONES = 3  # that are tried of what somebody wrote

# “ext. 08467”, “x12” or “#12” behind a telephone number; the X of “1-800-FLEX 123456” is part of a word.
EXTENSION = re.compile(r"(?<=\d)\W{0,3}(?:EXT(?:ENSION)?|X|#)\W{0,3}\d{1,6}\W*$")
MARKS = r"()./\\\-‐-―−ー•·・'’‘`´,:;*|_~=^"  # what people write between the groups of a number
PHONE_NUMBER = re.compile(rf"\+?\(?\d(?:[^\S\n]|[\d{MARKS}]){{5,40}}\d")
# What may also stand between two numbers.
PARTING_MARK = re.compile(r"[,;:|*•/\\]|\s[‐-―−-]\s")
INTERNATIONAL = re.compile(r"[^\d+]*\+")
COUNTRY_CODE = re.compile(r"1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[2-9]\d\d")
# Without a +, of countries whose numbers have eight digits, and of Iceland and Estonia.
BARE_CODE = re.compile(rf"(?:{COUNTRY_CODE.pattern})(?=\d{{8}}\Z)|(?:354|372)(?=\d{{7}}\Z)")
LITHUANIA = "370"  # where an 8 stood before the number, as a 0 does elsewhere, and in Hungary 06


def read_contact(email: str, phone: str) -> tuple[str, tuple[str, ...]]:
    """The address by which a guest names an order, or else what the telephone number may be stored as.

    An address goes first. Words without one, such as “none”, are none.
    """
    address = extract_email(email)
    if "@" in address:
        return address, ()
    keys = dict.fromkeys(key for number in _find_phones(phone) for key in _list_keys(number))
    return "", tuple(keys)


def list_guessed_contacts(email: str, phone: str) -> list[str]:
    """What somebody guesses at, whatever spelling they try: numbers that are compared end alike."""
    address, phone_keys = read_contact(email, phone)
    return [address] if address else sorted({key[-MIN_PHONE_DIGITS:] for key in phone_keys})


def shorten_phone(phone: str) -> str:
    """What an order's telephone number is found by, empty if it has too few digits.

    Without its extension, unless what is left would be no number: “+49 30 #123456” has none.
    """
    digits, national = _split_digits(phone)
    bare = (national or digits).lstrip("0")
    if len({*bare}) < 2:
        return ""  # “0000000000” is what a till asks for, and no number of anybody's
    if MIN_PHONE_DIGITS <= len(bare) < PHONE_DIGITS:
        return bare
    return digits[-PHONE_DIGITS:] if len(digits) >= MIN_PHONE_DIGITS else ""


def _list_keys(written: str) -> Iterator[str]:
    """As what the number may be stored, which has a country's code, or has none, or had it without a +."""
    digits, national = _split_digits(written)
    if not (shortened := shorten_phone(written)):
        return iter(())
    likely = [shortened, digits[-PHONE_DIGITS:]]
    if national:
        likely += [f"8{national}"] if digits.startswith(LITHUANIA) else []
    elif bare := BARE_CODE.match(digits):
        likely.append(digits[bare.end() :])
    elif (len(digits), digits[:2]) == (10, "06"):
        likely.append(digits[2:])
    elif (len(digits), digits[:1]) == (9, "8"):
        likely.append(digits[1:])
    return (key for key in likely if MIN_PHONE_DIGITS <= len(key) <= PHONE_DIGITS)


def _split_digits(phone: str) -> tuple[str, str]:
    """All digits but an extension's, and those behind the country's code where one is written as such."""
    written = fold_digits(phone[:MAX_WRITTEN_CHARS])
    text = EXTENSION.sub("", written)
    digits = "".join(re.findall(r"\d", text))
    if len(digits) < MIN_PHONE_DIGITS:
        digits = "".join(re.findall(r"\d", written))
    is_international = digits.startswith("00") or INTERNATIONAL.match(text)
    digits = digits.removeprefix("00")
    code = COUNTRY_CODE.match(digits) if is_international else None
    return digits, digits[code.end() :] if code else ""


def _find_phones(written: str) -> list[str]:
    """The telephone numbers in what somebody wrote: the last ones with enough digits, or all of it."""
    numbers: list[str] = []
    for run in PHONE_NUMBER.findall(fold_digits(written[:MAX_WRITTEN_CHARS])):
        parts = [part for part in PARTING_MARK.split(run) if _is_whole(part)]
        is_one = not parts or len(_split_digits(run)[0]) <= MAX_PHONE_DIGITS
        numbers += [*parts, run] if is_one and _is_whole(run) else parts
    ends = list(dict.fromkeys(map(_cut_end, numbers)))[-MAX_PHONES:]
    return [number for number in numbers if _cut_end(number) in ends] or [written]


def _is_whole(number: str) -> bool:
    return len(re.findall(r"\d", number)) >= MIN_WHOLE_PHONE_DIGITS


def _cut_end(number: str) -> str:
    return _split_digits(number)[0][-MIN_PHONE_DIGITS:]
