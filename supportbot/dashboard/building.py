"""All numbers of a period, by section, each by one query."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.apps import apps

from supportbot.app_modules import get_app_title
from supportbot.assistant.dashboard_numbers import Count, DashboardNumber, Durations, Number, Sums
from supportbot.server.app_failures import call_or_log

from .counts import count_rows
from .periods import ChosenPeriod
from .reports import FailedReport, Report, RowsLink
from .sums import add_up
from .times import measure_times

CanOpen = Callable[[str], bool]


@dataclass
class Section:
    title: str
    reports: list[Report | FailedReport] = field(default_factory=list)


def list_numbers() -> dict[str, DashboardNumber]:
    """The numbers of all apps, by key."""
    config: Any = apps.get_app_config("dashboard")
    numbers: dict[str, DashboardNumber] = config.numbers
    return numbers


def build_sections(chosen: ChosenPeriod, can_open: CanOpen) -> list[Section]:
    """In the order of the apps; numbers of one section stand together. One that fails stands under its app's name."""
    sections: dict[str, Section] = {}
    for key, describe in list_numbers().items():
        built = call_or_log(
            f"@dashboard_number {key}", partial(_build_titled_report, key, describe, chosen, can_open)
        )
        title, report = built or (get_app_title(describe.function.__module__), FailedReport(key))
        sections.setdefault(title, Section(title)).reports.append(report)
    return list(sections.values())


def _build_titled_report(
    key: str, describe: DashboardNumber, chosen: ChosenPeriod, can_open: CanOpen
) -> tuple[str, Report | FailedReport]:
    """With the title of its section."""
    report = build_report(key, describe(chosen.period), chosen, can_open)
    return str(report.number.section), report


def build_report(key: str, number: Number, chosen: ChosenPeriod, can_open: CanOpen) -> Report:
    """Raises TypeError for a number of no known sort."""
    if not isinstance(number, Count | Durations | Sums):
        raise TypeError(f"{key} is a {type(number).__name__}, which the dashboard can't show.")
    link = RowsLink(key, can_open(number.opens.model))
    if isinstance(number, Count):
        return count_rows(number, chosen, link)
    if isinstance(number, Durations):
        return measure_times(number, chosen, link)
    return add_up(number, chosen, link)
