"""The desk's own pages in admin: may I, which rows, render."""

from django.contrib import admin
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from supportbot.audit.recording import record_reading
from supportbot.conversations.models import Conversation
from supportbot.row_ids import parse_row_id

from .board import load_board
from .colleagues import list_colleagues
from .conversation_page import build_entries
from .facts import load_facts
from .fragments import render_board, render_counts
from .rights import can_answer, require_answerer, require_reader
from .saved_replies import list_replies


@require_safe
@require_reader
def waiting_list(request):
    """Who waits for a person, oldest first."""
    context = admin.site.each_context(request) | {"title": _("Desk")}
    board = load_board.run_sync([request.user.pk])
    context["board"] = render_board(board, request.user.pk, can_answer(request.user))
    return render(request, "desk/waiting.html", context)


@require_safe
@require_reader
def board_fragments(request):
    """The same as the socket sends, for a page whose socket is not open."""
    board = load_board.run_sync([request.user.pk])
    html = render_counts(board, request.user.pk)
    if "board" in request.GET:
        html += render_board(board, request.user.pk, can_answer(request.user))
    return HttpResponse(html)


@require_safe
@require_answerer
def colleague_options(request):
    """Whom conversations can be given to, with who is here now, for the list that a page shows."""
    return render(request, "desk/_colleagues.html", {"colleagues": list_colleagues(request.user)})


@require_safe
@require_reader
def earlier_turns(request, pk):
    """Older turns of a conversation, to go above those that the page shows."""
    conversation = get_object_or_404(Conversation, pk=pk)
    before = parse_row_id(request.GET.get("before", ""))
    if before is None:
        raise Http404
    record_reading(request.user, pk)
    context = build_entries(conversation, before) | {"conversation": conversation}
    return render(request, "desk/_entries.html", context)


@require_safe
@require_reader
def saved_replies(request, pk):
    """The saved replies, filled in for this conversation's customer, and for the ticket that the page is about."""
    facts = load_facts.run_sync(pk)
    if facts is None:
        raise Http404
    reference = request.GET.get("reference", "") or facts.ticket
    return JsonResponse({"replies": list_replies(request.user, facts, reference)})
