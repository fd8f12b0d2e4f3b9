"""The tool-calling loop: ask the model, stream its answer, run the tools that it calls, and ask again."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial

from .backends import Backend
from .deadlines import TurnClock
from .discarded import carry_discarded
from .errors import ErrorCode, ModelError
from .grounding import CheckedText, GroundingCheck, GroundingMode
from .limits import Limits, bound_calls, cut_long_answer
from .messages import (
    Answer,
    Event,
    Mark,
    Message,
    Part,
    TextDelta,
    TextWithdrawn,
    Thinking,
    ToolCall,
    ToolFinished,
    ToolResult,
    ToolStarted,
    Waiting,
)
from .provenance import collect_sources, describe_invented_argument, find_invented_argument
from .tool_results import build_abandoned_result, build_error_result
from .tools import Registry, Tool, ToolContext
from .window import drop_older_half, trim_to_budget

ToolExecutor = Callable[[ToolCall], Awaitable[ToolResult]]
AskModel = Callable[..., AsyncGenerator[Part]]  # with the messages, and what is not usual for the turn


async def run_turn(
    backend: Backend,
    system: str,
    messages: Sequence[Message],
    tools: Registry,
    execute: ToolExecutor,
    *,
    limits: Limits | None = None,
    conversation: str = "",
    summary: str = "",
    grounding: GroundingMode = "off",
    cut_marks: list[Mark] | None = None,
) -> AsyncGenerator[Event]:
    """Answer the conversation so far, which ends with a message of the customer.

    `summary` is of what was said before these messages, if `system` has one. `grounding` says what becomes of
    sentences that cannot be confirmed, see `grounding.CheckedText`. `cut_marks` gets what could not be confirmed of a
    message that is cut short, by a failure or by who closes this generator.

    Yields text as it arrives, one `Answer` at the end of each of the model's messages, and each tool call before
    and after `execute` runs it. A caller that stores events has time to do so before it asks for the next one.
    Raises `ModelError` when the model fails, or calls tools without end.
    """
    limits = limits or Limits()
    ask = _bind_backend(backend, system, conversation, tools, limits)
    history, calls_left = list(messages), limits.calls
    check = GroundingCheck(system, messages, tools) if grounding != "off" else None
    for rounds_left in range(limits.rounds, -1, -1):
        window = trim_to_budget(history, limits.window, limits.messages)
        answer = None
        stream = _stream_answer(ask, window) if rounds_left > 0 else _ask_for_words(ask, window)
        if check is not None:
            stream = _check_text(stream, CheckedText(check, grounding), cut_marks)
        async with aclosing(stream) as parts:
            async for part in parts:
                if isinstance(part, Answer):
                    answer = part
                else:
                    yield part
        answer, refused = bound_calls(_require_answer(answer), limits, calls_left)
        yield answer
        if not answer.message.tool_calls:
            return
        history.append(answer.message)
        calls_left -= len(answer.message.tool_calls) - len(refused)
        for call in answer.message.tool_calls:
            yield ToolStarted(call)
            refusal = refused.get(call.id) or refuse_call(call, tools, history, summary)
            result = refusal or await execute(call)
            history.append(result.as_message())
            if check is not None:
                check.add_result(call, result.content, result.outcome)
            yield ToolFinished(call, result)


def refuse_call(
    call: ToolCall, tools: Registry, history: Sequence[Message], summary: str = ""
) -> ToolResult | None:
    """The result of a call that must not be run, which tells the model why; None if it may."""
    tool = tools.get(call.name)
    schemas = tool.customers_schemas if tool else ()
    invented = find_invented_argument(schemas, call, collect_sources(history, summary)) if schemas else ""
    return build_error_result(call, "refused", describe_invented_argument(invented)) if invented else None


def _bind_backend(
    backend: Backend, system: str, conversation: str, tools: Registry, limits: Limits
) -> AskModel:
    """The backend's `stream` with all that is the same in one turn, whose time begins now."""
    clock, offered = TurnClock(limits), list(tools.values())

    def ask_model(
        window: Sequence[Message], tools: Sequence[Tool] = offered, *, may_call: bool = True
    ) -> AsyncGenerator[Part]:
        parts = backend.stream(system, window, tools, conversation=conversation, may_call=may_call)
        return clock.limit_parts(cut_long_answer(parts, limits.answer_chars))

    return ask_model


async def _ask_for_words(ask: AskModel, window: Sequence[Message]) -> AsyncGenerator[Part]:
    """The last message of the model, which may call no tools, since it would not learn their results."""
    last = None
    async with aclosing(_stream_answer(partial(ask, may_call=False), window)) as parts:
        async for part in parts:
            if isinstance(part, Answer) and part.message.tool_calls:
                last = part  # the provider lets it call what it may not: nothing of it is run
            else:
                yield part
    if last is not None:
        async with aclosing(_insist_on_words(last, partial(ask, tools=[]), window)) as parts:
            async for part in parts:
                yield part


async def _check_text(
    stream: AsyncGenerator[Part], checked: CheckedText, cut_marks: list[Mark] | None
) -> AsyncGenerator[Part]:
    """Pass on what may be shown of a message, and its `Answer` with what could not be confirmed."""
    is_cut = True
    try:
        async with aclosing(stream):
            async for part in stream:
                if isinstance(part, Thinking | Waiting):
                    yield part
                elif isinstance(part, TextWithdrawn):
                    checked.withdraw_text()
                    yield part
                elif isinstance(part, TextDelta):
                    shown = checked.add_text(part.text) if part.text else ""
                    if shown == part.text:
                        yield part
                    elif shown:
                        yield TextDelta(shown)
                else:
                    rest, is_cut = checked.finish_text(part.message.tool_calls), False
                    if rest:
                        yield TextDelta(rest)
                    yield checked.mark_answer(part)
    finally:
        if is_cut and cut_marks is not None:
            checked.finish_text()
            cut_marks += checked.marks


def _require_answer(answer: Answer | None) -> Answer:
    """Raises `ModelError` when the model has not said anything."""
    if answer is None:
        raise ModelError(ErrorCode.CUT)
    if not answer.message.text.strip() and not answer.message.tool_calls and not answer.is_held:
        raise _build_discarding_error(ErrorCode.EMPTY, answer)
    return answer


def _build_discarding_error(code: ErrorCode, answer: Answer) -> ModelError:
    error = ModelError(code)
    error.discarded = answer.list_requests()
    return error


async def _insist_on_words(answer: Answer, ask: AskModel, window: Sequence[Message]) -> AsyncGenerator[Part]:
    """Ask once more, without tools, for what the model has not put into words.

    There are servers that pass over `tool_choice: none` (MiniMax-AI/MiniMax-M2.7#45, softwaremill/sttp-ai#529). If it
    says nothing then, what it said beside its call is its answer. Raises `ModelError`, with the code `ENDLESS` when
    there is neither.
    """
    text = answer.message.text
    words = replace(answer, message=replace(answer.message, tool_calls=(), handle="", provider_fields=None))
    has_text = False
    try:
        if text:
            yield TextWithdrawn()
        async with aclosing(_stream_answer(ask, window)) as parts:
            async for part in parts:
                has_text = has_text or (isinstance(part, TextDelta) and part.text != "")
                if not isinstance(part, Answer):
                    yield part
                elif part.message.tool_calls or not part.message.text.strip():
                    raise _build_discarding_error(ErrorCode.ENDLESS, part)
                else:
                    yield replace(part, discarded=(*answer.list_requests(), *part.discarded))
    except ModelError as error:
        if not text.strip():
            error.discarded = (*answer.list_requests(), *error.discarded)
            raise
        if has_text:
            yield TextWithdrawn()
        yield TextDelta(text)
        yield replace(words, discarded=(*words.discarded, *error.discarded))


def make_executor(
    tools: Registry, ctx: ToolContext, run_in_thread: Callable[..., Awaitable[ToolResult]] = asyncio.to_thread
) -> ToolExecutor:
    """The plain way to run tools, for programs that store nothing: in a thread, within the tool's `timeout`."""

    async def execute_call(call: ToolCall) -> ToolResult:
        tool = tools.get(call.name)
        if tool is None:
            return tools.build_unknown_result(call)
        try:
            async with asyncio.timeout(tool.timeout):
                return await run_in_thread(tool.run, ctx, call)
        except TimeoutError:
            # Its thread goes on, and nobody rolls back what it does there.
            effect = "read" if tool.effect == "read" else "irreversible"
            return build_abandoned_result(call, effect, "timed_out", "The tool took too long.")

    return execute_call


async def _stream_answer(ask: AskModel, window: Sequence[Message]) -> AsyncGenerator[Part]:
    """One message of the model. When the history is too long for it, it is asked once more without the older half."""
    has_text = False
    try:
        async with aclosing(ask(window)) as parts:
            async for part in parts:
                has_text = has_text or (isinstance(part, TextDelta) and part.text != "")
                yield part
        return
    except ModelError as error:
        shorter = drop_older_half(window)
        if error.code != ErrorCode.CONTEXT_TOO_LONG or has_text or len(shorter) == len(window):
            raise
        discarded = error.discarded
    async with aclosing(carry_discarded(ask(shorter), discarded)) as parts:
        async for part in parts:
            yield part
