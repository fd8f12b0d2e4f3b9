"""Finds the facts in a sentence that can be looked up: numbers, addresses, money, dates, times, spans, percentages.

Each fact has readings: “03/04” is the third of April or the fourth of March. It is known if one of them is. Month names
and units of time are known in English, German, French, Spanish, Italian and Dutch, and many in other languages.
"""

import re
from datetime import date
from decimal import Decimal
from functools import lru_cache

from .number_words import NUMBER_WORDS, ORDINALS
from .patterns import (
    ARRIVAL_DAY,
    CLOCK_TIME,
    CURRENCY_SIGNS,
    CURRENCY_WORDS,
    DAY_LIST,
    DAY_NUMBERS,
    DAY_RANGE,
    DECIMAL_NUMBER,
    EMAIL,
    GROUPED_NUMBER,
    HOUR_RANGE,
    HOURS_IN,
    ISO_DATE,
    JSON_NUMBER,
    KEYS,
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
    TIMESTAMP,
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
    Reading,
    read_amounts,
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
from .shown_text import CACHED_TEXTS, normalize_text


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
    if hints.isdisjoint(_WORTH_READING) and (
        hints.isdisjoint(_ARTICLES) or hints.isdisjoint(_UNITS_BEHIND_ARTICLES)
    ):
        return set()
    return hints | {word[:3] for word in hints}


@lru_cache(maxsize=CACHED_TEXTS)
def list_known_facts(plain: str) -> frozenset[Reading]:
    """The readings of all that stands in a text, which `normalize_text` has been through."""
    known = {reading for fact in find_facts(plain) for reading in fact.readings}
    for day in [value for kind, value in known if kind == "date"]:
        weekday = _find_weekday(day)
        known |= {("day", day.split("-", 1)[1]), ("weekday", weekday), ("arrival", weekday)}
    for match in DAY_LIST.finditer(plain):
        month = MONTHS[match["m1"] or match["m2"]]
        known.add(("day", f"{month}-{int(match['d1'] or match['d2'])}"))
    known |= {("month day", value.partition("-")[2]) for kind, value in known if kind == "day"}
    known |= {("time", f"{int(hour)}:{minute}") for hour, minute in TIMESTAMP.findall(plain)}
    for days in DAY_RANGE.findall(plain):
        known |= {("weekday", str(day)) for day in _list_days_between(*days)}
        known |= {("arrival", DAY_NUMBERS[days[0]])} if not days[1] else set()
    for low, high in HOUR_RANGE.findall(plain):
        known |= {("time", f"{int(hour)}:00") for hour in (low, high)}
    for number in DECIMAL_NUMBER.findall(plain):
        known |= {("money", amount) for amount in read_amounts(number)}
    for key, number in JSON_NUMBER.findall(plain):
        for kind, pattern in KEYS.items():
            if pattern.search(key):
                known |= _read_json_number(kind, number)
    return frozenset(known)


def _list_days_between(first: str, last: str) -> list[int]:
    """The days of “Mon-Fri” by number; the first one alone where there is no last one."""
    begin = int(DAY_NUMBERS[first])
    end = int(DAY_NUMBERS[last]) if last else begin
    return [(begin + step) % 7 for step in range((end - begin) % 7 + 1)]


def _find_weekday(day: str) -> str:
    year, month, number = map(int, day.split("-"))
    try:
        return str(date(year, month, number).weekday())
    except ValueError:
        return ""  # the thirtieth of February


def _read_json_number(kind: str, number: str) -> set[Reading]:
    if kind in HOURS_IN:
        return {("hours", format(Decimal(number) * HOURS_IN[kind], "f"))}
    return {(kind, amount) for amount in read_amounts(number)}


def _split_words(words: str) -> frozenset[str]:
    return frozenset(words.split())


_HINT = re.compile(r"[^\W\d_]+|[@:€$£¥₹₩₺₽₪₫฿₱₦₴%./-]")
_DIGIT = re.compile(r"\d")
_NUMBERS = frozenset("0")
_SITES = _split_words(TOP_DOMAINS) | {"www", "http", "https"}
_MONTHS = frozenset(MONTHS)
_UNIT_WORDS = _split_words(" ".join(UNITS.values()))
_ARTICLES = _split_words("a an un une una uno een um uma")
_UNITS_BEHIND_ARTICLES = _UNIT_WORDS - _ARTICLES  # “an” is both
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
