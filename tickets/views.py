"""The customers' pages of tickets. A ticket of somebody else is not found, as one that does not exist."""

import secrets
from contextlib import suppress
from typing import Any

from django.apps import apps
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from .answers import confirm_by_customer
from .models import Ticket
from .own_tickets import describe_issue, describe_state, find_own_tickets, has_own_conversation, load_messages

TICKETS_PER_PAGE = 20


class AlreadyClosed(Exception):
    """Somebody has closed the ticket meanwhile, so that nothing of its end is said again."""


@require_safe
@never_cache
def list_tickets(request: HttpRequest) -> HttpResponse:
    page = Paginator(find_own_tickets(request), TICKETS_PER_PAGE).get_page(request.GET.get("page"))
    rows = [(ticket, describe_issue(ticket), describe_state(ticket)) for ticket in page]
    return render(request, "tickets/list.html", {"page": page, "rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def show_ticket(request: HttpRequest, number: str) -> HttpResponse:
    """The ticket. Its forms are posted here. What cannot be sent any more comes back to who wrote it."""
    typed = request.POST.get("text", "")
    try:
        return _serve_ticket(request, number)
    except Http404:
        if not typed:
            raise
        return render(request, "tickets/not_found.html", {"typed": typed}, status=404)


def _serve_ticket(request: HttpRequest, number: str) -> HttpResponse:
    ticket = find_own_tickets(request).filter(number=number.upper()).first()
    if ticket is None:
        raise Http404
    if request.method != "POST":
        return _render_ticket(request, ticket)
    ticket = _follow_merge(request, ticket)
    refusal = _handle_form(request, ticket)
    if refusal:
        return _render_ticket(request, ticket, refusal=refusal, typed=request.POST, status=422)
    return redirect("ticket", ticket.number)


def _follow_merge(request: HttpRequest, ticket: Ticket) -> Ticket:
    """What is said of a ticket that was merged meanwhile is said of the one in which it goes on."""
    while ticket.merged_into is not None:
        target = find_own_tickets(request).filter(pk=ticket.merged_into.pk).first()
        if target is None:
            raise Http404
        ticket = target
    return ticket


def _handle_form(request: HttpRequest, ticket: Ticket) -> str:
    """Returns why it was not done, in words for the customer; empty if it was."""
    if request.POST.get("action") == "solve":
        _end_ticket(ticket)
        return ""
    if ticket.conversation_id is None or not has_own_conversation(request, ticket):
        raise Http404  # the page shows no other form then
    conversations: Any = apps.get_app_config("conversations")
    if request.POST.get("action") == "answer":
        refusal: str = conversations.post_customer_message(
            request,
            ticket.conversation_id,
            request.POST.get("text", ""),
            client_id=request.POST.get("client_id", ""),
            reference=ticket.number,
        )
    else:
        refusal = conversations.post_rating(request, ticket.conversation_id)
    return refusal


def _end_ticket(ticket: Ticket) -> None:
    """The customer says that it is solved. Said twice, it is told once."""
    with suppress(AlreadyClosed), transaction.atomic():
        if ticket.conversation_id is not None:
            _announce_end(ticket)  # the conversation is always locked before its tickets
        locked = Ticket.objects.lock_ticket(ticket.pk)
        if locked.status == Ticket.Status.CLOSED:
            raise AlreadyClosed
        confirm_by_customer(locked)


def _announce_end(ticket: Ticket) -> None:
    newest = ticket.replies.select_related("author").last()
    conversations: Any = apps.get_app_config("conversations")
    conversations.announce_own_end(
        ticket.conversation_id,
        ticket.number,
        end_key=f"{ticket.number}:{ticket.reopened_count}",
        staff=ticket.assignee or (newest.author if newest else None),
    )


def _render_ticket(request: HttpRequest, ticket: Ticket, status: int = 200, **context: Any) -> HttpResponse:
    conversations: Any = apps.get_app_config("conversations")
    is_own = ticket.conversation_id is not None and has_own_conversation(request, ticket)
    may_answer = is_own and ticket.merged_into is None
    context |= {
        "ticket": ticket,
        "state": describe_state(ticket),
        "issue": describe_issue(ticket),
        "thread": load_messages(ticket, is_own=is_own),
        "is_own": is_own,
        "may_follow": ticket.merged_into is not None
        and find_own_tickets(request).filter(pk=ticket.merged_into.pk).exists(),
        "may_answer": may_answer,
        "is_ended": not ticket.is_active,
        "may_solve": ticket.merged_into is None and ticket.status != Ticket.Status.CLOSED,
        # Of an end that did not last nobody is asked.
        "rating": (
            conversations.find_rating(ticket.conversation_id, ticket.number)
            if may_answer and not ticket.is_active
            else None
        ),
        # Of the answer that this page sends: pressed twice, it is stored once.
        "form_id": secrets.token_hex(16),
    }
    return render(request, "tickets/ticket.html", context, status=status)
