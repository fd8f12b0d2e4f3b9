"""The page on which a guest goes on with a conversation that was begun on another device."""

import logging
from uuid import UUID

from asgiref.sync import async_to_sync
from django.conf import settings
from django.core.mail import send_mail
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from supportbot.conversations.models import Conversation
from supportbot.conversations.realtime.socket_sessions import end_session
from supportbot.conversations.visitors import get_or_create_visitor, get_visitor

from .access_codes import CODE_LIFETIME, SentCode, create_code, move_conversation

logger = logging.getLogger(__name__)


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
        return _render_page(request, "ask")
    if "code" in request.POST:
        return _take_code(request, public_id)
    try:
        if sent := create_code.run_sync(public_id):
            _mail_code(sent)
    except OSError as error:
        logger.error("A code could not be mailed: %s", type(error).__name__)
        return _render_page(
            request, "ask", _("We couldn't send an e-mail just now. Please try again in a moment.")
        )
    return _render_page(request, "enter")


def _take_code(request: HttpRequest, public_id: UUID) -> HttpResponse:
    code = "".join(character for character in request.POST["code"] if character.isdecimal())[:20]
    previous_key = move_conversation.run_sync(
        public_id, code, get_or_create_visitor(request.user, request.session)
    )
    if previous_key is None:
        words = _("That code is wrong or has expired. Please check it, or ask for a new one.")
        return _render_page(request, "enter", words)
    if previous_key:
        async_to_sync(end_session)(previous_key)  # open pages elsewhere reconnect, and find that it has moved
    return redirect("conversation", public_id)


def _mail_code(sent: SentCode) -> None:
    """Raises OSError when it cannot be sent."""
    if not settings.ENVIRONMENT.smtp_url:
        return
    context = {"code": sent.code, "company": settings.COMPANY_NAME, "minutes": _count_minutes()}
    subject = _("%(code)s is your code for %(company)s support") % context
    send_mail(
        " ".join(subject.split()), render_to_string("mail/access_code.txt", context), None, [sent.email]
    )


def _render_page(request: HttpRequest, step: str, error: str = "") -> HttpResponse:
    context = {"step": step, "error": error, "minutes": _count_minutes()}
    return render(request, "mail/continue.html", context)


def _count_minutes() -> int:
    return int(CODE_LIFETIME.total_seconds()) // 60
