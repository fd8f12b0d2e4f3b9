"""The page on which a guest goes on with a conversation that was begun on another device."""

from functools import partial
from uuid import UUID

from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from supportbot.conversations.models import Conversation
from supportbot.conversations.realtime.socket_sessions import end_session
from supportbot.conversations.visitors import get_or_create_visitor, get_visitor

from .access_codes import count_valid_minutes, move_conversation, request_code


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def continue_conversation(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Ask for a code, which is mailed to the conversation's address, and then take it.

    Whether there is such a conversation, and of whom, shows in nothing of what a stranger gets.
    """
    own = Conversation.objects.visible_to(get_visitor(request.user, request.session))
    if conversation := own.filter(public_id=public_id).first():
        return redirect(conversation)
    if request.method != "POST":
        # Shown again in another language: the code that was mailed still counts.
        return _render_page(request, "enter" if request.POST.get("step") == "enter" else "ask")
    if "code" in request.POST:
        return _take_code(request, public_id)
    request_code.run_sync(public_id)
    return _render_page(request, "enter")


def _take_code(request: HttpRequest, public_id: UUID) -> HttpResponse:
    begin_visit = partial(get_or_create_visitor, request.user, request.session)
    previous_key = move_conversation.run_sync(public_id, request.POST["code"], begin_visit)
    if previous_key is None:
        words = _("That code is wrong or has expired. Please check it, or ask for a new one.")
        return _render_page(request, "enter", words)
    if previous_key:
        async_to_sync(end_session)(previous_key)  # open pages elsewhere reconnect, and find that it has moved
    return redirect("conversation", public_id)


def _render_page(request: HttpRequest, step: str, error: str = "") -> HttpResponse:
    context = {"step": step, "error": error, "minutes": count_valid_minutes()}
    return render(request, "mail/continue.html", context)
