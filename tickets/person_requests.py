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

OPENING_QUOTE, CLOSING_QUOTE = "“", "”"


def describe_request() -> str:
    """What such a ticket begins with, as staff read it."""
    return _("The customer asks to talk to a person.")


def write_issue(request: PersonRequest) -> str:
    """For staff. The customer's own words stand in quotation marks, which `read_quote` finds again."""
    reason = " ".join(request.reason.split())  # an empty line would divide it into two issues
    if request.is_quote:
        reason = f"{OPENING_QUOTE}{reason}{CLOSING_QUOTE}"
    return f"{describe_request()} {reason}".strip()[: Ticket.ISSUE_MAX_CHARS]


def read_quote(issue: str) -> str | None:
    """The customer's own words in such an issue, empty if there are none. None for an issue of another kind."""
    if not issue.startswith(describe_request()):
        return None
    rest = issue.removeprefix(describe_request()).strip()
    is_quote = rest.startswith(OPENING_QUOTE) and rest.endswith(CLOSING_QUOTE)
    return rest.removeprefix(OPENING_QUOTE).removesuffix(CLOSING_QUOTE) if is_quote else ""


@person_request_handler
def join_or_open_ticket(request: PersonRequest) -> str:
    """The number of the conversation's ticket. One matter is one ticket: an open one is joined.

    So is one that the team has just answered: whoever asks for a person after that is not content with the answer.
    """
    issue = write_issue(request)
    ticket = find_ticket_to_join(request.conversation)
    if ticket is None:
        if not Ticket.objects.may_open_from_network_of(request.conversation):
            raise ToolError("Too many tickets were opened from there.")  # the customer waits without one
        ticket = open_ticket(
            Ticket(
                issue=issue,
                customer_id=request.customer.id if request.customer else None,
                conversation_id=request.conversation,
            ),
            CUSTOMER,
        )
        announce_ticket(ticket)
        return ticket.number
    if len(issue) <= ticket.remaining_chars and ticket.add_issue(issue, ticket.priority):
        record_ticket_event("ticket_changed", ticket, CUSTOMER, changes={"issue": None}, added=["issue"])
    return reopen_by_customer(ticket).number
