"""The pages: may I, which rows, render."""

from functools import wraps

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.core.paginator import Paginator
from django.db import DatabaseError, connection
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from . import elsewhere
from .models import Conversation
from .visitors import known_visitor, visitor_of

STARTERS = [
    "Where is my order?",
    "My parcel arrived damaged",
    "I'd like to talk to a person",
]


def shop(request):
    """What every page says of the shop."""
    return {
        "company": settings.COMPANY_NAME,
        "is_demo_model": settings.LLM_BACKEND == "demo",
        "is_demo_shop": settings.ENVIRONMENT.debug,
    }


def of_visitor(view):
    """The view gets the visitor's own conversation; anybody else's is not found."""

    @wraps(view)
    @never_cache
    def wrapped(request, public_id, **kwargs):
        mine = Conversation.objects.of(visitor_of(request.user, request.session)).select_related("user")
        return view(request, get_object_or_404(mine, public_id=public_id), **kwargs)

    return wrapped


@require_safe
@never_cache
def index(request):
    """Opens or resumes my conversation."""
    visitor = known_visitor(request)
    latest = Conversation.objects.of(visitor).first() or _begin(visitor)
    return redirect(latest)


@require_POST
def new_conversation(request):
    visitor = known_visitor(request)
    empty = Conversation.objects.of(visitor).filter(last_seq=0).first()
    return redirect(empty or _begin(visitor))


@require_safe
@of_visitor
def conversation(request, conversation):
    turns = conversation.page(settings.PAGE_TURNS + 1)
    context = {
        "conversation": conversation,
        "turns": turns[-settings.PAGE_TURNS :],
        "has_earlier": len(turns) > settings.PAGE_TURNS,
        "starters": STARTERS,
        "max_chars": settings.MESSAGE_MAX_CHARS,
    }
    return render(request, "chat/conversation.html", context)


@require_GET
@of_visitor
def earlier(request, conversation):
    before = request.GET.get("before", "")
    if not before.isdecimal() or len(before) > 18:
        raise Http404
    turns = conversation.page(settings.PAGE_TURNS + 1, before=int(before))
    context = {
        "conversation": conversation,
        "turns": turns[-settings.PAGE_TURNS :],
        "has_earlier": len(turns) > settings.PAGE_TURNS,
    }
    return render(request, "chat/_turns.html", context)


@require_safe
@never_cache
def conversations(request):
    visitor = visitor_of(request.user, request.session)
    pages = Paginator(Conversation.objects.of(visitor).begun(), 20)
    return render(request, "chat/conversations.html", {"page": pages.get_page(request.GET.get("page"))})


@require_safe
@of_visitor
def transcript_text(request, conversation):
    rows = conversation.messages.order_by("turn_id", "seq").exclude(text="", has_images=False)
    rows = rows.prefetch_related("attachments")
    response = render(
        request,
        "chat/transcript.txt",
        {"conversation": conversation, "messages": rows},
        content_type="text/plain; charset=utf-8",
    )
    return _as_download(response, conversation, "txt")


@require_safe
@of_visitor
def transcript_json(request, conversation):
    messages = [message.as_chat() for message in conversation.history()]
    document = {
        "conversation": str(conversation.public_id),
        "begun": conversation.created,
        "messages": messages,
    }
    response = JsonResponse(document, json_dumps_params={"indent": 2, "ensure_ascii": False})
    return _as_download(response, conversation, "json")


@require_safe
def healthz(request):
    """The process lives."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def readyz(request):
    """Database and channel layer answer."""
    try:
        connection.ensure_connection()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if (layer := get_channel_layer()) is not None:
            async_to_sync(layer.group_send)("readyz", {"type": "readyz"})
    except (DatabaseError, *elsewhere.layer_errors()) as error:
        return HttpResponse(f"not ready: {type(error).__name__}\n", content_type="text/plain", status=503)
    return HttpResponse("ready\n", content_type="text/plain")


def _begin(visitor):
    return Conversation.objects.create(user_id=visitor.user_id, guest_key=visitor.guest_key)


def _as_download(response, conversation, ending):
    name = f"conversation-{conversation.created:%Y-%m-%d}.{ending}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
