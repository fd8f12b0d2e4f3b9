"""Reads days and times of cells, as platforms and spreadsheets write them. Raises `UnreadableCell`."""

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

from django.utils import timezone, translation
from django.utils.dates import MONTHS, MONTHS_3, MONTHS_ALT, MONTHS_AP, WEEKDAYS
from django.utils.translation import gettext as _

from .cells import UnreadableCell, quote_cell

MAX_TIME_CHARS = 80
ISO_TIME = re.compile(r"\s+(?=[+-]\d\d:?\d\d$)")
# Python takes the minutes of “09.30” and the seconds of “09:30.15” for a fraction of a second.
FRACTION_OF_HOUR = re.compile(r"[T\s]\d\d(?::?\d\d)?[.,]\d")
# The days since the end of 1899 with a part of a day, as a spreadsheet keeps a time of the years 1990 to 2099.
SERIAL_TIME = re.compile(r"(?:3[3-9]|[4-6]\d|7[0-2])\d{3}(?:[.,]\d{1,12})?")
FIRST_SERIAL_DAY = date(1899, 12, 30)
ZONE_NAME = re.compile(r"(?<=\d)\s?\([^()]{1,40}\)$")  # “GMT+0200 (Central European Summer Time)”
AT_WORDS = r"T|at|um|à|a\sles|a\slas|alle(?:\sore)?|às|kl|klo|om|saat|в|о|у"
EARLY_HALF = r"[ap]\.?m\.?|午前|午後|上午|下午|오전|오후"
# What stands between a year and the time: “г.” is “year”, and Turkish and Hungarian have the weekday there.
BEHIND_YEAR = (
    r"(?:\.|\s?[гр](?:\.|\b))?"
    rf"(?:,?\s(?!(?:{AT_WORDS}|{EARLY_HALF})\b)(?P<weekday>[^\W\d_]{{2,12}})\.?(?=,?\s\d))?"
)
LATE_HALF = r"[ap]\.?\s?m\.?|[πμ]\.?\s?μ\.?|ص|م"
TIME_OF_DAY = (
    rf"(?:,?\s*(?:[-–]\s)?(?:(?:\b|(?=T\d))(?:{AT_WORDS})(?:\b\.?|(?<=T)))?\s*(?P<early_half>{EARLY_HALF})?\s*(?<!\d)"
    r"(?P<hour>\d{1,2})\s?[:.時时点시h]\s?(?P<minute>\d\d)\s?[分분]?(?:[:.]?\s?(?P<end>\d\d)[秒초]?(?:\.\d{1,9})?)?"
    rf"\s*(?P<half>{LATE_HALF})?(?:\s*(?:Uhr|uur|h))?\s*(?P<offset>(?:UTC|GMT)?[+-]\d\d:?\d\d|Z|UTC|GMT)?)?"
)
LOCAL_TIME = re.compile(
    r"(?P<first>\d{1,2})(?P<separator>[./-])\s?(?P<second>\d{1,2})[./-]\s?(?P<year>\d{4}|(?<!-)\d\d(?!\d))"
    + BEHIND_YEAR
    + TIME_OF_DAY,
    re.IGNORECASE,
)
# “2026/9/1 9:00”, “2026年9月1日(火)”, “2026. 9. 1.” and “2026-Sep-01”
YEAR_FIRST = re.compile(
    r"(?P<year>\d{4})(?:\s?[-/.年년]\s?|\s(?=\D))(?P<month>\d{1,2}|[^\W\d_]{3,12}(?=\.?[\s-]))"
    r"\s?[-/.月월]?\s?(?P<day>\d{1,2})\s?[日일.]?(?:\s?\(\w\)|\s?(?:星期|周|週)\w|\s?\w(?:曜日|요일))?"
    + BEHIND_YEAR
    + TIME_OF_DAY,
    re.IGNORECASE,
)
# “Sep 1, 2026, 9:00:00 AM”, “Tue, 1 Sep 2026 09:00:00 +0000”, “1er septembre 2026” and “1-Sep-26”.
NAMED_TIME = re.compile(
    r"(?:[^\W\d_]{2,12}(?:-feira)?\.?,?\s(?:den\s)?)?\s?"
    r"(?:(?P<month>[^\W\d_]{3,12})\.?[\s-]\s?(?P<day>\d{1,2})(?:st|nd|rd|th)?"
    r"|(?P<early_day>\d{1,2})(?:\.|st|nd|rd|th|er|º)?(?:\s|-|(?<=\.))(?:of\s|de\s)?(?P<late_month>[^\W\d_]{3,12})\.?),?[\s-]"
    r"(?:de\s|del\s)?(?P<year>\d{4}|\d\d(?!\d))" + BEHIND_YEAR + TIME_OF_DAY,
    re.IGNORECASE,
)
ENGLISH_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# Languages in which no month has another one's name.
MONTH_LANGUAGES = (
    *("en", "de", "fr", "es", "it", "pt", "nl", "tr", "pl", "sv"),
    *("da", "nb", "ru", "uk", "el", "hu", "ro", "cs", "id"),
)
# As mails and Java write a time's zone: those of RFC 5322, and others that are of one zone alone.
OFFSETS = {
    "-08:00": "PST",
    "-07:00": "PDT MST",
    "-06:00": "MDT CST",
    "-05:00": "CDT EST",
    "-04:00": "EDT",
    "+00:00": "UTC GMT WET",
    "+01:00": "BST CET MEZ WEST",
    "+02:00": "CEST MESZ EET",
    "+03:00": "EEST MSK",
    "+08:00": "HKT SGT",
    "+09:00": "JST KST",
    "+10:00": "AEST",
    "+11:00": "AEDT",
    "+12:00": "NZST",
    "+13:00": "NZDT",
}
ZONES = {name: offset for offset, names in OFFSETS.items() for name in names.split()}
ZONE = re.compile(
    rf"(?P<offset>\s?[+-]\d\d:?\d\d)?\s?\b(?:(?P<name>{'|'.join(ZONES)})|\[[A-Za-z/_]{{3,40}}\])$"
)
# “Tue Sep  1 09:00:00 CEST 2026”, as C and Java write it.
YEAR_LAST = re.compile(
    r"([A-Z][a-z]{2}\s[A-Z][a-z]{2}\s{1,2}\d{1,2})(\s\d\d:\d\d:\d\d)(\s[A-Z]{3,4})?\s(\d{4})"
)
# The seconds or their thousandths since 1970, of the years 2001 to 2033, and 20260901090000.
SECONDS = re.compile(r"(1\d{9})(?:\d{3}|\.0)?")
DIGITS_ALONE = re.compile(r"\A((?:19|20)\d{6})(\d{6})\Z")
LAST_SECOND = time(23, 59, 59)
FIRST_YEAR = 1990  # an earlier one is the first day that a program knows, where it knows no time
# What stands where there is no time: “0”, “0000-00-00 00:00:00”, “false”, and a spreadsheet's 0 as a time.
NO_TIME = re.compile(
    r"[\W0]*|no?|false|never|12:00(?::00)?\sAM|(?:0?1[./-]00?|00?[./-]0?1)[./-](?:19)?00\b.*|1900-0?1-00\b.*",
    re.IGNORECASE,
)
AFTERNOON = ("p", "午後", "下午", "오후", "μ", "م")


def read_time(text: str, *, is_day_first: bool | None = None) -> datetime:
    """A time with its zone. One that is written without an offset is in the shop's own time zone.

    `is_day_first` says how 03/04/2026 is meant; None if nobody knows. With full stops the day is always first.
    """
    moment = _read_moment(text, is_day_first)
    return moment.astimezone(UTC) if moment.tzinfo else timezone.make_aware(moment)


def read_day(text: str, *, is_day_first: bool | None = None) -> date:
    """A day, that of the shop's time zone where there is a time.

    Programs write a day as its first or last second, in a zone of their own: then it is the day as it is written.
    """
    moment = _read_moment(text, is_day_first)
    is_whole_day = moment.time().replace(microsecond=0) in (time(), LAST_SECOND)
    return moment.date() if is_whole_day or not moment.tzinfo else timezone.localtime(moment).date()


def has_time(text: str) -> bool:
    """Whether a cell says that there was a time, also one that cannot be read."""
    try:
        return bool(text) and _parse_time(text, is_day_first=True).year >= FIRST_YEAR
    except UnreadableCell:
        return not NO_TIME.fullmatch(text)


def _read_moment(text: str, is_day_first: bool | None) -> datetime:
    """A time, with its offset if that is written."""
    moment = _parse_time(text, is_day_first)
    if not FIRST_YEAR <= moment.year < 2100:
        raise UnreadableCell(_("%(column)s is in the year %(year)s."), year=moment.year)
    return moment


def _parse_time(text: str, is_day_first: bool | None) -> datetime:
    if seconds := SECONDS.fullmatch(text):
        return datetime.fromtimestamp(int(seconds[1]), UTC)
    if moment := _read_iso_time(text):
        return moment
    if len(text) <= MAX_TIME_CHARS:
        text = _write_zone(YEAR_LAST.sub(r"\1 \4\2\3", DIGITS_ALONE.sub(r"\1T\2", text)))
    return _read_iso_time(text) or _read_local_time(text, is_day_first)


def _write_zone(text: str) -> str:
    """With a zone's offset in place of its name, which may also stand beside it."""
    zone = ZONE.search(text)
    if not zone or not (zone["offset"] or zone["name"]):
        return text
    return text[: zone.start()] + (zone["offset"] or f" {ZONES[zone['name']]}")


def _read_iso_time(text: str) -> datetime | None:
    if len(text) > MAX_TIME_CHARS or FRACTION_OF_HOUR.search(text):
        return None
    try:
        return datetime.fromisoformat(ISO_TIME.sub("", text.replace(" UTC", "+00:00").replace("/", "-")))
    except ValueError:
        return None


def _read_local_time(text: str, is_day_first: bool | None) -> datetime:
    if SERIAL_TIME.fullmatch(text):
        days = float(text.replace(",", "."))
        midnight = datetime.combine(FIRST_SERIAL_DAY, time())
        return midnight + timedelta(seconds=round(days * 24 * 60 * 60))
    written = ZONE_NAME.sub("", _simplify_time(text[: MAX_TIME_CHARS + 1]))
    if len(text) <= MAX_TIME_CHARS:
        for pattern in (NAMED_TIME, YEAR_FIRST, LOCAL_TIME):
            match = pattern.fullmatch(written)
            if match and (not match["weekday"] or match["weekday"].casefold() in _list_weekdays()):
                return _build_time(text, match, *_find_month_and_day(text, match, is_day_first))
    words = _("%(column)s is %(text)s, not a time such as 2026-09-01 09:00:00 -0500.")
    raise UnreadableCell(words, text=quote_cell(text))


def _simplify_time(text: str) -> str:
    """With all of Unicode's digits as ASCII, and without marks of direction."""
    if not text.isascii():
        visible = "".join(each for each in text if unicodedata.category(each) != "Cf")
        text = unicodedata.normalize("NFKC", visible)
        text = "".join(str(unicodedata.decimal(each)) if each.isdecimal() else each for each in text)
    return " ".join(text.split())


def _find_month_and_day(text: str, match: re.Match[str], is_day_first: bool | None) -> tuple[int, int]:
    if match.re is LOCAL_TIME:
        return _read_month_and_day(text, match, is_day_first)
    if match.re is NAMED_TIME:
        return find_month(match["month"] or match["late_month"]), int(match["day"] or match["early_day"])
    month = match["month"]
    return int(month) if month.isdecimal() else find_month(month), int(match["day"])


def _read_month_and_day(text: str, match: re.Match[str], is_day_first: bool | None) -> tuple[int, int]:
    first, second = int(match["first"]), int(match["second"])
    day_first = True if match["separator"] == "." or first > 12 else False if second > 12 else is_day_first
    if day_first is None and first != second:
        words = _("%(column)s is %(text)s: say --day-first or --month-first.")
        raise UnreadableCell(words, text=quote_cell(text))
    return (second, first) if day_first else (first, second)


def _build_time(text: str, match: re.Match[str], month: int, day: int) -> datetime:
    hour = int(match["hour"] or 0)
    if half := (match["half"] or match["early_half"] or "").lower():
        hour = hour % 12 + (12 if half.startswith(AFTERNOON) else 0)
    offset = re.sub(r"UTC|GMT", "Z", (match["offset"] or "").upper())
    offset = offset.removeprefix("Z") or offset
    clock = f"{hour:02}:{match['minute'] or '00'}:{match['end'] or '00'}{offset}"
    try:
        year = match["year"] if len(match["year"]) == 4 else f"20{match['year']}"
        return datetime.fromisoformat(f"{year}-{month:02}-{day:02} {clock}")
    except ValueError:
        words = _("%(column)s is %(text)s, which is no day.")
        raise UnreadableCell(words, text=quote_cell(text)) from None


def find_month(name: str) -> int:
    """The number of a month, by its name or the beginning of it; 0 if that is none, or may be two."""
    name = name.casefold()
    if name in ENGLISH_MONTHS:
        return ENGLISH_MONTHS.index(name) + 1
    if number := _list_month_names(is_full=True).get(name):
        return number  # “červen” is June, though “červenec”, July, begins with it
    names = _list_month_names(is_full=False)
    numbers = {number for each, number in names.items() if each.startswith(name)}
    return numbers.pop() if len(numbers) == 1 else 0


@cache
def _list_month_names(*, is_full: bool) -> dict[str, int]:
    """By name, in small letters and without full stop, as Django knows them; with those that are shortened or not."""
    names: dict[str, int] = {}
    tables = (MONTHS, MONTHS_ALT) if is_full else (MONTHS, MONTHS_3, MONTHS_ALT, MONTHS_AP)
    for language in MONTH_LANGUAGES:
        with translation.override(language):
            for table in tables:
                for number, (_key, name) in enumerate(table.items(), 1):
                    names.setdefault(str(name).casefold().strip("."), number)
    return names


@cache
def _list_weekdays() -> frozenset[str]:
    names = set[str]()
    for language in MONTH_LANGUAGES:
        with translation.override(language):
            names |= {str(name).casefold() for name in WEEKDAYS.values()}
    return frozenset(names)


def guess_day_first(times: list[str]) -> bool | None:
    """How a file writes its days, if one of them shows it."""
    matches = [match for match in map(LOCAL_TIME.match, times) if match and match["separator"] != "."]
    if any(int(match["first"]) > 12 for match in matches):
        return True
    return False if any(int(match["second"]) > 12 for match in matches) else None
