"""The tool-calling loop: ask the model, stream its answer, run the tools that it calls, and ask again."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial

from .backends import Backend
from .errors import ErrorCode, ModelError
from .messages import (
    Answer,
    Event,
    Message,
    Part,
    TextDelta,
    TextWithdrawn,
    ToolCall,
    ToolFinished,
    ToolResult,
    ToolStarted,
)
from .tools import Registry, ToolContext, build_error_result
from .window import drop_older_half, trim_to_budget

ToolExecutor = Callable[[ToolCall], Awaitable[ToolResult]]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one turn may take at most."""

    first_token: float = 20.0  # seconds until the first sign of life of each of the model's messages
    stall: float = 15.0  # seconds between two pieces of a message
    turn: float = 90.0  # seconds in all, those of the tools included
    rounds: int = 4  # how often the model may call tools before it must answer
    calls: int = 6  # tool calls in all
    window: int = 24_000  # tokens of history that the model is sent, by estimate
    messages: int = 0  # messages of history that the model is sent; 0 is no limit


async def run_turn(
    backend: Backend,
    system: str,
    messages: Sequence[Message],
    tools: Registry,
    execute: ToolExecutor,
    *,
    limits: Limits | None = None,
    conversation: str = "",
) -> AsyncGenerator[Event]:
    """Answer the conversation so far, which ends with a message of the customer.

    Yields text as it arrives, one `Answer` at the end of each of the model's messages, and each tool call before
    and after `execute` runs it. A caller that stores events has time to do so before it asks for the next one.
    Raises `ModelError` when the model fails, or calls tools without end.
    """
    limits = limits or Limits()
    deadline = asyncio.get_running_loop().time() + limits.turn
    offered = list(tools.values())
    ask = partial(backend.stream, system, conversation=conversation)
    history = list(messages)
    calls_left = limits.calls
    for rounds_left in range(limits.rounds, -1, -1):
        window = trim_to_budget(history, limits.window, limits.messages)
        # After the last round the model is not asked again, so it would not learn the result of a call.
        ask_once = partial(ask, tools=offered, may_call=rounds_left > 0)
        answer = None
        async with aclosing(_stream_answer(ask_once, window, limits, deadline)) as parts:
            async for part in parts:
                if isinstance(part, Answer):
                    answer = part
                else:
                    yield part
        if answer is not None and answer.message.tool_calls and not rounds_left:
            # The provider lets it call what it may not: nothing of it is run.
            async with aclosing(
                _insist_on_words(answer, partial(ask, tools=[]), window, limits, deadline)
            ) as parts:
                async for part in parts:
                    if isinstance(part, Answer):
                        answer = part
                    else:
                        yield part
        answer = _require_answer(answer)
        yield answer
        if not answer.message.tool_calls:
            return
        history.append(answer.message)
        for call in answer.message.tool_calls:
            yield ToolStarted(call)
            if calls_left > 0:
                calls_left -= 1
                result = await execute(call)
            else:
                result = build_error_result(
                    call, "refused", "Not run: no more tool calls are allowed. Answer now."
                )
            history.append(result.as_message())
            yield ToolFinished(call, result)


def _require_answer(answer: Answer | None) -> Answer:
    """Raises `ModelError` when the model has not said anything."""
    if answer is None:
        raise ModelError(ErrorCode.CUT)
    if not answer.message.text.strip() and not answer.message.tool_calls:
        raise ModelError(ErrorCode.EMPTY)
    return answer


async def _insist_on_words(
    answer: Answer,
    ask: Callable[[Sequence[Message]], AsyncGenerator[Part]],
    window: Sequence[Message],
    limits: Limits,
    deadline: float,
) -> AsyncGenerator[Part]:
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
        async with aclosing(_stream_answer(ask, window, limits, deadline)) as parts:
            async for part in parts:
                if isinstance(part, Answer) and (part.message.tool_calls or not part.message.text.strip()):
                    raise ModelError(ErrorCode.ENDLESS)
                has_text = has_text or (isinstance(part, TextDelta) and part.text != "")
                yield part
    except ModelError:
        if not text.strip():
            raise
        if has_text:
            yield TextWithdrawn()
        yield TextDelta(text)
        yield words


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
            return build_error_result(call, "timed_out", "The tool took too long.")

    return execute_call


async def _stream_answer(
    ask: Callable[[Sequence[Message]], AsyncGenerator[Part]],
    window: Sequence[Message],
    limits: Limits,
    deadline: float,
) -> AsyncGenerator[Part]:
    """One message of the model. When the history is too long for it, it is asked once more without the older half.

    `deadline` is a time of the event loop's clock, in seconds.
    """
    has_text = False
    try:
        async with aclosing(_enforce_timeouts(ask(window), limits, deadline)) as parts:
            async for part in parts:
                has_text = has_text or (isinstance(part, TextDelta) and part.text != "")
                yield part
        return
    except ModelError as error:
        shorter = drop_older_half(window)
        if error.code != ErrorCode.CONTEXT_TOO_LONG or has_text or len(shorter) == len(window):
            raise
    async with aclosing(_enforce_timeouts(ask(shorter), limits, deadline)) as parts:
        async for part in parts:
            yield part


async def _enforce_timeouts(
    stream: AsyncGenerator[Part], limits: Limits, deadline: float
) -> AsyncGenerator[Part]:
    """Pass the stream's parts on. Raises `ModelError` with the code of the limit that a part exceeds."""
    now = asyncio.get_running_loop().time
    code, wait = ErrorCode.NO_FIRST_TOKEN, limits.first_token
    async with aclosing(stream):
        while True:
            limit = min(now() + wait, deadline)
            try:
                async with asyncio.timeout_at(limit):
                    part = await anext(stream)
            except StopAsyncIteration:
                return
            except TimeoutError:
                raise ModelError(ErrorCode.TOO_LONG if limit == deadline else code) from None
            code, wait = ErrorCode.STALLED, limits.stall
            yield part
