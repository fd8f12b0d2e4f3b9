"""When the team answers: OPENING_HOURS, HOLIDAYS and TIME_ZONE of the environment.

    Mon-Fri 09:00-17:00, Sat 10:00-14:00

Times are those of the wall clock in the shop's time zone, also on the days on which that changes: where the clock skips
one, it is the moment after, and where it shows one twice, the first. A day may have several spans, and a span may end
at 24:00. On public holidays nobody answers.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

import holidays
from django.conf import settings
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SPAN = re.compile(r"(\w{3})(?:-(\w{3}))? (\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})", re.ASCII)
MAX_DAYS_AHEAD = 60  # that an opening is looked for
MAX_DAYS_COUNTED = 366  # in which open hours are counted
MINUTES_A_DAY = 24 * 60

# By weekday, Monday being 0: (first minute, minute after the last), counted from midnight, in order.
Week = dict[int, list[tuple[int, int]]]


def parse_opening_hours(text: str) -> Week:
    """Read OPENING_HOURS. Raises ValueError, in plain words, for what is no such text."""
    week: Week = {}
    for part in filter(None, map(str.strip, text.split(","))):
        found = SPAN.fullmatch(part)
        if found is None:
            raise ValueError(f"“{part}” does not look like “Mon-Fri 09:00-17:00”")
        first, last = found[1].lower(), (found[2] or found[1]).lower()
        if first not in DAYS or last not in DAYS:
            raise ValueError(f"“{part}” names a day that is none of Mon, Tue, Wed, Thu, Fri, Sat and Sun")
        start, end = int(found[3]) * 60 + int(found[4]), int(found[5]) * 60 + int(found[6])
        if not start < end <= MINUTES_A_DAY or int(found[4]) > 59 or int(found[6]) > 59:
            raise ValueError(f"“{part}” does not begin before it ends, within one day")
        length = (DAYS.index(last) - DAYS.index(first)) % 7
        for day in range(length + 1):
            week.setdefault((DAYS.index(first) + day) % 7, []).append((start, end))
    return {day: sorted(spans) for day, spans in week.items()}


def parse_holidays(text: str) -> None:
    """Raise ValueError, in plain words, unless HOLIDAYS names a country, or a part of one, that is known."""
    try:
        _list_holidays(text, 2026)
    except (NotImplementedError, KeyError) as error:
        raise ValueError(f"“{text}” is no country such as DE, or part of one such as DE-BE") from error


def is_open(moment: datetime) -> bool:
    """Whether the team answers at that moment. Without OPENING_HOURS it always does."""
    if not settings.ENVIRONMENT.opening_hours:
        return True
    return any(start <= moment < end for start, end in _list_open_times(moment, days=1))


def find_next_opening(moment: datetime) -> datetime | None:
    """When the team answers again after `moment`, in the shop's time zone.

    None when it answers now, or not within `MAX_DAYS_AHEAD` days.
    """
    if is_open(moment):
        return None
    spans = _list_open_times(moment, MAX_DAYS_AHEAD)
    # Of a span that the clock skips whole nothing is left.
    opening = next((start for start, end in spans if moment < start < end), None)
    return None if opening is None else timezone.localtime(opening)


def add_open_hours(moment: datetime, hours: float) -> datetime:
    """The moment at which the team will have been there for so many hours since `moment`, in the shop's time zone.

    Hours are those that pass, also on the days on which the clock changes. Where the team is not there for long enough
    within a year, it is the end of that year: such a week is a mistake, and a time far away tells nobody anything.
    """
    remaining = timedelta(hours=hours)
    if not settings.ENVIRONMENT.opening_hours:
        return timezone.localtime(moment + remaining)
    counted = moment.astimezone(UTC)
    for start, end in _list_open_times(moment):
        begins = max(start, counted)  # two spans of a day may overlap
        if end - begins >= remaining:
            return timezone.localtime(begins + remaining)
        remaining -= max(end - begins, timedelta())
        counted = max(end, counted)
    return timezone.localtime(moment + timedelta(days=MAX_DAYS_COUNTED))


class OpenTime:
    """How long the team was there between two moments from `first` to `last`; without OPENING_HOURS all of the time.

    It is made once for many pairs of moments: each of them is then a look-up.
    """

    def __init__(self, first: datetime, last: datetime) -> None:
        self._starts: list[datetime] = []
        self._lengths: list[float] = []  # in seconds
        self._sums = [0.0]  # of the lengths before each span
        self._is_always_open = not settings.ENVIRONMENT.opening_hours
        if self._is_always_open:
            return
        # Those of the shop's clock: a day may have 23 or 25 hours.
        days = (timezone.localtime(last).date() - timezone.localtime(first).date()).days + 1
        ended = first.astimezone(UTC) - timedelta(days=1)
        for start, end in _list_open_times(first, days):
            begins = max(start, ended)  # spans of a day may overlap
            if end > begins:
                self._starts.append(begins)
                self._lengths.append((end - begins).total_seconds())
                self._sums.append(self._sums[-1] + self._lengths[-1])
                ended = end

    def measure_seconds(self, begin: datetime, end: datetime) -> float:
        if self._is_always_open:
            return max(0.0, (end - begin).total_seconds())
        return max(0.0, self._count_seconds_until(end) - self._count_seconds_until(begin))

    def _count_seconds_until(self, moment: datetime) -> float:
        place = bisect_right(self._starts, moment) - 1
        if place < 0:
            return 0.0
        inside = (moment - self._starts[place]).total_seconds()
        return self._sums[place] + min(inside, self._lengths[place])


def describe_opening_hours() -> str:
    """The hours as a customer reads them, such as “Monday–Friday 09:00–17:00”; empty when there are none."""
    week = _read_week()
    groups: list[tuple[list[int], list[tuple[int, int]]]] = []
    for day in sorted(week):
        if groups and groups[-1][1] == week[day] and groups[-1][0][-1] == day - 1:
            groups[-1][0].append(day)
        else:
            groups.append(([day], week[day]))
    return ", ".join(f"{_name_days(days)} {_name_spans(spans)}" for days, spans in groups)


def _list_open_times(moment: datetime, days: int = MAX_DAYS_COUNTED) -> Iterator[tuple[datetime, datetime]]:
    """From when to when the team is there, from the day of `moment` on, as moments that can be subtracted.

    Python subtracts times of one zone as their clocks show them, so these are in UTC.
    """
    first = timezone.localtime(moment).date()
    for ahead in range(days):
        day = first + timedelta(days=ahead)
        for start, end in _list_spans(day):
            yield _find_minute(day, start), _find_minute(day, end)


def _find_minute(day: date, minute: int) -> datetime:
    """When the day's clock shows that minute, or the first one after it that it shows. It is in UTC.

    Minute 24 * 60 is the next day's first one.
    """
    zone = timezone.get_current_timezone()
    while True:
        shown = datetime.combine(day, time()) + timedelta(minutes=minute)
        moment = shown.replace(tzinfo=zone).astimezone(UTC)
        if moment.astimezone(zone).replace(tzinfo=None) == shown:
            return moment
        minute += 1


def _list_spans(day: date) -> list[tuple[int, int]]:
    country = settings.ENVIRONMENT.holidays
    if country and day in _list_holidays(country, day.year):
        return []
    return _read_week().get(day.weekday(), [])


def _read_week() -> Week:
    return parse_opening_hours(settings.ENVIRONMENT.opening_hours)


@lru_cache(maxsize=16)
def _list_holidays(country: str, year: int) -> holidays.HolidayBase:
    code, _dash, part = country.partition("-")
    return holidays.country_holidays(code.upper(), subdiv=part.upper() or None, years=year)


def _name_days(days: list[int]) -> str:
    names = [str(WEEKDAYS[day]) for day in days]
    return names[0] if len(names) == 1 else f"{names[0]}–{names[-1]}"


def _name_spans(spans: list[tuple[int, int]]) -> str:
    return _(" and ").join(f"{_name_minute(start)}–{_name_minute(end)}" for start, end in spans)


def _name_minute(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
