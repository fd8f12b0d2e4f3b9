"""Accumulators: each puts one answer of a model together from the events of its stream."""

import json
import secrets
from collections.abc import Collection, Sequence
from typing import Any

from pydantic_core import from_json

from ..errors import ErrorCode, ModelError
from ..messages import Answer, Message, ToolCall
from .provider_errors import error_from_event

# What reading an event raises when it does not have the shape that the provider's API promises.
MALFORMED_DATA_ERRORS = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
COMPLETE_REASONS = ("stop", "tool_calls", "function_call", "length")


class AnswerAccumulator:
    """The part of one answer that has arrived. Subclasses read one wire format each, in `_add_event`."""

    def __init__(self, used_ids: Collection[str] = ()) -> None:
        """`used_ids` are the ids of earlier tool calls of the conversation, which some models use again."""
        self.text = ""
        self.has_reasoned = False  # whether the model reasoned before its first word
        self.has_renamed_calls = False  # whether a call has another id than the one that the provider knows
        self._used_ids = set(used_ids)
        self._is_done = False
        self._calls: dict[Any, dict[str, str]] = {}
        self._finish_reason = ""
        self._model = ""
        self._usage: dict[str, Any] = {}

    @property
    def is_finished(self) -> bool:
        """Whether the answer is complete, though more of the stream may follow, such as the token counts."""
        return self._is_done or bool(self._finish_reason)

    def add_events(self, events: Sequence[bytes]) -> str:
        """Add the data of some events and return the text that they bring.

        Raises `ModelError`, with the code `MALFORMED` for data that cannot be read.
        """
        try:
            added = sanitize_text("".join([self._add_event(event) for event in events]))
        except MALFORMED_DATA_ERRORS as error:
            raise ModelError(ErrorCode.MALFORMED, f"unreadable chunk: {type(error).__name__}") from error
        self.text += added
        return added

    def _add_event(self, data: bytes) -> str:
        raise NotImplementedError

    def build_answer(self) -> Answer:
        """The finished message. Raises `ModelError` for one that is incomplete or was filtered."""
        if self._finish_reason not in COMPLETE_REASONS:
            raise ModelError(ErrorCode.FILTERED if self._finish_reason == "content_filter" else ErrorCode.CUT)
        if self._finish_reason == "length" and self._calls:
            raise ModelError(ErrorCode.CUT, "out of tokens within a tool call")
        calls = tuple(self._build_call(call) for call in self._calls.values())
        return Answer(Message("assistant", self.text, calls), self._finish_reason, self._model, self._usage)

    def _build_call(self, call: dict[str, str]) -> ToolCall:
        call_id = call["id"]
        # Providers refuse every later request in which an id is missing or stands twice.
        if not call_id or call_id in self._used_ids:
            call_id, self.has_renamed_calls = f"call_{secrets.token_hex(8)}", True
        self._used_ids.add(call_id)
        return ToolCall(call_id, call["name"], sanitize_text(call["arguments"]))


class ChatAccumulator(AnswerAccumulator):
    """Reads the chunks of a chat completions stream."""

    def __init__(self, used_ids: Collection[str] = ()) -> None:
        super().__init__(used_ids)
        self._has_begun = False
        self._has_text = False

    def _add_event(self, data: bytes) -> str:
        if self._is_done:
            return ""
        if data == b"[DONE]":
            self._is_done = True
            return ""
        chunk = decode_json(data)
        if chunk.get("error"):
            raise error_from_event(chunk)
        self._model = str(chunk.get("model") or self._model)
        if isinstance(chunk.get("usage"), dict):
            self._usage = chunk["usage"]
        text = ""
        for choice in chunk.get("choices") or ():
            delta = choice.get("delta") or {}
            if content := delta.get("content"):
                text += content
                self._has_text = True
            for position, call in enumerate(delta.get("tool_calls") or ()):
                self._add_call_part(call, position)
            self._finish_reason = choice.get("finish_reason") or self._finish_reason
            if not (self._has_text or self.has_reasoned):
                self._detect_reasoning(delta)
        return text

    def _detect_reasoning(self, delta: dict[str, Any]) -> None:
        """Note that the model reasons, from a chunk without text.

        The first chunk of a stream only tells the role. While Grok reasons, dozens of chunks with an empty `delta`
        follow it (in recorded traffic of xAI); other servers send the reasoning itself.
        """
        if not (self._calls or self._finish_reason):
            self.has_reasoned = self._has_begun or bool(
                delta.get("reasoning_content") or delta.get("reasoning")
            )
            self._has_begun = True

    def _add_call_part(self, part: dict[str, Any], position: int) -> None:
        # Some servers leave `index` out. Then an id begins a new call, and a part without one continues the last.
        key = part.get("index")
        if key is None:
            key = part.get("id") or next(reversed(self._calls), position)
        call = self._calls.setdefault(key, {"id": "", "name": "", "arguments": ""})
        function = part.get("function") or {}
        call["id"] = sanitize_text(part.get("id") or call["id"])
        call["name"] = sanitize_text(function.get("name") or call["name"])
        call["arguments"] += serialize_arguments(function.get("arguments") or "")


def serialize_arguments(arguments: Any) -> str:
    """The arguments of a call as JSON text. Some servers send them as an object instead."""
    return arguments if isinstance(arguments, str) else json.dumps(arguments)


def sanitize_text(text: str) -> str:
    """The text without NUL and lone surrogates, which JSON can spell, but databases and sockets refuse."""
    if "\0" in text:
        text = text.replace("\0", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        # The round trip joins the two surrogates of one character, and replaces a lone one.
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def decode_json(data: bytes) -> Any:
    """Decode an event. Raises ValueError."""
    try:
        return from_json(data)  # several times as fast as json, which counts at one event a token
    except ValueError:
        return json.loads(data)  # this one accepts lone surrogates, which `sanitize_text` then repairs
