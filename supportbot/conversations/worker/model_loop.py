"""Runs the model on one turn: what it says is streamed, what it asks for is done, and each event is stored first."""

import asyncio
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from time import monotonic

from django.conf import settings
from django.utils import timezone

from supportbot import model_backends
from supportbot.assistant.errors import ErrorCode, ModelError
from supportbot.assistant.limits import NOT_RUN
from supportbot.assistant.loop import refuse_call, run_turn
from supportbot.assistant.messages import (
    Answer,
    Event,
    TextDelta,
    TextWithdrawn,
    Thinking,
    ToolCall,
    ToolFinished,
    ToolResult,
    Waiting,
)
from supportbot.assistant.tool_results import build_error_result
from supportbot.assistant.window import trim_to_budget

from .. import turns
from ..attachments.for_model import load_images
from ..limits import token_budgets
from ..realtime import broadcast
from ..realtime.answer_stream import AnswerStream
from ..realtime.fragments import render_thinking, render_waiting
from ..turns import LEASE_DURATION, NO_MESSAGE
from .running_turn import RunningTurn, TurnHandedOver
from .tool_execution import execute_tool

LEASE_SECONDS = LEASE_DURATION.total_seconds()
TOKEN_WAIT_SECONDS = 0.5


async def run_model_loop(running: RunningTurn) -> Answer | None:
    """Run the turn to its end and store each event before the next one is asked for. Returns the last answer.

    Raises `LeaseLost`, and `ModelError` when the model fails or the day's budget has nothing left.
    """
    lease = running.lease
    limits = model_backends.get_limits().reduce_for_resumed_turn(lease.rounds_made, lease.calls_made)
    if lease.pending_calls:
        await _finish_pending_calls(running, limits.calls)
        limits = limits.reduce_for_resumed_turn(0, len(lease.pending_calls))
        lease = running.lease
    if lease.funds != token_budgets.Funds.RESERVED:
        raise token_budgets.build_budget_error(lease.funds)

    history = await load_images(trim_to_budget(lease.history, limits.window, limits.messages))
    events = run_turn(
        model_backends.get_backend(lease.backend),
        lease.system_text,
        history,
        turns.get_tool_registry(),
        partial(_execute_call, running),
        limits=limits,
        conversation=lease.public_id,
        summary=lease.summary,
        grounding=settings.ENVIRONMENT.grounding,
        cut_marks=running.cut_marks,
    )
    answer = None
    async with aclosing(events):
        async for event in events:
            if isinstance(event, Answer):
                # What was left out before a call was never said either.
                is_held = event.is_held or (answer is not None and answer.is_held)
                answer = replace(event, is_held=is_held)
            await _handle_event(running, event)
            if running.on_event:
                running.on_event(event)
    return answer


async def _run_pending_call(running: RunningTurn, call: ToolCall) -> ToolResult:
    """A call that was stored before its process died: whether it may be run is decided again, as it was there."""
    lease = running.lease
    refusal = refuse_call(call, turns.get_tool_registry(), lease.history, lease.summary)
    return refusal or await _execute_call(running, call)


async def _execute_call(running: RunningTurn, call: ToolCall) -> ToolResult:
    """Run a call, and remember that it has begun until its result is stored."""
    running.begun_call = call
    result = await execute_tool(running.lease, call)
    running.begun_call = None
    return result


async def _finish_pending_calls(running: RunningTurn, max_calls: int) -> None:
    """Do what a process that died had been asked for, as far as the turn's number of calls allows."""
    for number, call in enumerate(running.lease.pending_calls):
        if number < max_calls:
            result = await _run_pending_call(running, call)
        else:
            result = build_error_result(call, "refused", NOT_RUN)
        await _finish_tool_call(running, result)
    running.lease = await turns.reload_lease(running.lease, running.stream.message_id)


async def _handle_event(running: RunningTurn, event: Event) -> None:
    """Store what happened, and show it."""
    match event:
        case TextDelta(text):
            if text:
                await _stream_text(running, text)
        case TextWithdrawn():
            await _withdraw_text(running)
        case Thinking():
            await running.stream.publish_notice(partial(render_thinking, running.stream.message_id))
        case Waiting():
            await running.stream.publish_notice(partial(render_waiting, running.stream.message_id))
        case Answer():
            running.unstored_answer = event.message
            if event.message.tool_calls:
                # Until it is stored, what was read of it is kept by the stream.
                change = await turns.store_requested_calls(running.lease, event)
                running.unstored_answer = None
                running.stream.close()
                running.stream = AnswerStream(running.lease.conversation_id, NO_MESSAGE)
                await broadcast.publish_change_if_possible(change)
        case ToolFinished(result=result):
            await _finish_tool_call(running, result)


async def _stream_text(running: RunningTurn, text: str) -> None:
    stream = running.stream
    if monotonic() - running.renewed_at > LEASE_SECONDS:
        # This process stood still: another one may have taken the turn over and be showing its own answer.
        await turns.renew_lease(running.lease)
        running.renewed_at = monotonic()
    if not stream.length:
        await turns.begin_answer(running.lease, stream.message_id, text)
        running.first_token = running.first_token or timezone.now()
        stream.stored_length = len(text)
    await stream.append(text)


async def _withdraw_text(running: RunningTurn) -> None:
    """What was shown and stored of the message was no answer."""
    if running.stream.length:
        await turns.begin_answer(running.lease, running.stream.message_id, "")
        await running.stream.withdraw_text()


async def _finish_tool_call(running: RunningTurn, result: ToolResult) -> None:
    completed = await _complete_call(running, result)
    if completed.is_turn_over:
        running.is_cancellable = False  # it has ended in good order
    await broadcast.publish_change_if_possible(completed.change)
    if completed.is_turn_over:
        raise TurnHandedOver
    if completed.message_id:
        running.stream = AnswerStream(running.lease.conversation_id, completed.message_id)


async def _complete_call(running: RunningTurn, result: ToolResult) -> turns.CompletedCall:
    """Store the end of a call. While tokens for the next question are set aside for others, this waits."""
    give_up_at = monotonic() + settings.ENVIRONMENT.turn_seconds
    while True:
        try:
            return await turns.complete_call(running.lease, result)
        except token_budgets.TokensBusy:
            if monotonic() > give_up_at:
                raise ModelError(ErrorCode.TOKENS_SET_ASIDE) from None
        await asyncio.sleep(TOKEN_WAIT_SECONDS)
