"""What a browser's open pages and conversations become when somebody signs in or out."""

from asgiref.sync import async_to_sync
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.dispatch import receiver

from ..models import Conversation
from ..realtime import socket_sessions
from ..visitors import GUEST_KEY_NAME


@receiver(user_logged_in)
def join_guest_conversations(sender, request, user, **_kwargs) -> None:
    """What was said in this browser session before belongs to the account from now on.

    Its open pages are not the guest's any more either: they come back with the new session, as the account's.
    """
    key = getattr(request, "session", {}).pop(GUEST_KEY_NAME, "")
    if key:
        Conversation.objects.filter(user=None, guest_key=key).update(user=user, guest_key="")
        async_to_sync(socket_sessions.end_session)(key)


@receiver(user_logged_out)
def close_signed_out_pages(sender, request, user, **_kwargs) -> None:
    """A page that is still open must not go on showing what comes."""
    session = getattr(request, "session", None)
    if user is not None and session is not None and session.session_key:
        async_to_sync(socket_sessions.end_session)(session.session_key)
