"""Counts what the dashboard counts, by plain Python over all rows: slowly, and in the words of docs/numbers.md."""

import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from supportbot.audit.models import AuditEvent
from supportbot.conversations.models import Conversation, Rating, Turn
from supportbot.usage.models import ModelRequest
from tickets.models import StatusChange, Ticket

BERLIN = ZoneInfo("Europe/Berlin")
CLASSES = (AuditEvent, Conversation, Rating, Turn, ModelRequest, StatusChange, Ticket)
ACTIVE, ENDED = ("open", "pending"), ("resolved", "closed")


def day_of(moment: datetime) -> date:
    return moment.astimezone(BERLIN).date()


def count_open_seconds(begin: datetime, end: datetime) -> float:
    """From nine to five on Monday to Friday, day by day."""
    seconds, day = 0.0, day_of(begin)
    while day <= day_of(end):
        if day.weekday() < 5:
            opens, closes = (datetime.combine(day, time(hour), BERLIN).timestamp() for hour in (9, 17))
            seconds += max(0.0, min(closes, end.timestamp()) - max(opens, begin.timestamp()))
        day += timedelta(days=1)
    return seconds


@dataclass
class Rows:
    """All rows of the database, and the time at which they are looked at."""

    now: datetime
    tables: dict[Any, list[dict[str, Any]]]

    @classmethod
    def load(cls, now: datetime) -> "Rows":
        return cls(now, {model: list(model.objects.order_by("pk").values()) for model in CLASSES})

    @cached_property
    def moments(self) -> dict[str, list[tuple[datetime, str, Any]]]:
        """By number: of each row when it was, of what kind it is, and what is measured of it."""
        return {
            "dashboard.count_conversations": self.conversations(),
            "dashboard.count_ratings": [
                (row["rated"], str(row["is_good"]), None)
                for row in self.tables[Rating]
                if row["rated"] is not None
            ],
            "dashboard.measure_waits": self.waits(),
            "dashboard.add_up_tokens": [
                (row["created"], row["model"], (row["input"], row["output"], row["cost"]))
                for row in self.tables[ModelRequest]
            ],
            "dashboard.count_failures": [
                (row["created"], row["error"], None)
                for row in self.tables[Turn]
                if row["state"] in ("failed", "interrupted")
            ],
            "tickets.count_tickets": [(row["created"], row["status"], None) for row in self.tables[Ticket]],
            "tickets.count_tickets category": [
                (row["created"], row["category"], None) for row in self.tables[Ticket]
            ],
            "tickets.measure_first_responses": self.times("first_response"),
            "tickets.measure_resolutions": self.times("resolved"),
            "tickets.count_ends": self.ends(),
        }

    def conversations(self) -> list[tuple[datetime, str, Any]]:
        events: dict[int, set[str]] = {}
        for event in self.tables[AuditEvent]:
            events.setdefault(event["conversation_id"], set()).add(event["action"])
        good = {row["conversation_id"] for row in self.tables[Rating] if row["is_good"]}
        good |= {row["conversation_id"] for row in self.tables[Ticket] if row["resolution"] == "customer"}
        bad = {row["conversation_id"] for row in self.tables[Rating] if row["is_good"] is False}
        found = []
        for row in self.tables[Conversation]:
            if not row["last_seq"]:
                continue
            happened = events.get(row["id"], set())
            if row["owner"] in ("waiting", "human") or happened & {
                "person_requested",
                "took_over",
                "assigned",
            }:
                kind = "person"
            elif "returned" in happened:
                kind = "returned"
            elif row["id"] in good:
                kind = "confirmed"
            elif row["id"] in bad:
                kind = "denied"
            else:
                is_over = row["owner"] == "closed" or self.now - row["updated"] >= timedelta(days=1)
                kind = "silence" if is_over else "open"
            found.append((row["created"], kind, None))
        return found

    def waits(self) -> list[tuple[datetime, str, Any]]:
        last: dict[int, dict[str, Any]] = {}
        found = []
        for event in self.tables[AuditEvent]:
            before = last.get(event["conversation_id"])
            is_coming = event["action"] in ("took_over", "assigned")
            if (
                is_coming
                and before is not None
                and before["action"] in ("person_requested", "returned_to_queue")
            ):
                found.append((event["created"], "", (event["created"] - before["created"]).total_seconds()))
            if event["action"] != "returned":
                last[event["conversation_id"]] = event
        return found

    def times(self, ends: str) -> list[tuple[datetime, str, Any]]:
        return [
            (row[ends], "", count_open_seconds(row["created"], row[ends]))
            for row in self.tables[Ticket]
            if row[ends] is not None and not (ends == "resolved" and row["merged_into_id"])
        ]

    def ends(self) -> list[tuple[datetime, str, Any]]:
        tickets = {row["id"]: row for row in self.tables[Ticket]}
        steps: dict[int, list[dict[str, Any]]] = {}
        for change in self.tables[StatusChange]:
            steps.setdefault(change["ticket_id"], []).append(change)
        return [
            (step["created"], self.name_end(tickets[key], step, changes[place + 1 :]), None)
            for key, changes in steps.items()
            for place, step in enumerate(changes)
            if step["old"] in ACTIVE and step["new"] in ENDED
        ]

    def name_end(self, ticket: dict[str, Any], step: dict[str, Any], later: list[dict[str, Any]]) -> str:
        opened = [each["created"] - step["created"] for each in later if each["new"] in ACTIVE]
        if any(timedelta(0) <= after <= timedelta(days=7) for after in opened):
            return "reopened"
        if ticket["merged_into_id"]:
            return "merged"
        next_step = later[0] if later else {"actor": "", "new": ""}
        if step["actor"] == "customer" or (next_step["actor"] == "customer" and next_step["new"] in ENDED):
            return "customer"
        return "customer" if not opened and ticket["resolution"] == "customer" else "staff"


def choose(
    rows: Iterable[tuple[datetime, str, Any]], first: date, last: date
) -> list[tuple[datetime, str, Any]]:
    """Those of the days from the first to the last."""
    return [row for row in rows if first <= day_of(row[0]) <= last]


def count_kinds(rows: Iterable[tuple[datetime, str, Any]]) -> Counter[str]:
    return Counter(kind for _at, kind, _value in rows)


def find_percentiles(rows: Iterable[tuple[datetime, str, Any]]) -> tuple[int, int | None, int | None]:
    """How many, the median, and the 90th percentile, in whole seconds."""
    values = sorted(value for _at, _kind, value in rows)
    middle = round(median(values)) if len(values) >= 3 else None
    return len(values), middle, round(values[math.ceil(0.9 * len(values)) - 1]) if len(values) >= 10 else None


def add_up(rows: Iterable[tuple[datetime, str, Any]]) -> tuple[int, int, int, Any]:
    values = [value for _at, _kind, value in rows]
    costs = [cost for _input, _output, cost in values if cost is not None]
    return len(values), sum(each[0] for each in values), sum(each[1] for each in values), sum(costs)


Measure = Callable[[Iterable[tuple[datetime, str, Any]]], Any]
