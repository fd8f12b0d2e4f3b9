"""Reads the facts in what a pattern has found: each as it is written, or with the readings that it may have."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from .number_words import read_count, read_ordinal
from .patterns import BEFORE_VERSION, HOURS_IN, MONTHS, WEEKDAYS

Reading = tuple[str, str]  # what kind of value, and the value in one form
MIN_PHONE_DIGITS, MIN_MINUTES = 7, 10
CLOCK_HOURS = ("heure", "hora", "ora", "ore", "uur", "godzin", "час")  # “18 uur” is a time too


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of a sentence: `value` is looked up as it is written, or else one of `readings` must be known."""

    kind: str
    words: str
    value: str = ""
    readings: frozenset[Reading] = frozenset()


Reader = Callable[[str, re.Match[str]], Iterator[Fact]]


@lru_cache(maxsize=4096)
def read_amounts(number: str) -> frozenset[str]:
    """The amounts that “1.234” may be: with a point or a comma before thousands or before decimals."""
    bare = re.sub(r"['’\s]|[.,][-–—]{1,2}$", "", number)
    forms = {bare.replace(",", ""), bare.replace(".", "").replace(",", ".")}
    amounts = set()
    for form in forms:
        try:
            amounts.add(format(Decimal(form).normalize(), "f"))
        except InvalidOperation:
            continue  # “1.234.567” has one reading alone
    return frozenset(amounts)


def read_as_written(kind: str, match: re.Match[str]) -> Iterator[Fact]:
    words = match[0].rstrip(".,;:!?")
    value = re.sub(r"^(?:https?://)?(?:www\.)?", "", words).rstrip("/") if kind == "address" else words
    yield Fact(kind, words, value)


def read_phone(kind: str, match: re.Match[str]) -> Iterator[Fact]:
    if sum(map(str.isdecimal, match[0])) >= MIN_PHONE_DIGITS:
        # “+49 (0)221 …”: the zero is not dialled from abroad.
        yield Fact(kind, match[0], match[0].replace("(0)", "") if match[0][0] == "+" else match[0])


def read_iso_date(kind: str, match: re.Match[str]) -> Iterator[Fact]:
    yield from _build_date(kind, match[0], [(match[1], match[2], match[3])])


def read_numeric_date(kind: str, match: re.Match[str]) -> Iterator[Fact]:
    first, _separator, second, year = match.groups()
    if not year and BEFORE_VERSION.search(match.string, max(0, match.start() - 20), match.start()):
        return
    orders = [(second, first)] if match[2] == "." else [(second, first), (first, second)]
    yield from _build_date(kind, match[0], [(year or "", month, day) for month, day in orders])


def read_short_date(kind: str, match: re.Match[str]) -> Iterator[Fact]:
    first, second = match.groups()
    yield from _build_date(kind, match[0], [("", second, first), ("", first, second)])


def read_unspaced_date(kind: str, match: re.Match[str]) -> Iterator[Fact]:
    yield from _build_date(kind, match[0], [("", match[1], match[2])])


def read_tomorrow(kind: str, match: re.Match[str]) -> Iterator[Fact]:
    day = datetime.now().astimezone().date() + timedelta(days=1)  # in the shop's time zone
    readings = {
        ("hours", "24"),
        ("date", _name_day(day)),
        ("day", f"{day.month}-{day.day}"),
        ("tomorrow", ""),
    }
    yield Fact(kind, match["day"] or match["first"], readings=frozenset(readings))


def _name_day(day: date) -> str:
    return f"{day.year}-{day.month}-{day.day}"


def read_month_date(kind: str, match: re.Match[str]) -> Iterator[Fact]:
    name = match["m1"] or match["m2"] or match["m3"] or match["m4"]
    word = match["w3"] or match["w4"]
    day = str(read_ordinal(word)) if word else match["d1"] or match["d2"]
    yield from _build_date(kind, match[0], [(match["y"] or "", str(MONTHS[name]), day)])


def read_month_day(kind: str, match: re.Match[str]) -> Iterator[Fact]:
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


def read_time(kind: str, match: re.Match[str]) -> Iterator[Fact]:
    hour, minute, suffix = int(match["h"]), match["m"], (match["suffix"] or "").replace(".", "")
    if minute is None and not suffix:
        return
    if (suffix == "pm" and hour < 12) or (suffix == "am" and hour == 12):
        hour = (hour + 12) % 24
    yield Fact(kind, match[0].strip(), readings=frozenset({("time", f"{hour}:{minute or '00'}")}))


def read_span(kind: str, match: re.Match[str]) -> Iterator[Fact]:
    unit = next(name for name in ("hour", "day", "week", "month", "year", "minute") if match[name])
    for count in filter(None, (match["low"], match.groupdict().get("high"))):
        number = read_count(count)
        if unit == "minute":
            if number >= MIN_MINUTES:
                yield Fact(kind, match[0], readings=frozenset({("minutes", str(number))}))
        elif unit in HOURS_IN:
            readings = {("hours", str(number * HOURS_IN[unit]))}
            if unit == "hour" and match["hour"].startswith(CLOCK_HOURS):
                readings.add(("time", f"{number}:00"))
            yield Fact(kind, match[0], readings=frozenset(readings))
        else:
            months = number * 12 if unit == "year" else number
            yield Fact(kind, match[0], readings=frozenset({("months", str(months))}))


def read_number(kind: str, match: re.Match[str]) -> Iterator[Fact]:
    number = match.groupdict().get("behind") or match["count"]
    amounts = read_amounts(number if number[:1].isdecimal() else str(read_count(number)))
    if cents := match.groupdict().get("cents"):
        amounts = frozenset(format(Decimal(each) + Decimal(read_count(cents)) / 100, "f") for each in amounts)
        amounts = frozenset(each.rstrip("0").rstrip(".") if "." in each else each for each in amounts)
    yield Fact(kind, match[0].strip(), readings=frozenset((kind, amount) for amount in amounts))


def read_weekday(kind: str, match: re.Match[str]) -> Iterator[Fact]:
    yield Fact(kind, match[0], readings=frozenset({("weekday", WEEKDAYS[match["weekday"]])}))


def read_arrival_day(kind: str, match: re.Match[str]) -> Iterator[Fact]:
    yield Fact(kind, match[0], readings=frozenset({("arrival", WEEKDAYS[match["weekday"]])}))


def read_weekend(kind: str, match: re.Match[str]) -> Iterator[Fact]:
    yield Fact(kind, match[0], readings=frozenset({("weekday", "5"), ("weekday", "6")}))
