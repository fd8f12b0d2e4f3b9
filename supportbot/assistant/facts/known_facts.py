"""The facts of a text that the model was shown, and what follows from one alone, as the day of the week from a date."""

from datetime import date
from decimal import Decimal
from functools import lru_cache

from .patterns import (
    DAY_LIST,
    DAY_NUMBERS,
    DAY_RANGE,
    DECIMAL_NUMBER,
    HOUR_RANGE,
    HOURS_IN,
    JSON_NUMBER,
    KEYS,
    MONTHS,
    TIMESTAMP,
)
from .readers import Reading, read_amounts
from .sentence_facts import find_facts
from .shown_text import CACHED_TEXTS


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
