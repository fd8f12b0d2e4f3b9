"""The pages: who may see what, which rows it takes, and the template."""

import secrets
from collections.abc import Callable, Sequence
from functools import wraps
from http import HTTPStatus
from time import time
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from supportbot.row_ids import parse_row_id
from supportbot.server.guest_sessions import ensure_cookie

from ..limits.rate_limits import RequestRefused
from ..models import Conversation
from ..new_ids import issue_id
from ..realtime.socket_sessions import SessionEnded
from ..turns.changes import describe_owner
from ..visitors import get_visitor, renew_session
from . import beginning
from .blank_page import render_blank_page
from .http_actions import parse_form, perform_action
from .language_choice import get_typed_fields, list_languages
from .script_data import script_limits, script_texts

View = Callable[..., HttpResponse]

STARTERS = (
    _("Where is my order?"),
    _("My parcel arrived damaged"),
)
CONVERSATIONS_PER_PAGE = 20
CONVERSATION_TEMPLATE = "chat/conversation.html"


def get_shop_context(request: HttpRequest) -> dict[str, Any]:
    """A context processor: what every page says of the shop."""
    return {
        "company": settings.COMPANY_NAME,
        "is_demo_model": settings.LLM_BACKEND == "demo",
        "is_demo_shop": settings.ENVIRONMENT.debug,
        "languages": list_languages(request),
        "typed": get_typed_fields(request),
    }


def require_own_conversation(view: View) -> View:
    """Call the view with the conversation of that public id. Unless it is the visitor's own, it is not found.

    One that has not begun yet is not stored, and has no `pk`.
    """

    @wraps(view)
    @never_cache
    def view_own_conversation(request: HttpRequest, public_id: UUID, **kwargs: Any) -> HttpResponse:
        return view(request, _get_own_conversation(request, public_id), **kwargs)

    return view_own_conversation


def _get_own_conversation(request: HttpRequest, public_id: UUID) -> Conversation:
    visitor = get_visitor(request.user, request.session)
    conversation = beginning.find_own_conversation(visitor, public_id)
    if conversation is None and not beginning.is_new_id(public_id):
        # Another request of this browser, such as a second photo, may have begun it and its session a moment ago.
        visitor = beginning.reload_visitor(request.user, request.session)
        conversation = beginning.find_own_conversation(visitor, public_id)
        if conversation is None:
            raise Http404
    ensure_cookie(request)
    return conversation or beginning.build_new_conversation(visitor, public_id)


@require_safe
@never_cache
def index(request: HttpRequest) -> HttpResponse:
    """Go to the visitor's latest conversation, or to the page of one that has not begun."""
    visitor = get_visitor(request.user, request.session)
    renew_session(request.user, request.session, is_new_visit=True)
    latest = beginning.find_latest_conversation(visitor)
    if latest is not None:
        return redirect(latest)
    ensure_cookie(request)
    first_id = beginning.find_first_id(visitor, request.session.session_key or "")
    return redirect("conversation", first_id)


@require_POST
def new_conversation(request: HttpRequest) -> HttpResponse:
    """Go to the page of a new conversation, or to an empty one if the visitor has one already."""
    ensure_cookie(request)
    empty = Conversation.objects.visible_to(get_visitor(request.user, request.session)).filter(last_seq=0)
    return redirect(empty.first() or Conversation(public_id=issue_id()))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def conversation(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The chat. Its forms are posted here by a browser that runs no scripts, or does not run them yet.

    Whoever is not signed in is asked to, whether there is such a conversation or not.
    """
    try:
        conversation = _get_own_conversation(request, public_id)
    except Http404:
        if request.user.is_authenticated:
            raise
        return _ask_to_sign_in(request, public_id)
    if request.method == "POST":
        return _handle_form(request, conversation)
    renew_session(request.user, request.session)
    response = _render_conversation(request, conversation)
    beginning.note_language(conversation)
    return response


def _ask_to_sign_in(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The sign-in page in the place of a conversation, which may be that of an account that was signed out."""
    context = {
        "form": AuthenticationForm(request),
        "next": request.path,
        "continue_url": reverse("continue", args=[public_id]),
        "is_not_found": True,
    }
    return render(request, "registration/login.html", context, status=404)


def _handle_form(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    """Do what the form asks for and show the conversation again; if it is refused, with why and with what was typed."""
    try:
        refusal = perform_action(request, conversation, parse_form(request.POST))
    except RequestRefused as error:
        refusal = str(error)
    except SessionEnded as error:
        raise Http404 from error
    if not refusal:
        return redirect(f"{conversation.get_absolute_url()}#end")
    return _render_conversation(request, conversation, refusal=refusal, typed=request.POST, status=422)


def _render_conversation(
    request: HttpRequest, conversation: Conversation, status: int = 200, **context: Any
) -> HttpResponse:
    turns = conversation.recent_turns(settings.PAGE_TURNS + 1) if conversation.pk else []
    context |= {
        "conversation": conversation,
        "owner": describe_owner(conversation),
        "turns": turns[-settings.PAGE_TURNS :],
        "has_earlier": len(turns) > settings.PAGE_TURNS,
        "starters": _list_starters(),
        "script_texts": script_texts(),
        "script_limits": script_limits(),
        # Of the messages that the forms of this page send: pressed twice, each is stored once.
        "form_id": secrets.token_hex(16),
        "now": int(time()),
    }
    is_blank = conversation.pk is None and status == HTTPStatus.OK and not get_typed_fields(request)
    if is_blank and not request.user.is_authenticated:
        return HttpResponse(render_blank_page(request, CONVERSATION_TEMPLATE, context))
    return render(request, CONVERSATION_TEMPLATE, context, status=status)


def _list_starters() -> Sequence[Any]:
    """What a customer may begin with by a press, in the language of the page."""
    if settings.LLM_BACKEND != "demo":
        return STARTERS
    with translation.override("en"):  # it understands no other language
        return tuple(str(starter) for starter in STARTERS)


@require_GET
@require_own_conversation
def earlier_turns(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    """The turns before the one whose primary key is `before`, as a fragment."""
    before = parse_row_id(request.GET.get("before", ""))
    if not conversation.pk or before is None:
        raise Http404
    turns = conversation.recent_turns(settings.PAGE_TURNS + 1, before=before)
    context = {
        "conversation": conversation,
        "turns": turns[-settings.PAGE_TURNS :],
        "has_earlier": len(turns) > settings.PAGE_TURNS,
    }
    return render(request, "chat/_turns.html", context)


@require_safe
@never_cache
def conversations(request: HttpRequest) -> HttpResponse:
    visitor = get_visitor(request.user, request.session)
    pages = Paginator(Conversation.objects.visible_to(visitor).non_empty(), CONVERSATIONS_PER_PAGE)
    context = {"page": pages.get_page(request.GET.get("page")), "back_url": _find_way_back(request)}
    return render(request, "chat/conversations.html", context)


def _find_way_back(request: HttpRequest) -> str:
    """The conversation that the visitor came from, empty if none is named."""
    try:
        return reverse("conversation", args=[UUID(request.GET.get("from", ""))])
    except ValueError:
        return ""
