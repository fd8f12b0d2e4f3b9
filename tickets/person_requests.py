"""A customer who asks for a person gets a ticket: the open one of the conversation, or a new one."""

from django.utils.translation import gettext as _

from supportbot.assistant.person_requests import PersonRequest, person_request_handler
from supportbot.assistant.tools import ToolError

from .actors import CUSTOMER
from .announcing import announce_ticket
from .answers import find_ticket_to_join, reopen_by_customer
from .audit import record_ticket_event
from .changes import open_ticket
from .models import Ticket


def write_issue(request: PersonRequest) -> str:
    """As staff read it. The customer's own words stand in quotation marks."""
    reason = _join_lines(request.reason)
    asked = _("The customer asks to talk to a person.")
    return f"{asked} {f'“{reason}”' if request.is_quote else reason}".strip()[: Ticket.ISSUE_MAX_CHARS]


def read_quote(request: PersonRequest) -> str:
    """As the customer reads it, in their own words; empty where they said none."""
    return _join_lines(request.reason) if request.is_quote else ""


@person_request_handler
def join_or_open_ticket(request: PersonRequest) -> str:
    """The number of the conversation's ticket. One matter is one ticket: an open one is joined.

    So is one that the team has just answered: whoever asks for a person after that is not content with the answer.
    """
    issue, quote = write_issue(request), read_quote(request)
    ticket = find_ticket_to_join(request.conversation)
    if ticket is None:
        if not Ticket.objects.may_open_from_network_of(request.conversation):
            raise ToolError("Too many tickets were opened from there.")  # the customer waits without one
        ticket = open_ticket(
            Ticket(
                issue=issue,
                person_requests={issue: quote},
                customer_id=request.customer.id if request.customer else None,
                conversation_id=request.conversation,
            ),
            CUSTOMER,
        )
        announce_ticket(ticket)
        return ticket.number
    if len(issue) <= ticket.remaining_chars and ticket.add_issue(issue, ticket.priority, quote=quote):
        record_ticket_event("ticket_changed", ticket, CUSTOMER, changes={"issue": None}, added=["issue"])
    return reopen_by_customer(ticket, cause="person").number


def _join_lines(text: str) -> str:
    """An empty line would divide it into two issues."""
    return " ".join(text.split())
