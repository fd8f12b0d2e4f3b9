"""How much a visitor may send."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Count, Q
from django.utils import timezone

from .models import Conversation, Message


class Refused(Exception):
    """The customer's request is not taken, in words that the customer reads."""


def check_rate(conversation: Conversation) -> None:
    """Refuse one message too many in a minute, of this conversation or of all that its visitor has."""
    here, everywhere = settings.CONVERSATION_MESSAGES_PER_MINUTE, settings.VISITOR_MESSAGES_PER_MINUTE
    if not here and not everywhere:
        return
    since = timezone.now() - timedelta(minutes=1)
    lately = Conversation.objects.of(conversation.visitor).filter(updated__gt=since)
    recent = Message.objects.filter(
        conversation__in=lately.values("pk"), role=Message.Role.CUSTOMER, created__gt=since
    ).aggregate(here=Count("pk", filter=Q(conversation=conversation)), everywhere=Count("pk"))
    if (here and recent["here"] >= here) or (everywhere and recent["everywhere"] >= everywhere):
        raise Refused("That was a lot of messages in a short time. Please wait a minute and send it again.")
