"""How many mails are sent by themselves to one address, and about tickets to the guests of one network."""

from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from supportbot.conversations.models import Conversation

from ..models import SentMail

# What is sent by itself to one address. Words of staff are not limited.
MAX_PER_HOUR = {"transcript": 2}
MAX_PER_DAY = {"transcript": 5, "ticket": 5, "answer": 20, "too_large": 5, "end": 10}
MAX_TICKET_MAILS_PER_NETWORK_AND_DAY = 20  # of guests


def is_over_limit(conversation: Conversation, kind: str) -> bool:
    sent = SentMail.objects.filter(email=conversation.reply_email.lower(), kind=kind)
    return (
        kind in MAX_PER_HOUR and _count_since(sent, timedelta(hours=1)) >= MAX_PER_HOUR[kind]
    ) or _count_since(sent, timedelta(days=1)) >= MAX_PER_DAY[kind]


def is_over_network_limit(conversation: Conversation) -> bool:
    if conversation.user_id is not None or not conversation.address_key:
        return False
    sent = SentMail.objects.filter(kind="ticket", conversation__address_key=conversation.address_key)
    return _count_since(sent, timedelta(days=1)) >= MAX_TICKET_MAILS_PER_NETWORK_AND_DAY


def _count_since(sent: QuerySet[SentMail], period: timedelta) -> int:
    return sent.filter(created__gt=timezone.now() - period).count()
