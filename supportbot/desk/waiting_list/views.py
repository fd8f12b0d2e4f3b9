"""The waiting list as a page, and its fragments for a page without a socket."""

from django.contrib import admin
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ..rights import can_answer, require_reader
from .board import load_board
from .fragments import render_board, render_counts


@require_safe
@require_reader
def show_waiting_list(request):
    """Who waits for a person, oldest first."""
    context = admin.site.each_context(request) | {"title": _("Desk")}
    board = load_board.run_sync([request.user.pk])
    context["board"] = render_board(board, request.user.pk, can_answer(request.user))
    return render(request, "desk/waiting_list/page.html", context)


@require_safe
@require_reader
def board_fragments(request):
    """The same as the socket sends, for a page whose socket is not open."""
    board = load_board.run_sync([request.user.pk])
    html = render_counts(board, request.user.pk)
    if "board" in request.GET:
        html += render_board(board, request.user.pk, can_answer(request.user))
    return HttpResponse(html)
