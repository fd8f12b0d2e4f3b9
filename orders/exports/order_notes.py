"""Finds what apps have noted of an order's parcel: lines such as “tracking_number: 357962501027” of Note Attributes."""

import re
from typing import NamedTuple

from .cells import UnreadableCell
from .times import read_time

CARRIER = re.compile(
    r"\b(?:carrier|courier|(?:tracking|shipping|delivery|logistics) (?:company|provider|partner))(?: name| title)?$"
)
TRACKING = re.compile(
    r"\b(?:tracking|awb|waybill|consignment|parcel|shipment)(?: (?:number|no|nr|num|id|code|awb))?$"
)
TRACKING_URL = re.compile(r"\b(?:tracking|track|courier|carrier|awb)\b")
# A tracking number has some digits: “tracking: accepted” is about cookies. And “next shipment: 2026-10-01” is a day.
TRACKING_NUMBER = re.compile(r"(?!\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b)(?=(?:\D*\d){4})[\w .,/-]{5,}")
MAX_NOTES_CHARS = 50_000  # a shop's customers write notes of their carts too
NO_VALUES = ("", "null", "none", "undefined", "n/a", "-", "false", "true")


class ParcelNotes(NamedTuple):
    carrier: str = ""
    tracking: str = ""
    tracking_url: str = ""


def read_parcel_notes(notes: str) -> ParcelNotes:
    """What is noted first of each."""
    found: dict[str, str] = {}
    for line in notes[:MAX_NOTES_CHARS].splitlines():
        key, _, value = line.partition(":")
        name, value = re.sub(r"[\W_]+", " ", key[:80]).strip().lower(), value.strip()
        if value.lower() in NO_VALUES:
            continue
        if re.match(r"https?://\S", value):
            if TRACKING_URL.search(name):
                found.setdefault("tracking_url", value.split()[0][:500])
        elif TRACKING.search(name) and _is_tracking_number(value):
            found.setdefault("tracking", value[:200])
        elif CARRIER.search(name):
            found.setdefault("carrier", value[:80])
    return ParcelNotes(**found)


def _is_tracking_number(value: str) -> bool:
    return bool(TRACKING_NUMBER.fullmatch(value)) and not _is_day_in_words(value)


def _is_day_in_words(value: str) -> bool:
    """Whether it is written as “1 October 2026”. Digits alone are none, though 20261001 may be one."""
    try:
        return not value.isdecimal() and bool(read_time(value, is_day_first=True))
    except UnreadableCell:
        return False
