"""Who can be reached now: staff, the person who has a conversation, and its customer."""

from django.conf import settings

from ..answerers import list_answerers, may_answer
from ..models import Conversation, StaffPresence
from .presence_grace import get_presence_limit


def is_staff_here(user_id: int | None = None) -> bool:
    """Whether anybody of the staff takes chats now, or that one does. Pages that may only read promise nobody."""
    here = StaffPresence.objects.filter(is_here=True, last_seen__gt=get_presence_limit())
    here = here.filter(user=user_id) if user_id else here
    return bool(list_answerers(list(here.values_list("user", flat=True))))


def is_assignee_away(conversation: Conversation) -> bool:
    """Whether the person who has the conversation is known to be away, and may come back to it."""
    of_staff = StaffPresence.objects.filter(user__is_staff=True, user__is_active=True)
    presence = of_staff.filter(user=conversation.assignee_id).first()
    if presence is None:
        return False
    return not presence.is_here or presence.last_seen <= get_presence_limit()


def has_lost_person(conversation: Conversation) -> bool:
    """Whether somebody has it who may no longer answer, or whose account is gone."""
    return conversation.owner == Conversation.Owner.HUMAN and not may_answer(conversation.assignee_id)


def can_be_mailed(conversation: Conversation) -> bool:
    """Whether an answer reaches the customer who is not here any longer."""
    is_known = bool(settings.ENVIRONMENT.smtp_url and conversation.reply_email)
    return is_known and not conversation.is_undeliverable


def takes_contact(conversation: Conversation) -> bool:
    """Whether a customer may say where to be reached: a person is wanted or there, and mail can be sent.

    An account with an e-mail address is reached there, and nowhere else.
    """
    is_with_person = conversation.owner in (Conversation.Owner.WAITING, Conversation.Owner.HUMAN)
    has_own_email = bool(conversation.user and conversation.user.email)
    return is_with_person and not has_own_email and bool(settings.ENVIRONMENT.smtp_url)
