"""Reads the values of single cells, as platforms and spreadsheets write them. Raises `UnreadableCell`."""

import re
import unicodedata
from decimal import Decimal, InvalidOperation

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email

from .numbers import extract_email

MAX_AMOUNT = 10**10
MAX_URL_CHARS = 500
MAX_QUOTED_CHARS = 60
# ISO 4217 has these with three decimals.
THREE_DECIMALS = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
# And these have none, so that a mark before three digits stands between thousands.
NO_DECIMALS = ("CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF", "XPF")
MAX_AMOUNT_CHARS = 60
SIGNS = {"€": "EUR", "£": "GBP", "₹": "INR", "₺": "TRY", "₩": "KRW", "zł": "PLN"}  # of one currency alone
PLAIN_AMOUNT = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,2})?")  # as nearly all are
# Groups of three digits, as in 1,234,567.00, or of two before the last three, as India writes 12,34,567.00.
GROUPED = re.compile(
    r"[+-]?(?:(?:\d+|\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*)(?:[.,]\d+)?|\d{1,2}(?:,\d\d)+,\d{3}(?:\.\d+)?|[.,]\d{1,2})"
)
ABBREVIATION = re.compile(
    r"[^\W\d_]{1,4}/?\.(?!\d*[^\W\d_])"
)  # “Rs.”, “kr.”, “S/.”: its mark is none of the amount's
NO_CENTS = re.compile(r"(?<=\d)[.,]\s?[-–—]{1,2}(?=\D*$)")  # “12,–”
ARABIC_MARKS = str.maketrans({"٫": ".", "٬": ","})
LOST_DIGITS = re.compile(r"-?\d[.,]\d{1,14}E\+\d{1,3}", re.IGNORECASE)
TEXT_MARK = re.compile(r"'(?:[=+@-]|[\W\d_]*\d[\W\d_]*$)")


class UnreadableCell(ValueError):
    """What is wrong with a value, in words that follow its column's name."""


def quote_cell(text: str) -> str:
    return repr(text if len(text) <= MAX_QUOTED_CHARS else f"{text[:MAX_QUOTED_CHARS]}…")


def has_lost_digits(text: str) -> bool:
    """Whether a spreadsheet has put 5.27763E+12 in the place of a long number."""
    return "+" in text and bool(LOST_DIGITS.fullmatch(text))


def strip_text_mark(text: str) -> str:
    """Without the apostrophe by which spreadsheets keep “+49 30 1234” and “0815” from being computed."""
    return text[1:] if text.startswith("'") and TEXT_MARK.match(text) else text


def read_amount(text: str, currency: str, *, has_decimal_commas: bool = False) -> Decimal:
    """An amount such as “12.50”, “1.234,50”, “€ 12,50” or “-5”. One that may be two amounts is not read."""
    if PLAIN_AMOUNT.fullmatch(text):
        return Decimal(text)
    if any(each.isnumeric() and not each.isdecimal() for each in text[:MAX_AMOUNT_CHARS]):
        raise UnreadableCell(f"is {quote_cell(text)}, not an amount such as 12.50.")  # “12⁹⁹” and “1½”
    unsigned = "".join(each for each in text[:MAX_AMOUNT_CHARS] if unicodedata.category(each) != "Sc").strip()
    written = unicodedata.normalize("NFKC", unsigned).translate(ARABIC_MARKS).replace("−", "-")
    written = ABBREVIATION.sub("", NO_CENTS.sub("", written))
    bare = re.sub(r"[^\d.,+-]", "", written)
    if written.startswith("(") and written.endswith(")"):
        bare = f"-{bare}"  # as bookkeepers write it
    elif re.fullmatch(r"\d[\d.,]*-", bare):
        bare = f"-{bare[:-1]}"  # and accounting systems
    is_amount = GROUPED.fullmatch(bare) and not re.search(r"[^\W\d_]{4,}|\d[^\W\d_]+\d", written)
    if not is_amount or len(text) > MAX_AMOUNT_CHARS:
        raise UnreadableCell(f"is {quote_cell(text)}, not an amount such as 12.50.")
    point, comma = bare.rfind("."), bare.rfind(",")
    if point >= 0 and comma >= 0:
        decimal_mark = "." if point > comma else ","
    else:
        decimal_mark = _find_decimal_mark(bare, text, currency, has_decimal_commas=has_decimal_commas)
    whole = bare.replace("," if decimal_mark == "." else ".", "").replace(decimal_mark, ".")
    try:
        amount = Decimal(whole)
    except InvalidOperation:
        raise UnreadableCell(f"is {quote_cell(text)}, not an amount such as 12.50.") from None
    places = 3 if currency in THREE_DECIMALS else 2
    if abs(amount) >= MAX_AMOUNT or amount != amount.quantize(Decimal(1).scaleb(-places)):
        raise UnreadableCell(f"is {quote_cell(text)}, not an amount such as 12.50.")
    return amount


def _find_decimal_mark(bare: str, text: str, currency: str, *, has_decimal_commas: bool) -> str:
    """Which mark stands before the decimals, where only one kind of mark is there."""
    mark = "," if "," in bare else "."
    if bare.count(mark) > 1:
        return "." if mark == "," else ","
    if re.search(rf"\d\{mark}\d{{3}}$", bare) and currency not in THREE_DECIMALS:
        if mark == ("," if has_decimal_commas else ".") and currency not in NO_DECIMALS:
            raise UnreadableCell(f"is {quote_cell(text)}, which may be two different amounts.")
        return "." if mark == "," else ","
    return mark


def read_quantity(text: str) -> int:
    """A number of pieces; 0 is one too."""
    match = re.fullmatch(r"(\d{1,6})(?:[.,]0+)?", text)
    if not match:
        raise UnreadableCell(f"is {quote_cell(text)}, not a number of pieces.")
    return int(match[1])


def read_email(text: str) -> str:
    email = extract_email(text)
    try:
        validate_email(email)
    except ValidationError:
        raise UnreadableCell(f"is {quote_cell(text)}, not an e-mail address.") from None
    return email


def read_url(text: str) -> str:
    try:
        URLValidator(["http", "https"])(text)
    except ValidationError:
        raise UnreadableCell(f"is {quote_cell(text)}, not an address of the web.") from None
    if len(text) > MAX_URL_CHARS:
        raise UnreadableCell(f"is longer than {MAX_URL_CHARS} characters.")
    return text


def read_currency(text: str) -> str:
    text = SIGNS.get(text, text)
    if not re.fullmatch("[A-Za-z]{3}", text):
        raise UnreadableCell(f"is {quote_cell(text)}, not a code such as USD.")
    return text.upper()
