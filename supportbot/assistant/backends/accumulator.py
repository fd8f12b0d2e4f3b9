"""One answer of a model, put together from what its stream brings, whoever sent it."""

import json
import secrets
from collections.abc import Collection, Sequence
from typing import Any

from pydantic_core import from_json

from ..errors import ErrorCode, ModelError
from ..messages import Answer, Message, ToolCall
from .provider_errors import error_from_event

# What reading raises when something is of another form than it should be.
MALFORMED_DATA_ERRORS = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
COMPLETE_REASONS = ("stop", "tool_calls", "function_call", "length")


class AnswerAccumulator:
    """What has come of one answer so far. Subclasses know one wire format each: they have `_add`."""

    def __init__(self, taken: Collection[str] = ()) -> None:
        """`taken` are the ids of earlier tool calls: some models begin to count anew in every answer."""
        self.text = ""
        self.has_reasoned = False  # whether it thought before its first word
        self.has_renamed_calls = False  # whether a call has another id than the provider knows it by
        self._used_ids = set(taken)
        self._is_done = False
        self._calls: dict[Any, dict[str, str]] = {}
        self._finish_reason = ""
        self._model = ""
        self._usage: dict[str, Any] = {}

    @property
    def is_finished(self) -> bool:
        """Whether the answer is whole, whatever else may come."""
        return self._is_done or bool(self._finish_reason)

    def add_events(self, events: Sequence[bytes]) -> str:
        """Take in the data of some events and return the text that they add."""
        try:
            added = sanitize_text("".join([self._add_event(event) for event in events]))
        except MALFORMED_DATA_ERRORS as error:
            raise ModelError(ErrorCode.MALFORMED, f"unreadable chunk: {type(error).__name__}") from error
        self.text += added
        return added

    def _add_event(self, data: bytes) -> str:
        raise NotImplementedError

    def build_answer(self) -> Answer:
        """The finished message. Raises `ModelError` for one that was cut off or filtered."""
        if self._finish_reason not in COMPLETE_REASONS:
            raise ModelError(ErrorCode.FILTERED if self._finish_reason == "content_filter" else ErrorCode.CUT)
        if self._finish_reason == "length" and self._calls:
            raise ModelError(ErrorCode.CUT, "out of tokens within a tool call")
        calls = tuple(self._build_call(call) for call in self._calls.values())
        return Answer(Message("assistant", self.text, calls), self._finish_reason, self._model, self._usage)

    def _build_call(self, call: dict[str, str]) -> ToolCall:
        identity = call["id"]
        # Every later request would be refused for a missing id or for one that stands twice.
        if not identity or identity in self._used_ids:
            identity, self.has_renamed_calls = f"call_{secrets.token_hex(8)}", True
        self._used_ids.add(identity)
        return ToolCall(identity, call["name"], sanitize_text(call["arguments"]))


class ChatAccumulator(AnswerAccumulator):
    """An answer from the chunks of a chat completions stream."""

    def __init__(self, taken: Collection[str] = ()) -> None:
        super().__init__(taken)
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
        """The first chunk only says who speaks; one more without a word, a call or an end is thought."""
        if not (self._calls or self._finish_reason):
            self.has_reasoned = self._has_begun or bool(
                delta.get("reasoning_content") or delta.get("reasoning")
            )
            self._has_begun = True

    def _add_call_part(self, part: dict[str, Any], position: int) -> None:
        # Some servers leave `index` out: then a new id begins a new call, and none goes on with the last.
        key = part.get("index")
        if key is None:
            key = part.get("id") or next(reversed(self._calls), position)
        call = self._calls.setdefault(key, {"id": "", "name": "", "arguments": ""})
        function = part.get("function") or {}
        call["id"] = sanitize_text(part.get("id") or call["id"])
        call["name"] = sanitize_text(function.get("name") or call["name"])
        call["arguments"] += serialize_arguments(function.get("arguments") or "")


def serialize_arguments(arguments: Any) -> str:
    """Arguments of a call, which some servers send as the object that they are."""
    return arguments if isinstance(arguments, str) else json.dumps(arguments)


def sanitize_text(text: str) -> str:
    """Without NUL and halves of characters: JSON can spell them, but databases and sockets refuse them."""
    if "\0" in text:
        text = text.replace("\0", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        # Two halves that belong together become one again.
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def decode_json(data: bytes) -> Any:
    try:
        return from_json(data)  # several times as fast, for there is one chunk a token
    except ValueError:
        return json.loads(data)  # which lets pass what can be healed, such as half a character
