"""A ticket is due by its priority, in the hours in which the team answers."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from supportbot.environment.reader import read_environment
from tickets.actors import build_staff_actor
from tickets.admin.list_filters import build_view_condition
from tickets.changes import change_ticket
from tickets.models import Ticket

DEFAULT_HOURS = {"high": 4, "medium": 8, "low": 24}


HOURS = "Mon-Fri 09:00-17:00, Sat 10:00-12:00"


@pytest.mark.parametrize(
    ("opened", "priority", "due"),
    [
        ("2026-11-25 10:00", "high", "2026-11-25 14:00"),  # a Wednesday
        ("2026-11-25 15:00", "high", "2026-11-26 11:00"),
        ("2026-11-27 16:00", "medium", "2026-11-30 14:00"),  # over the weekend: 1 + 2 + 5 hours
        ("2026-11-29 12:00", "high", "2026-11-30 13:00"),  # on a Sunday
        ("2026-12-24 16:00", "high", "2026-12-28 12:00"),  # 25 and 26 December are holidays in Germany
        ("2026-03-28 11:00", "high", "2026-03-30 12:00"),  # the clock goes forward in the night to Sunday
    ],
)
def test_a_ticket_is_due_by_its_priority_in_opening_hours(db, settings, opened, priority, due):
    settings.TIME_ZONE = "Europe/Berlin"
    hours = {"opening_hours": HOURS, "holidays": "DE", "time_zone": "Europe/Berlin"}
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update=hours)
    zone = timezone.get_current_timezone()
    created = datetime.fromisoformat(opened).replace(tzinfo=zone)
    ticket = Ticket.objects.create(issue="Late", priority=priority, created=created)
    assert timezone.localtime(ticket.due).strftime("%Y-%m-%d %H:%M") == due


def test_without_opening_hours_every_hour_counts_also_while_the_clock_changes(db, settings):
    settings.TIME_ZONE = "Europe/Berlin"
    created = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)  # two o'clock, an hour before it is two o'clock again
    ticket = Ticket.objects.create(issue="Late", priority="high", created=created)
    assert ticket.due - created == timedelta(hours=4)


def test_open_hours_in_the_night_of_the_change_are_those_that_pass(db, settings):
    settings.TIME_ZONE = "Europe/Berlin"
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(
        update={"opening_hours": "Sun 00:00-24:00", "time_zone": "Europe/Berlin"}
    )
    created = datetime(2026, 10, 24, 22, 0, tzinfo=UTC)  # midnight; this Sunday has 25 hours
    ticket = Ticket.objects.create(issue="Late", priority="low", created=created)
    assert ticket.due - created == timedelta(hours=24)


def test_a_higher_priority_is_due_earlier_counted_from_when_the_customer_began_to_wait(ticket, agent):
    opened = timezone.now() - timedelta(hours=6)
    Ticket.objects.filter(pk=ticket.pk).update(waiting_since=opened, due=opened + timedelta(hours=8))
    ticket.refresh_from_db()
    change_ticket(ticket, build_staff_actor(agent), priority="high")
    ticket.refresh_from_db()
    assert ticket.due == opened + timedelta(hours=4)
    assert ticket.is_overdue
    assert list(Ticket.objects.filter(build_view_condition("overdue", None))) == [ticket]


@pytest.mark.parametrize(
    ("written", "hours", "problem"),
    [
        ("high=2, LOW=40.5", {"high": 2, "medium": 8, "low": 40.5}, ""),
        ("high=soon", DEFAULT_HOURS, "TICKET_HOURS: Input should be a valid number"),
        ("high=0", DEFAULT_HOURS, "TICKET_HOURS: Input should be greater than 0"),
        ("low=nan", DEFAULT_HOURS, "TICKET_HOURS: Input should be"),
        ("urgent=3", DEFAULT_HOURS, "TICKET_HOURS: Input should be 'high', 'medium' or 'low'"),
        ("4", DEFAULT_HOURS, "TICKET_HOURS: Input should look like high=4,medium=8,low=24"),
    ],
)
def test_hours_that_cannot_be_read_are_told_and_the_usual_ones_count(monkeypatch, written, hours, problem):
    monkeypatch.setenv("TICKET_HOURS", written)
    environment, problems = read_environment()
    assert environment.ticket_hours == hours
    assert "".join(problems.values()).startswith(problem)
    assert bool(problems) == bool(problem)
