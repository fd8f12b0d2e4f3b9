"""A period is of whole days of the shop, and is compared with as much time before it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from supportbot.dashboard.periods import CHOICES, choose_period, list_slices

pytestmark = pytest.mark.usefixtures("in_berlin")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def in_shop(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("choice", "first", "previous"),
    [
        ("today", "2026-11-27 00:00", ("2026-11-26 00:00", "2026-11-26 15:30")),
        ("7", "2026-11-21 00:00", ("2026-11-14 00:00", "2026-11-20 15:30")),
        ("30", "2026-10-29 00:00", ("2026-09-29 00:00", "2026-10-28 15:30")),
        ("year", "2025-11-28 00:00", ("2024-11-28 00:00", "2025-11-27 15:30")),
    ],
)
def test_a_period_ends_today_and_the_one_before_at_the_same_hour(choice, first, previous):
    period = choose_period({"period": choice}, at("2026-11-27T14:30")).period

    assert (in_shop(period.start), in_shop(period.end)) == (first, "2026-11-28 00:00")
    assert (in_shop(period.previous_start), in_shop(period.previous_end)) == previous


def test_days_that_are_over_are_compared_with_whole_days():
    chosen = choose_period({"first": "2026-10-20", "last": "2026-10-25"}, at("2026-11-27T14:30"))

    assert (chosen.choice, chosen.problem) == ("own", "")
    assert chosen.period.previous_end == chosen.period.start
    # 25 October has 25 hours.
    assert chosen.period.end - chosen.period.start == timedelta(days=6, hours=1)
    assert chosen.period.start - chosen.period.previous_start == timedelta(days=6)


@pytest.mark.parametrize(
    "asked",
    [
        {"first": "2026-02-30", "last": "2026-03-01"},
        {"first": "yesterday", "last": "today"},
        {"first": "2026-03-01"},
        {"period": "own"},
        {"first": "2026-03-02", "last": "2026-03-01"},
        {"first": "0001-01-01", "last": "2026-03-01"},
        {"first": "2001-01-01", "last": "2026-03-01"},
        {"first": "2026-03-01", "last": "9999-12-31"},
    ],
)
def test_dates_that_are_none_are_told_and_get_thirty_days(asked):
    chosen = choose_period(asked, at("2026-11-27T14:30"))

    assert chosen.problem
    assert (chosen.first, chosen.last) == (date(2026, 10, 29), date(2026, 11, 27))


@pytest.mark.parametrize(
    ("first", "last", "count", "labels"),
    [
        ("2026-10-25", "2026-10-25", 25, ["01:00", "02:00 CEST", "02:00 CET", "03:00"]),
        ("2026-03-29", "2026-03-29", 23, ["01:00", "03:00"]),
        ("2026-10-24", "2026-10-26", 3, ["24 Oct", "25 Oct", "26 Oct"]),
        ("2026-09-02", "2026-11-27", 13, ["2 Sep", "7 Sep", "14 Sep"]),
        ("2025-11-28", "2026-11-27", 13, ["Nov 2025", "Dec 2025", "Jan 2026"]),
    ],
)
def test_its_parts_have_no_gap_also_when_the_clock_changes(first, last, count, labels):
    first, last = date.fromisoformat(first), date.fromisoformat(last)
    slices = list_slices(first, last)
    period = choose_period({"first": str(first), "last": str(last)}, at("2027-11-27T14:30")).period

    assert len(slices) == count
    assert [each.end for each in slices[:-1]] == [each.start for each in slices[1:]]
    assert (slices[0].start, slices[-1].end) == (period.start, period.end)
    found = [each.label for each in slices]
    assert labels == found[found.index(labels[0]) :][: len(labels)]


@pytest.mark.parametrize("today", ["2028-02-29T12:00", "2026-01-01T00:30", "2026-03-01T12:00"])
def test_every_choice_is_a_period_on_every_day(today):
    for choice in CHOICES:
        chosen = choose_period({"period": choice}, at(today))
        assert chosen.period.previous_start < chosen.period.previous_end <= chosen.period.start
        assert chosen.period.start <= at(today) < chosen.period.end
        assert 365 <= (chosen.last - chosen.first).days + 1 <= 366 or choice != "year"
