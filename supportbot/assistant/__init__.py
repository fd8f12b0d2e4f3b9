"""The engine: it sends a conversation to a model, runs the tools that the model calls, and streams the answer.

    async with Assistant("chat", api_key=key, model="grok-4.3", tools=[lookup_order]) as assistant:
        print(await assistant.answer([Message("user", "Where is my order ORD-123?")]))

What a program needs of it is imported from here, but for `images.prepare`, which re-encodes an uploaded picture.
It imports nothing of Django, and keeps nothing between two calls but open connections.
"""

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing
from itertools import takewhile
from types import TracebackType
from typing import Any, Self

from .backends import Backend, load_backend
from .errors import ErrorCode, ModelError
from .limits import Limits
from .loop import make_executor, run_turn
from .messages import (
    Answer,
    Event,
    Image,
    Message,
    ResponseModel,
    TextDelta,
    TextWithdrawn,
    Thinking,
    ToolCall,
    ToolFinished,
    ToolResult,
    ToolStarted,
    Waiting,
)
from .provenance import FromCustomer
from .questions import Question, question
from .tools import Customer, Registry, Tool, ToolContext, ToolError, tool
from .window import drop_older_half, trim_to_budget

__all__ = [
    "Answer",
    "Assistant",
    "Backend",
    "Customer",
    "ErrorCode",
    "Event",
    "FromCustomer",
    "Image",
    "Limits",
    "Message",
    "ModelError",
    "Question",
    "TextDelta",
    "TextWithdrawn",
    "Thinking",
    "Tool",
    "ToolCall",
    "ToolContext",
    "ToolError",
    "ToolFinished",
    "ToolResult",
    "ToolStarted",
    "Waiting",
    "question",
    "tool",
]

DEFAULT_SYSTEM_TEXT = "You are a helpful assistant."
ANONYMOUS_CONTEXT = ToolContext(conversation=0, visitor="", customer=None, request="")

MessageLike = Message | Mapping[str, Any]


class Assistant:
    """A model with instructions and tools, for programs that keep the conversation themselves.

    `backend` is the name of one in `BACKENDS`, which is then made with `options`, or a backend that exists already.
    `context` tells the tools who asks. Messages may be the dicts of a chat completions array too; system messages at
    their beginning replace `system`. `conversation` is a stable name of the conversation, by which some providers
    find their cache. Every method raises `ModelError` when the model fails.
    """

    def __init__(
        self,
        backend: str | Backend,
        *,
        system: str = DEFAULT_SYSTEM_TEXT,
        tools: Iterable[Tool] = (),
        context: ToolContext = ANONYMOUS_CONTEXT,
        limits: Limits | None = None,
        **options: Any,
    ) -> None:
        self._tools = Registry(map(_require_tool, tools))
        self.backend = load_backend(backend, **options) if isinstance(backend, str) else backend
        self._system = system
        self._execute = make_executor(self._tools, context)
        self._limits = limits or Limits()

    def stream(self, messages: Sequence[MessageLike], *, conversation: str = "") -> AsyncGenerator[Event]:
        """Answer the conversation: yields text as it arrives, tool calls as they run, and each message of the model.

        After a `TextWithdrawn` the text of the message begins anew.

        The last `Answer` has the `finish_reason` “length” when the model ran out of tokens in the middle of it.
        """
        system, history = self._split_system_text(messages)
        return run_turn(
            self.backend,
            system,
            history,
            self._tools,
            self._execute,
            limits=self._limits,
            conversation=conversation,
        )

    async def reply(self, messages: Sequence[MessageLike], *, conversation: str = "") -> list[Message]:
        """Answer the conversation: returns the messages to append to it, tool calls and their results among them.

        Raises `ModelError` with the code `CUT` when the model ran out of tokens in the middle of the answer.
        """
        added: list[Message] = []
        async with aclosing(self.stream(messages, conversation=conversation)) as events:
            async for event in events:
                if isinstance(event, Answer):
                    if event.finish_reason == "length":
                        raise ModelError(ErrorCode.CUT, "out of tokens: raise max_tokens", retry=False)
                    added.append(event.message)
                elif isinstance(event, ToolFinished):
                    added.append(event.result.as_message())
        return added

    async def answer(self, messages: Sequence[MessageLike], *, conversation: str = "") -> str:
        """Answer the conversation: returns the text of the last message alone, and raises as `reply` does."""
        return (await self.reply(messages, conversation=conversation))[-1].text

    async def parse(
        self, messages: Sequence[MessageLike], response_model: type[ResponseModel], *, conversation: str = ""
    ) -> ResponseModel:
        """Have the model fill in a pydantic model about the conversation. No tools are called.

        Of the limits, only `window` and `messages` count here. Raises `ModelError`, with the code `INVALID` when the
        answer does not validate, and `DECLINED` when the model refuses to give one.
        """
        system, history = self._split_system_text(messages)
        window = trim_to_budget(history, self._limits.window, self._limits.messages)
        try:
            parsed = await self.backend.parse(system, window, response_model, conversation=conversation)
        except ModelError as error:
            shorter = drop_older_half(window)
            if error.code != ErrorCode.CONTEXT_TOO_LONG or len(shorter) == len(window):
                raise
            parsed = await self.backend.parse(system, shorter, response_model, conversation=conversation)
        return parsed.value

    async def forget(self, messages: Iterable[MessageLike]) -> None:
        """Delete what the provider has stored of this conversation, found by the handles of its messages."""
        handles = [each.handle for each in messages if isinstance(each, Message) and each.handle]
        await self.backend.forget(handles)

    def _split_system_text(self, messages: Sequence[MessageLike]) -> tuple[str, list[Message]]:
        """Returns (system text, the messages after the system messages that they begin with)."""
        read = [each if isinstance(each, Message) else Message.from_chat(each) for each in messages]
        system = list(takewhile(lambda each: each.role == "system", read))
        return "\n\n".join(each.text for each in system) or self._system, read[len(system) :]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.backend.aclose()


def _require_tool(value: Tool) -> Tool:
    """Raises TypeError for a plain function, which is what remains when `@tool` is forgotten."""
    if not isinstance(value, Tool):
        name = getattr(value, "__qualname__", repr(value))
        raise TypeError(f"{name} is no tool yet: write @tool(effect=…) above the function.")
    return value
