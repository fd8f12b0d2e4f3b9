"""What the server says for the team: that staff have ended a matter or closed the conversation. It is mailed as words
of staff are. Who answers the end of a matter by mail answers the team; who answers a closing reopens the conversation,
and has the assistant where that person is away.

Such a message is known by its client id, which begins with `END_PREFIX` or `CLOSING_PREFIX`.
"""

import secrets
from datetime import timedelta
from enum import StrEnum

from django.db.models import Q, QuerySet
from django.utils import timezone

from supportbot.jobs.queue import enqueue

from ..models import Conversation, Message, Turn

END_PREFIX, CLOSING_PREFIX = "end:", "closed:"
# A kind of job that `mail` registers: a customer who has left is sent what the team has said.
REPLY_JOB_KIND = "send_unread_reply"
# In which a customer who is there has seen it, and staff write more.
REPLY_MAIL_DELAY = timedelta(minutes=2)
_OF_SERVER = Q(role=Message.Role.SYSTEM)
ENDS = _OF_SERVER & Q(client_id__startswith=END_PREFIX)
CLOSINGS = _OF_SERVER & Q(client_id__startswith=CLOSING_PREFIX)


class LastWord(StrEnum):
    """Who spoke last: the team, which also has when it closed the conversation, or the server, that a matter ended."""

    TEAM = "team"
    END = "end"
    ASSISTANT = "assistant"  # or nobody


def build_closing_id(press_id: str) -> str:
    """Nobody can have sent a message with it before, by which the closing would be refused."""
    return f"{CLOSING_PREFIX}{press_id or secrets.token_hex(8)}"


def filter_team_words(messages: QuerySet[Message]) -> QuerySet[Message]:
    """Of these messages those of staff, and what the server says for them."""
    return messages.filter(Q(role=Message.Role.STAFF) | ENDS | CLOSINGS)


def enqueue_reply_mail(conversation: Conversation, turn: Turn) -> None:
    """Have what was said in this turn mailed in a moment, if the customer has left."""
    enqueue(
        REPLY_JOB_KIND,
        f"{conversation.pk}:{turn.pk}",
        conversation_id=conversation.pk,
        last_turn_id=turn.pk,
        run_after=timezone.now() + REPLY_MAIL_DELAY,
    )


def find_last_word(conversation_id: int, before_message: int | None = None) -> LastWord:
    """Of whom the last word is that was not the customer's, before that message or at all."""
    spoken = Q(role__in=(Message.Role.STAFF, Message.Role.ASSISTANT)) | ENDS | CLOSINGS
    said = Message.objects.filter(spoken, conversation=conversation_id)
    if before_message is not None:
        said = said.filter(pk__lt=before_message)
    role, client_id = said.order_by("-seq").values_list("role", "client_id").first() or ("", "")
    if role == Message.Role.SYSTEM:
        return LastWord.END if str(client_id).startswith(END_PREFIX) else LastWord.TEAM
    return LastWord.TEAM if role == Message.Role.STAFF else LastWord.ASSISTANT
