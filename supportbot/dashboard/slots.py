"""Has the database say to which part of a period each row belongs, so that one query counts all of them."""

from datetime import datetime

from django.db.models import Case, IntegerField, Value, When
from django.db.models.expressions import Combinable
from django.db.models.query import QuerySet

from supportbot.assistant.dashboard_numbers import Number

from .periods import ChosenPeriod

PREVIOUS, NEITHER = -1, -2
Bounds = list[tuple[datetime, int]]


def annotate_slots(number: Number, chosen: ChosenPeriod) -> QuerySet:
    """The rows of both periods with `dashboard_slot`: the number of their slice, or PREVIOUS, or NEITHER."""
    period = chosen.period
    bounds: Bounds = [(period.previous_start, PREVIOUS)]
    if period.previous_end < period.start:
        bounds.append((period.previous_end, NEITHER))
    bounds += [(each.start, place) for place, each in enumerate(chosen.time_slices)]
    rows = filter_between(number.rows, number.at, period.previous_start, period.end)
    return rows.annotate(dashboard_slot=_build_choice(bounds, number.at))


def filter_between(rows: QuerySet, at: str, since: datetime, until: datetime) -> QuerySet:
    return rows.filter(**{f"{at}__gte": since, f"{at}__lt": until})


def _build_choice(bounds: Bounds, at: str) -> Combinable:
    """The slot of the last bound that is not after `at`. By halves: a row is compared six times rather than sixty."""
    if len(bounds) == 1:
        return Value(bounds[0][1], output_field=IntegerField())
    middle = len(bounds) // 2
    earlier, later = _build_choice(bounds[:middle], at), _build_choice(bounds[middle:], at)
    is_earlier = When(**{f"{at}__lt": bounds[middle][0]}, then=earlier)
    return Case(is_earlier, default=later, output_field=IntegerField())
