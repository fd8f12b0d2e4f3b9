"""What one turn may take, and how much of what a model or a tool returns is taken in."""

import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace

from .messages import Answer, Message, Part, TextDelta, TextWithdrawn, ToolCall, ToolResult
from .tool_results import build_error_result

logger = logging.getLogger(__name__)

# Of what a provider sends for one answer. Beyond that it is broken, and no more of it is read.
MAX_RESPONSE_BYTES = 16 * 1024 * 1024
MAX_EVENT_BYTES = 4 * 1024 * 1024  # an event, or a whole body that is no stream of events
MAX_RECEIVED_CALLS = 2_000
MAX_RECEIVED_ARGUMENT_CHARS = 64_000  # of one tool call
MAX_CALL_ID_CHARS = 200
MAX_TOOL_NAME_CHARS = 200
NOT_RUN = "Not run: no more tool calls are allowed. Answer now."


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
    notice: float = 10.0  # seconds after which it is told that the model has not begun yet
    answer_chars: int = 32_000  # of one message of the model; it is cut there, as when it ran out of tokens
    answer_calls: int = 16  # tool calls in one message; what comes behind them is dropped
    argument_chars: int = 16_000  # of one tool call; one with more is not run

    def reduce_for_resumed_turn(self, rounds_made: int, calls_made: int) -> "Limits":
        """What is left for a turn of which a process that died has done a part."""
        return replace(self, rounds=max(0, self.rounds - rounds_made), calls=max(0, self.calls - calls_made))


async def cut_long_answer(parts: AsyncGenerator[Part], max_chars: int) -> AsyncGenerator[Part]:
    """Pass an answer's parts on. One with more text is ended there, with the reason to finish “length”."""
    pieces: list[str] = []
    chars_left = max_chars
    async with aclosing(parts):
        async for part in parts:
            if isinstance(part, TextWithdrawn):
                pieces, chars_left = [], max_chars
            elif isinstance(part, TextDelta):
                if len(part.text) > chars_left:
                    pieces.append(part.text[:chars_left])
                    yield TextDelta(pieces[-1])
                    logger.warning("An answer was cut after %s characters", max_chars)
                    yield Answer(Message("assistant", "".join(pieces)), "length")
                    return
                pieces.append(part.text)
                chars_left -= len(part.text)
            yield part


def bound_calls(answer: Answer, limits: Limits, calls_left: int) -> tuple[Answer, dict[str, ToolResult]]:
    """The answer with no more and no longer tool calls than `limits` allows.

    Returns (the answer, the results of calls that are not to be run, by their ids): those that are too long, and those
    beyond the `calls_left` of the turn. When something was changed, the provider's stored state is of no use any more:
    it has what we do not send back.
    """
    asked = answer.message.tool_calls
    kept = tuple(_shorten_call(call, limits.argument_chars) for call in asked[: limits.answer_calls])
    if len(asked) > len(kept):
        logger.warning("The model asked for %s tool calls at once: %s were kept", len(asked), len(kept))
    refused = {
        short.id: build_error_result(short, "invalid", _describe_length(call, limits.argument_chars))
        for call, short in zip(asked, kept, strict=False)
        if short.arguments != call.arguments
    }
    beyond = [call for call in kept if call.id not in refused][calls_left:]
    refused |= {call.id: build_error_result(call, "refused", NOT_RUN) for call in beyond}
    if kept != asked:
        answer = replace(answer, message=replace(answer.message, tool_calls=kept, handle=""))
    return answer, refused


def _shorten_call(call: ToolCall, max_chars: int) -> ToolCall:
    arguments = call.arguments
    if len(arguments) > max_chars:
        logger.warning("The arguments of a tool call have %s characters: it was not run", len(arguments))
        arguments = f"{arguments[:max_chars]}… [cut: {len(arguments):,} characters]"
    return ToolCall(call.id[:MAX_CALL_ID_CHARS], call.name[:MAX_TOOL_NAME_CHARS], arguments)


def _describe_length(call: ToolCall, max_chars: int) -> str:
    return (
        f"Not run: the arguments have {len(call.arguments):,} characters, and at most {max_chars:,} are taken. "
        "Call it again with less."
    )
