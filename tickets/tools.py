"""What the assistant can do about tickets. The docstrings are product text: the model reads them."""

from typing import Annotated, Any, Literal

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from pydantic import Field

from supportbot.assistant.tools import ToolContext, ToolError, tool

from .actors import ASSISTANT
from .announcing import announce_ticket
from .answers import reopen_by_customer
from .audit import record_ticket_event
from .models import Ticket
from .questions import handover_note, triage

MAX_TICKETS_PER_DAY = 3
MAX_LISTED_TICKETS = 10
MAX_TOLD_REPLIES = 3
MAX_TOLD_CHARS = 500
DUPLICATE_NOTE = "This ticket is already there for it; no second one was opened."

Issue = Annotated[
    str,
    Field(
        description="The customer's problem in one to three plain sentences, with the order number if one "
        "was named. Only what the customer said or a tool returned."
    ),
]
Priority = Annotated[
    Literal["low", "medium", "high"],
    Field(
        description="high: money, safety, or a delivery that is late or lost. low: a wish or a remark. "
        "medium: everything else."
    ),
]


@tool(
    effect="write",
    progress=_("Opening a ticket"),
    done_words=("forwarded", "reported"),
    done_line=_("Ticket opened"),
)
def create_ticket(ctx: ToolContext, issue: Issue, priority: Priority) -> dict[str, Any]:
    """Open a support ticket, so that a person of the team takes care of the customer's problem.

    Call this when the customer complains, or wants a refund, a return or a change that you cannot make. Do not
    call it when the customer only asks for a person, nor for a question that you can answer yourself or with
    another tool, and do not call it twice for the same problem. One message of the customer is one ticket: name
    all its problems in one call. What another call says is added to the first ticket.

    Tell the customer the ticket_id exactly as it is returned. There is no ticket, and no ticket number,
    before this tool has returned one: never make one up, and promise neither a result nor a date.
    """
    issue = issue.replace("\x00", "").strip()
    if not issue:
        raise ToolError("A ticket needs a few words on what is wrong. Ask the customer.")
    if len(issue) > Ticket.ISSUE_MAX_CHARS:
        raise ToolError(f"The issue is too long. Put it in at most {Ticket.ISSUE_MAX_CHARS:,} characters.")
    known = ctx.request and Ticket.objects.filter(request=ctx.request).first()
    if known:
        return _add_to_existing(known.pk, issue, priority)
    known = Ticket.objects.find_open_duplicate(ctx.conversation, issue)
    if known:
        if known.status == Ticket.Status.PENDING:  # the team waits for the customer, who is heard of again
            reopen_by_customer(Ticket.objects.lock_ticket(known.pk))
            known.refresh_from_db()
        return _serialize_ticket(known) | {"note": DUPLICATE_NOTE}
    _check_limits(ctx.conversation)
    customer_id = ctx.customer.id if ctx.customer else None
    ticket, is_new = Ticket.objects.get_or_create_for_request(
        ctx.request, issue=issue, priority=priority, customer_id=customer_id, conversation_id=ctx.conversation
    )
    if not is_new:
        return _add_to_existing(ticket.pk, issue, priority)
    record_ticket_event("ticket_opened", ticket, ASSISTANT)
    announce_ticket(ticket)
    ctx.ask_later(triage, ticket.number)
    ctx.ask_later(handover_note, ticket.number)
    return _serialize_ticket(ticket)


def _check_limits(conversation_id: int) -> None:
    """Raises `ToolError` where too many tickets were opened."""
    if Ticket.objects.filter(conversation=conversation_id).opened_last_day().count() >= MAX_TICKETS_PER_DAY:
        raise ToolError(
            f"This conversation already has {MAX_TICKETS_PER_DAY} tickets from the last 24 hours, so no more can "
            "be opened here today. The team will see to those; say so kindly."
        )
    if not Ticket.objects.may_open_from_network_of(conversation_id):
        raise ToolError(
            "Very many tickets were opened from this customer's network in the last hour, so no ticket can be opened "
            "just now. Say so kindly, and offer to sign in, to talk to a person, or to try again in an hour."
        )


@tool(effect="read", progress=_("Looking up your tickets"), done_line=_("Looked up your tickets"))
def my_tickets(ctx: ToolContext) -> dict[str, Any]:
    """List the customer's support tickets, newest first, with the number, the issue and the status of each.

    Call this when the customer asks what became of a ticket or a complaint. It shows only what this customer
    may see, so a ticket that is not listed cannot be looked up: do not guess its status. Statuses: open (the
    team has it), pending (the team has answered and waits for the customer), resolved (done), closed. `team_replied`
    holds what the team wrote to the customer last. Say what the status means in plain words. The customer
    reads all the answers, and answers the team, on the ticket's own page: at `page`, if there is one, which you give
    as it is, and in the menu of this chat under “My tickets”.
    """
    customer_id = ctx.customer.id if ctx.customer else None
    visible = Ticket.objects.visible_to(customer_id, ctx.conversation).select_related("merged_into")
    newest = visible.prefetch_related("replies__message").order_by("-created")[:MAX_LISTED_TICKETS]
    return {"tickets": [_describe_ticket(ticket) for ticket in newest]}


def _describe_ticket(ticket: Ticket) -> dict[str, Any]:
    """A ticket as its customer may know it: without notes of the team and who has it."""
    told: dict[str, Any] = {
        "ticket_id": ticket.number,
        "issue": ticket.issue,
        "priority": ticket.priority,
        "status": str(ticket.status),
        "opened": f"{ticket.created:%Y-%m-%d}",
    }
    if settings.ENVIRONMENT.site_url:
        told["page"] = f"{settings.ENVIRONMENT.site_url.rstrip('/')}{reverse('ticket', args=[ticket.number])}"
    if ticket.merged_into is not None:
        told["goes_on_as"] = ticket.merged_into.number
    replies = [str(reply.message.text)[:MAX_TOLD_CHARS] for reply in ticket.replies.all()]
    if replies:
        told["team_replied"] = replies[-MAX_TOLD_REPLIES:]
    return told


def _add_to_existing(pk: int, issue: str, priority: str) -> dict[str, Any]:
    """Add an issue to the ticket of the same request. Raises `ToolError` when the ticket has no room for it."""
    with transaction.atomic():
        ticket = Ticket.objects.lock_ticket(pk)
        if not ticket.has_issue(issue) and len(issue) > ticket.remaining_chars:
            raise ToolError(
                f"Ticket {ticket.number} was already opened for this message and has no room for so many words: "
                f"at most {ticket.remaining_chars:,} characters can be added. The team reads the conversation too."
            )
        old_priority, is_new = ticket.priority, ticket.add_issue(issue, priority)
        changes: dict[str, Any] = {"issue": None} if is_new else {}
        if ticket.priority != old_priority:
            changes["priority"] = [old_priority, ticket.priority]
        if changes:
            added = ["issue"] if is_new else []
            record_ticket_event("ticket_changed", ticket, ASSISTANT, changes=changes, added=added)
    if not is_new:
        return _serialize_ticket(ticket) | {"note": DUPLICATE_NOTE}
    return _serialize_ticket(ticket) | {
        "note": f"This was added to ticket {ticket.number}, which was already opened for this message; no "
        "second one was opened."
    }


def _serialize_ticket(ticket: Ticket) -> dict[str, Any]:
    return {
        "ticket_id": ticket.number,
        "issue": ticket.issue,
        "priority": ticket.priority,
        "status": str(ticket.status),
    }
