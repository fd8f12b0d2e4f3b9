"""What a transaction hands on: the HTML that pages must see next, and the turn that is to be run now."""

from collections.abc import Iterable
from dataclasses import dataclass

from supportbot.assistant.tools import stopped

from . import fragments
from .claims import Work
from .models import Conversation, Message, Turn


@dataclass(frozen=True, slots=True)
class Step:
    """`revision` is the newest that a page has seen which shows this HTML, 0 when nothing changed.

    It lacks nothing up to there if it had seen everything up to `before`.
    """

    conversation: int
    html: str = ""
    work: Work | None = None
    revision: int = 0
    before: int = 0


def changed(turn: Turn, conversation: Conversation, messages: list[Message] | None = None) -> Step:
    """Store a change of a turn under a new revision, and show it."""
    turn.revision = conversation.next_revision()
    turn.save()
    save(conversation)
    html = fragments.turn(turn, messages_of(turn) if messages is None else messages)
    return Step(conversation.pk, html, revision=turn.revision, before=conversation.before)


def shown(turn_id: int) -> str:
    """The turn as it is stored."""
    turn = Turn.objects.get(pk=turn_id)
    return fragments.turn(turn, messages_of(turn))


def save(conversation: Conversation) -> None:
    conversation.save(update_fields=["title", "last_seq", "revision", "updated"])


def messages_of(turn: Turn) -> list[Message]:
    if turn.usage:
        return list(turn.messages.prefetch_related("tool_calls"))
    # The model has not finished a message yet, so it cannot have asked for tools: one query less a turn.
    messages = list(turn.messages.all())
    for message in messages:
        message.calls = []
    return messages


def close(messages: Iterable[Message], text: str | None, status: str, handle: str = "") -> None:
    """No message goes on streaming and no call stays without a result after the end of a turn.

    `text` is what was streamed, None to keep what was stored of it; `handle` is the provider's.
    """
    for message in messages:
        if message.status == Message.Status.STREAMING:
            message.status = status
            message.text = visible(message.text if text is None else text)
            message.handle = handle
            message.save(update_fields=["text", "status", "handle"])
        for call in message.calls:
            if call.is_pending:
                call.answer(stopped(call.as_value(), "interrupted", "Interrupted. Nothing was changed."))


def visible(text: str) -> str:
    """The text, or nothing in place of white space alone, which would be an empty bubble."""
    return text if text.strip() else ""
