"""A customer ends the conversation, and is asked how it was.

Or a guest ends the chat on a device that others use: nobody can read it there any longer, and staff are told.
"""

from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from supportbot.audit.models import AuditEvent
from supportbot.audit.recording import record_event
from supportbot.languages import use_site_language
from supportbot.server.executors import on_database_thread

from ..limits.rate_limits import count_request
from ..models import Conversation, CustomerRequest
from ..visitors import Visitor
from .changes import TurnChange, build_change
from .event_turns import add_notice
from .handoff_sentences import describe_end
from .interruption import end_bot_turns
from .ownership import save_owner
from .ratings import ask_for_rating
from .reachability import can_be_mailed

Owner = Conversation.Owner


@on_database_thread(repeat=True)
@transaction.atomic
def end_conversation(conversation_id: int) -> TurnChange:
    """Its customer ends it, whoever has it, and is asked how it was. Tickets stay as they are."""
    conversation = Conversation.objects.lock(conversation_id)
    if conversation.owner == Owner.CLOSED or not conversation.last_seq:
        return build_change(conversation, (), with_owner=True)
    count_request(conversation, CustomerRequest.Kind.END)
    ended = end_bot_turns(conversation)
    conversation.owner, conversation.waiting_since = Owner.CLOSED, None
    closed = add_notice(conversation, describe_end(conversation))
    save_owner(conversation)
    record_event("ended", actor=AuditEvent.Actor.CUSTOMER, conversation_id=conversation.pk)
    ask_for_rating(conversation)
    return build_change(conversation, [*ended, closed], with_owner=True, notifies_desk=True)


def find_conversations_to_leave(visitor: Visitor, public_id: UUID) -> list[int]:
    """Those of a visitor whose end staff must hear of: the one that is shown, and all in which a person is wanted."""
    theirs = Conversation.objects.visible_to(visitor).non_empty().exclude(owner=Owner.CLOSED)
    with_person = Q(owner__in=(Owner.WAITING, Owner.HUMAN))
    found = theirs.filter(Q(public_id=public_id) | with_person)
    return list(found.order_by("pk").values_list("pk", flat=True))


@on_database_thread(repeat=True)
@transaction.atomic
def leave_conversation(conversation_id: int) -> TurnChange:
    """Close a conversation that its guest will not come back to, unless staff can still do something with it.

    Who has it keeps it, and one that waits goes on waiting where an answer can be mailed. Tickets stay as they are.
    """
    conversation = Conversation.objects.lock(conversation_id)
    ended = end_bot_turns(conversation)
    is_reachable = can_be_mailed(conversation)
    if conversation.owner == Owner.BOT or (conversation.owner == Owner.WAITING and not is_reachable):
        conversation.owner, conversation.waiting_since = Owner.CLOSED, None
    left = add_notice(conversation, _describe_leaving_to_staff(is_reachable))
    save_owner(conversation)
    record_event("left_chat", actor=AuditEvent.Actor.CUSTOMER, conversation_id=conversation.pk)
    return build_change(conversation, [*ended, left], with_owner=True, notifies_desk=True)


def _describe_leaving_to_staff(is_reachable: bool) -> str:
    with use_site_language():
        if is_reachable:
            return _("The customer has ended this chat. Answers still reach them by e-mail.")
        return _("The customer has ended this chat and can no longer read it.")
