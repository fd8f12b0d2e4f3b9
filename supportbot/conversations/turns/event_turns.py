"""Turns without a model: what a person wrote, or what the server says of who has the conversation."""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from supportbot.assistant.errors import ErrorCode

from ..limits import token_budgets
from ..models import Conversation, Message, Turn
from .changes import ChangedTurn, close_open_messages, load_messages


def end_bot_turns(conversation: Conversation) -> list[ChangedTurn]:
    """End what the bot is doing or was about to do: nothing that runs now can write to the conversation any more.

    What was stored of an answer stays, marked as cut off. Queued messages stay for the person.
    """
    ended = []
    for turn in conversation.turns.active().order_by("pk"):
        messages = load_messages(turn)
        was_running = turn.state == Turn.State.RUNNING
        turn.state = Turn.State.STOPPED if was_running else Turn.State.DONE
        turn.error, turn.may_retry = (ErrorCode.TAKEN_OVER if was_running else ""), False
        turn.fencing_token += 1
        turn.finished, turn.lease_until = timezone.now(), None
        token_budgets.settle_reservation(turn, {})
        close_open_messages(messages, None, Message.Status.PARTIAL)
        turn.revision = conversation.next_revision()
        turn.save()
        ended.append(ChangedTurn(turn, messages))
    return ended


def add_event_turn(
    conversation: Conversation, said: Sequence[tuple[str, str, str | None]], author: Any = None
) -> ChangedTurn:
    """A turn without a model, whose messages are (role, text, client id). The caller saves the conversation."""
    now = timezone.now()
    turn = Turn(conversation=conversation, state=Turn.State.DONE, started=now, finished=now)
    turn.revision = conversation.next_revision()
    turn.save()
    messages = []
    for role, text, client_id in said:
        message = Message(
            conversation=conversation, turn=turn, seq=conversation.next_seq(), role=role, text=text
        )
        message.client_id = client_id or None
        if author is not None:
            message.author = author
            message.author_name = author.get_short_name() or author.get_username()
        message.calls = []
        messages.append(message)
    Message.objects.bulk_create(messages)
    return ChangedTurn(turn, messages)
