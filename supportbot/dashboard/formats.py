"""Numbers, times and changes as people read them."""

from decimal import Decimal
from math import ceil
from statistics import median

from django.utils.formats import number_format
from django.utils.translation import gettext as _

MIN_FOR_MEDIAN, MIN_FOR_PERCENTILE = 3, 10
MIN_FOR_PERCENT = 20  # a change from 2 to 3 is no trend of 50 %
MINUTE, HOUR, DAY = 60, 3600, 86400
DAYS_FROM = 48 * HOUR


def format_count(value: int | Decimal) -> str:
    return number_format(value, use_l10n=True, force_grouping=True)


def format_seconds(seconds: float | None, *, in_opening_hours: bool = False) -> str:
    """“45 s”, “12 min”, “5 h 12 min”, “3 d 4 h”. Opening hours are never days: a day of them has no fixed length.

    Less than nothing, where the clock was set back meanwhile, is nothing, as in the median.
    """
    if seconds is None:
        return _("not enough yet")
    whole = max(0, round(seconds))
    if whole < MINUTE:
        return _("%(seconds)d s") % {"seconds": whole}
    minutes = round(whole / MINUTE)
    if minutes < 60:
        return _("%(minutes)d min") % {"minutes": minutes}
    if whole < DAYS_FROM or in_opening_hours:
        return _("%(hours)d h %(minutes)d min") % {"hours": minutes // 60, "minutes": minutes % 60}
    hours = round(whole / HOUR)
    return _("%(days)d d %(hours)d h") % {"days": hours // 24, "hours": hours % 24}


def find_median(seconds: list[float]) -> float | None:
    """None for so few that chance decides."""
    return median(seconds) if len(seconds) >= MIN_FOR_MEDIAN else None


def find_percentile(seconds: list[float]) -> float | None:
    """The smallest of them that nine of ten do not exceed; None for so few that it would be the largest."""
    if len(seconds) < MIN_FOR_PERCENTILE:
        return None
    return sorted(seconds)[ceil(len(seconds) * 9 / 10) - 1]


def describe_change(value: float | Decimal | None, before: float | Decimal | None, count: int) -> str:
    """“+12 %”, “−8 %”; empty where there is nothing to compare. `count` is of how many rows the one before is made."""
    if value is None or not before or count < MIN_FOR_PERCENT:
        return ""
    percent = round(100 * (float(value) / float(before) - 1))
    sign = "+" if percent > 0 else "−" if percent < 0 else "±"
    return _("%(sign)s%(percent)s %%") % {"sign": sign, "percent": format_count(abs(percent))}


def describe_share(part: int, whole: int) -> str:
    """“12 % of all”; empty for so few that it would say too much."""
    if whole < MIN_FOR_PERCENT:
        return ""
    return _("%(percent)d %% of all") % {"percent": round(100 * part / whole)}
