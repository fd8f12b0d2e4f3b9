"""The engine's values: the messages of a conversation, what a model answers, and the events that a turn yields.

`as_chat()` gives a value as the chat completions API writes it, which is also the format of an exported transcript;
`from_chat()` reads that.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Literal, TypeVar, get_args

from pydantic import BaseModel

from .usage import RequestUsage

Detail = Literal["auto", "low", "high"]
Role = Literal["system", "user", "assistant", "tool"]
ANY_ORIGIN = "*"
UNSEEN_IMAGE_NOTE = "[The customer attached a photo. You cannot see it; the team can.]"
CHAT_FIELDS = ("role", "content", "tool_calls", "tool_call_id", "name", "refusal")
Outcome = Literal["done", "refused", "invalid", "unknown", "failed", "timed_out", "interrupted"]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool call of the model. `arguments` is the text that the model wrote: it should be JSON, and may not be.

    `id` is ours, whatever the provider calls it: what is sent to a provider is what it accepts (`calls.ids`).
    """

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
    """A picture: `url` is a data URL, or an https address from which the provider fetches it."""

    url: str
    detail: Detail = "high"

    @classmethod
    def from_chat(cls, part: Mapping[str, Any]) -> "Image":
        picture = part["image_url"]
        return cls(picture["url"], picture.get("detail", "auto"))  # the API's own default

    def as_chat(self) -> dict[str, Any]:
        return {"type": "image_url", "image_url": {"url": self.url, "detail": self.detail}}


@dataclass(frozen=True, slots=True)
class ProviderFields:
    """What a provider wrote beside the words and calls of a message and wants back: signatures, reasoning, its own ids.

    `origin` names the backend, the server and the model that wrote it; to no other it is ever sent, unless it is
    `ANY_ORIGIN`. `message` are fields of the message, `calls` those of its calls, by our id of each.
    """

    origin: str
    message: Mapping[str, Any] = field(default_factory=dict)
    calls: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "ProviderFields | None":
        return cls(stored["origin"], stored["message"], stored["calls"]) if stored else None

    def as_json(self) -> dict[str, Any]:
        return {"origin": self.origin, "message": dict(self.message), "calls": dict(self.calls)}


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of the messages array.

    `tool_call_id` belongs to role `tool`, `tool_calls`, `handle` and `provider_fields` to `assistant`, `images` to
    `user`. A `handle` is a backend's note of where its provider stores the conversation up to this message. It only
    saves work: without it the whole conversation is sent.
    """

    role: Role
    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""
    images: tuple[Image, ...] = ()
    handle: str = ""
    provider_fields: ProviderFields | None = field(default=None, compare=False, repr=False)

    @classmethod
    def from_chat(cls, chat: Mapping[str, Any]) -> "Message":
        """Read an entry of a chat completions array. Raises ValueError for a role or content that cannot be sent."""
        role: Any = "system" if chat["role"] == "developer" else chat["role"]
        if role not in get_args(Role):
            raise ValueError(f"A message of role {role!r} cannot be sent, only {', '.join(get_args(Role))}.")
        content = chat.get("content") or ""
        calls = chat.get("tool_calls") or ()
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
        unknown = {part["type"] for part in parts} - {"text", "image_url"}
        if unknown:
            raise ValueError(
                f"Content of type {', '.join(sorted(unknown))} cannot be sent, only text and image_url."
            )
        return cls(
            role,
            "\n".join(part["text"] for part in parts if part["type"] == "text"),
            tuple(map(ToolCall.from_chat, calls)),
            chat.get("tool_call_id") or "",
            tuple(Image.from_chat(part) for part in parts if part["type"] == "image_url"),
            # Its ids, and fields that are not known here, go as they are to whichever model the array is sent.
            provider_fields=ProviderFields(
                ANY_ORIGIN,
                {key: value for key, value in chat.items() if key not in CHAT_FIELDS},
                {
                    call["id"]: {key: value for key, value in call.items() if key not in ("type", "function")}
                    for call in calls
                },
            )
            if role == "assistant"
            else None,
        )

    def as_chat(self) -> dict[str, Any]:
        if self.role == "tool":
            return {"role": "tool", "tool_call_id": self.tool_call_id, "content": self.text}
        if self.tool_calls:
            calls = [call.as_chat() for call in self.tool_calls]
            return {"role": self.role, "content": self.text or None, "tool_calls": calls}
        if self.images:
            text = [{"type": "text", "text": self.text}] if self.text else []
            return {"role": self.role, "content": [*text, *(image.as_chat() for image in self.images)]}
        return {"role": self.role, "content": self.text}


@dataclass(frozen=True, slots=True)
class ToolResult:
    """The result of a tool call: `content` is the JSON text that the model reads."""

    call_id: str
    content: str
    outcome: Outcome

    def as_message(self) -> Message:
        return Message("tool", self.content, tool_call_id=self.call_id)

    def cut_content(self, max_chars: int) -> "ToolResult":
        """The beginning of it as JSON that says so, of no more than `max_chars` as far as that is possible."""
        note = f"Cut: only the first part of {len(self.content):,} characters is here. Ask for less at once."
        begin = self.content[:max_chars]
        while True:
            cut = json.dumps({"cut": note, "begins": begin}, ensure_ascii=False)
            if len(cut) <= max_chars or not begin:
                return replace(self, content=cut)
            # A quotation mark takes two characters as a part of a text.
            begin = begin[: len(begin) * max_chars // len(cut) - 1]


@dataclass(frozen=True, slots=True)
class Mark:
    """Something in an answer that could not be confirmed: the kind of fact, or “action”, and the words."""

    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One finished message of the model. `usage` holds the token counts in the provider's own words.

    `marks` are what could not be confirmed; with `is_held` such sentences are not in the message. `discarded` are
    requests before it that were counted, and whose answers were of no use.
    """

    message: Message
    finish_reason: str
    model: str = ""
    usage: Mapping[str, Any] = field(default_factory=dict)
    marks: tuple[Mark, ...] = ()
    is_held: bool = False
    discarded: tuple[RequestUsage, ...] = ()

    def list_requests(self) -> tuple[RequestUsage, ...]:
        """All requests that it took, with what was counted for each."""
        return (*self.discarded, RequestUsage(self.model, self.usage))


@dataclass(frozen=True, slots=True)
class TextDelta:
    """The next piece of the answer's text. An empty one is a sign of life of a model that reasons."""

    text: str


@dataclass(frozen=True, slots=True)
class TextWithdrawn:
    """The text of this message so far was no answer, such as a thought that nothing had marked: it begins anew."""


@dataclass(frozen=True, slots=True)
class Thinking:
    """The model reasons before its first word. Yielded at most once an answer; the reasoning itself is not shown."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The model has not begun for a while, perhaps since its server loads it first. It is still waited for."""


@dataclass(frozen=True, slots=True)
class ToolStarted:
    call: ToolCall


@dataclass(frozen=True, slots=True)
class ToolFinished:
    call: ToolCall
    result: ToolResult


Part = TextDelta | TextWithdrawn | Thinking | Waiting | Answer
Event = Part | ToolStarted | ToolFinished

ResponseModel = TypeVar("ResponseModel", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class ParsedAnswer(Generic[ResponseModel]):
    """A typed answer: `value` is what the model filled in, validated. The rest is as in `Answer`."""

    value: ResponseModel
    model: str = ""
    usage: Mapping[str, Any] = field(default_factory=dict)
    discarded: tuple[RequestUsage, ...] = ()

    def list_requests(self) -> tuple[RequestUsage, ...]:
        """All requests that it took, with what was counted for each."""
        return (*self.discarded, RequestUsage(self.model, self.usage))
