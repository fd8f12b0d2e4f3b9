"""`@dashboard_number`: what an app shows on the dashboard of the team.

    @dashboard_number
    def count_returns(period: Period) -> Count:
        return Count(
            section=_("Returns"),
            label=_("Returns"),
            meaning=_("Returns that customers asked for in this time."),
            rows=Return.objects.all(),
            at="created",
            opens=Opens("returns.return"),
        )

Found in the module `dashboard_numbers` of every app. A number names the rows that it counts and the date by which they
belong to a day; the dashboard makes one query of it, for the period, for the one before, and for each day, and shows
its rows to whoever opens it. `rows` is a queryset, so what is counted and what is listed are the same rows. It may be
asked of the rows from `period.previous_start` on alone.

`@confirmation_source` says of which conversations the customer has said that the matter is solved:

    @confirmation_source
    def find_confirmed_conversations(period: Period) -> Any:
        return Survey.objects.filter(is_happy=True).values("conversation")
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .declarations import require_function


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` to before `end`, and the time before it with which it is compared."""

    start: datetime
    end: datetime
    previous_start: datetime
    previous_end: datetime


@dataclass(frozen=True, slots=True)
class Kind:
    """One value of a field by which rows are told apart, and what it means in plain words."""

    value: str
    label: Any
    meaning: Any = ""


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Rows by the values of a field or an annotation. Values beyond `kinds` are shown as they are, behind them."""

    field: str
    label: Any
    kinds: tuple[Kind, ...] = ()


@dataclass(frozen=True, slots=True)
class Opens:
    """Which page of admin a row opens, and which right its reader needs: to view that model.

    `key` is the field of the row that holds the primary key.
    """

    model: str
    key: str = "pk"


Column = tuple[Any, Callable[[Any], Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """What all numbers have. `columns` are what the list of rows shows: a heading, and the value of a row."""

    section: Any
    label: Any
    meaning: Any
    rows: Any
    at: str
    opens: Opens
    columns: tuple[Column, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Count(Number):
    """How many rows there are. With `kinds` each row is of one of them; `breakdowns` are told beside that."""

    kinds: Breakdown | None = None
    breakdowns: tuple[Breakdown, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Durations(Number):
    """How long something took: median and 90th percentile of the times from one field to another.

    With `in_opening_hours` only the time counts in which the team is there.
    """

    begins: str
    ends: str
    in_opening_hours: bool = False


@dataclass(frozen=True, slots=True)
class Amount:
    """A field that is added up. `unit` is “dollars”, or empty for a plain number."""

    field: str
    label: Any
    meaning: Any = ""
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums(Number):
    """What fields of the rows add up to."""

    amounts: tuple[Amount, ...]
    breakdowns: tuple[Breakdown, ...] = ()


@dataclass(frozen=True, slots=True)
class DashboardNumber:
    """`key` names it in addresses, such as `returns.count_returns`."""

    key: str
    function: Callable[[Period], Number]

    def __call__(self, period: Period) -> Number:
        return self.function(period)


@dataclass(frozen=True, slots=True)
class ConfirmationSource:
    function: Callable[[Period], Any]

    def __call__(self, period: Period) -> Any:
        return self.function(period)


def dashboard_number(function: Callable[[Period], Number]) -> DashboardNumber:
    """Show what a function describes on the dashboard. It is called each time, so that its words are translated.

    Raises TypeError if it cannot be called so.
    """
    require_function(function, "@dashboard_number", ("period",))
    app = function.__module__.rpartition(".")[0].rpartition(".")[2]
    return DashboardNumber(f"{app}.{function.__name__}", function)


def confirmation_source(function: Callable[[Period], Any]) -> ConfirmationSource:
    """Have the conversations that a function returns count as confirmed by their customer. Raises as above."""
    require_function(function, "@confirmation_source", ("period",))
    return ConfirmationSource(function)
