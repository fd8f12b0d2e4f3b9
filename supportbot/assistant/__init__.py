"""The engine: it puts a conversation to a model, runs the tools that the model asks for, and passes its words on.

    async with Assistant("chat", api_key=key, model="grok-4.3", tools=[lookup_order]) as assistant:
        print(await assistant.answer([Message("user", "Where is my order ORD-123?")]))

What a program needs of it is imported from here; pictures are made fit to be sent by `images.prepare`.
"""

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing
from itertools import takewhile
from types import TracebackType
from typing import Any, Self

from .backends import Backend, load_backend
from .errors import ErrorCode, ModelError
from .loop import Limits, make_executor, run_turn
from .messages import (
    Answer,
    Event,
    Image,
    Message,
    ResponseModel,
    TextDelta,
    Thinking,
    ToolCall,
    ToolFinished,
    ToolResult,
    ToolStarted,
)
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
    "Image",
    "Limits",
    "Message",
    "ModelError",
    "Question",
    "TextDelta",
    "Thinking",
    "Tool",
    "ToolCall",
    "ToolContext",
    "ToolError",
    "ToolFinished",
    "ToolResult",
    "ToolStarted",
    "question",
    "tool",
]

DEFAULT_SYSTEM_TEXT = "You are a helpful assistant."
ANONYMOUS_CONTEXT = ToolContext(conversation=0, visitor="", customer=None, request="")

MessageLike = Message | Mapping[str, Any]


class Assistant:
    """A model with instructions and tools, for programs that keep the conversation themselves.

    `backend` is one of `BACKENDS` by name, with its options, or one that is made already. `context` is who the
    tools believe to be asking. Messages may also be the dicts of a chat completions array; a system message that
    they begin with is said in the place of `system`. Every method raises `ModelError` when the model fails.
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
        """Answer: text as it comes, tool calls as they run, and every finished message of the model.

        The last `Answer` has the `finish_reason` “length” when it ends only because it is out of tokens.
        """
        return run_turn(
            *(self.backend, *self._split_system_text(messages), self._tools, self._execute),
            limits=self._limits,
            conversation=conversation,
        )

    async def reply(self, messages: Sequence[MessageLike], *, conversation: str = "") -> list[Message]:
        """Answer: the messages to add to the conversation, with tool calls and results before the last words.

        An answer that is out of tokens is a `ModelError` with the code `cut`.
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
        """Answer: the model's last words alone, never a part of them."""
        return (await self.reply(messages, conversation=conversation))[-1].text

    async def parse(
        self, messages: Sequence[MessageLike], response_model: type[ResponseModel], *, conversation: str = ""
    ) -> ResponseModel:
        """Have the model fill in a pydantic model. Of the limits, those of the window count here."""
        system, history = self._split_system_text(messages)
        seen = trim_to_budget(history, self._limits.window, self._limits.messages)
        try:
            parsed = await self.backend.parse(system, seen, response_model, conversation=conversation)
        except ModelError as error:
            shorter = drop_older_half(seen)
            if error.code != ErrorCode.CONTEXT_TOO_LONG or len(shorter) == len(seen):
                raise
            parsed = await self.backend.parse(system, shorter, response_model, conversation=conversation)
        return parsed.value

    async def forget(self, messages: Iterable[MessageLike]) -> None:
        """Delete what the provider keeps of this conversation."""
        kept = [each.handle for each in messages if isinstance(each, Message) and each.handle]
        await self.backend.forget(kept)

    def _split_system_text(self, messages: Sequence[MessageLike]) -> tuple[str, list[Message]]:
        """The system text and the conversation."""
        said = [each if isinstance(each, Message) else Message.from_chat(each) for each in messages]
        first = list(takewhile(lambda each: each.role == "system", said))
        return "\n\n".join(each.text for each in first) or self._system, said[len(first) :]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        await self.backend.aclose()


def _require_tool(given: Tool) -> Tool:
    if not isinstance(given, Tool):
        name = getattr(given, "__qualname__", repr(given))
        raise TypeError(f"{name} is no tool yet: write @tool() above the function.")
    return given
