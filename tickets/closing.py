"""A ticket that the team has solved, and that nobody has opened again, is closed after some days."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from supportbot.jobs.queue import enqueue_many

from .models import Ticket

JOB_KIND = "close_resolved_ticket"


def plan_closing(tickets: Iterable[Ticket]) -> None:
    """Have these tickets, which were resolved just now, closed when their time has come."""
    numbers: dict[str, int | None] = {ticket.number: None for ticket in tickets}
    if numbers and settings.ENVIRONMENT.ticket_close_days:
        enqueue_many(JOB_KIND, numbers, get_closing_time(timezone.now()))


def get_closing_time(resolved: datetime) -> datetime:
    return resolved + timedelta(days=settings.ENVIRONMENT.ticket_close_days)
