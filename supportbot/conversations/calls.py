"""Tool calls: stored before they are run, and their results together with what they wrote."""

from typing import Any

from django.apps import apps
from django.db import transaction
from django.utils import timezone

from supportbot.assistant import messages as said
from supportbot.assistant.tools import UNCERTAIN, Registry, Tool, stopped
from supportbot.usage import requests

from . import budgets
from .claims import LostTurn, Work, held, new_answer
from .models import Message, ToolCall, Turn
from .steps import Step, changed, messages_of, visible


def tools() -> Registry:
    conversations: Any = apps.get_app_config("conversations")
    return conversations.tools


@transaction.atomic
def record(work: Work, answer: said.Answer) -> Step:
    """Store the tool calls that the model asks for, before any of them is run."""
    turn, conversation = held(work)
    message = turn.messages.filter(status=Message.Status.STREAMING).last()
    if message is None:  # recorded already: the database went away before it could say so
        return changed(turn, conversation)
    message.text, message.status = visible(answer.message.text), Message.Status.COMPLETE
    message.handle = answer.message.handle
    message.save(update_fields=["text", "status", "handle"])
    registry = tools()
    ToolCall.objects.bulk_create(
        ToolCall(
            message=message,
            position=position,
            call_id=call.id,
            name=call.name[:200],
            arguments=call.arguments,
            progress=registry.progress_line(call)[:300],
        )
        for position, call in enumerate(answer.message.tool_calls)
    )
    budgets.pay(turn, answer.usage)
    turn.usage.append(dict(answer.usage))
    requests.record_answer(turn, answer)
    return changed(turn, conversation)


def run(work: Work, call: said.ToolCall, tool: Tool) -> said.ToolResult:
    """Run a tool and store its result, in one transaction with whatever it writes.

    The row decides: when the call was settled meanwhile (it took too long, or the turn was stopped),
    what the tool wrote is rolled back, and the row's result stands.
    """
    if tool.effect == "read":
        # Nothing to keep together, so no lock is held while it looks things up.
        return store(work, call, tool.run(work.context, call))
    with transaction.atomic():
        result = tool.run(work.context, call)
        if result.outcome == "done" and _set_result(work, call, result):
            return result
        transaction.set_rollback(True)
    return store(work, call, result)


@transaction.atomic
def store(work: Work, call: said.ToolCall, result: said.ToolResult) -> said.ToolResult:
    """Store a call's result, unless it has one: then that one is returned."""
    if _set_result(work, call, result):
        return result
    # A provider may use an id again in a later round: the newest call is the one that was run.
    row = ToolCall.objects.filter(message__turn=work.turn, call_id=call.id).order_by("pk").last()
    if row is None or row.is_pending:
        raise LostTurn
    return said.ToolResult(call.id, row.result, row.state)


def answer_uncertain(turn: Turn) -> None:
    """A process died over a turn: which of its calls that cannot be taken back had begun, nobody knows."""
    for row in ToolCall.objects.pending_of(turn):
        tool = tools().get(row.name)
        if tool is not None and tool.effect == "irreversible":
            row.answer(stopped(row.as_value(), "interrupted", UNCERTAIN))


@transaction.atomic
def go_on(work: Work, result: said.ToolResult) -> tuple[Step, int]:
    """A tool call is over: show it, and when it was the last one, make room for what the model says next.

    A call that was refused without being run gets its result here.

    Returns the step and the id of the message that is to be streamed, 0 while calls are pending. Raises
    `ModelError` when the day's budget has nothing left for another question to the model.
    """
    turn, conversation = held(work)
    messages = messages_of(turn)
    calls = [call for message in messages for call in message.calls]
    for call in calls:
        if call.is_pending and call.call_id == result.call_id:
            call.answer(result)
    if any(call.is_pending for call in calls):
        return changed(turn, conversation, messages), 0
    if messages[-1].status != Message.Status.STREAMING:
        if not budgets.reserve(turn, conversation, turn.backend):
            raise budgets.over()
        messages.append(new_answer(turn, conversation))
    return changed(turn, conversation, messages), messages[-1].pk


def _set_result(work: Work, call: said.ToolCall, result: said.ToolResult) -> bool:
    pending = ToolCall.objects.filter(
        message__turn=work.turn,
        message__turn__fence=work.fence,
        message__turn__state=Turn.State.RUNNING,
        call_id=call.id,
        state=ToolCall.State.PENDING,
    )
    return bool(pending.update(state=result.outcome, result=result.content, finished=timezone.now()))
