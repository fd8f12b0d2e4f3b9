"""The pages: may I, which rows, render."""

from functools import wraps

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from ..models import Conversation
from ..turns.changes import describe_owner
from ..visitors import get_or_create_visitor, get_visitor
from .script_data import script_limits, script_texts

STARTERS = [
    "Where is my order?",
    "My parcel arrived damaged",
    "I'd like to talk to a person",
]


def get_shop_context(request):
    """What every page says of the shop."""
    return {
        "company": settings.COMPANY_NAME,
        "is_demo_model": settings.LLM_BACKEND == "demo",
        "is_demo_shop": settings.ENVIRONMENT.debug,
    }


def require_own_conversation(view):
    """The view gets the visitor's own conversation; anybody else's is not found."""

    @wraps(view)
    @never_cache
    def wrapped(request, public_id, **kwargs):
        mine = Conversation.objects.visible_to(get_visitor(request.user, request.session)).select_related(
            "user", "assignee"
        )
        return view(request, get_object_or_404(mine, public_id=public_id), **kwargs)

    return wrapped


@require_safe
@never_cache
def index(request):
    """Opens or resumes my conversation."""
    visitor = get_or_create_visitor(request)
    latest = Conversation.objects.visible_to(visitor).first() or _create_conversation(visitor)
    return redirect(latest)


@require_POST
def new_conversation(request):
    visitor = get_or_create_visitor(request)
    empty = Conversation.objects.visible_to(visitor).filter(last_seq=0).first()
    return redirect(empty or _create_conversation(visitor))


@require_safe
@require_own_conversation
def conversation(request, conversation):
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
def earlier_turns(request, conversation):
    before = request.GET.get("before", "")
    if not before.isdecimal() or len(before) > 18:
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
def conversations(request):
    visitor = get_visitor(request.user, request.session)
    pages = Paginator(Conversation.objects.visible_to(visitor).non_empty(), 20)
    return render(request, "chat/conversations.html", {"page": pages.get_page(request.GET.get("page"))})


def _create_conversation(visitor):
    return Conversation.objects.create(user_id=visitor.user_id, guest_key=visitor.guest_key)
