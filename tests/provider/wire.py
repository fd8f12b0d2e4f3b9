"""The wire format of chat completions: each function gives the bytes of one event, or of several."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .parts import Act, Ask, Call, Drip, End, Part, Piece, Refuse, Say, Shape, Think, Trouble

MODEL = "grok-scripted"
USAGE = {
    "prompt_tokens": 608,
    "completion_tokens": 25,
    "total_tokens": 692,
    "completion_tokens_details": {"reasoning_tokens": 59},
}
DONE = b"data: [DONE]\n\n"
COMMENT = b": keep-alive\n\n"


def event(data: Any) -> bytes:
    return b"data: " + json.dumps(data, ensure_ascii=False).encode() + b"\n\n"


def chunk(delta: Mapping[str, Any] | None = None, finish: str | None = None, **more: Any) -> bytes:
    choice = {"index": 0, "delta": delta or {}, "finish_reason": finish}
    frame = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": MODEL}
    return event({**frame, "choices": [choice], **more})


def text(content: str) -> bytes:
    return chunk({"content": content})


def words(content: str) -> list[bytes]:
    """The text, one event a word."""
    return [text(word) for word in re.findall(r"\S+\s*|\s+", content)]


def ending(reason: str = "stop") -> list[bytes]:
    """How a complete answer ends: the reason, the usage in an event without choices, and [DONE]."""
    return [chunk({}, reason), event({"model": MODEL, "choices": [], "usage": USAGE}), DONE]


def calls(wanted: Iterable[Call], shape: Shape = "whole") -> list[bytes]:
    parts = [_call_parts(call, index, shape) for index, call in enumerate(wanted)]
    if shape == "together":
        return [chunk({"tool_calls": [part for each in parts for part in each]})]
    return [chunk({"tool_calls": [part]}) for each in parts for part in each]


def stream(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """Scripted pieces as they go out; what is bytes already stays as it is."""
    sent: list[Piece] = []
    for piece in pieces:
        match piece:
            case bytes() | Act():
                sent.append(piece)
            case Drip(part, every):
                sent.append(Drip(part if isinstance(part, bytes) else b"".join(_events(part)), every))
            case _:
                sent += _events(piece)
    return tuple(sent)


def _events(part: Part) -> list[bytes]:
    match part:
        case Say(content):
            return [text(content)]
        case Think(content):
            return [chunk({"reasoning_content": content} if content else {})]
        case Ask(wanted, shape):
            return calls(wanted, shape)
        case Refuse(content):
            return [chunk({"refusal": content})]
        case Trouble(said):
            return [event(json.loads(openai_error(503, said)))]
        case End(reason):
            return ending(reason)


def whole(parts: Sequence[Part]) -> bytes:
    """The parts as one answer that is not streamed."""
    message: dict[str, Any] = {
        "role": "assistant",
        "content": "".join(part.text for part in parts if isinstance(part, Say)) or None,
        "refusal": "".join(part.text for part in parts if isinstance(part, Refuse)) or None,
    }
    reason = next((part.reason for part in parts if isinstance(part, End)), "stop")
    frame = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": MODEL, "usage": USAGE}
    choice = {"index": 0, "message": message, "finish_reason": reason}
    return json.dumps({**frame, "choices": [choice]}).encode()


def crlf(pieces: Iterable[bytes]) -> list[bytes]:
    return [piece.replace(b"\n", b"\r\n") for piece in pieces]


def sliced(pieces: Iterable[bytes], size: int) -> list[bytes]:
    """The same bytes in slices of one size, whatever they cut through."""
    whole = b"".join(pieces)
    return [whole[start : start + size] for start in range(0, len(whole), size)]


def xai_error(status: int, words: str = "") -> bytes:
    code, usual = REFUSALS[status]
    return json.dumps({"code": code, "error": words or usual}).encode()


def openai_error(status: int, words: str = "") -> bytes:
    code, usual = REFUSALS[status]
    error = {"message": words or usual, "type": "invalid_request_error", "param": None, "code": code}
    return json.dumps({"error": error}).encode()


REFUSALS = {
    400: (
        "Client specified an invalid argument",
        "Incorrect API key provided: xa***ey. Get one at console.x.ai.",
    ),
    401: ("Unauthenticated", "No authorization header was provided."),
    403: ("The caller does not have permission", "Your team is blocked."),
    404: (
        "Some requested entity was not found",
        "The model does not exist or your team has no access to it.",
    ),
    408: ("Deadline exceeded", "The request timed out."),
    413: ("Request too large", "The request body is too large."),
    422: ("Unprocessable", "Failed to deserialize the JSON body."),
    429: ("Some resource has been exhausted", "Too many requests for your team."),
    500: ("Internal error", "Something went wrong on our side."),
    502: ("Bad gateway", "The upstream server did not answer."),
    503: ("The service is currently unavailable", "Service temporarily unavailable."),
    529: ("Overloaded", "The model is at capacity. Try again later."),
}


def _call_parts(call: Call, index: int, shape: Shape) -> list[dict[str, Any]]:
    arguments = None if call.arguments is None else call.as_text
    place = {} if shape.startswith("no_index") else {"index": index}
    head = {**place, "id": call.id, "type": "function"}
    if not shape.endswith("pieces"):
        return [{**head, "function": {"name": call.name, "arguments": arguments}}]
    first = {**head, "function": {"name": call.name, "arguments": ""}}
    slices = [(arguments or "")[start : start + 5] for start in range(0, len(arguments or ""), 5)]
    return [first, *({**place, "function": {"arguments": each}} for each in slices)]
