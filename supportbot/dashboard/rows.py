"""The rows behind a number: the same queryset that was counted, between two moments, perhaps of one kind."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format, number_format

from supportbot.assistant.dashboard_numbers import Breakdown, Count, Durations, Number, Period, Sums

from .building import list_numbers
from .counts import list_breakdowns, name_kind
from .slots import filter_between

# Of what an address may ask for, the time before the first period included.
FIRST_MOMENT, LAST_MOMENT = datetime(1980, 1, 1, tzinfo=UTC), datetime(2201, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class RowList:
    """`since` and `until` as they were asked for; `kind` is the label of the kind, empty for all of them."""

    number: Number
    since: datetime
    until: datetime
    kind: str
    rows: QuerySet


def find_rows(asked: Mapping[str, str]) -> RowList:
    """Raises Http404 for an address that no cell has."""
    describe = list_numbers().get(asked.get("number", ""))
    since, until = _parse_moment(asked.get("since", "")), _parse_moment(asked.get("until", ""))
    if describe is None or since is None or until is None:
        raise Http404
    number = describe(Period(since, until, since, since))
    rows = filter_between(number.rows, number.at, since, until).order_by(f"-{number.at}", "-pk")
    if isinstance(number, Durations):
        rows = rows.filter(**{f"{number.begins}__isnull": False, f"{number.ends}__isnull": False})
    if "by" not in asked:
        return RowList(number, since, until, "", rows)
    breakdown = _find_breakdown(number, asked["by"])
    value = asked.get("kind", "")
    if "\0" in value:  # which PostgreSQL does not compare
        raise Http404
    try:
        rows = rows.filter(_match_kind(breakdown, value))
    except ValidationError:  # such as a word for a truth
        raise Http404 from None
    return RowList(number, since, until, name_kind(breakdown, value), rows)


def list_headings(number: Number) -> list[Any]:
    return [heading for heading, _read in number.columns] or [number.label]


def read_values(number: Number, row: Any) -> list[Any]:
    return [read(row) for _heading, read in number.columns] or [row]


def format_value(value: Any) -> str:
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "j M Y, H:i")
    if isinstance(value, date):
        return date_format(value, "DATE_FORMAT")
    if isinstance(value, Decimal):
        return number_format(f"{value.normalize():f}", use_l10n=True)
    return "" if value is None else str(value)


def build_row_address(number: Number, row: Any) -> str:
    """The page of admin that the row opens, empty if it is of nothing that is still there."""
    key = getattr(row, number.opens.key)
    if key is None:
        return ""
    try:
        return reverse(f"admin:{number.opens.model.replace('.', '_')}_change", args=[key])
    except NoReverseMatch:  # a model that admin does not show
        return ""


def list_cells(number: Number, rows: Any) -> Iterator[tuple[str, list[str]]]:
    """Of each row the page that it opens, and its values as text."""
    for row in rows:
        yield build_row_address(number, row), [format_value(value) for value in read_values(number, row)]


def _find_breakdown(number: Number, field: str) -> Breakdown:
    """Filters go by the fields that the number itself names, and by no other."""
    breakdowns: Sequence[Breakdown] = ()
    if isinstance(number, Count):
        breakdowns = list_breakdowns(number)
    elif isinstance(number, Sums):
        breakdowns = number.breakdowns
    for each in breakdowns:
        if each.field == field:
            return each
    raise Http404


def _match_kind(breakdown: Breakdown, value: str) -> Q:
    if value:
        return Q(**{breakdown.field: value})
    return Q(**{breakdown.field: ""}) | Q(**{f"{breakdown.field}__isnull": True})


def _parse_moment(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    if moment is None or not timezone.is_aware(moment) or not FIRST_MOMENT <= moment <= LAST_MOMENT:
        return None
    return moment
