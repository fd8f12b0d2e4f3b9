"""The two HTTP wire formats of the scripted model: what goes out before the tokens, for each of them, and after."""

import json
from dataclasses import dataclass
from typing import Any

from .texts import TOKEN

HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
    b"Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n"
)
DONE = b"0\r\n\r\n"


@dataclass(frozen=True)
class Wire:
    """One answer in bytes. `token` is a template for a token's number and time."""

    begin: bytes
    token: bytes
    end: bytes


SILENCE = Wire(b"", b"", b"")


def chat(tokens: int, *, with_usage: bool) -> Wire:
    """Chat completions, as Grok streams them."""
    usage = {"prompt_tokens": 1000, "completion_tokens": tokens, "total_tokens": 1000 + tokens}
    last = json.dumps({**json.loads(_chunk({})), "choices": [], "usage": usage})
    return Wire(
        HEAD + _event(_chunk({"role": "assistant", "content": ""})),
        _event(_chunk({"content": TOKEN}), len(_event_body(_chunk({"content": TOKEN % (0, 0)})))),
        _event(_chunk({}, "stop")) + (_event(last) if with_usage else b"") + _event("[DONE]") + DONE,
    )


def responses(tokens: int) -> Wire:
    """The Responses API: a response with one item, which has one part of text."""
    text = "".join(TOKEN % (number, 0) for number in range(tokens))
    place = {"item_id": "msg_bench", "output_index": 0, "content_index": 0}
    delta = {**place, "logprobs": [], "sequence_number": 7}
    sample = _told("output_text.delta", **delta, delta=TOKEN % (0, 0))
    return Wire(
        HEAD
        + _event(_told("created", response=_response("in_progress", [], tokens)))
        + _event(_told("output_item.added", output_index=0, item=_item("in_progress", [])))
        + _event(_told("content_part.added", **place, part=_part(""))),
        _event(_told("output_text.delta", **delta, delta=TOKEN), len(_event_body(sample))),
        _event(_told("output_text.done", **place, text=text, logprobs=[]))
        + _event(_told("content_part.done", **place, part=_part(text)))
        + _event(_told("output_item.done", output_index=0, item=_item("completed", [_part(text)])))
        + _event(
            _told("completed", response=_response("completed", [_item("completed", [_part(text)])], tokens))
        )
        + DONE,
    )


def _event(data: str, length: int = 0) -> bytes:
    """A server-sent event as one HTTP chunk; `length` is given when `data` is still a template."""
    event = _event_body(data)
    return f"{length or len(event):x}\r\n{event}\r\n".encode()


def _event_body(data: str) -> str:
    kind = "" if data == "[DONE]" else json.loads(data).get("type", "")
    return f"event: {kind}\ndata: {data}\n\n" if kind else f"data: {data}\n\n"


def _chunk(delta: dict[str, str], finish_reason: str | None = None) -> str:
    choices = [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}]
    head = {
        "id": "chatcmpl-bench",
        "object": "chat.completion.chunk",
        "created": 1760000000,
        "model": "bench",
    }
    return json.dumps({**head, "choices": choices}, separators=(",", ":"))


def _told(kind: str, **fields: Any) -> str:
    return json.dumps({"type": f"response.{kind}", "sequence_number": 0, **fields}, separators=(",", ":"))


def _part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _item(status: str, content: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": "msg_bench",
        "type": "message",
        "role": "assistant",
        "status": status,
        "content": content,
    }


def _response(status: str, output: list[dict[str, Any]], tokens: int) -> dict[str, Any]:
    usage = {
        "input_tokens": 1000,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 1000 + tokens,
    }
    return {
        "id": "resp_bench",
        "object": "response",
        "created_at": 1760000000,
        "model": "bench",
        "status": status,
        "error": None,
        "incomplete_details": None,
        "output": output,
        "parallel_tool_calls": True,
        "store": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": usage if status == "completed" else None,
    }
