"""What follows from two facts that were shown: a sum, a difference, several times a price, the last day of a limit.

By chance an invented amount is one of these too where it is a round one, and a day where the limit is short; and where
many prices or days were shown, as by a catalogue, nearly each one is. Then nothing is said to follow.
"""

from calendar import monthrange
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from itertools import product

from .readers import Reading

MAX_TIMES = 9  # as many as somebody orders of one thing
MAX_AMOUNTS = 30  # of one text: more than an order has
MAX_LAST_DAYS = 60  # of all texts
MIN_LIMIT_HOURS = 14 * 24  # of those for returns, which are the usual ones


def is_derived(readings: Collection[Reading], shown: Collection[Iterable[Reading]]) -> bool:
    """Whether one of these follows from the facts of one of the texts, or a day from those of any two."""
    values = [value for kind, value in readings if kind == "money"]
    if any(_is_computed(Decimal(value), facts) for value in values for facts in shown):
        return True
    days = {value for kind, value in readings if kind in ("date", "day")}
    return bool(days) and any(
        not days.isdisjoint((day, day.split("-", 1)[1])) for day in _list_last_days(shown)
    )


def _is_computed(amount: Decimal, facts: Iterable[Reading]) -> bool:
    if amount == amount.to_integral_value():
        return False
    known = [Decimal(value) for kind, value in facts if kind == "money"]
    return len(known) <= MAX_AMOUNTS and any(
        amount - each in known or amount + each in known or amount / each in range(2, MAX_TIMES + 1)
        for each in known
        if each
    )


def _list_last_days(shown: Iterable[Iterable[Reading]]) -> Iterator[str]:
    facts = {each for facts in shown for each in facts}
    begins = [value for kind, value in facts if kind == "date"]
    limits = [
        (kind, value)
        for kind, value in facts
        if kind == "months" or (kind == "hours" and Decimal(value) >= MIN_LIMIT_HOURS)
    ]
    for begin, (kind, value) in product(begins, limits) if len(begins) * len(limits) <= MAX_LAST_DAYS else ():
        with suppress(ValueError, OverflowError):
            first = date(*map(int, begin.split("-")))
            is_month = kind == "months"
            last = _add_months(first, int(value)) if is_month else first + timedelta(hours=float(value))
            yield f"{last.year}-{last.month}-{last.day}"


def _add_months(day: date, months: int) -> date:
    """The same day so many months later, or the last one of a month that is too short for it."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
