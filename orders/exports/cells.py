"""Reads the values of single cells, as platforms and spreadsheets write them. Raises `UnreadableCell`."""

import html
import re
import unicodedata
from decimal import Decimal, InvalidOperation

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.utils.translation import gettext as _

from ..amounts import NO_DECIMALS, THREE_DECIMALS, round_amount
from ..email_addresses import extract_email

MAX_AMOUNT = 10**10
MAX_URL_CHARS = 500
MAX_QUOTED_CHARS = 60
MAX_AMOUNT_CHARS = 60
# Of one currency alone. A dollar is one with its country.
SIGNS = {"€": "EUR", "£": "GBP", "₹": "INR", "₺": "TRY", "₩": "KRW", "zł": "PLN", "₫": "VND", "₪": "ILS"}
SIGNS |= {"US $": "USD", "AU $": "AUD", "C $": "CAD"}  # as eBay writes them
SIGNS |= {"US$": "USD", "CA$": "CAD", "AU$": "AUD", "A$": "AUD", "NZ$": "NZD", "HK$": "HKD", "R$": "BRL"}
PLAIN_AMOUNT = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,2})?")  # as nearly all are
# Groups of three digits, as in 1,234,567.00, or of two before the last three, as India writes 12,34,567.00.
GROUPED = re.compile(
    r"[+-]?(?:(?:\d+|\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*)(?:[.,]\d+)?|\d{1,2}(?:,\d\d)+,\d{3}(?:\.\d+)?|[.,]\d{1,2})"
)
# “Rs.”, “kr.”, “S/.”, “L.E.”, “د.إ”: their marks are none of the amount's.
ABBREVIATION = re.compile(r"(?:[^\W\d_]{1,4}/?\.){1,3}(?:[^\W\d_]{1,2}(?![^\W\d_.]))?(?!\d*[^\W\d_])")
# All digits of an amount. Between two of them stand marks, or a blank before three: “2 x 10.00” is no amount.
DIGITS = re.compile(r"\d{1,3}(?:\s\d{3})+(?!\d)(?:[.,]\d+)?|\d(?:[\d.,]|['’‘´`](?=\d{3}))*")
IN_PARENTHESES = re.compile(r"[^\d()]*\([^()]*\)[^\d()]*")
NO_CENTS = re.compile(r"(?<=\d)(?:[.,]\s?[-–—]{1,2}|\s?/-)(?=\D*$)")  # “12,–” and India's “Rs. 12/-”
ARABIC_MARKS = str.maketrans({"٫": ".", "٬": ","})
THOUSANDS = re.compile(r"\d{1,3}(?:([.,\s])\d{3})+")
LOST_DIGITS = re.compile(r"-?\d[.,]\d{1,14}E\+\d{1,3}", re.IGNORECASE)
TEXT_MARK = re.compile(r"'(?:[=+@-]|(?=[\W_]*\d)[\W\d_]*$)")
# ="0815" and =T("0815"), by which programs have a spreadsheet keep a number as it is, and what it makes of +49 30 1234.
TEXT_FORMULA = re.compile(r'=(?:T\()?"((?:[^"]|"")*)"\)?|=([+-][\d.,() /-]+)')
# “&amp;” and “&#39;”, with their semicolon: “Salt&parsley” is no sign of a paragraph.
ENTITY = re.compile(r"&(?:#\d{1,7}|#x[\da-f]{1,6}|[a-z]{2,10}\d?);", re.IGNORECASE)
# A table that was computed with has 1001.0 where 1001 stood.
EMPTY_DECIMALS = re.compile(r"(#?\d+)[.,]0{1,2}")


class UnreadableCell(ValueError):
    """What is wrong with a value. In the words, %(column)s stands for its column's name."""

    def __init__(self, words: str, **values: object) -> None:
        self.words, self.values = words, values
        super().__init__(self.describe_cell("…"))

    def describe_cell(self, column: str) -> str:
        return self.words % {"column": column, **self.values}


def quote_cell(text: str) -> str:
    return repr(text if len(text) <= MAX_QUOTED_CHARS else f"{text[:MAX_QUOTED_CHARS]}…")


def has_lost_digits(text: str) -> bool:
    """Whether a spreadsheet has put 5.27763E+12 in the place of a long number."""
    return "+" in text and bool(LOST_DIGITS.fullmatch(text))


def strip_text_mark(text: str) -> str:
    """Without the apostrophe or the formula by which spreadsheets keep “+49 30 1234” and “0815” from being computed."""
    if text.startswith("'"):
        return text[1:] if TEXT_MARK.match(text) else text
    if text.startswith("=") and (formula := TEXT_FORMULA.fullmatch(text)):
        return (formula[1] or formula[2] or "").replace('""', '"').strip()
    return text


def unescape_entities(text: str) -> str:
    """“Salt & Pepper” of “Salt &amp; Pepper”, as Etsy and WooCommerce write names."""
    return ENTITY.sub(lambda found: html.unescape(found[0]), text) if "&" in text else text


def strip_empty_decimals(number: str) -> str:
    """“1001” of “1001.0”, where a number is a name and no amount."""
    if number.endswith("0") and (found := EMPTY_DECIMALS.fullmatch(number)):
        return found[1]
    return number


def read_amount(text: str, currency: str, *, has_decimal_commas: bool = False) -> Decimal:
    """An amount such as “12.50”, “1.234,50”, “€ 12,50” or “-5”. One that may be two amounts is not read."""
    if PLAIN_AMOUNT.fullmatch(text):
        return Decimal(text)
    bare = _strip_signs(text[:MAX_AMOUNT_CHARS])
    if not GROUPED.fullmatch(bare) or len(text) > MAX_AMOUNT_CHARS:
        raise _refuse_amount(text)
    point, comma = bare.rfind("."), bare.rfind(",")
    if point >= 0 and comma >= 0:
        decimal_mark = "." if point > comma else ","
    else:
        decimal_mark = _find_decimal_mark(bare, text, currency, has_decimal_commas=has_decimal_commas)
    whole = bare.replace("," if decimal_mark == "." else ".", "").replace(decimal_mark, ".")
    try:
        amount = Decimal(whole)
    except InvalidOperation:
        raise _refuse_amount(text) from None
    if abs(amount) >= MAX_AMOUNT:
        raise _refuse_amount(text)
    return round_amount(amount, currency)


def _strip_signs(text: str) -> str:
    """The digits and marks of an amount, with its minus sign in front; empty if other digits stand beside them."""
    if any(each.isnumeric() and not each.isdecimal() for each in text):
        return ""  # “12⁹⁹” and “1½”
    if re.search(r"\d\s?[^\W\d]?[$€£¥₹]\s?\d", text):
        return ""  # “12€50”, whose sign is its mark
    visible = "".join(each for each in text if unicodedata.category(each) not in ("Sc", "Cf")).strip()
    written = unicodedata.normalize("NFKC", visible).translate(ARABIC_MARKS).replace("−", "-")
    written = ABBREVIATION.sub("", NO_CENTS.sub("", written))
    bare = re.sub(r"[^\d.,+-]", "", written)
    if len(DIGITS.findall(written)) != 1 or re.search(r"[^\W\d_]{4,}|\d[^\W\d_]+\d|%", written):
        return ""
    if "(" in written and IN_PARENTHESES.fullmatch(written):
        return f"-{bare}"  # as bookkeepers write it
    return f"-{bare[:-1]}" if re.fullmatch(r"\d[\d.,]*-", bare) else bare  # and accounting systems


def _refuse_amount(text: str) -> UnreadableCell:
    return UnreadableCell(_("%(column)s is %(text)s, not an amount such as 12.50."), text=quote_cell(text))


def _find_decimal_mark(bare: str, text: str, currency: str, *, has_decimal_commas: bool) -> str:
    """Which mark stands before the decimals, where only one kind of mark is there."""
    mark = "," if "," in bare else "."
    if bare.count(mark) > 1:
        return "." if mark == "," else ","
    if re.search(rf"\d\{mark}\d{{3}}$", bare) and currency not in THREE_DECIMALS:
        # Where the currency has no decimals, a mark before three digits stands between thousands.
        if mark == ("," if has_decimal_commas else ".") and currency not in NO_DECIMALS:
            words = _("%(column)s is %(text)s, which may be two different amounts.")
            raise UnreadableCell(words, text=quote_cell(text))
        return "." if mark == "," else ","
    return mark


def read_quantity(text: str, *, has_decimal_commas: bool = False) -> int:
    """A number of pieces; 0 is one too. “1,000” is a thousand where the comma is not the file's decimal mark."""
    grouped = THOUSANDS.fullmatch(text)
    if grouped and grouped[1] != ("," if has_decimal_commas else "."):
        text = re.sub(r"\D", "", text)
    match = re.fullmatch(r"(\d{1,6})(?:[.,]0+)?", text)
    if not match:
        raise UnreadableCell(_("%(column)s is %(text)s, not a number of pieces."), text=quote_cell(text))
    return int(match[1])


def read_email(text: str) -> str:
    email = extract_email(text)
    try:
        validate_email(email)
    except ValidationError:
        words = _("%(column)s is %(text)s, not an e-mail address.")
        raise UnreadableCell(words, text=quote_cell(text)) from None
    return email


def read_url(text: str) -> str:
    try:
        URLValidator(["http", "https"])(text)
    except ValidationError:
        words = _("%(column)s is %(text)s, not a web address.")
        raise UnreadableCell(words, text=quote_cell(text)) from None
    if len(text) > MAX_URL_CHARS:
        raise UnreadableCell(_("%(column)s is longer than %(limit)s characters."), limit=MAX_URL_CHARS)
    return text


def read_currency(text: str) -> str:
    code = text if re.fullmatch("[A-Za-z]{3}", text) else find_currency(text)
    if not code:
        raise UnreadableCell(_("%(column)s is %(text)s, not a code such as USD."), text=quote_cell(text))
    return code.upper()


def find_currency(text: str) -> str:
    """The code or the sign that stands beside an amount, if it is of one currency alone; else nothing."""
    if code := re.search(r"\b[A-Z]{3}\b", text):
        return code[0]
    return next((SIGNS[sign] for sign in SIGNS if sign in text), "")
