"""When the team answers: as the shop has written it, on the shop's own clock, and not on public holidays."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from supportbot import opening_hours

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture(autouse=True)
def _in_berlin(settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    timezone.activate(BERLIN)
    yield
    timezone.deactivate()


@pytest.fixture
def hours(settings: Any) -> Any:
    def use(text: str, holidays: str = "") -> None:
        changes = {"opening_hours": text, "holidays": holidays}
        settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update=changes)

    return use


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def test_without_hours_somebody_always_answers(hours):
    hours("")

    assert opening_hours.is_open(at("2026-12-25 03:00"))
    assert opening_hours.find_next_opening(at("2026-12-25 03:00")) is None


@pytest.mark.parametrize(
    ("moment", "is_open", "opening"),
    [
        ("2026-11-30 08:59", False, "2026-11-30 09:00"),
        ("2026-11-30 09:00", True, None),
        ("2026-11-30 16:59", True, None),
        ("2026-11-30 17:00", False, "2026-12-01 09:00"),
        ("2026-12-05 11:00", True, None),  # a Saturday
        ("2026-12-05 14:00", False, "2026-12-07 09:00"),
        ("2026-12-06 10:00", False, "2026-12-07 09:00"),
    ],
)
def test_the_hours_of_a_week(hours, moment, is_open, opening):
    hours("Mon-Fri 09:00-17:00, Sat 10:00-14:00")

    assert opening_hours.is_open(at(moment)) is is_open
    assert opening_hours.find_next_opening(at(moment)) == (opening and at(opening))


def test_on_public_holidays_nobody_answers(hours):
    hours("Mon-Sat 09:00-17:00", "DE-BE")

    assert not opening_hours.is_open(at("2026-12-25 10:00"))
    assert opening_hours.find_next_opening(at("2026-12-24 18:00")) == at("2026-12-28 09:00")


def test_a_holiday_of_one_part_of_a_country_is_none_of_another(hours):
    hours("Mon-Fri 09:00-17:00", "DE-BY")
    assert not opening_hours.is_open(at("2027-01-06 10:00"))  # Epiphany

    hours("Mon-Fri 09:00-17:00", "DE-BE")
    assert opening_hours.is_open(at("2027-01-06 10:00"))


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_on_the_days_on_which_the_clock_changes_it_is_the_clock_on_the_wall_that_counts(hours, day):
    hours("Sun 09:00-17:00")

    opening = opening_hours.find_next_opening(at(f"{day} 00:30"))

    assert opening is not None
    assert opening.astimezone(BERLIN).strftime("%H:%M") == "09:00"
    assert opening_hours.is_open(opening)
    assert not opening_hours.is_open(opening - timedelta(minutes=1))


@pytest.mark.parametrize(
    ("text", "opening", "length"),
    [
        ("Sun 02:30-05:00", "2026-03-29 03:00", 2),
        ("Sun 02:00-05:00", "2026-03-29 03:00", 2),
        ("Sun 01:00-02:30", "2026-03-29 01:00", 1),
        ("Sun 02:10-02:50, Sun 04:00-05:00", "2026-03-29 04:00", 1),
    ],
)
def test_a_time_that_the_clock_skips_is_the_moment_after(hours, text, opening, length):
    """In that night it goes from 02:00 to 03:00."""
    hours(text)
    begin, end = at("2026-03-28 12:00").astimezone(UTC), at("2026-03-29 12:00").astimezone(UTC)

    found = opening_hours.find_next_opening(begin)

    assert f"{found:%Y-%m-%d %H:%M}" == opening
    assert opening_hours.is_open(found)
    assert not opening_hours.is_open(found.astimezone(UTC) - timedelta(minutes=1))
    assert opening_hours.OpenTime(begin, end).measure_seconds(begin, end) == length * 3600
    assert opening_hours.add_open_hours(begin, length).astimezone(UTC) == found.astimezone(UTC) + timedelta(
        hours=length
    )


def test_an_hour_that_the_clock_shows_twice_closes_nobody_out(hours):
    """In that night it goes from 03:00 back to 02:00."""
    hours("Sun 02:30-05:00")
    opening = opening_hours.find_next_opening(at("2026-10-25 01:00"))
    assert opening is not None

    minutes = [opening.astimezone(UTC) + timedelta(minutes=each) for each in range(-1, 3 * 60 + 31)]

    assert [opening_hours.is_open(each) for each in minutes] == [False, *[True] * (3 * 60 + 30), False]


def test_the_next_opening_is_the_one_that_looking_at_every_minute_finds(hours):
    hours("Mon 08:00-12:00, Mon 13:00-18:00, Wed-Thu 22:00-24:00, Sun 00:00-01:30", "DE-BE")
    chance = random.Random(7)
    for _ in range(40):
        moment = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=chance.randrange(300 * 24 * 60))
        moment = moment.replace(second=0)
        if not opening_hours.is_open(moment):
            found = moment
            while not opening_hours.is_open(found):
                found += timedelta(minutes=1)
            assert opening_hours.find_next_opening(moment) == found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Mon-Fri 09:00-17:00", "Monday–Friday 09:00–17:00"),
        ("Mon 09:00-12:00, Mon 13:00-17:00", "Monday 09:00–12:00 and 13:00–17:00"),
        ("Sat 10:00-14:00, Mon-Tue 09:00-17:00", "Monday–Tuesday 09:00–17:00, Saturday 10:00–14:00"),
    ],
)
def test_the_hours_as_a_customer_reads_them(hours, text, words):
    hours(text)

    assert opening_hours.describe_opening_hours() == words


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("weekdays", "does not look like"),
        ("Mon-Fri 9-17", "does not look like"),
        ("Mon-Foo 09:00-17:00", "names a day"),
        ("Mon 17:00-09:00", "does not begin before it ends"),
        ("Mon 09:00-25:00", "does not begin before it ends"),
    ],
)
def test_hours_that_cannot_be_read_are_told_in_plain_words(text, why):
    with pytest.raises(ValueError, match=why):
        opening_hours.parse_opening_hours(text)


def test_a_country_that_is_none_is_told_in_plain_words():
    opening_hours.parse_holidays("DE")
    with pytest.raises(ValueError, match="no country"):
        opening_hours.parse_holidays("Atlantis")


@pytest.mark.parametrize(
    ("text", "moment", "hours_counted", "reached"),
    [
        ("Mon 09:00-12:00, Mon 11:00-14:00", "2026-11-30 10:00", 3, "2026-11-30 13:00"),  # two spans overlap
        ("Mon 09:00-12:00", "2026-11-30 12:00", 1, "2026-12-07 10:00"),
        ("Mon 09:00-12:00", "2026-11-30 09:00", 3, "2026-11-30 12:00"),
        ("Mon-Sun 22:00-24:00, Mon-Sun 00:00-02:00", "2026-11-30 23:00", 2, "2026-12-01 01:00"),
        ("Mon 09:00-09:30", "2026-11-30 08:00", 1000, "2027-12-01 08:00"),  # not within a year
    ],
)
def test_open_hours_are_counted(hours, text, moment, hours_counted, reached):
    hours(text)

    assert opening_hours.add_open_hours(at(moment), hours_counted) == at(reached)


@pytest.mark.parametrize(
    "text", ["Mon-Fri 09:00-17:00", "Mon-Sun 00:00-24:00", "Mon 22:00-24:00, Tue 00:00-03:30", ""]
)
def test_the_time_between_two_moments_is_the_one_that_was_added(hours, text):
    """Also on the days on which the clock changes, and over holidays."""
    hours(text, "DE-BE")
    first = datetime(2026, 1, 1, tzinfo=UTC)
    open_time = opening_hours.OpenTime(first, datetime(2028, 1, 1, tzinfo=UTC))
    draw = random.Random(7)

    for _ in range(60):
        begin = first + timedelta(minutes=draw.randint(0, 400 * 24 * 60))
        needed = draw.randint(1, 60)
        end = opening_hours.add_open_hours(begin, needed)
        assert open_time.measure_seconds(begin, end) == needed * 3600, begin
        assert open_time.measure_seconds(end, begin) == 0


def test_spans_that_overlap_are_counted_once(hours):
    hours("Mon 09:00-12:00, Mon 10:00-14:00, Mon 11:00-12:00")
    begin, end = at("2026-11-30 00:00"), at("2026-12-01 00:00")

    assert opening_hours.OpenTime(begin, end).measure_seconds(begin, end) == 5 * 3600
    assert opening_hours.OpenTime(begin, end).measure_seconds(at("2026-11-30 11:30"), end) == 2.5 * 3600


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        ("2026-03-28 23:50", "2026-03-30 00:20"),  # over a day of 23 hours
        ("2026-10-24 23:50", "2026-10-26 00:20"),  # and over one of 25
        ("2026-03-29 00:00", "2026-03-29 23:59"),
        ("2026-12-31 23:59", "2027-01-01 00:01"),
        ("2026-03-28 00:00", "2026-03-28 00:00"),
    ],
)
def test_a_team_that_is_always_there_is_there_all_of_the_time(hours, begin, end):
    """Also in the minutes of the last day, when it is made for these two moments alone."""
    hours("Mon-Sun 00:00-24:00")
    first, last = at(begin).astimezone(UTC), at(end).astimezone(UTC)
    assert opening_hours.OpenTime(first, last).measure_seconds(first, last) == (last - first).total_seconds()
