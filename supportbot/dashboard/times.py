"""How long something took: medians and 90th percentiles, of the period, the time before, and each slice."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from supportbot.assistant.dashboard_numbers import Durations
from supportbot.opening_hours import OpenTime

from .formats import (
    DAY,
    HOUR,
    MINUTE,
    describe_change,
    find_median,
    find_percentile,
    format_count,
    format_seconds,
)
from .periods import ChosenPeriod
from .reports import TIME_TABLE, Cell, Figure, Plot, Report, Row, RowsLink, Table
from .slots import PREVIOUS, annotate_slots

Times = dict[int, list[float]]


@dataclass(frozen=True)
class TimesReport:
    number: Durations
    chosen: ChosenPeriod
    times: Times
    link: RowsLink

    def build_report(self) -> Report:
        if not any(self.times.values()):
            return Report(self.link.key, self.number, is_empty=True)
        period = self.chosen.period
        now = [second for slot, seconds in self.times.items() if slot >= 0 for second in seconds]
        before = self.times[PREVIOUS]
        here = self._build_cells(now, period.start, period.end)
        there = self._build_cells(before, period.previous_start, period.previous_end)
        meanings = (
            self.number.meaning,
            _("Half of them took no longer than this."),
            _("Nine of ten took no longer than this."),
        )
        labels = (self.number.label, _("Median"), _("90th percentile"))
        figures = [
            Figure(label, meaning, cell, earlier, describe_change(cell.value, earlier.value, len(before)))
            for label, meaning, cell, earlier in zip(labels, meanings, here, there, strict=True)
        ]
        return Report(
            self.link.key,
            self.number,
            is_empty=False,
            figures=figures,
            tables=[self._build_table()],
            plots=[self._build_plot()],
        )

    def _build_cells(self, seconds: list[float], start: datetime, end: datetime) -> list[Cell]:
        """How many, median, percentile."""
        address = self.link.build_address(start, end) if seconds else ""
        found = (find_median(seconds), find_percentile(seconds))
        return [Cell(len(seconds), format_count(len(seconds)), address)] + [
            Cell(
                None if value is None else round(value),
                format_seconds(value, in_opening_hours=self.number.in_opening_hours) if seconds else "–",
                address,
            )
            for value in found
        ]

    def _build_table(self) -> Table:
        headings = [self.chosen.slice_name, self.number.label, _("Median"), _("90th percentile")]
        rows = [
            Row(each.label, each.key, self._build_cells(self.times[place], each.start, each.end))
            for place, each in enumerate(self.chosen.time_slices)
        ]
        return Table(TIME_TABLE, _("Over time"), headings, rows)

    def _build_plot(self) -> Plot:
        by_slice = [
            (find_median(self.times[place]), find_percentile(self.times[place]))
            for place in range(len(self.chosen.time_slices))
        ]
        largest = max((value for pair in by_slice for value in pair if value is not None), default=0)
        unit, seconds = _choose_unit(largest, in_opening_hours=self.number.in_opening_hours)
        labels = (_("Median, %(unit)s") % {"unit": unit}, _("90th percentile, %(unit)s") % {"unit": unit})
        series = [
            (label, [None if value is None else value / seconds for value in values])
            for label, values in zip(labels, zip(*by_slice, strict=True), strict=True)
        ]
        return Plot(_("How long it took"), self.chosen, series)


def measure_times(number: Durations, chosen: ChosenPeriod, link: RowsLink) -> Report:
    """One query, of the moments: the database has no percentiles that are the same everywhere, and no opening hours."""
    rows = annotate_slots(number, chosen).order_by()
    found = [
        row
        for row in rows.values_list("dashboard_slot", number.begins, number.ends)
        if row[0] >= PREVIOUS and row[1] is not None and row[2] is not None
    ]
    measure = choose_measure(number, [(begin, end) for _slot, begin, end in found])
    times: Times = defaultdict(list)
    for slot, begin, end in found:
        times[slot].append(measure(begin, end))
    return TimesReport(number, chosen, times, link).build_report()


def choose_measure(
    number: Durations, moments: list[tuple[datetime, datetime]]
) -> Callable[[datetime, datetime], float]:
    """A function that gives the seconds between two moments: all of them, or those in opening hours."""
    if not number.in_opening_hours or not moments:
        return lambda begin, end: max(0.0, (end - begin).total_seconds())
    open_time = OpenTime(min(begin for begin, _end in moments), max(end for _begin, end in moments))
    return open_time.measure_seconds


def _choose_unit(largest: float, *, in_opening_hours: bool) -> tuple[str, int]:
    if largest < 2 * MINUTE:
        return _("seconds"), 1
    if largest < 2 * HOUR:
        return _("minutes"), MINUTE
    if largest < 3 * DAY or in_opening_hours:
        return _("hours"), HOUR
    return _("days"), DAY
