"""The demo model as a server of the chat completions API, reached through an HTTP transport without a network."""

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from typing import Any

import httpx2

from .actions import Reply
from .replies import answer_request

WORD_WITH_SPACES = re.compile(r"\s*\S+\s*")


class DemoTransport(httpx2.AsyncBaseTransport):
    """Answers POST …/chat/completions, 400 to a body that is no such request, 404 to any other address."""

    def __init__(self, words_per_second: float) -> None:
        self._pause = 1 / words_per_second if words_per_second > 0 else 0.0

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.method != "POST" or not request.url.path.endswith("/chat/completions"):
            return _build_error(404, "The demo model only knows POST …/chat/completions.")
        try:
            body = json.loads(await request.aread())
            reply = answer_request(body)
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            return _build_error(400, f"The request is not one of chat completions: {type(error).__name__}.")
        if not body.get("stream"):
            return httpx2.Response(200, json=build_completion(body, reply))
        stream = EventStream(build_chunks(body, reply), self._pause)
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, stream=stream)


class EventStream(httpx2.AsyncByteStream):
    """Chunks as server-sent events, with `pause` seconds between words. A reader that stops ends it at once."""

    def __init__(self, parts: Iterator[dict[str, Any]], pause: float) -> None:
        self._events = _encode_events(parts, pause)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._events

    async def aclose(self) -> None:
        await self._events.aclose()


async def _encode_events(parts: Iterator[dict[str, Any]], pause: float) -> AsyncGenerator[bytes]:
    for part in parts:
        yield f"data: {json.dumps(part, ensure_ascii=False)}\n\n".encode()
        if pause and part["choices"] and part["choices"][0]["delta"].get("content"):
            await asyncio.sleep(pause)
    yield b"data: [DONE]\n\n"


def build_completion(body: Mapping[str, Any], reply: Reply) -> dict[str, Any]:
    """The whole answer as one object."""
    message: dict[str, Any] = {"role": "assistant", "content": reply.text or None}
    message["refusal"] = reply.refusal or None
    if reply.calls:
        message["tool_calls"] = _build_tool_calls(body, reply)
    choice = {"index": 0, "message": message, "finish_reason": _get_finish_reason(reply)}
    envelope = _build_envelope(body, "chat.completion")
    return {**envelope, "choices": [choice], "usage": _estimate_usage(body, reply)}


def build_chunks(body: Mapping[str, Any], reply: Reply) -> Iterator[dict[str, Any]]:
    """The answer in pieces as Grok sends it: text by words, each tool call whole in its own chunk, usage last."""
    envelope = _build_envelope(body, "chat.completion.chunk")

    def chunk(delta: Mapping[str, Any], finish: str | None = None) -> dict[str, Any]:
        return {**envelope, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}

    yield chunk({"role": "assistant", "content": ""})
    for word in WORD_WITH_SPACES.findall(reply.text):
        yield chunk({"content": word})
    if reply.refusal:
        yield chunk({"refusal": reply.refusal})
    for index, call in enumerate(_build_tool_calls(body, reply)):
        yield chunk({"tool_calls": [{"index": index, **call}]})
    yield chunk({}, _get_finish_reason(reply))
    yield {**envelope, "choices": [], "usage": _estimate_usage(body, reply)}


def _build_envelope(body: Mapping[str, Any], kind: str) -> dict[str, Any]:
    return {"id": f"demo-{_make_id(body)}", "object": kind, "created": 0, "model": "demo"}


def _build_tool_calls(body: Mapping[str, Any], reply: Reply) -> list[dict[str, Any]]:
    tool_calls = []
    for index, call in enumerate(reply.calls):
        function = {"name": call.name, "arguments": json.dumps(call.arguments, ensure_ascii=False)}
        tool_calls.append({"id": f"call_{_make_id(body)}_{index}", "type": "function", "function": function})
    return tool_calls


def _get_finish_reason(reply: Reply) -> str:
    return "tool_calls" if reply.calls else "stop"


def _make_id(body: Mapping[str, Any]) -> str:
    """An id for the answer: the same for the same messages and response format, another for all others."""
    digested = json.dumps([body["messages"], body.get("response_format")], sort_keys=True).encode()
    return hashlib.sha256(digested).hexdigest()[:16]


def _estimate_usage(body: Mapping[str, Any], reply: Reply) -> dict[str, int]:
    """Counts words instead of tokens: near enough for a model that costs nothing."""
    prompt = len(json.dumps(body["messages"]).split())
    answer = len(reply.text.split()) + sum(len(call.arguments) + 1 for call in reply.calls)
    return {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer}


def _build_error(status: int, message: str) -> httpx2.Response:
    return httpx2.Response(status, json={"error": {"message": message, "type": "invalid_request_error"}})
