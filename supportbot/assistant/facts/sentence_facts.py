"""Which pattern finds which facts of a sentence, and by which words it is known cheaply that it finds none."""

import re

from .number_words import NUMBER_WORDS, ORDINALS
from .patterns import (
    ARRIVAL_DAY,
    CLOCK_TIME,
    CURRENCY_SIGNS,
    CURRENCY_WORDS,
    EMAIL,
    GROUPED_NUMBER,
    ISO_DATE,
    MONEY,
    MONTH_DATE,
    MONTH_DAY,
    MONTHS,
    NUMERIC_DATE,
    PERCENTAGE,
    PHONE,
    REFERENCE,
    SHORT_DATE,
    SPAN,
    TOMORROW,
    TOP_DOMAINS,
    UNITS,
    UNSPACED_DATE,
    WEB_ADDRESS,
    WEEKDAY,
    WEEKDAYS,
    WEEKEND,
    WITHIN_ONE,
)
from .readers import (
    Fact,
    Reader,
    read_arrival_day,
    read_as_written,
    read_iso_date,
    read_month_date,
    read_month_day,
    read_number,
    read_numeric_date,
    read_phone,
    read_short_date,
    read_span,
    read_time,
    read_tomorrow,
    read_unspaced_date,
    read_weekday,
    read_weekend,
)
from .shown_text import normalize_text


def find_facts(sentence: str) -> list[Fact]:
    """The facts of a sentence. What one rule has read is not read again by the next."""
    text = normalize_text(sentence)
    hints = _list_hints(text)
    found = []
    for kind, wanted, pattern, read in _RULES:
        if hints.isdisjoint(wanted):
            continue
        rest, end = [], 0
        for match in pattern.finditer(text):
            facts = list(read(kind, match))
            found += facts
            if facts:
                rest += [text[end : match.start()], " " * len(match[0])]
                end = match.end()
        text = "".join(rest) + text[end:] if rest else text
    return found


def _list_hints(text: str) -> set[str]:
    """Marks, words and beginnings of words, which say cheaply which rules can find anything at all."""
    hints = set(_HINT.findall(text))
    if _DIGIT.search(text):
        hints |= _NUMBERS
        if not text.isascii():
            hints.update(each for each in _UNSPACED_UNITS if each in text)
    if hints.isdisjoint(_WORTH_READING) and (hints.isdisjoint(_ARTICLES) or hints.isdisjoint(_UNIT_WORDS)):
        return set()
    return hints | {word[:3] for word in hints}


def _split_words(words: str) -> frozenset[str]:
    return frozenset(words.split())


_HINT = re.compile(r"[^\W\d_]+|[@:€$£¥₹₩₺₽₪₫฿₱₦₴%./-]")
_DIGIT = re.compile(r"\d")
_NUMBERS = frozenset("0")
_SITES = _split_words(TOP_DOMAINS) | {"www", "http", "https"}
_MONTHS = frozenset(MONTHS)
_UNIT_WORDS = _split_words(" ".join(UNITS.values()))
_ARTICLES = _split_words("a an un une una uno een um uma")
_CURRENCIES = _split_words(CURRENCY_WORDS) | frozenset(CURRENCY_SIGNS)
_TOMORROWS = _split_words("tomorrow morgen demain mañana domani amanhã jutro morgon imorgon завтра")
_WEEKENDS = _split_words("weekend weekends wochenende wochenenden week fin fins fine fim")
_UNSPACED_UNITS = "円元원月월"
_WORTH_READING = frozenset(
    {
        *("@", *_NUMBERS, *_SITES, *NUMBER_WORDS, *ORDINALS, *_TOMORROWS, *_WEEKENDS),
        *(f"{day}{ending}" for day in WEEKDAYS for ending in ("", "s")),
        *(part for day in WEEKDAYS for part in day.split("-")),
    }
)
_RULES: tuple[tuple[str, frozenset[str], re.Pattern[str], Reader], ...] = (
    ("email", frozenset("@"), EMAIL, read_as_written),
    ("address", _SITES, WEB_ADDRESS, read_as_written),
    ("date", frozenset("-"), ISO_DATE, read_iso_date),
    ("date", frozenset("./-"), NUMERIC_DATE, read_numeric_date),
    ("date", frozenset("/"), SHORT_DATE, read_short_date),
    ("date", frozenset("月월"), UNSPACED_DATE, read_unspaced_date),
    ("date", _TOMORROWS, TOMORROW, read_tomorrow),
    ("date", _MONTHS, MONTH_DATE, read_month_date),
    ("date", frozenset(("st", "nd", "rd", "th")), MONTH_DAY, read_month_day),
    ("percent", frozenset(("%", "per", "pro", "cent", "pou", "por")), PERCENTAGE, read_number),
    ("money", _CURRENCIES, MONEY, read_number),
    ("span", _UNIT_WORDS, SPAN, read_span),
    ("span", _ARTICLES, WITHIN_ONE, read_span),
    ("time", frozenset((":", ".", "am", "pm", "uhr", "h", "clock")), CLOCK_TIME, read_time),
    ("weekday", frozenset(word[:3] for word in WEEKDAYS), ARRIVAL_DAY, read_arrival_day),
    ("weekday", frozenset(word[:3] for word in WEEKDAYS), WEEKDAY, read_weekday),
    ("weekday", _WEEKENDS, WEEKEND, read_weekend),
    ("number", _NUMBERS, REFERENCE, read_as_written),
    ("number", _NUMBERS, GROUPED_NUMBER, read_as_written),
    ("phone", _NUMBERS, PHONE, read_phone),
)
