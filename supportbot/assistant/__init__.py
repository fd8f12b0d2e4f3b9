"""The engine: it puts a conversation to a model, runs the tools that the model asks for, and passes its words on.

assistant = Assistant("chat", api_key=key, model="grok-4.3", tools=[lookup_order])
print(await assistant.answer([Message("user", "Where is my order ORD-123?")]))
"""

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import Any, Self

from .backends import Backend, load_backend
from .loop import Limits, execute_with, run_turn
from .messages import Answer, Event, Form, Message, ToolFinished
from .tools import Registry, Tool, ToolContext

SYSTEM = "You are a helpful assistant."
NOBODY = ToolContext(conversation=0, visitor="", customer=None, request="")


class Assistant:
    """A model with instructions and tools, for programs that keep the conversation themselves.

    `backend` is one of `BACKENDS` by name, with its options, or one that is made already. `context` is who the
    tools believe to be asking. Every method raises `ModelError` when the model fails.
    """

    def __init__(
        self,
        backend: str | Backend,
        *,
        system: str = SYSTEM,
        tools: Iterable[Tool] = (),
        context: ToolContext = NOBODY,
        limits: Limits | None = None,
        **options: Any,
    ) -> None:
        self.backend = load_backend(backend, **options) if isinstance(backend, str) else backend
        self._system = system
        self._tools = Registry(tools)
        self._execute = execute_with(self._tools, context)
        self._limits = limits

    def stream(self, messages: Sequence[Message], *, conversation: str = "") -> AsyncGenerator[Event]:
        """Answer: text as it comes, tool calls as they run, and every finished message of the model."""
        return run_turn(
            *(self.backend, self._system, messages, self._tools, self._execute),
            limits=self._limits,
            conversation=conversation,
        )

    async def reply(self, messages: Sequence[Message], *, conversation: str = "") -> list[Message]:
        """Answer: the messages to add to the conversation, with tool calls and results before the last words."""
        added: list[Message] = []
        async with aclosing(self.stream(messages, conversation=conversation)) as events:
            async for event in events:
                if isinstance(event, Answer):
                    added.append(event.message)
                elif isinstance(event, ToolFinished):
                    added.append(event.result.as_message())
        return added

    async def answer(self, messages: Sequence[Message], *, conversation: str = "") -> str:
        """Answer: the model's last words alone."""
        return (await self.reply(messages, conversation=conversation))[-1].text

    async def parse(self, messages: Sequence[Message], form: type[Form], *, conversation: str = "") -> Form:
        """Have the model fill in a pydantic model."""
        parsed = await self.backend.parse(self._system, messages, form, conversation=conversation)
        return parsed.value

    async def forget(self, messages: Iterable[Message]) -> None:
        """Delete what the provider keeps of this conversation."""
        await self.backend.forget([message.handle for message in messages if message.handle])

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        await self.backend.aclose()
