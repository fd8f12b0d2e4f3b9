"""The engine's values: what is said to a model, what it answers, and what a turn yields on the way.

Nothing here knows of storage or sockets. `Message.as_chat()` is the chat completions form, which is
also the format of an exported transcript; `Message.from_chat()` reads it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar, get_args

from pydantic import BaseModel

Detail = Literal["auto", "low", "high"]
Role = Literal["system", "user", "assistant", "tool"]
Outcome = Literal["done", "refused", "invalid", "unknown", "failed", "timed_out", "interrupted"]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool that the model asks for. `arguments` is JSON text exactly as the model wrote it, so maybe not JSON."""

    id: str
    name: str
    arguments: str

    @classmethod
    def from_chat(cls, chat: Mapping[str, Any]) -> "ToolCall":
        return cls(chat["id"], chat["function"]["name"], chat["function"]["arguments"])

    def as_chat(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "type": "function",
            "function": {"name": self.name, "arguments": self.arguments},
        }


@dataclass(frozen=True, slots=True)
class Image:
    """A picture: `url` is a data URL, or an https address that the provider itself fetches."""

    url: str
    detail: Detail = "high"

    @classmethod
    def from_chat(cls, part: Mapping[str, Any]) -> "Image":
        picture = part["image_url"]
        return cls(picture["url"], picture.get("detail", "auto"))  # which is what leaving it out means there

    def as_chat(self) -> dict[str, Any]:
        return {"type": "image_url", "image_url": {"url": self.url, "detail": self.detail}}


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of the messages array.

    `tool_call_id` belongs to role `tool`, `tool_calls` and `handle` to `assistant`, `images` to `user`. A
    handle is where a provider keeps the conversation up to this message, as its backend wrote it down; it is
    no part of what was said, and whoever loses it loses nothing.
    """

    role: Role
    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""
    images: tuple[Image, ...] = ()
    handle: str = ""

    @classmethod
    def from_chat(cls, chat: Mapping[str, Any]) -> "Message":
        """An entry of a chat completions array. Raises ValueError for what the engine cannot send."""
        role: Any = "system" if chat["role"] == "developer" else chat["role"]
        if role not in get_args(Role):
            raise ValueError(f"A message of role {role!r} cannot be sent, only {', '.join(get_args(Role))}.")
        content = chat.get("content") or ""
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
        strange = {part["type"] for part in parts} - {"text", "image_url"}
        if strange:
            raise ValueError(
                f"Content of type {', '.join(sorted(strange))} cannot be sent, only text and image_url."
            )
        return cls(
            role,
            "\n".join(part["text"] for part in parts if part["type"] == "text"),
            tuple(map(ToolCall.from_chat, chat.get("tool_calls") or ())),
            chat.get("tool_call_id") or "",
            tuple(Image.from_chat(part) for part in parts if part["type"] == "image_url"),
        )

    def as_chat(self) -> dict[str, Any]:
        if self.role == "tool":
            return {"role": "tool", "tool_call_id": self.tool_call_id, "content": self.text}
        if self.tool_calls:
            calls = [call.as_chat() for call in self.tool_calls]
            return {"role": self.role, "content": self.text or None, "tool_calls": calls}
        if self.images:
            words = [{"type": "text", "text": self.text}] if self.text else []
            return {"role": self.role, "content": [*words, *(image.as_chat() for image in self.images)]}
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
class Thinking:
    """The model reasons before it speaks. What it thinks is not shown; this comes once an answer, at most."""


@dataclass(frozen=True, slots=True)
class ToolStarted:
    call: ToolCall


@dataclass(frozen=True, slots=True)
class ToolFinished:
    call: ToolCall
    result: ToolResult


Part = TextDelta | Thinking | Answer
Event = Part | ToolStarted | ToolFinished

ResponseModel = TypeVar("ResponseModel", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class ParsedAnswer(Generic[ResponseModel]):
    """A typed answer: `value` as the model filled it in and pydantic accepted it."""

    value: ResponseModel
    model: str = ""
    usage: Mapping[str, Any] = field(default_factory=dict)
