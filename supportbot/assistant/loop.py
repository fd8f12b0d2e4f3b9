"""The tool-calling loop: ask, stream, run the tools that the model asks for, and ask again."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial

from .backends import Backend
from .errors import ErrorCode, ModelError
from .messages import Answer, Event, Message, Part, TextDelta, ToolCall, ToolFinished, ToolResult, ToolStarted
from .tools import Registry, ToolContext, build_error_result
from .window import drop_older_half, trim_to_budget

ToolExecutor = Callable[[ToolCall], Awaitable[ToolResult]]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one turn may take: seconds for waiting, rounds of tools, calls in all.

    `window` is how many tokens of history the model is sent, `messages` how many messages of history; 0 is no limit.
    """

    first_token: float = 20.0
    stall: float = 15.0
    turn: float = 90.0
    rounds: int = 4
    calls: int = 6
    window: int = 24_000
    messages: int = 0


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
    """Answer the conversation so far, which ends with what the customer said.

    Yields text as it comes, one `Answer` at the end of each of the model's messages, and every tool call
    before and after `execute` ran it. The caller stores each event before it asks for the next one.
    Raises `ModelError` when the model fails or does not come to an end.
    """
    limits = limits or Limits()
    deadline = asyncio.get_running_loop().time() + limits.turn
    ask = partial(backend.stream, system, tools=list(tools.values()), conversation=conversation)
    history = list(messages)
    calls_left = limits.calls
    for rounds_left in range(limits.rounds, -1, -1):
        answer = None
        seen = trim_to_budget(history, limits.window, limits.messages)
        # Nobody would tell the model what came of a call after the last round.
        asking = partial(ask, may_call=rounds_left > 0)
        async with aclosing(_stream_answer(asking, seen, limits, deadline)) as parts:
            async for part in parts:
                if isinstance(part, Answer):
                    answer = part
                else:
                    yield part
        if answer is None:
            raise ModelError(ErrorCode.CUT)
        if not answer.message.text.strip() and not answer.message.tool_calls:
            raise ModelError(ErrorCode.EMPTY)
        if answer.message.tool_calls and not rounds_left:
            # It calls all the same. These are not run.
            raise ModelError(ErrorCode.ENDLESS)
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


def make_executor(
    tools: Registry, ctx: ToolContext, in_thread: Callable[..., Awaitable[ToolResult]] = asyncio.to_thread
) -> ToolExecutor:
    """The plain way to run tools, for programs that store nothing: in a thread, with the tool's deadline."""

    async def execute(call: ToolCall) -> ToolResult:
        known = tools.get(call.name)
        if known is None:
            return tools.build_unknown_result(call)
        try:
            async with asyncio.timeout(known.timeout):
                return await in_thread(known.run, ctx, call)
        except TimeoutError:
            return build_error_result(call, "timed_out", "The tool took too long.")

    return execute


async def _stream_answer(
    ask: Callable[[Sequence[Message]], AsyncGenerator[Part]],
    seen: Sequence[Message],
    limits: Limits,
    deadline: float,
) -> AsyncGenerator[Part]:
    """One message of the model. A history that the provider finds too long goes once more without its older half."""
    has_spoken = False
    try:
        async with aclosing(_enforce_timeouts(ask(seen), limits, deadline)) as parts:
            async for part in parts:
                has_spoken = has_spoken or (isinstance(part, TextDelta) and part.text != "")
                yield part
        return
    except ModelError as error:
        shorter = drop_older_half(seen)
        if error.code != ErrorCode.CONTEXT_TOO_LONG or has_spoken or len(shorter) == len(seen):
            raise
    async with aclosing(_enforce_timeouts(ask(shorter), limits, deadline)) as parts:
        async for part in parts:
            yield part


async def _enforce_timeouts(
    stream: AsyncGenerator[Part], limits: Limits, deadline: float
) -> AsyncGenerator[Part]:
    """The stream's parts, each within its time: a time-out is a `ModelError` that says which one it was."""
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
