"""Has staff and the customer told by mail of a ticket that somebody else than staff has opened."""

from typing import Any

from django.apps import apps
from django.urls import reverse

from .models import Ticket


def announce_ticket(ticket: Ticket) -> None:
    """Once for each number. Call it in the transaction in which the ticket is opened."""
    if ticket.conversation_id is None or not apps.is_installed("supportbot.mail"):
        return
    mail: Any = apps.get_app_config("mail")
    path = reverse("admin:tickets_ticket_change", args=[ticket.pk])
    mail.announce_ticket(ticket.number, ticket.conversation_id, path)
