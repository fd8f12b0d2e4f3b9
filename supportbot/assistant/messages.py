"""The engine's values: what is said to a model, what it answers, and what a turn yields on the way.

Nothing here knows of storage or sockets. `Message.as_chat()` is the chat completions form, which is
also the format of an exported transcript.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Role = Literal["system", "user", "assistant", "tool"]
Outcome = Literal["done", "refused", "invalid", "unknown", "failed", "timed_out", "interrupted"]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool that the model asks for. `arguments` is JSON text exactly as the model wrote it, so maybe not JSON."""

    id: str
    name: str
    arguments: str

    def as_chat(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "type": "function",
            "function": {"name": self.name, "arguments": self.arguments},
        }


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of the messages array. `tool_call_id` belongs to role `tool`, `tool_calls` to `assistant`."""

    role: Role
    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""

    def as_chat(self) -> dict[str, Any]:
        if self.role == "tool":
            return {"role": "tool", "tool_call_id": self.tool_call_id, "content": self.text}
        if self.tool_calls:
            calls = [call.as_chat() for call in self.tool_calls]
            return {"role": self.role, "content": self.text or None, "tool_calls": calls}
        return {"role": self.role, "content": self.text}


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What came of a tool call: `content` is the JSON text that the model reads."""

    call_id: str
    content: str
    outcome: Outcome

    def as_message(self) -> Message:
        return Message("tool", self.content, tool_call_id=self.call_id)


@dataclass(frozen=True, slots=True)
class Answer:
    """One finished message of the model. `usage` holds the provider's token counts as it gave them."""

    message: Message
    finish_reason: str
    model: str = ""
    usage: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TextDelta:
    """The next piece of the answer's text. An empty one only says that the model is alive, thinking."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolStarted:
    call: ToolCall


@dataclass(frozen=True, slots=True)
class ToolFinished:
    call: ToolCall
    result: ToolResult


Event = TextDelta | Answer | ToolStarted | ToolFinished


class ModelError(Exception):
    """The model could not answer. `code` is for logs and staff, `retry` says whether asking again may help.

    The text of the exception is for logs; it never holds a key or a customer's words.
    """

    def __init__(self, code: str, detail: str = "", *, retry: bool = True) -> None:
        super().__init__(detail or code)
        self.code = code
        self.retry = retry
