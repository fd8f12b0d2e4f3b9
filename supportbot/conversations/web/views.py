"""The pages: who may see what, which rows it takes, and the template."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from ..models import Conversation
from ..turns.changes import describe_owner
from ..visitors import Visitor, get_or_create_visitor, get_visitor
from .script_data import script_limits, script_texts

View = Callable[..., HttpResponse]

STARTERS = [
    _("Where is my order?"),
    _("My parcel arrived damaged"),
]
CONVERSATIONS_PER_PAGE = 20
MAX_ID_DIGITS = 18  # a longer number is no primary key, and too large for the database


def get_shop_context(request: HttpRequest) -> dict[str, Any]:
    """A context processor: what every page says of the shop."""
    return {
        "company": settings.COMPANY_NAME,
        "is_demo_model": settings.LLM_BACKEND == "demo",
        "is_demo_shop": settings.ENVIRONMENT.debug,
    }


def require_own_conversation(view: View) -> View:
    """Call the view with the conversation of that public id. Unless it is the visitor's own, it is not found."""

    @wraps(view)
    @never_cache
    def view_own_conversation(request: HttpRequest, public_id: UUID, **kwargs: Any) -> HttpResponse:
        own = Conversation.objects.visible_to(get_visitor(request.user, request.session))
        conversation = get_object_or_404(own.select_related("user", "assignee"), public_id=public_id)
        return view(request, conversation, **kwargs)

    return view_own_conversation


@require_safe
@never_cache
def index(request: HttpRequest) -> HttpResponse:
    """Go to the visitor's latest conversation, a new one if there is none."""
    visitor = get_or_create_visitor(request)
    latest = Conversation.objects.visible_to(visitor).first() or _create_conversation(visitor)
    return redirect(latest)


@require_POST
def new_conversation(request: HttpRequest) -> HttpResponse:
    """Go to a new conversation, or to an empty one if the visitor has one already."""
    visitor = get_or_create_visitor(request)
    empty = Conversation.objects.visible_to(visitor).filter(last_seq=0).first()
    return redirect(empty or _create_conversation(visitor))


@require_safe
@require_own_conversation
def conversation(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    turns = conversation.recent_turns(settings.PAGE_TURNS + 1)
    context = {
        "conversation": conversation,
        "owner": describe_owner(conversation),
        "turns": turns[-settings.PAGE_TURNS :],
        "has_earlier": len(turns) > settings.PAGE_TURNS,
        "starters": STARTERS,
        "script_texts": script_texts(),
        "script_limits": script_limits(),
    }
    return render(request, "chat/conversation.html", context)


@require_GET
@require_own_conversation
def earlier_turns(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    """The turns before the one whose primary key is `before`, as a fragment."""
    before = request.GET.get("before", "")
    if not before.isdecimal() or len(before) > MAX_ID_DIGITS:
        raise Http404
    turns = conversation.recent_turns(settings.PAGE_TURNS + 1, before=int(before))
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
    return render(request, "chat/conversations.html", {"page": pages.get_page(request.GET.get("page"))})


def _create_conversation(visitor: Visitor) -> Conversation:
    return Conversation.objects.create(user_id=visitor.user_id, guest_key=visitor.guest_key)
