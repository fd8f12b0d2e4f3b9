"""One answer of a model, put together from what its stream brings, whoever sent it."""

import json
import secrets
from collections.abc import Collection, Sequence
from typing import Any

from pydantic_core import from_json

from ..messages import Answer, Message, ModelError, ToolCall
from .provider_errors import refusal_in_stream

# What reading raises when something is of another form than it should be.
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
FINISHED = ("stop", "tool_calls", "function_call", "length")


class Gathered:
    """What has come of one answer so far. Subclasses know one wire format each: they have `_add`."""

    def __init__(self, taken: Collection[str] = ()) -> None:
        """`taken` are the ids of earlier tool calls: some models begin to count anew in every answer."""
        self.text = ""
        self.thinking = False  # whether it thought before its first word
        self.renamed = False  # whether a call has another id than the provider knows it by
        self._taken = set(taken)
        self._done = False
        self._calls: dict[Any, dict[str, str]] = {}
        self._finish_reason = ""
        self._model = ""
        self._usage: dict[str, Any] = {}

    @property
    def finished(self) -> bool:
        """Whether the answer is whole, whatever else may come."""
        return self._done or bool(self._finish_reason)

    def add(self, events: Sequence[bytes]) -> str:
        """Take in the data of some events and return the text that they add."""
        try:
            added = storable("".join([self._add(event) for event in events]))
        except UNREADABLE as error:
            raise ModelError("malformed", f"unreadable chunk: {type(error).__name__}") from error
        self.text += added
        return added

    def _add(self, data: bytes) -> str:
        raise NotImplementedError

    def answer(self) -> Answer:
        """The finished message. Raises `ModelError` for one that was cut off or filtered."""
        if self._finish_reason not in FINISHED:
            raise ModelError("filtered" if self._finish_reason == "content_filter" else "cut")
        if self._finish_reason == "length" and self._calls:
            raise ModelError("cut", "out of tokens within a tool call")
        calls = tuple(self._finished_call(call) for call in self._calls.values())
        return Answer(Message("assistant", self.text, calls), self._finish_reason, self._model, self._usage)

    def _finished_call(self, call: dict[str, str]) -> ToolCall:
        identity = call["id"]
        # Every later request would be refused for a missing id or for one that stands twice.
        if not identity or identity in self._taken:
            identity, self.renamed = f"call_{secrets.token_hex(8)}", True
        self._taken.add(identity)
        return ToolCall(identity, call["name"], storable(call["arguments"]))


class GatheredChunks(Gathered):
    """An answer from the chunks of a chat completions stream."""

    def __init__(self, taken: Collection[str] = ()) -> None:
        super().__init__(taken)
        self._greeted = False
        self._spoke = False

    def _add(self, data: bytes) -> str:
        if self._done:
            return ""
        if data == b"[DONE]":
            self._done = True
            return ""
        chunk = decoded(data)
        if chunk.get("error"):
            raise refusal_in_stream(chunk)
        self._model = str(chunk.get("model") or self._model)
        if isinstance(chunk.get("usage"), dict):
            self._usage = chunk["usage"]
        text = ""
        for choice in chunk.get("choices") or ():
            delta = choice.get("delta") or {}
            if content := delta.get("content"):
                text += content
                self._spoke = True
            for position, call in enumerate(delta.get("tool_calls") or ()):
                self._add_call(call, position)
            self._finish_reason = choice.get("finish_reason") or self._finish_reason
            if not (self._spoke or self.thinking):
                self._look_for_thought(delta)
        return text

    def _look_for_thought(self, delta: dict[str, Any]) -> None:
        """The first chunk only says who speaks; one more without a word, a call or an end is thought."""
        if not (self._calls or self._finish_reason):
            self.thinking = self._greeted or bool(delta.get("reasoning_content") or delta.get("reasoning"))
            self._greeted = True

    def _add_call(self, part: dict[str, Any], position: int) -> None:
        # Some servers leave `index` out: then a new id begins a new call, and none goes on with the last.
        key = part.get("index")
        if key is None:
            key = part.get("id") or next(reversed(self._calls), position)
        call = self._calls.setdefault(key, {"id": "", "name": "", "arguments": ""})
        function = part.get("function") or {}
        call["id"] = storable(part.get("id") or call["id"])
        call["name"] = storable(function.get("name") or call["name"])
        call["arguments"] += as_text(function.get("arguments") or "")


def as_text(arguments: Any) -> str:
    """Arguments of a call, which some servers send as the object that they are."""
    return arguments if isinstance(arguments, str) else json.dumps(arguments)


def storable(text: str) -> str:
    """Without NUL and halves of characters: JSON can spell them, but databases and sockets refuse them."""
    if "\0" in text:
        text = text.replace("\0", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        # Two halves that belong together become one again.
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def decoded(data: bytes) -> Any:
    try:
        return from_json(data)  # several times as fast, for there is one chunk a token
    except ValueError:
        return json.loads(data)  # which lets pass what can be healed, such as half a character
