"""Reads the values of single cells, as platforms and spreadsheets write them. Raises `UnreadableCell`."""

import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.utils import timezone

from .numbers import extract_email

MAX_AMOUNT = 10**10
MAX_URL_CHARS = 500
# ISO 4217 has these with three decimals.
THREE_DECIMALS = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
# And these have none, so that a mark before three digits stands between thousands.
NO_DECIMALS = ("CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF", "XPF")
PLAIN_AMOUNT = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,2})?")  # as nearly all are
ISO_TIME = re.compile(r"\s+(?=[+-]\d\d:?\d\d$)")
TIME_OF_DAY = (
    r"(?:,?\s+(?:at\s+)?(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<end>\d\d))?\s*(?P<half>[AaPp]\.?[Mm]\.?)?"
    r"\s*(?P<offset>[+-]\d\d:?\d\d|Z|UTC|GMT)?)?"
)
LOCAL_TIME = re.compile(
    r"(?P<first>\d{1,2})(?P<separator>[./-])(?P<second>\d{1,2})[./-](?P<year>\d{4}|(?<!-)\d\d(?!\d))"
    + TIME_OF_DAY
)
# “Sep 1, 2026, 9:00:00 AM” and “Tue, 1 Sep 2026 09:00:00 +0000”.
NAMED_TIME = re.compile(
    r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+)?"
    r"(?:(?P<month>[a-z]{3,9})\.?\s+(?P<day>\d{1,2})|(?P<early_day>\d{1,2})\.?\s+(?P<late_month>[a-z]{3,9})\.?),?\s+"
    r"(?P<year>\d{4})" + TIME_OF_DAY,
    re.IGNORECASE,
)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


class UnreadableCell(ValueError):
    """What is wrong with a value, in words that follow its column's name."""


def read_amount(text: str, currency: str, *, has_decimal_commas: bool = False) -> Decimal:
    """An amount such as “12.50”, “1.234,50”, “€ 12,50” or “-5”. One that may be two amounts is not read."""
    if PLAIN_AMOUNT.fullmatch(text):
        return Decimal(text)
    bare = re.sub(r"[^\d.,+-]", "", text.replace("−", "-"))
    if text.startswith("(") and text.endswith(")"):
        bare = f"-{bare}"  # as bookkeepers write it
    is_grouped = re.fullmatch(r"[+-]?(?:\d+|\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*)(?:[.,]\d+)?", bare)
    if not is_grouped or re.search(r"[^\W\d_]{4,}|\d[^\W\d_]+\d", text):
        raise UnreadableCell(f"is {text!r}, not an amount such as 12.50.")
    point, comma = bare.rfind("."), bare.rfind(",")
    if point >= 0 and comma >= 0:
        decimal_mark = "." if point > comma else ","
    else:
        decimal_mark = _find_decimal_mark(bare, text, currency, has_decimal_commas=has_decimal_commas)
    whole = bare.replace("," if decimal_mark == "." else ".", "").replace(decimal_mark, ".")
    try:
        amount = Decimal(whole)
    except InvalidOperation:
        raise UnreadableCell(f"is {text!r}, not an amount such as 12.50.") from None
    places = 3 if currency in THREE_DECIMALS else 2
    if abs(amount) >= MAX_AMOUNT or amount != amount.quantize(Decimal(1).scaleb(-places)):
        raise UnreadableCell(f"is {text!r}, not an amount such as 12.50.")
    return amount


def _find_decimal_mark(bare: str, text: str, currency: str, *, has_decimal_commas: bool) -> str:
    """Which mark stands before the decimals, where only one kind of mark is there."""
    mark = "," if "," in bare else "."
    if bare.count(mark) > 1:
        return "." if mark == "," else ","
    if re.search(rf"\{mark}\d{{3}}$", bare) and currency not in THREE_DECIMALS:
        if mark == ("," if has_decimal_commas else ".") and currency not in NO_DECIMALS:
            raise UnreadableCell(f"is {text!r}, which may be two different amounts.")
        return "." if mark == "," else ","
    return mark


def read_quantity(text: str) -> int:
    """A number of pieces; 0 is one too."""
    match = re.fullmatch(r"(\d{1,6})(?:[.,]0+)?", text)
    if not match:
        raise UnreadableCell(f"is {text!r}, not a number of pieces.")
    return int(match[1])


def read_time(text: str, *, is_day_first: bool | None = None) -> datetime:
    """A time with its zone. One that is written without an offset is in the shop's own time zone.

    `is_day_first` says how 03/04/2026 is meant; None if nobody knows. With full stops the day is always first.
    """
    try:
        moment = datetime.fromisoformat(ISO_TIME.sub("", text.replace(" UTC", "+00:00").replace("/", "-")))
    except ValueError:
        moment = _read_local_time(text, is_day_first)
    if not 1990 <= moment.year < 2100:
        raise UnreadableCell(f"is in the year {moment.year}.")
    return moment.astimezone(UTC) if moment.tzinfo else timezone.make_aware(moment)


def _read_local_time(text: str, is_day_first: bool | None) -> datetime:
    if named := NAMED_TIME.fullmatch(text.strip()):
        month_name = (named["month"] or named["late_month"])[:3].lower()
        month = MONTHS.index(month_name) + 1 if month_name in MONTHS else 0
        return _build_time(text, named, month, int(named["day"] or named["early_day"]))
    match = LOCAL_TIME.fullmatch(text.strip())
    if not match:
        raise UnreadableCell(f"is {text!r}, not a time such as 2026-09-01 09:00:00 -0500.")
    first, second = int(match["first"]), int(match["second"])
    day_first = True if match["separator"] == "." or first > 12 else False if second > 12 else is_day_first
    if day_first is None and first != second:
        raise UnreadableCell(f"is {text!r}: say --day-first or --month-first.")
    day, month = (first, second) if day_first else (second, first)
    return _build_time(text, match, month, day)


def _build_time(text: str, match: re.Match[str], month: int, day: int) -> datetime:
    hour = int(match["hour"] or 0)
    if match["half"]:
        hour = hour % 12 + (12 if match["half"].lower().startswith("p") else 0)
    offset = (match["offset"] or "").replace("UTC", "Z").replace("GMT", "Z")
    time = f"{hour:02}:{match['minute'] or '00'}:{match['end'] or '00'}{offset}"
    try:
        year = match["year"] if len(match["year"]) == 4 else f"20{match['year']}"
        return datetime.fromisoformat(f"{year}-{month:02}-{day:02} {time}")
    except ValueError:
        raise UnreadableCell(f"is {text!r}, which is no day.") from None


def guess_day_first(times: list[str]) -> bool | None:
    """How a file writes its days, if one of them shows it."""
    matches = [match for match in map(LOCAL_TIME.match, times) if match and match["separator"] != "."]
    if any(int(match["first"]) > 12 for match in matches):
        return True
    return False if any(int(match["second"]) > 12 for match in matches) else None


def read_email(text: str) -> str:
    email = extract_email(text)
    try:
        validate_email(email)
    except ValidationError:
        raise UnreadableCell(f"is {text!r}, not an e-mail address.") from None
    return email


def read_url(text: str) -> str:
    try:
        URLValidator(["http", "https"])(text)
    except ValidationError:
        raise UnreadableCell(f"is {text!r}, not an address of the web.") from None
    if len(text) > MAX_URL_CHARS:
        raise UnreadableCell(f"is longer than {MAX_URL_CHARS} characters.")
    return text


def read_currency(text: str) -> str:
    if not re.fullmatch("[A-Za-z]{3}", text):
        raise UnreadableCell(f"is {text!r}, not a code such as USD.")
    return text.upper()
