"""The frames of a page that no socket reaches: it posts its own, and asks for those of the server again and again."""

from datetime import timedelta
from uuid import UUID

from asgiref.sync import async_to_sync
from django.db import Error as DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from .. import turns
from ..limits.rate_limits import RequestRefused
from ..models import Conversation
from ..realtime.audiences import get_customer_audience
from ..realtime.fragments import render_notice, render_receipt, render_revision
from ..realtime.polling import load_update
from ..realtime.socket_sessions import CLOSE_NOT_FOUND, CLOSE_SIGNED_OUT, SessionEnded
from ..visitors import renew_session
from .frames import Frame, find_client_id, parse_frame, parse_number
from .http_actions import build_customer, perform_action
from .views import require_own_conversation

# How soon the page asks again: while an answer is on its way, and while a person may be writing one. Else it asks when
# it has not heard from the server for some seconds, as over a socket.
ACTIVE_PACE_MS, PERSON_PACE_MS = 800, 2_500
PRESENCE_INTERVAL = timedelta(seconds=15)
PERSON_OWNERS = (Conversation.Owner.WAITING, Conversation.Owner.HUMAN)


@require_http_methods(["GET", "POST"])
@never_cache
def exchange_frames(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """GET: what the page lacks. POST: a frame of the page, handled as one of its socket is.

    Where a socket would be closed for good its code is told: a proxy may have a 401 or a 404 of its own, after which
    the page must not be emptied.
    """
    try:
        return _exchange_frames(request, public_id=public_id)
    except Http404:
        return JsonResponse({"close_code": CLOSE_NOT_FOUND}, status=404)


@require_own_conversation
def _exchange_frames(request: HttpRequest, conversation: Conversation) -> JsonResponse:
    try:
        return (_take_frame if request.method == "POST" else _get_frames)(request, conversation)
    except SessionEnded as ended:
        is_found = ended.code != CLOSE_NOT_FOUND
        close_code = CLOSE_SIGNED_OUT if is_found else CLOSE_NOT_FOUND
        return JsonResponse({"close_code": close_code}, status=401 if is_found else 404)
    except DatabaseError:
        return JsonResponse({}, status=503)


def _take_frame(request: HttpRequest, conversation: Conversation) -> JsonResponse:
    # What is sent as a form was read as one by the check of its token.
    text = request.body.decode(errors="replace") if request.content_type == "application/json" else ""
    try:
        frame = parse_frame(text, Frame)
        refusal = perform_action(request, conversation, frame)
    except RequestRefused as error:
        refusal = str(error)
    if refusal:
        return _build_answer([render_notice(refusal, find_client_id(text))])
    return _build_answer([render_receipt(frame.client_id)] if frame.action == "ping" else [])


def _build_answer(frames: list[str]) -> JsonResponse:
    return JsonResponse({"frames": frames, "pace": ACTIVE_PACE_MS})


def _get_frames(request: HttpRequest, conversation: Conversation) -> JsonResponse:
    renew_session(request.user, request.session)
    if conversation.pk is None:
        return JsonResponse({"frames": [render_revision(0)], "pace": None, "token": get_token(request)})
    _note_presence(conversation)
    update = async_to_sync(load_update)(
        conversation.pk,
        get_customer_audience(get_language() or ""),
        parse_number(request.GET.get("seen", "")),
        parse_number(request.GET.get("shown", ""), default=-1),
        build_customer(request, conversation).require_valid_session,
    )
    pace = PERSON_PACE_MS if conversation.owner in PERSON_OWNERS else None
    # The token is for pages that were loaded before an update: later ones read the cookie.
    return JsonResponse(
        {
            "frames": update.frames,
            "pace": ACTIVE_PACE_MS if update.is_active else pace,
            "token": get_token(request),
        }
    )


def _note_presence(conversation: Conversation) -> None:
    """Who waits for a person with this page open, or had one, is not sent the answer by mail. Noted now and then."""
    last = conversation.customer_last_seen
    is_due = last is None or timezone.now() - last > PRESENCE_INTERVAL
    if is_due and (conversation.owner in PERSON_OWNERS or last is not None):
        async_to_sync(turns.note_customers_here)([conversation.pk])
