"""What is done with tickets in the background."""

from typing import Any

from django.conf import settings
from django.utils import timezone

from supportbot.jobs.queue import enqueue
from supportbot.jobs.registry import ClaimedJob, job

from .actors import SYSTEM
from .changes import change_ticket
from .closing import JOB_KIND, get_closing_time
from .models import Ticket


def close_ticket(claimed: ClaimedJob, _result: Any) -> None:
    """Close the ticket whose number is the key, if it is still resolved.

    One that was opened and resolved again meanwhile has its whole time again.
    """
    resolved = Ticket.objects.filter(number=claimed.key, status=Ticket.Status.RESOLVED)
    pk = resolved.values_list("pk", flat=True).first()
    if pk is None or not settings.ENVIRONMENT.ticket_close_days:
        return
    ticket = Ticket.objects.lock_ticket(pk)
    if ticket.status != Ticket.Status.RESOLVED or ticket.resolved is None:
        return
    due = get_closing_time(ticket.resolved)
    if due > timezone.now():
        enqueue(JOB_KIND, claimed.key, run_after=due)
    else:
        change_ticket(ticket, SYSTEM, status=Ticket.Status.CLOSED)


@job(store=close_ticket)
async def close_resolved_ticket(claimed: ClaimedJob) -> None:
    """All of it is done in the transaction that ends the job."""
