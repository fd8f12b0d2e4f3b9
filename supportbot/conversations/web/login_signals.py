"""What becomes of a browser's conversations and open pages when somebody signs in or out."""

from contextlib import suppress
from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest

from supportbot.assistant.conversation_events import CustomerSignedIn
from supportbot.server.guest_sessions import is_issued_key

from ..limits.rate_limits import RequestRefused
from ..models import Conversation
from ..realtime import socket_sessions
from ..turns.app_events import notify_of_event
from ..turns.claiming import build_customer
from ..visitors import GUEST_KEY_NAME


@receiver(user_logged_in)
def join_guest_conversations(sender: Any, request: HttpRequest, user: Any, **_kwargs: Any) -> None:
    """Give the guest's conversations of this browser session to the account, and have its open pages reconnect.

    They come back with the cookie of the new session, as the account's.
    """
    key = getattr(request, "session", {}).pop(GUEST_KEY_NAME, "")
    if key:
        _give_to_account(user, key)
        async_to_sync(socket_sessions.end_session)(key)
    # Pages on which the guest had said nothing yet know no more than the cookie that this one replaces.
    before = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "") if request is not None else ""
    if is_issued_key(before):
        async_to_sync(socket_sessions.end_session)(before)


@transaction.atomic
def _give_to_account(user: Any, guest_key: str) -> None:
    mine = Conversation.objects.filter(user=None, guest_key=guest_key)
    # In the order in which whoever locks several of them does it.
    locked = mine.order_by("pk").select_for_update(of=("self",), no_key=True)
    joined = list(locked.values_list("pk", flat=True))
    mine.update(user=user, guest_key="")
    for conversation_id in joined:
        if customer := build_customer(user):
            # A bug of an app, which is in the log, keeps nobody from signing in with what they have said.
            with suppress(RequestRefused), transaction.atomic():
                notify_of_event(CustomerSignedIn(conversation_id, customer))


@receiver(user_logged_out)
def close_signed_out_pages(sender: Any, request: HttpRequest, user: Any, **_kwargs: Any) -> None:
    """Close the sockets of the session's open pages, so that they show nothing more."""
    session = getattr(request, "session", None)
    if user is not None and session is not None and session.session_key:
        async_to_sync(socket_sessions.end_session)(session.session_key)
