"""What the dashboard shows of one number: figures, tables and plots, of which every cell knows the rows behind it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from supportbot.assistant.dashboard_numbers import Breakdown, Number

from .periods import ChosenPeriod

WIDE_COLUMNS = 5
TIME_TABLE = "time"


@dataclass(frozen=True)
class Cell:
    """`value` is what is exported, `text` what people read, `address` opens the rows that it counts."""

    value: Any
    text: str
    address: str = ""


@dataclass(frozen=True)
class Figure:
    """One of the numbers that stand first. `change` compares it with the time before; `note` says what part it is."""

    label: Any
    meaning: Any
    cell: Cell
    before: Cell
    change: str = ""
    note: str = ""


@dataclass(frozen=True)
class Row:
    label: str
    key: str
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Table:
    """`name` names it in addresses: TIME_TABLE, or the field by which the rows are told apart."""

    name: str
    caption: str
    headings: Sequence[Any]
    rows: Sequence[Row]

    @property
    def shown_rows(self) -> Sequence[Row]:
        """The newest slice first for whoever reads; a spreadsheet gets them in the order of time."""
        return self.rows[::-1] if self.name == TIME_TABLE else self.rows

    @property
    def is_wide(self) -> bool:
        return len(self.headings) > WIDE_COLUMNS


@dataclass(frozen=True)
class Plot:
    """Lines over the slices of the period. A value is None where there is none; a count has no halves.

    With `has_total` the first line is the sum of the others.
    """

    caption: Any
    chosen: ChosenPeriod
    series: Sequence[tuple[Any, Sequence[float | None]]]
    is_count: bool = False
    has_total: bool = False

    @property
    def script_data(self) -> str:
        """What the page's script draws it from."""
        series = [[str(label), list(values)] for label, values in self.series]
        labels = [each.label for each in self.chosen.time_slices]
        data = {"labels": labels, "series": series, "slice": self.chosen.slice_name}
        return json.dumps(data | {"isCount": self.is_count, "hasTotal": self.has_total})


@dataclass(frozen=True)
class Report:
    key: str
    number: Number
    is_empty: bool
    figures: Sequence[Figure] = ()
    tables: Sequence[Table] = ()
    plots: Sequence[Plot] = ()


@dataclass(frozen=True)
class FailedReport:
    """Stands in the place of a number that could not be counted."""

    key: str
    is_failed: bool = True


@dataclass(frozen=True)
class RowsLink:
    """Builds the addresses of the lists behind the cells of a number; without the right to open them there are none."""

    key: str
    can_open: bool

    def build_address(
        self, since: datetime, until: datetime, kind: str | None = None, breakdown: Breakdown | None = None
    ) -> str:
        if not self.can_open:
            return ""
        query = {"number": self.key, "since": _write_moment(since), "until": _write_moment(until)}
        if breakdown is not None:
            query |= {"by": breakdown.field, "kind": kind or ""}
        return f"{reverse('dashboard-list')}?{urlencode(query)}"


def _write_moment(moment: datetime) -> str:
    """Without a plus sign, which would be a space to whoever decodes an address once too often."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
