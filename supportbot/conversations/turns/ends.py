"""A matter has ended, such as a ticket: its customer is told so, by mail if they have left, and asked how it was."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q

from supportbot.server.executors import on_database_thread

from ..models import Conversation, Message
from . import handoff_sentences
from .changes import TurnChange, build_change
from .event_turns import add_notice
from .ownership import save_owner
from .ratings import ask_for_rating
from .team_words import enqueue_reply_mail

CLOSING_TIME = timedelta(seconds=10)  # between a sentence of a transaction and what follows from it


@on_database_thread(repeat=True)
@transaction.atomic
def announce_end(
    conversation_id: int,
    reference: str,
    *,
    ended: datetime,
    staff_id: int | None = None,
    is_by_customer: bool = False,
    key: str,
) -> TurnChange:
    """Say that it has ended, unless it ended with the conversation, which was said; and ask how it was.

    `staff_id` is who had it. What has the same `key` is said once. A customer who has written since it `ended` goes on.
    """
    conversation = Conversation.objects.lock(conversation_id)
    written = Q(role=Message.Role.CUSTOMER, created__gt=ended)
    if conversation.messages.filter(Q(client_id=key) | written).exists():
        return build_change(conversation, (), with_owner=True)
    told = []
    if is_by_customer or not _was_closed_then(conversation, ended):
        sentence = handoff_sentences.describe_solved(conversation, reference, is_by_customer=is_by_customer)
        told.append(add_notice(conversation, sentence, key))
        if not is_by_customer:
            enqueue_reply_mail(conversation, told[-1].row)
    else:
        conversation.next_revision()  # the pages show what is asked
    save_owner(conversation)
    ask_for_rating(conversation, reference, _find_account(staff_id))
    return build_change(conversation, told, with_owner=True)


def _was_closed_then(conversation: Conversation, moment: datetime) -> bool:
    """Whether the conversation was closed in the same transaction, and is still."""
    around = (moment - CLOSING_TIME, moment)
    said = conversation.messages.filter(role=Message.Role.SYSTEM, created__range=around)
    return conversation.owner == Conversation.Owner.CLOSED and said.exists()


def _find_account(staff_id: int | None) -> Any:
    return get_user_model()._default_manager.filter(pk=staff_id).first() if staff_id else None
