"""All numbers of a period, by section, each by one query."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps

from supportbot.assistant.dashboard_numbers import Count, DashboardNumber, Durations, Number, Sums

from .counts import count_rows
from .periods import ChosenPeriod
from .reports import Report
from .sums import add_up
from .times import measure_times

CanOpen = Callable[[str], bool]


@dataclass
class Section:
    title: str
    reports: list[Report] = field(default_factory=list)


def list_numbers() -> dict[str, DashboardNumber]:
    """The numbers of all apps, by key."""
    config: Any = apps.get_app_config("dashboard")
    numbers: dict[str, DashboardNumber] = config.numbers
    return numbers


def build_sections(chosen: ChosenPeriod, can_open: CanOpen) -> list[Section]:
    """In the order of the apps; numbers of one section stand together."""
    sections: dict[str, Section] = {}
    for key, describe in list_numbers().items():
        report = build_report(key, describe(chosen.period), chosen, can_open)
        title = str(report.number.section)
        sections.setdefault(title, Section(title)).reports.append(report)
    return list(sections.values())


def build_report(key: str, number: Number, chosen: ChosenPeriod, can_open: CanOpen) -> Report:
    """Raises TypeError for a number of no known sort."""
    if isinstance(number, Count):
        return count_rows(key, number, chosen, can_open)
    if isinstance(number, Durations):
        return measure_times(key, number, chosen, can_open)
    if isinstance(number, Sums):
        return add_up(key, number, chosen, can_open)
    raise TypeError(f"{key} is a {type(number).__name__}, which the dashboard can't show.")
