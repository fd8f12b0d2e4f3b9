"""Tool calls: stored before they are run, and their results together with what they wrote."""

from dataclasses import asdict, dataclass

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from supportbot.assistant.messages import Answer, ToolCall, ToolResult
from supportbot.assistant.tools import Tool, ToolTimeOver
from supportbot.server.executors import on_database_thread
from supportbot.server.outages import is_outage
from supportbot.server.tool_transactions import ToolTransaction
from supportbot.usage import recording

from ..blank_text import blank_to_empty
from ..limits import token_budgets
from ..models import Conversation, Message, Turn
from ..models import ToolCall as StoredCall
from .changes import (
    ChangedTurn,
    TurnChange,
    build_change,
    close_open_messages,
    load_messages,
    save_change,
    save_conversation,
)
from .claiming import create_answer_message
from .interruption import end_bot_turns, get_tool_registry
from .leases import LeaseLost, TurnLease, lock_leased_turn
from .provider_state import keep_provider_state
from .token_estimates import settle_turn


@dataclass(frozen=True, slots=True)
class CompletedCall:
    """What follows from the end of a tool call.

    `message_id` is the message that is to be streamed, 0 while calls are pending. With `is_turn_over` the turn has
    ended, since the call gave the conversation to a person.
    """

    change: TurnChange
    message_id: int = 0
    is_turn_over: bool = False


@on_database_thread(repeat=True)
@transaction.atomic
def store_requested_calls(lease: TurnLease, answer: Answer) -> TurnChange:
    """Store the tool calls that the model asks for, before any of them is run. Raises `LeaseLost`."""
    turn, conversation = lock_leased_turn(lease)
    messages = load_messages(turn)
    message = next((each for each in reversed(messages) if each.status == Message.Status.STREAMING), None)
    if message is None:  # stored already: the database went away before it could say so
        return save_change(turn, conversation, messages)
    message.text, message.status = blank_to_empty(answer.message.text), Message.Status.COMPLETE
    keep_provider_state(message, answer.message)
    message.save(update_fields=["text", "status", "handle", "provider_fields"])
    registry = get_tool_registry()
    message.calls = StoredCall.objects.bulk_create(
        StoredCall(
            message=message,
            position=position,
            call_id=call.id,
            name=call.name[:200],
            arguments=call.arguments,
            progress=registry.format_progress(call)[:300],
        )
        for position, call in enumerate(answer.message.tool_calls)
    )
    settle_turn(turn, conversation, answer.list_requests())
    turn.usage.append(dict(answer.usage))
    turn.marks += [asdict(mark) for mark in answer.marks]
    recording.record_answer(turn, answer.list_requests())
    return save_change(turn, conversation, messages)


def run_tool(lease: TurnLease, call: ToolCall, tool: Tool, work: ToolTransaction | None = None) -> ToolResult:
    """Run a tool and store its result, in one transaction with whatever it writes. Blocks; call it in a thread.

    The row decides: when the call got a result meanwhile (it took too long, or the turn was stopped), what the tool
    wrote is rolled back, and the row's result stands. `work` is how another thread ends what the tool does.
    Raises `LeaseLost`, and `ToolTimeOver` when it was ended.
    """
    work = work or ToolTransaction(tool.timeout)
    with work.attach_to_thread():
        if tool.effect == "read":  # nothing to keep together
            result, is_stored = _run_bounded(lease, call, tool), False
        else:
            result, is_stored = _run_with_result(lease, call, tool)
    if is_stored:
        return result
    if work.is_over:
        raise ToolTimeOver
    return store_result.run_sync(lease, call, result)


def _run_bounded(lease: TurnLease, call: ToolCall, tool: Tool) -> ToolResult:
    return tool.run(lease.tool_context, call, settings.ENVIRONMENT.tool_result_max_chars, is_outage)


@transaction.atomic
def _run_with_result(lease: TurnLease, call: ToolCall, tool: Tool) -> tuple[ToolResult, bool]:
    """Run a tool and store its result with what it wrote; if that cannot be, what it wrote is rolled back.

    Returns (the result, whether it was stored).
    """
    result = _run_bounded(lease, call, tool)
    is_stored = result.outcome == "done" and _set_result(lease, call, result)
    if not is_stored:
        transaction.set_rollback(True)
    return result, is_stored


@on_database_thread(repeat=True)
@transaction.atomic
def store_result(lease: TurnLease, call: ToolCall, result: ToolResult) -> ToolResult:
    """Store a call's result, unless it has one: then that one is returned. Raises `LeaseLost`."""
    if _set_result(lease, call, result):
        return result
    # A provider may use an id again in a later round: the newest call is the one that was run.
    row = StoredCall.objects.filter(message__turn=lease.turn_id, call_id=call.id).order_by("pk").last()
    if row is None or row.is_pending:
        raise LeaseLost
    return ToolResult(call.id, row.result, row.state)


@on_database_thread(repeat=True)
@transaction.atomic
def complete_call(lease: TurnLease, result: ToolResult) -> CompletedCall:
    """A tool call is over: when it was the last one, create the message for what the model says next.

    A call that was refused without being run gets its result here.

    Raises `LeaseLost`, `TokensBusy` when it must be tried again since tokens are set aside for others, and `ModelError`
    when the day's budget has nothing left for another question to the model.
    """
    turn, conversation = lock_leased_turn(lease)
    messages = load_messages(turn)
    calls = [call for message in messages for call in message.calls]
    for call in calls:
        if call.is_pending and call.call_id == result.call_id:
            call.set_result(result)
    if conversation.owner != Conversation.Owner.BOT:
        return CompletedCall(_end_handed_over_turn(turn, conversation, messages), is_turn_over=True)
    if any(call.is_pending for call in calls):
        return CompletedCall(save_change(turn, conversation, messages))
    if messages[-1].status != Message.Status.STREAMING:
        funds = token_budgets.reserve_tokens(turn, conversation, turn.backend)
        if funds == token_budgets.Funds.BUSY:
            raise token_budgets.TokensBusy
        if funds != token_budgets.Funds.RESERVED:
            raise token_budgets.build_budget_error(funds)
        messages.append(create_answer_message(turn, conversation))
    return CompletedCall(save_change(turn, conversation, messages), messages[-1].pk)


def _end_handed_over_turn(turn: Turn, conversation: Conversation, messages: list[Message]) -> TurnChange:
    """A tool gave the conversation to a person: the model says nothing more, and no other call is run.

    Messages that wait behind this turn are the person's.
    """
    turn.state = Turn.State.DONE
    turn.finished, turn.lease_until = timezone.now(), None
    token_budgets.release_reservation(turn)  # the model was not asked again
    close_open_messages(messages, "", Message.Status.COMPLETE)
    turn.revision = conversation.next_revision()
    turn.save()
    ended = [ChangedTurn(turn, messages), *end_bot_turns(conversation)]
    save_conversation(conversation)
    return build_change(conversation, ended, with_owner=True, notifies_desk=True)


def _set_result(lease: TurnLease, call: ToolCall, result: ToolResult) -> bool:
    tool = get_tool_registry().get(call.name) if result.outcome == "done" else None
    line = {"progress": tool.format_done_line(call)[:300]} if tool is not None else {}
    pending = StoredCall.objects.filter(
        message__turn=lease.turn_id,
        message__turn__fencing_token=lease.fencing_token,
        message__turn__state=Turn.State.RUNNING,
        call_id=call.id,
        state=StoredCall.State.PENDING,
    )
    return bool(pending.update(state=result.outcome, result=result.content, finished=timezone.now(), **line))
