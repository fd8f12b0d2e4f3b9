"""What a guest said goes along when the guest signs in."""

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver

from .models import Conversation
from .visitors import GUEST_KEY


@receiver(user_logged_in)
def join_guest_conversations(sender, request, user, **_kwargs) -> None:
    """What was said in this browser session before belongs to the account from now on."""
    key = getattr(request, "session", {}).pop(GUEST_KEY, "")
    if key:
        Conversation.objects.filter(user=None, guest_key=key).update(user=user, guest_key="")
