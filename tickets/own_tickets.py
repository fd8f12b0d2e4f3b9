"""A customer's own tickets, and what they may read of one: never notes, priorities, tags, or who has it."""

from typing import Any

from django.apps import apps
from django.db.models import Q, QuerySet, prefetch_related_objects
from django.http import HttpRequest
from django.utils.translation import gettext

from .models import Ticket, TicketReply

MAX_SHOWN_MESSAGES = 100  # the rest is in the conversation


def find_own_tickets(request: HttpRequest) -> QuerySet[Ticket]:
    """An account's tickets; a guest's are those of this browser's conversations, until an account has them."""
    own = Q(customer=None, conversation__in=_find_own_conversations(request))
    if request.user.is_authenticated:
        own |= Q(customer=request.user.pk)
    return Ticket.objects.filter(own).select_related("merged_into").order_by("-created", "-pk")


def has_own_conversation(request: HttpRequest, ticket: Ticket) -> bool:
    """Whether the ticket's conversation is theirs too: then they read all that was said of it there, and answer."""
    return _find_own_conversations(request).filter(pk=ticket.conversation_id).exists()


def load_messages(ticket: Ticket, *, is_own: bool) -> list[Any]:
    """The team's public replies, and with `is_own` what the customer wrote to the team since it was opened."""
    model: Any = TicketReply._meta.get_field("message").related_model
    messages = model.objects.order_by("-pk")
    found = {each.pk: each for each in messages.filter(ticket_replies__ticket=ticket)[:MAX_SHOWN_MESSAGES]}
    if is_own:
        # A turn that no model has run holds what people said to each other.
        to_team = messages.filter(
            conversation=ticket.conversation_id, role="customer", created__gte=ticket.created
        )
        written = to_team.filter(turn__state="done", turn__backend="")[:MAX_SHOWN_MESSAGES]
        found |= {each.pk: each for each in written}
    newest = [found[pk] for pk in sorted(found)[-MAX_SHOWN_MESSAGES:]]
    prefetch_related_objects([each for each in newest if each.has_images], "attachments__conversation")
    return newest


def describe_issue(ticket: Ticket) -> str:
    """What it is about: the customer's own words where they asked for a person, else by the assistant's subject.

    What staff made the subject is theirs, and what the assistant wrote of a request for a person is for them.
    """
    parts = ticket.issue.split(Ticket.ISSUE_SEPARATOR)
    quotes = [ticket.find_quote(part) for part in parts]
    began_as_request = quotes[0] is not None
    if "subject" in ticket.by_assistant and ticket.subject and not (began_as_request and any(quotes)):
        return ticket.subject
    own = [part if quote is None else quote for part, quote in zip(parts, quotes, strict=True)]
    own = list(dict.fromkeys(filter(None, own)))
    return Ticket.ISSUE_SEPARATOR.join(own) or gettext("You asked to talk to a person.")


def describe_state(ticket: Ticket) -> str:
    """In plain words for the customer."""
    if ticket.merged_into is not None:
        return gettext("Continued in %(number)s") % {"number": ticket.merged_into.number}
    return {
        Ticket.Status.OPEN: gettext("Open: our team has it"),
        Ticket.Status.PENDING: gettext("Waiting for your answer"),
        Ticket.Status.RESOLVED: gettext("Solved"),
        Ticket.Status.CLOSED: gettext("Closed"),
    }[Ticket.Status(ticket.status)]


def _find_own_conversations(request: HttpRequest) -> QuerySet[Any, Any]:
    conversations: Any = apps.get_app_config("conversations")
    found: QuerySet[Any, Any] = conversations.find_own_conversations(request)
    return found
