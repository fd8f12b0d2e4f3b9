"""A customer comes back to what had ended, as a part of the transaction that stores what they write."""

from django.utils import timezone

from supportbot.audit.models import AuditEvent
from supportbot.audit.recording import record_event

from ..models import Conversation, Message
from . import reachability
from .ownership import save_owner

Owner = Conversation.Owner


def reopen_closed(conversation: Conversation) -> None:
    """A customer writes into a closed conversation: it goes to the same person if there, else to the bot."""
    if conversation.assignee_id and reachability.is_staff_here(conversation.assignee_id):
        conversation.owner = Owner.HUMAN
        conversation.assigned_at = conversation.absence_told = None
    else:
        if _was_with_person(conversation):
            last = conversation.turns.order_by("-pk").values_list("pk", flat=True).first()
            conversation.bot_starts_after = last
        conversation.owner, conversation.assignee = Owner.BOT, None
    save_owner(conversation)
    record_event("reopened", actor=AuditEvent.Actor.CUSTOMER, conversation_id=conversation.pk)


def _was_with_person(conversation: Conversation) -> bool:
    """Whether a person has had it since where the bot's history begins."""
    said = conversation.messages.filter(role=Message.Role.STAFF, turn__gt=conversation.bot_starts_after or 0)
    return conversation.assignee_id is not None or said.exists()


def record_return(conversation: Conversation) -> None:
    """Note that a customer comes back to what had ended: it was closed, or nothing had happened in it for a day.

    Call it before the new message changes the conversation.
    """
    silence = timezone.now() - conversation.updated
    has_ended = conversation.owner == Owner.CLOSED or (
        conversation.owner == Owner.BOT and silence >= Conversation.QUIET_END
    )
    if conversation.last_seq and has_ended and silence <= Conversation.RETURN_PERIOD:
        record_event("returned", actor=AuditEvent.Actor.CUSTOMER, conversation_id=conversation.pk)
