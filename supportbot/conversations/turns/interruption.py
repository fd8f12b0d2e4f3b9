"""Turns that end over the head of whoever runs them, and what is said of the tool calls that they leave behind."""

import logging
from typing import Any

from django.apps import apps
from django.utils import timezone

from supportbot.assistant.errors import ErrorCode
from supportbot.assistant.messages import ToolCall
from supportbot.assistant.tool_results import UNCERTAIN_OUTCOME, build_error_result
from supportbot.assistant.tools import Registry

from ..models import Conversation, Message, Turn
from ..models import ToolCall as StoredCall
from .changes import ChangedTurn, close_open_messages, load_messages
from .token_estimates import settle_turn

logger = logging.getLogger(__name__)


def end_bot_turns(conversation: Conversation) -> list[ChangedTurn]:
    """End what the bot is doing or was about to do: nothing that runs now can write to the conversation any more.

    What was stored of an answer stays, marked as cut off. Queued messages stay for the person.
    """
    ended = []
    for turn in conversation.turns.active().order_by("pk"):
        was_running = turn.state == Turn.State.RUNNING
        if was_running:
            close_uncertain_calls(turn)
        messages = load_messages(turn)
        turn.state = Turn.State.STOPPED if was_running else Turn.State.DONE
        turn.error, turn.may_retry = (ErrorCode.TAKEN_OVER if was_running else ""), False
        turn.fencing_token += 1
        turn.finished, turn.lease_until = timezone.now(), None
        settle_turn(turn, conversation, (), is_charged=was_running)
        close_open_messages(messages, None, Message.Status.PARTIAL)
        turn.revision = conversation.next_revision()
        turn.save()
        ended.append(ChangedTurn(turn, messages))
    return ended


def close_uncertain_calls(turn: Turn) -> None:
    """Close the pending irreversible calls of a turn, before it is taken from whoever runs it or ran it.

    We cannot know whether they ran, so each gets the result `UNCERTAIN_OUTCOME` and is never run again.
    """
    for row in StoredCall.objects.pending_of(turn):
        _close_if_irreversible(row)


def close_begun_call(turn: Turn, call: ToolCall) -> None:
    """Close a call that had begun when its turn ended or was released, if it is irreversible and still pending.

    Those behind it have certainly not begun.
    """
    for row in StoredCall.objects.pending_of(turn).filter(call_id=call.id):
        _close_if_irreversible(row)


def _close_if_irreversible(row: StoredCall) -> None:
    tool = get_tool_registry().get(row.name)
    if tool is not None and tool.effect == "irreversible":
        row.set_result(build_error_result(row.as_value(), "interrupted", UNCERTAIN_OUTCOME))
        logger.warning(
            "Tool %s was cut off in conversation %s: nobody knows whether it did its work, and it is not run again",
            *(row.name, row.message.conversation_id),
        )


def get_tool_registry() -> Registry:
    conversations: Any = apps.get_app_config("conversations")
    registry: Registry = conversations.tools
    return registry
