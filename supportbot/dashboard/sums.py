"""What fields of rows add up to, such as tokens: one query for all slices, the time before, and all breakdowns."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count as CountOf
from django.db.models import Sum
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from supportbot.assistant.dashboard_numbers import Amount, Breakdown, Sums
from supportbot.usage.summaries import format_dollars

from .counts import name_kind, read_kind
from .formats import describe_change, format_count
from .periods import ChosenPeriod
from .reports import TIME_TABLE, Cell, Figure, Plot, Report, Row, RowsLink, Table
from .slots import PREVIOUS, annotate_slots


@dataclass
class Total:
    """How many rows, and of each amount the sum and in how many rows it is known."""

    count: int = 0
    sums: defaultdict[str, Any] = field(default_factory=lambda: defaultdict(int))
    known: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add_group(self, row: dict[str, Any], amounts: Sequence[Amount]) -> None:
        self.count += row["dashboard_count"]
        for amount in amounts:
            self.sums[amount.field] += row[f"dashboard_sum_{amount.field}"] or 0
            self.known[amount.field] += row[f"dashboard_known_{amount.field}"]


# By field, or "" for all rows: by slot and value the total; the slot of the whole period is WHOLE.
WHOLE = -3
Totals = dict[str, defaultdict[tuple[int, str], Total]]


@dataclass(frozen=True)
class SumsReport:
    number: Sums
    chosen: ChosenPeriod
    totals: Totals
    link: RowsLink

    def build_report(self) -> Report:
        if not self.totals[""]:
            return Report(self.link.key, self.number, is_empty=True)
        return Report(
            self.link.key,
            self.number,
            is_empty=False,
            figures=self._build_figures(),
            tables=[self._build_time_table(), *map(self._build_kind_table, self.number.breakdowns)],
            plots=self._build_plots(),
        )

    def _build_figures(self) -> list[Figure]:
        whole, previous = self.totals[""][WHOLE, ""], self.totals[""][PREVIOUS, ""]
        period = self.chosen.period
        here = self._build_cells(whole, period.start, period.end)
        there = self._build_cells(previous, period.previous_start, period.previous_end)
        words = [(self.number.label, self.number.meaning, "")]
        words += [
            (amount.label, amount.meaning, _describe_gap(whole, amount)) for amount in self.number.amounts
        ]
        return [
            Figure(
                label, meaning, cell, before, describe_change(cell.value, before.value, previous.count), note
            )
            for (label, meaning, note), cell, before in zip(words, here, there, strict=True)
        ]

    def _build_cells(
        self,
        total: Total,
        start: datetime,
        end: datetime,
        kind: str | None = None,
        breakdown: Breakdown | None = None,
    ) -> list[Cell]:
        """How many rows, and each amount; an amount that is known of none of them, or nowhere at all, is empty."""
        address = self.link.build_address(start, end, kind, breakdown) if total.count else ""
        cells = [Cell(total.count, format_count(total.count), address)]
        for amount in self.number.amounts:
            value = total.sums[amount.field]
            is_known = total.known[amount.field] if total.count else self._is_known_anywhere(amount)
            if not is_known:
                cells.append(Cell(None, "–"))
            else:
                cells.append(Cell(value, _format_amount(value, amount), address))
        return cells

    def _is_known_anywhere(self, amount: Amount) -> bool:
        return any(self.totals[""][slot, ""].known[amount.field] for slot in (WHOLE, PREVIOUS))

    def _build_time_table(self) -> Table:
        rows = [
            Row(
                each.label,
                each.key,
                self._build_cells(self.totals[""].get((place, ""), Total()), each.start, each.end),
            )
            for place, each in enumerate(self.chosen.time_slices)
        ]
        return Table(TIME_TABLE, _("Over time"), self._list_headings(self.chosen.slice_name), rows)

    def _build_kind_table(self, breakdown: Breakdown) -> Table:
        totals, period = self.totals[breakdown.field], self.chosen.period
        rows = [
            Row(
                name_kind(breakdown, value),
                value,
                self._build_cells(totals[WHOLE, value], period.start, period.end, value, breakdown),
            )
            for value in sorted({value for slot, value in totals if slot == WHOLE})
        ]
        return Table(breakdown.field, str(breakdown.label), self._list_headings(breakdown.label), rows)

    def _list_headings(self, first: Any) -> list[Any]:
        return [first, self.number.label, *(amount.label for amount in self.number.amounts)]

    def _build_plots(self) -> list[Plot]:
        """One for each unit, since tokens and dollars have no scale in common; none for what is never known."""
        plots = []
        known = [each for each in self.number.amounts if self.totals[""][WHOLE, ""].known[each.field]]
        for unit in dict.fromkeys(amount.unit for amount in known):
            amounts = [amount for amount in known if amount.unit == unit]
            series = [(amount.label, self._list_sums(amount)) for amount in amounts]
            caption = get_text_list([str(amount.label) for amount in amounts], _("and"))
            if unit == "dollars":
                caption = _("%(what)s, US dollars") % {"what": caption}
            plots.append(Plot(caption, self.chosen, series, is_count=unit != "dollars"))
        return plots

    def _list_sums(self, amount: Amount) -> list[float | None]:
        """Of each slice; None where there was something and nobody knows how much."""
        totals = [self.totals[""].get((place, ""), Total()) for place in range(len(self.chosen.time_slices))]
        return [
            float(total.sums[amount.field]) if total.known[amount.field] or not total.count else None
            for total in totals
        ]


def add_up(number: Sums, chosen: ChosenPeriod, link: RowsLink) -> Report:
    """One query."""
    fields = [each.field for each in number.breakdowns]
    grouped = annotate_slots(number, chosen).order_by().values("dashboard_slot", *fields)
    sums = {f"dashboard_sum_{amount.field}": Sum(amount.field) for amount in number.amounts}
    known = {f"dashboard_known_{amount.field}": CountOf(amount.field) for amount in number.amounts}
    totals: Totals = {name: defaultdict(Total) for name in ("", *fields)}
    for row in grouped.annotate(dashboard_count=CountOf("pk"), **sums, **known):
        slot = row["dashboard_slot"]
        if slot < PREVIOUS:
            continue
        slots = (slot,) if slot == PREVIOUS else (slot, WHOLE)
        for name in ("", *fields):
            value = read_kind(row[name]) if name else ""
            for each in slots:
                totals[name][each, value].add_group(row, number.amounts)
    return SumsReport(number, chosen, totals, link).build_report()


def _format_amount(value: Any, amount: Amount) -> str:
    return format_dollars(Decimal(value)) if amount.unit == "dollars" else format_count(value)


def _describe_gap(total: Total, amount: Amount) -> str:
    known = total.known[amount.field]
    if known == total.count:
        return ""
    return _("known for %(known)s of %(count)s") % {
        "known": format_count(known),
        "count": format_count(total.count),
    }
