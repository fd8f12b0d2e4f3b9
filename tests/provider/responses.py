"""The wire format of the Responses API: scripted replies as its events, and its items as chat messages."""

import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .parts import Act, Ask, Call, Drip, End, Part, Piece, Refuse, Say, Think, Trouble
from .wire import MODEL, event

USAGE = {
    "input_tokens": 608,
    "input_tokens_details": {"cached_tokens": 512},
    "output_tokens": 84,
    "output_tokens_details": {"reasoning_tokens": 59},
    "total_tokens": 692,
}
INCOMPLETE = {"length": "max_output_tokens"}


class Telling:
    """One reply on its way out. `output` grows to the items of the whole response."""

    def __init__(self, identity: str, body: Mapping[str, Any]) -> None:
        self.identity = identity
        self.output: list[dict[str, Any]] = []
        self._body = body
        self._numbers = itertools.count()
        self._open: dict[str, Any] | None = None

    def stream(self, pieces: Iterable[Piece]) -> tuple[Piece, ...]:
        """Scripted pieces as they go out; what is bytes already stays as it is."""
        sent: list[Piece] = []
        for piece in pieces:
            match piece:
                case bytes() | Act():
                    sent.append(piece)
                case Drip(part, every):
                    sent.append(Drip(part if isinstance(part, bytes) else b"".join(self._tell(part)), every))
                case _:
                    sent += self._tell(piece)
        return tuple(sent)

    def whole(self, parts: Sequence[Part]) -> bytes:
        """The parts as one response that is not streamed."""
        for part in parts:
            self._tell(part)
        reason = next((part.reason for part in parts if isinstance(part, End)), "stop")
        return json.dumps(self._response(reason)).encode()

    def _tell(self, part: Part) -> list[bytes]:
        begin = [] if self.output else [self._event("response.created", response=self._response(""))]
        match part:
            case Say(text):
                return [*begin, *self._say("output_text", text)]
            case Refuse(text):
                return [*begin, *self._say("refusal", text)]
            case Think(text):
                opened = self._opened("reasoning", "rs", summary=[])
                delta = {"delta": text, "summary_index": 0}
                return [*begin, *opened, self._event("response.reasoning_summary_text.delta", **delta)]
            case Ask(calls, shape):
                return [*begin, *(each for call in calls for each in self._call(call, shape))]
            case Trouble(words):
                return [*begin, self._event("error", code="server_error", message=words, param=None)]
            case End(reason):
                done = self._closed()
                name = "completed" if reason in ("stop", "tool_calls") else "incomplete"
                return [*begin, *done, self._event(f"response.{name}", response=self._response(reason))]

    def _say(self, kind: str, text: str) -> list[bytes]:
        empty = {"type": kind, ("text" if kind == "output_text" else "refusal"): ""}
        opened = self._opened("message", "msg", role="assistant", content=[empty])
        assert self._open is not None
        part = self._open["content"][0]
        part[[*part][1]] += text
        return [*opened, self._event(f"response.{kind}.delta", content_index=0, delta=text)]

    def _call(self, call: Call, shape: str) -> list[bytes]:
        closed = self._closed()
        place = {} if shape.startswith("no_index") else {"output_index": len(self.output)}
        item = {
            "type": "function_call",
            "id": f"fc_{len(self.output)}",
            "call_id": call.id,
            "name": call.name,
            "arguments": call.as_text,
            "status": "completed",
        }
        self.output.append(item)
        if shape == "together":  # nothing is told of it before the end
            return closed
        if not shape.endswith("pieces"):
            return [*closed, self._item("added", item, place), self._item("done", item, place)]
        slices = [call.as_text[start : start + 5] for start in range(0, len(call.as_text), 5)]
        told = [self._item("added", {**item, "arguments": "", "status": "in_progress"}, place)]
        name = "response.function_call_arguments"
        told += [self._event(f"{name}.delta", item_id=item["id"], delta=each, **place) for each in slices]
        told.append(self._event(f"{name}.done", item_id=item["id"], arguments=call.as_text, **place))
        return [*closed, *told, self._item("done", item, place)]

    def _opened(self, kind: str, prefix: str, **fields: Any) -> list[bytes]:
        """Begin an item of that kind, unless it is the one that goes on."""
        if self._open is not None and self._open["type"] == kind:
            return []
        closed = self._closed()
        identity = f"{prefix}_{self.identity}_{len(self.output)}"
        self._open = {"type": kind, "id": identity, "status": "completed", **fields}
        self.output.append(self._open)
        begun = {**self._open, "status": "in_progress", **({"content": []} if kind == "message" else {})}
        return [*closed, self._item("added", begun, {"output_index": len(self.output) - 1})]

    def _closed(self) -> list[bytes]:
        item, self._open = self._open, None
        return [self._item("done", item, {"output_index": len(self.output) - 1})] if item else []

    def _item(self, what: str, item: Mapping[str, Any], place: Mapping[str, int]) -> bytes:
        return self._event(f"response.output_item.{what}", item=item, **place)

    def _event(self, kind: str, **fields: Any) -> bytes:
        return event({"type": kind, "sequence_number": next(self._numbers), **fields})

    def _response(self, reason: str) -> dict[str, Any]:
        """The response as it stands; no reason means that it has only begun."""
        ended = reason in ("stop", "tool_calls")
        status = "completed" if ended else "incomplete" if reason else "in_progress"
        details = {"reason": INCOMPLETE.get(reason, reason)} if status == "incomplete" else None
        return {
            "id": self.identity,
            "object": "response",
            "created_at": 1,
            "model": MODEL,
            "status": status,
            "incomplete_details": details,
            "error": None,
            "output": self.output if reason else [],
            "parallel_tool_calls": True,
            "previous_response_id": self._body.get("previous_response_id"),
            "store": self._body.get("store", True),
            "tool_choice": "auto",
            "tools": [],
            "usage": USAGE if reason else None,
        }


def unknown(style: str, identity: str) -> tuple[int, bytes]:
    """Status and body of the answer to an id that is not known, as xAI or OpenAI word it."""
    if style == "xai":
        said = {
            "code": "Some requested entity was not found",
            "error": f"Response with id={identity} not found",
        }
        return 404, json.dumps(said).encode()
    error = {
        "message": f"Previous response with id '{identity}' not found.",
        "type": "invalid_request_error",
        "param": "previous_response_id",
        "code": "previous_response_not_found",
    }
    return 400, json.dumps({"error": error}).encode()


def as_chat(items: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Items of an input or an output as the messages of chat completions that say the same."""
    messages: list[dict[str, Any]] = []
    for item in items:
        kind = item.get("type", "message")
        if kind == "function_call":
            if not messages or messages[-1]["role"] != "assistant":
                messages.append({"role": "assistant", "content": None})
            function = {"name": item.get("name"), "arguments": item.get("arguments")}
            call = {"id": item.get("call_id"), "type": "function", "function": function}
            messages[-1].setdefault("tool_calls", []).append(call)
        elif kind == "function_call_output":
            said = {"tool_call_id": item.get("call_id"), "content": item.get("output")}
            messages.append({"role": "tool", **said})
        elif kind == "message":
            messages.append({"role": item.get("role"), "content": _content(item)})
    return messages


def _content(item: Mapping[str, Any]) -> Any:
    content = item.get("content")
    if item.get("role") == "assistant" and isinstance(content, list):
        return "".join(part.get("text", "") for part in content)
    return [_content_part(part) for part in content] if isinstance(content, list) else content


def _content_part(part: Mapping[str, Any]) -> dict[str, Any]:
    if part.get("type") == "input_text":
        return {"type": "text", "text": part.get("text")}
    if part.get("type") == "input_image":
        image = {"url": part.get("image_url"), "detail": part.get("detail")}
        return {"type": "image_url", "image_url": image}
    return dict(part)
