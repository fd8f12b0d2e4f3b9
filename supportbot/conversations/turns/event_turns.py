"""Turns without a model: what a person wrote, or what the server says of who has the conversation."""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from ..card_numbers import MaskedText, mask_card_numbers
from ..models import Conversation, Message, Turn
from .changes import ChangedTurn


def add_event_turn(
    conversation: Conversation, said: Sequence[tuple[str, str | MaskedText, str | None]], author: Any = None
) -> ChangedTurn:
    """A turn without a model, whose messages are (role, text, client id). The caller saves the conversation."""
    now = timezone.now()
    turn = Turn(conversation=conversation, state=Turn.State.DONE, started=now, finished=now)
    turn.revision = conversation.next_revision()
    turn.save()
    messages = []
    for role, text, client_id in said:
        message = Message(conversation=conversation, turn=turn, seq=conversation.next_seq(), role=role)
        message.text, message.was_masked = _mask_text(role, text)
        message.client_id = client_id or None
        if author is not None:
            message.author = author
            message.author_name = author.get_short_name() or author.get_username()
        message.calls = []
        messages.append(message)
    Message.objects.bulk_create(messages)
    return ChangedTurn(turn, messages)


def add_notice(conversation: Conversation, sentence: str, client_id: str | None = None) -> ChangedTurn:
    """A turn in which the server says a sentence. The caller saves the conversation."""
    return add_event_turn(conversation, [(Message.Role.SYSTEM, sentence, client_id)])


def _mask_text(role: str, text: str | MaskedText) -> MaskedText:
    if isinstance(text, MaskedText):
        return text
    return MaskedText(text) if role == Message.Role.SYSTEM else mask_card_numbers(text)
