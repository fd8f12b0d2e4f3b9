"""A customer's tickets with what they may read of each, for the file with all that the shop has about them."""

from typing import Any

from django.db.models import Q

from supportbot.assistant.customer_exports import ExportedCustomer, Rows, customer_export

from .models import Ticket
from .own_tickets import describe_issue

TICKETS_A_QUERY = 200


@customer_export("tickets")
def export_tickets(customer: ExportedCustomer) -> Rows:
    """Those of the account; of a guest those of their conversations."""
    of_guest = Q(customer=None, conversation__in=customer.conversations)
    tickets = Ticket.objects.filter(Q(customer__in=customer.accounts) | of_guest).order_by("pk")
    tickets = tickets.select_related("conversation", "merged_into")
    tickets = tickets.prefetch_related("status_changes", "replies__message")
    theirs = frozenset(customer.conversations)
    return (
        _describe_ticket(ticket, has_conversation=ticket.conversation_id in theirs)
        for ticket in tickets.iterator(chunk_size=TICKETS_A_QUERY)
    )


def _describe_ticket(ticket: Any, *, has_conversation: bool) -> dict[str, Any]:
    """The conversation of a ticket that staff have given to somebody else may be another customer's."""
    return {
        "number": ticket.number,
        "about": describe_issue(ticket),
        "status": ticket.status,
        "continued_in": ticket.merged_into.number if ticket.merged_into else None,
        "conversation": ticket.conversation.public_id if has_conversation else None,
        "order": ticket.order_number,
        "name": ticket.guest_name,
        "email": ticket.guest_email,
        "opened": ticket.created,
        "resolved": ticket.resolved,
        "closed": ticket.closed,
        "status_changes": [
            {"at": each.created, "status": each.new, "by": each.actor} for each in ticket.status_changes.all()
        ],
        "replies": [
            {"at": each.created, "name": each.author_name, "text": each.message.text}
            for each in ticket.replies.all()
        ],
    }
