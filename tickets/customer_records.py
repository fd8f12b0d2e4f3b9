"""A customer's tickets, for their page in admin."""

from typing import Any

from django.db.models import Count, Q, Window
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from supportbot.assistant.customer_records import CustomerOnRecord, Record, Records, customer_record

from .models import Ticket

SHOWN_TICKETS = 10
SHOWN_CHARS = 80


@customer_record("tickets.view_ticket")
def list_tickets(customer: CustomerOnRecord) -> Records:
    """Those of the account; of a guest those of their conversations."""
    theirs = (
        Q(customer=customer.user)
        if customer.user
        else Q(conversation__in=customer.conversations, customer=None)
    )
    tickets = Ticket.objects.filter(theirs).order_by("-created", "-pk")
    newest: list[Any] = list(tickets.annotate(count=Window(Count("*")))[:SHOWN_TICKETS])
    address = ""
    if customer.user:
        search = {"customer__id__exact": customer.user}
        address = f"{reverse('admin:tickets_ticket_changelist')}?{urlencode(search)}"
    return Records(
        title=_("Tickets"),
        columns=(_("Number"), _("Subject"), _("Status"), _("Opened")),
        rows=tuple(
            Record(
                ticket.number,
                reverse("admin:tickets_ticket_change", args=[ticket.pk]),
                (
                    Truncator(ticket.subject or ticket.issue).chars(SHOWN_CHARS),
                    ticket.get_status_display(),
                    ticket.created,
                ),
            )
            for ticket in newest
        ),
        total=newest[0].count if newest else 0,
        address=address,
    )
