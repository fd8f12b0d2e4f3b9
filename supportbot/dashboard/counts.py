"""Counts of rows: one query for all slices of a period, the time before, and all kinds."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db.models import Count as CountOf
from django.utils.translation import gettext as _

from supportbot.assistant.dashboard_numbers import Breakdown, Count, Kind

from .formats import describe_change, describe_share, format_count
from .periods import ChosenPeriod
from .reports import TIME_TABLE, Cell, Figure, Plot, Report, Row, RowsLink, Table
from .slots import PREVIOUS, annotate_slots

MAX_EMPTY_KINDS = 9

# By field, or "" for all rows: by slot and value how many.
Counts = dict[str, Counter[tuple[int, str]]]


@dataclass(frozen=True)
class CountReport:
    """Puts the counts of one number into figures and tables."""

    number: Count
    chosen: ChosenPeriod
    counts: Counts
    link: RowsLink

    def build_report(self) -> Report:
        if not self.counts[""]:
            return Report(self.link.key, self.number, is_empty=True)
        return Report(
            self.link.key,
            self.number,
            is_empty=False,
            figures=self._build_figures(),
            tables=[self._build_time_table(), *map(self._build_kind_table, list_breakdowns(self.number))],
            plots=[self._build_plot()],
        )

    def _build_figures(self) -> list[Figure]:
        figures = [self._build_figure(self.number.label, self.number.meaning)]
        if self.number.kinds:
            figures += [
                self._build_figure(kind.label, kind.meaning, kind.value, self.number.kinds)
                for kind in list_kinds(self.number.kinds, self.counts)
            ]
        return figures

    def _build_figure(
        self, label: Any, meaning: Any, kind: str | None = None, breakdown: Breakdown | None = None
    ) -> Figure:
        now = self._build_sum(kind, breakdown, is_before=False)
        before = self._build_sum(kind, breakdown, is_before=True)
        total = sum_slices(self.counts[""], "")
        note = describe_share(now.value, total) if breakdown else ""
        return Figure(
            label, meaning, now, before, describe_change(now.value, before.value, before.value), note
        )

    def _build_sum(self, kind: str | None, breakdown: Breakdown | None, *, is_before: bool) -> Cell:
        counter, value = self.counts[breakdown.field if breakdown else ""], kind or ""
        period = self.chosen.period
        count = counter[PREVIOUS, value] if is_before else sum_slices(counter, value)
        start, end = (period.previous_start, period.previous_end) if is_before else (period.start, period.end)
        return self._build_cell(count, start, end, kind, breakdown)

    def _build_cell(
        self, count: int, start: Any, end: Any, kind: str | None = None, breakdown: Breakdown | None = None
    ) -> Cell:
        address = self.link.build_address(start, end, kind, breakdown) if count else ""
        return Cell(count, format_count(count), address)

    def _build_time_table(self) -> Table:
        kinds = self.number.kinds
        columns: list[tuple[Any, str | None]] = [(self.number.label, None)]
        if kinds:
            columns += [(kind.label, kind.value) for kind in list_kinds(kinds, self.counts)]
        rows = []
        for place, each in enumerate(self.chosen.time_slices):
            cells = []
            for _label, value in columns:
                by = kinds if value is not None else None
                count = self.counts[by.field if by else ""][place, value or ""]
                cells.append(self._build_cell(count, each.start, each.end, value, by))
            rows.append(Row(each.label, each.key, cells))
        headings = [self.chosen.slice_name, *(label for label, _value in columns)]
        return Table(TIME_TABLE, _("Over time"), headings, rows)

    def _build_kind_table(self, breakdown: Breakdown) -> Table:
        rows = [
            Row(
                str(kind.label),
                kind.value,
                [
                    self._build_sum(kind.value, breakdown, is_before=False),
                    self._build_sum(kind.value, breakdown, is_before=True),
                ],
            )
            for kind in self._choose_kinds(breakdown)
        ]
        return Table(
            breakdown.field, str(breakdown.label), [breakdown.label, _("This time"), _("Time before")], rows
        )

    def _choose_kinds(self, breakdown: Breakdown) -> list[Kind]:
        """All of a few kinds; of many, those that occur."""
        kinds = list_kinds(breakdown, self.counts)
        occurring = {value for _slot, value in self.counts[breakdown.field]}
        return [kind for kind in kinds if len(kinds) <= MAX_EMPTY_KINDS or kind.value in occurring]

    def _build_plot(self) -> Plot:
        places = range(len(self.chosen.time_slices))
        series = [(self.number.label, [self.counts[""][place, ""] for place in places])]
        if self.number.kinds:
            counter = self.counts[self.number.kinds.field]
            series += [
                (kind.label, [counter[place, kind.value] for place in places])
                for kind in list_kinds(self.number.kinds, self.counts)
            ]
        has_total = self.number.kinds is not None
        return Plot(self.number.label, self.chosen, series, is_count=True, has_total=has_total)


def count_rows(number: Count, chosen: ChosenPeriod, link: RowsLink) -> Report:
    """One query."""
    fields = [each.field for each in list_breakdowns(number)]
    grouped = annotate_slots(number, chosen).order_by().values("dashboard_slot", *fields)
    counts: Counts = {"": Counter(), **{field: Counter() for field in fields}}
    for row in grouped.annotate(dashboard_count=CountOf("pk")):
        slot, count = row["dashboard_slot"], row["dashboard_count"]
        if slot < PREVIOUS:
            continue
        counts[""][slot, ""] += count
        for field in fields:
            counts[field][slot, read_kind(row[field])] += count
    return CountReport(number, chosen, counts, link).build_report()


def read_kind(value: Any) -> str:
    """What a row's kind is called in addresses. Nothing and an empty text are one kind."""
    return "" if value is None else str(value)


def list_breakdowns(number: Count) -> list[Breakdown]:
    """All by which its rows can be told apart, its kinds first."""
    return [each for each in (number.kinds, *number.breakdowns) if each is not None]


def name_kind(breakdown: Breakdown, value: str) -> str:
    """What people read of a kind. One that was not named is shown as it is."""
    labels = {kind.value: str(kind.label) for kind in breakdown.kinds}
    return labels.get(value) or value or _("not set")


def list_kinds(breakdown: Breakdown, counts: Counts) -> list[Kind]:
    """The kinds that were named, then those that occur beyond them."""
    named = {kind.value for kind in breakdown.kinds}
    others = sorted({value for _slot, value in counts[breakdown.field]} - named)
    return [*breakdown.kinds, *(Kind(value, name_kind(breakdown, value)) for value in others)]


def sum_slices(counter: Counter[tuple[int, str]], value: str) -> int:
    return sum(count for (slot, kind), count in counter.items() if slot >= 0 and kind == value)
