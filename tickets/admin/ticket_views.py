"""The ticket's page beyond its form: the conversation, the history, an answer where there is no conversation yet."""

import json
import secrets
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from supportbot.row_ids import parse_row_id

from ..actors import build_staff_actor
from ..history import load_history
from ..merging import MergeRefused, merge_ticket
from ..models import Ticket
from .ticket_form import list_form_values

CHANGE_TICKETS, VIEW_TICKETS = "tickets.change_ticket", "tickets.view_ticket"
READ_CONVERSATIONS = "conversations.view_conversation"
ANSWER_CUSTOMERS = "conversations.change_conversation"


def build_page_context(request: HttpRequest, ticket: Any) -> dict[str, Any]:
    """What the page shows beside the form."""
    history = load_history(ticket.number)
    user: Any = request.user
    # On a form that was refused, the ticket at hand holds what was typed.
    stored = Ticket.objects.get(pk=ticket.pk) if request.method == "POST" else ticket
    return {
        "ticket": stored,
        "title": f"{ticket.number} · {ticket.subject}" if ticket.subject else ticket.number,
        "subtitle": "",  # Django's own is the number once more
        "show_save_and_add_another": False,
        "history": history[::-1],
        "last_event": history[-1].event if history else 0,
        "merged_tickets": list(ticket.merged_tickets.order_by("pk")) if ticket.has_merged else [],
        "has_no_talk": ticket.conversation_id is None or not user.has_perm(READ_CONVERSATIONS),
        "can_answer": user.has_perm(ANSWER_CUSTOMERS),
        "can_change": user.has_perm(CHANGE_TICKETS),
        "unreachable": _describe_unreachable(ticket),
        "client_id": secrets.token_hex(8),
    }


@require_POST
def post_reply(request: HttpRequest, pk: int) -> HttpResponse:
    """The first answer, or the first note, of a ticket without a conversation, which begins with it."""
    _require(request, CHANGE_TICKETS, ANSWER_CUSTOMERS)
    ticket = get_object_or_404(Ticket, pk=pk)
    text = request.POST.get("text", "").strip()
    if refusal := _store_words(request, ticket, text):
        context = admin.site.each_context(request) | {
            "ticket": ticket,
            "title": str(ticket),
            "refusal": refusal,
            "text": text,
            "unreachable": _describe_unreachable(ticket),
            "client_id": secrets.token_hex(8),
        }
        return render(request, "admin/tickets/ticket/reply.html", context)
    return redirect("admin:tickets_ticket_change", pk)


@require_POST
def merge_tickets(request: HttpRequest, pk: int) -> HttpResponse:
    _require(request, CHANGE_TICKETS)
    get_object_or_404(Ticket, pk=pk)
    try:
        target = merge_ticket(pk, request.POST.get("target", ""), build_staff_actor(request.user))
    except MergeRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("admin:tickets_ticket_change", pk)
    messages.success(request, _("The tickets have been merged. This is the one that goes on."))
    return redirect("admin:tickets_ticket_change", target.pk)


@require_safe
def open_by_number(request: HttpRequest, number: str) -> HttpResponse:
    """To the page of the ticket that is called so: other apps know no more of it than its number."""
    _require(request, VIEW_TICKETS)
    return redirect("admin:tickets_ticket_change", get_object_or_404(Ticket, number=number).pk)


@require_safe
@never_cache
def show_news(request: HttpRequest, pk: int) -> HttpResponse:
    """What was done to the ticket since the page was opened, for a page that asks now and then."""
    _require(request, VIEW_TICKETS)
    ticket = get_object_or_404(Ticket.objects.select_related("assignee"), pk=pk)
    since, seen = (parse_row_id(request.GET.get(name, "")) or 0 for name in ("since", "seen"))
    lines = load_history(ticket.number, since)
    if not lines or lines[-1].event <= seen:
        return HttpResponse(status=204)  # htmx leaves what is shown as it is
    context = {
        "ticket": ticket,
        "lines": [line for line in lines if line.actor_id != request.user.pk],
        "since": since,
        "last_event": lines[-1].event,
        "values": json.dumps(list_form_values(ticket)),
    }
    return render(request, "admin/tickets/ticket/_news.html", context)


def _store_words(request: HttpRequest, ticket: Ticket, text: str) -> str:
    """Returns why it was not done, in words; empty if it was."""
    is_note, client_id = "note" in request.POST, request.POST.get("client_id", "")[:64]
    if not is_note and (unreachable := _describe_unreachable(ticket)):
        return unreachable
    conversations: Any = apps.get_app_config("conversations")
    if refusal := conversations.check_message(text):
        return str(refusal)  # before a conversation begins for it
    conversation_id = begin_conversation(ticket.pk)
    if is_note:
        desk: Any = apps.get_app_config("desk")
        return desk.add_note(conversation_id, request.user, text, client_id)
    return conversations.post_staff_reply(
        conversation_id,
        request.user,
        text,
        client_id=client_id,
        reference=ticket.number,
        closes="resolve" in request.POST,
    )


def _describe_unreachable(ticket: Ticket) -> str:
    """Why the customer cannot be answered, in words for staff; empty if they can."""
    if ticket.conversation_id is not None or ticket.customer_id is not None:
        return ""
    if not ticket.guest_email:
        return _(
            "This ticket names no account and no e-mail address, so there is nobody to answer. Add an address "
            "under “Guest”."
        )
    if not settings.ENVIRONMENT.smtp_url:
        return _("A guest is reached by mail alone, and no mail can be sent from here: SMTP_URL is not set.")
    return ""


@transaction.atomic
def begin_conversation(pk: int) -> int:
    """The ticket's conversation, which begins now if there is none."""
    ticket = Ticket.objects.lock_ticket(pk)
    if ticket.conversation_id is None:
        conversations: Any = apps.get_app_config("conversations")
        ticket.conversation_id = conversations.open_conversation(
            ticket.customer, ticket.guest_name, ticket.guest_email
        )
        ticket.save(update_fields=["conversation", "updated"])
    return ticket.conversation_id


def _require(request: HttpRequest, *permissions: str) -> None:
    user: Any = request.user
    if not user.has_perms(permissions):
        raise PermissionDenied
