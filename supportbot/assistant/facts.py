"""Finds the facts in a sentence that can be looked up: numbers, addresses, money, dates, times, spans, percentages.

Each fact has readings: “03/04” is the third of April or the fourth of March. It is known if one of them is. Month names
and units of time are known in English, German, French, Spanish, Italian and Dutch.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from .fact_patterns import (
    BEFORE_VERSION,
    CLOCK_TIME,
    DAY_LIST,
    DAY_NUMBERS,
    DAY_RANGE,
    DECIMAL_NUMBER,
    EMAIL,
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
    SPAN,
    TIMESTAMP,
    WEB_ADDRESS,
    WEEKDAY,
    WEEKDAYS,
)
from .number_words import NUMBER_WORDS, ORDINALS, read_count, read_ordinal
from .shown_text import CACHED_TEXTS, normalize_text

Reading = tuple[str, str]  # what kind of value, and the value in one form
MIN_PHONE_DIGITS, MIN_MINUTES = 7, 10


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of a sentence: `value` is looked up as it is written, or else one of `readings` must be known."""

    kind: str
    words: str
    value: str = ""
    readings: frozenset[Reading] = frozenset()


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
    if hints.isdisjoint(_WORTH_READING):
        return set()
    return hints | {word[:3] for word in hints}


@lru_cache(maxsize=CACHED_TEXTS)
def list_known_facts(plain: str) -> frozenset[Reading]:
    """The readings of all that stands in a text, which `normalize_text` has been through."""
    known = {reading for fact in find_facts(plain) for reading in fact.readings}
    for day in [value for kind, value in known if kind == "date"]:
        known |= {("day", day.split("-", 1)[1]), ("weekday", _find_weekday(day))}
    for match in DAY_LIST.finditer(plain):
        month = MONTHS[match["m1"] or match["m2"]]
        known.add(("day", f"{month}-{int(match['d1'] or match['d2'])}"))
    known |= {("month day", value.partition("-")[2]) for kind, value in known if kind == "day"}
    known |= {("time", f"{int(hour)}:{minute}") for hour, minute in TIMESTAMP.findall(plain)}
    known |= {("weekday", str(day)) for days in DAY_RANGE.findall(plain) for day in _list_days_between(*days)}
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


@lru_cache(maxsize=4096)
def read_amounts(number: str) -> frozenset[str]:
    """The amounts that “1.234” may be: with a point or a comma before thousands or before decimals."""
    bare = re.sub(r"['’\s]", "", number)
    forms = {bare.replace(",", ""), bare.replace(".", "").replace(",", ".")}
    amounts = set()
    for form in forms:
        try:
            amounts.add(format(Decimal(form).normalize(), "f"))
        except InvalidOperation:
            continue  # “1.234.567” has one reading alone
    return frozenset(amounts)


def _read_json_number(kind: str, number: str) -> set[Reading]:
    if kind in HOURS_IN:
        return {("hours", format(Decimal(number) * HOURS_IN[kind], "f"))}
    return {(kind, amount) for amount in read_amounts(number)}


def _read_as_written(kind: str, match: re.Match[str]) -> Iterator[Fact]:
    words = match[0].rstrip(".,;:!?")
    value = re.sub(r"^(?:https?://)?(?:www\.)?", "", words).rstrip("/") if kind == "address" else words
    yield Fact(kind, words, value)


def _read_phone(kind: str, match: re.Match[str]) -> Iterator[Fact]:
    if sum(map(str.isdecimal, match[0])) >= MIN_PHONE_DIGITS:
        # “+49 (0)221 …”: the zero is not dialled from abroad.
        yield Fact(kind, match[0], match[0].replace("(0)", "") if match[0][0] == "+" else match[0])


def _read_iso_date(kind: str, match: re.Match[str]) -> Iterator[Fact]:
    yield from _build_date(kind, match[0], [(match[1], match[2], match[3])])


def _read_numeric_date(kind: str, match: re.Match[str]) -> Iterator[Fact]:
    first, _separator, second, year = match.groups()
    if not year and BEFORE_VERSION.search(match.string, max(0, match.start() - 20), match.start()):
        return
    orders = [(second, first)] if match[2] == "." else [(second, first), (first, second)]
    yield from _build_date(kind, match[0], [(year or "", month, day) for month, day in orders])


def _read_month_date(kind: str, match: re.Match[str]) -> Iterator[Fact]:
    name = match["m1"] or match["m2"] or match["m3"] or match["m4"]
    word = match["w3"] or match["w4"]
    day = str(read_ordinal(word)) if word else match["d1"] or match["d2"]
    yield from _build_date(kind, match[0], [(match["y"] or "", str(MONTHS[name]), day)])


def _read_month_day(kind: str, match: re.Match[str]) -> Iterator[Fact]:
    if 1 <= int(match[1]) <= 31:
        yield Fact(kind, match[0], readings=frozenset({("month day", str(int(match[1])))}))


def _build_date(kind: str, words: str, dates: list[tuple[str, str, str]]) -> Iterator[Fact]:
    readings: set[Reading] = set()
    for year, month, day in dates:
        if 1 <= int(month) <= 12 and 1 <= int(day) <= 31:
            in_year, full = f"{int(month)}-{int(day)}", f"20{year}" if len(year) == 2 else year
            readings.add(("date", f"{full}-{in_year}") if full else ("day", in_year))
    if readings:
        yield Fact(kind, words, readings=frozenset(readings))


def _read_time(kind: str, match: re.Match[str]) -> Iterator[Fact]:
    hour, minute, suffix = int(match["h"]), match["m"], (match["suffix"] or "").replace(".", "")
    if minute is None and not suffix:
        return
    if (suffix == "pm" and hour < 12) or (suffix == "am" and hour == 12):
        hour = (hour + 12) % 24
    yield Fact(kind, match[0].strip(), readings=frozenset({("time", f"{hour}:{minute or '00'}")}))


def _read_span(kind: str, match: re.Match[str]) -> Iterator[Fact]:
    unit = next(name for name in ("hour", "day", "week", "month", "year", "minute") if match[name])
    for count in filter(None, (match["low"], match["high"])):
        number = read_count(count)
        if unit == "minute":
            if number >= MIN_MINUTES:
                yield Fact(kind, match[0], readings=frozenset({("minutes", str(number))}))
        elif unit in HOURS_IN:
            yield Fact(kind, match[0], readings=frozenset({("hours", str(number * HOURS_IN[unit]))}))
        else:
            months = number * 12 if unit == "year" else number
            yield Fact(kind, match[0], readings=frozenset({("months", str(months))}))


def _read_number(kind: str, match: re.Match[str]) -> Iterator[Fact]:
    number = match.groupdict().get("behind") or match["count"]
    amounts = read_amounts(number if number[:1].isdecimal() else str(read_count(number)))
    if cents := match.groupdict().get("cents"):
        amounts = frozenset(format(Decimal(each) + Decimal(read_count(cents)) / 100, "f") for each in amounts)
        amounts = frozenset(each.rstrip("0").rstrip(".") if "." in each else each for each in amounts)
    yield Fact(kind, match[0].strip(), readings=frozenset((kind, amount) for amount in amounts))


def _read_weekday(kind: str, match: re.Match[str]) -> Iterator[Fact]:
    yield Fact(kind, match[0], readings=frozenset({("weekday", WEEKDAYS[match["weekday"]])}))


def _split_words(words: str) -> frozenset[str]:
    return frozenset(words.split())


Reader = Callable[[str, re.Match[str]], Iterator[Fact]]
_HINT = re.compile(r"[^\W\d_]+|[@:€$£¥₹₩₺₽%./-]")
_DIGIT = re.compile(r"\d")
_NUMBERS = frozenset("0")
_TOP_DOMAINS = _split_words("www http https com org io eu de at ch fr es it nl uk pt shop store app dev")
_MONTHS = frozenset(name[:3] for name in MONTHS)
_UNIT_STARTS = _split_words(
    "hou hrs hr stu heu hor ore uur day tag wer arb jou dia día gio dag wee wek woc sem set mon moi mes maa min yea "
    "jah an ans año ann jaa"
)
_CURRENCIES = _split_words(
    "€ $ £ ¥ ₹ ₩ ₺ ₽ eur usd gbp chf sek nok dkk pln czk huf cad aud nzd jpy inr brl mxn try dol dól pou fra kro cen "
    "lib ste rea zlo zło buc qui rup"
)
_WORTH_READING = frozenset({"@", *_NUMBERS, *_TOP_DOMAINS, *NUMBER_WORDS, *ORDINALS, *WEEKDAYS})
_RULES: tuple[tuple[str, frozenset[str], re.Pattern[str], Reader], ...] = (
    ("email", frozenset("@"), EMAIL, _read_as_written),
    ("address", _TOP_DOMAINS, WEB_ADDRESS, _read_as_written),
    ("date", frozenset("-"), ISO_DATE, _read_iso_date),
    ("date", frozenset("./-"), NUMERIC_DATE, _read_numeric_date),
    ("date", _MONTHS, MONTH_DATE, _read_month_date),
    ("date", frozenset(("st", "nd", "rd", "th")), MONTH_DAY, _read_month_day),
    ("percent", frozenset(("%", "per", "pro", "cent", "pou", "por")), PERCENTAGE, _read_number),
    ("money", _CURRENCIES, MONEY, _read_number),
    ("span", _UNIT_STARTS, SPAN, _read_span),
    ("time", frozenset((":", ".", "am", "pm", "uhr", "h", "clock")), CLOCK_TIME, _read_time),
    ("weekday", frozenset(word[:3] for word in WEEKDAYS), WEEKDAY, _read_weekday),
    ("number", _NUMBERS, REFERENCE, _read_as_written),
    ("phone", _NUMBERS, PHONE, _read_phone),
)
