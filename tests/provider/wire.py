"""The wire format of streamed chat completions: each function gives the bytes of one event, or of several."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

MODEL = "grok-scripted"
USAGE = {
    "prompt_tokens": 608,
    "completion_tokens": 25,
    "total_tokens": 692,
    "completion_tokens_details": {"reasoning_tokens": 59},
}
DONE = b"data: [DONE]\n\n"
COMMENT = b": keep-alive\n\n"

Shape = Literal["whole", "together", "pieces", "no_index", "no_index_pieces"]


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call as the model writes it: text for arguments goes out as it is, an id of None is made up."""

    name: str
    arguments: Mapping[str, Any] | str | None
    id: str | None = None


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
    """Tool calls in the ways that servers send them.

    `whole`: one event a call, as Grok does. `together`: all in one event. `pieces`: arguments in small
    deltas. The `no_index` ones leave out `index`, so that only the ids tell the calls apart.
    """
    parts = [_call_parts(call, index, shape) for index, call in enumerate(wanted)]
    if shape == "together":
        return [chunk({"tool_calls": [part for each in parts for part in each]})]
    return [chunk({"tool_calls": [part]}) for each in parts for part in each]


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
    wanted = call.arguments
    arguments = wanted if wanted is None or isinstance(wanted, str) else json.dumps(wanted)
    place = {} if shape.startswith("no_index") else {"index": index}
    head = {**place, "id": call.id, "type": "function"}
    if not shape.endswith("pieces"):
        return [{**head, "function": {"name": call.name, "arguments": arguments}}]
    first = {**head, "function": {"name": call.name, "arguments": ""}}
    slices = [(arguments or "")[start : start + 5] for start in range(0, len(arguments or ""), 5)]
    return [first, *({**place, "function": {"arguments": each}} for each in slices)]
