"""The times that numbers are told of: whole days of the shop's time zone, and the same number of days before them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property

from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from supportbot.assistant.dashboard_numbers import Period

CHOICES = {
    "today": gettext_lazy("Today"),
    "7": gettext_lazy("7 days"),
    "30": gettext_lazy("30 days"),
    "90": gettext_lazy("90 days"),
    "year": gettext_lazy("12 months"),
}
DEFAULT = "30"
FIRST_DATE, LAST_DATE = date(2000, 1, 1), date(2199, 12, 31)
MAX_DAYS = 10 * 366
MAX_DAYS_BY_DAY, MAX_DAYS_BY_WEEK = 31, 190


@dataclass(frozen=True)
class ChosenPeriod:
    """What was chosen, the days from `first` to `last`, and what is wrong with what was asked for, if anything."""

    choice: str
    first: date
    last: date
    period: Period
    problem: str = ""

    @cached_property
    def time_slices(self) -> list["Slice"]:
        return list_slices(self.first, self.last)

    @property
    def slice_name(self) -> str:
        """The heading of the column with the labels of the slices."""
        days = (self.last - self.first).days + 1
        if days == 1:
            return _("Hour")
        if days <= MAX_DAYS_BY_DAY:
            return _("Day")
        return _("Week from") if days <= MAX_DAYS_BY_WEEK else _("Month")


def choose_period(asked: Mapping[str, str], now: datetime | None = None) -> ChosenPeriod:
    """The period that an address asks for: `period` is one of CHOICES, or `first` and `last` are dates.

    What cannot be read gets the default, with words that say why.
    """
    now = timezone.localtime(now or timezone.now())
    today, choice = now.date(), asked.get("period", "")
    if choice == "own" or (not choice and ("first" in asked or "last" in asked)):
        first, last = _parse_date(asked.get("first", "")), _parse_date(asked.get("last", ""))
        problem = _find_problem(first, last)
        if first and last and not problem:
            return ChosenPeriod("own", first, last, build_period(first, last, now))
        chosen = choose_period({"period": DEFAULT}, now)
        return ChosenPeriod(DEFAULT, chosen.first, chosen.last, chosen.period, problem)
    choice = choice if choice in CHOICES else DEFAULT
    first = find_first_day(choice, today)
    return ChosenPeriod(choice, first, today, build_period(first, today, now))


def find_first_day(choice: str, today: date) -> date:
    """The first day of a period that ends with today: “7” is today and the six days before it."""
    if choice == "today":
        return today
    if choice == "year":
        # The day after the same one of the year before; a leap day has the last of February there.
        day = min(today.day, 28) if today.month == 2 else today.day
        return date(today.year - 1, today.month, day) + timedelta(days=1)
    return today - timedelta(days=int(choice) - 1)


def build_period(first: date, last: date, now: datetime) -> Period:
    """From the first to the last day, and as many days before them.

    While the last day is not over, the time before ends at the same hour of its own last day, or a morning would be
    compared with a whole day.
    """
    days = (last - first).days + 1
    start, end = find_midnight(first), find_midnight(last + timedelta(days=1))
    previous_end = start
    local = timezone.localtime(now)
    if start <= now < end:
        earlier = datetime.combine(local.date() - timedelta(days=days), local.time(), local.tzinfo)
        previous_end = min(earlier.astimezone(UTC), start)
    return Period(start, end, find_midnight(first - timedelta(days=days)), previous_end)


def find_midnight(day: date) -> datetime:
    """When a day begins in the shop's time zone, in UTC: times of one zone are compared by their clocks."""
    local = datetime.combine(day, time(), timezone.get_current_timezone())
    return local.astimezone(UTC)


@dataclass(frozen=True)
class Slice:
    """A part of a period: an hour, a day, a week or a month. `label` is for people, `key` for exports."""

    start: datetime
    end: datetime
    label: str
    key: str


def list_slices(first: date, last: date) -> list[Slice]:
    """The parts of a period without a gap: hours of a day, days of a month, weeks of half a year, else months."""
    days = (last - first).days + 1
    if days == 1:
        return _list_hours(first)
    if days <= MAX_DAYS_BY_DAY:
        begins = [first + timedelta(days=number) for number in range(days)]
        return _list_dates(begins, last, "j M")
    if days <= MAX_DAYS_BY_WEEK:
        begins = [first]
        monday = first + timedelta(days=7 - first.weekday())
        while monday <= last:
            begins.append(monday)
            monday += timedelta(days=7)
        return _list_dates(begins, last, "j M")
    begins = [first]
    month = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
    while month <= last:
        begins.append(month)
        month = (month + timedelta(days=32)).replace(day=1)
    return _list_dates(begins, last, "M Y")


def _list_hours(day: date) -> list[Slice]:
    """23, 24 or 25 of them. Of an hour that a clock shows twice, the zone says which one it is."""
    start, end = find_midnight(day), find_midnight(day + timedelta(days=1))
    hours = []
    at = start
    while at < end:
        hours.append(at)
        at += timedelta(hours=1)
    labels = [f"{timezone.localtime(hour):%H:%M}" for hour in hours]
    slices = []
    for number, hour in enumerate(hours):
        local = timezone.localtime(hour)
        label = f"{local:%H:%M %Z}" if labels.count(labels[number]) > 1 else labels[number]
        slices.append(Slice(hour, min(hour + timedelta(hours=1), end), label, local.isoformat()))
    return slices


def _list_dates(begins: list[date], last: date, form: str) -> list[Slice]:
    ends = [*begins[1:], last + timedelta(days=1)]
    return [
        Slice(find_midnight(begin), find_midnight(end), date_format(begin, form), begin.isoformat())
        for begin, end in zip(begins, ends, strict=True)
    ]


def _parse_date(text: str) -> date | None:
    try:
        return parse_date(text.strip())
    except ValueError:  # well formed, and no date
        return None


def _find_problem(first: date | None, last: date | None) -> str:
    if first is None or last is None:
        return _("Please give both dates, such as 2026-01-31. These are the last 30 days.")
    if last < first:
        return _("The last day is before the first one. These are the last 30 days.")
    if not FIRST_DATE <= first <= last <= LAST_DATE or (last - first).days >= MAX_DAYS:
        return _("Numbers can be shown for at most ten years, from 2000 on. These are the last 30 days.")
    return ""
