"""The demo model as a server: chat completions over HTTP, without a network."""

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from typing import Any

import httpx2

from .actions import Reply
from .replies import answer

WORDS = re.compile(r"\s*\S+\s*")


class DemoTransport(httpx2.AsyncBaseTransport):
    def __init__(self, words_per_second: float) -> None:
        self._pause = 1 / words_per_second if words_per_second > 0 else 0.0

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.method != "POST" or not request.url.path.endswith("/chat/completions"):
            return _refusal(404, "The demo model only knows POST …/chat/completions.")
        try:
            body = json.loads(await request.aread())
            found = answer(body)
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            return _refusal(400, f"The request is not one of chat completions: {type(error).__name__}.")
        if not body.get("stream"):
            return httpx2.Response(200, json=completion(body, found))
        headers = {"content-type": "text/event-stream"}
        return httpx2.Response(200, headers=headers, stream=EventStream(chunks(body, found), self._pause))


class EventStream(httpx2.AsyncByteStream):
    """Chunks as server-sent events, with a pause between words. Whoever stops reading ends it at once."""

    def __init__(self, parts: Iterator[dict[str, Any]], pause: float) -> None:
        self._events = _events(parts, pause)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._events

    async def aclose(self) -> None:
        await self._events.aclose()


async def _events(parts: Iterator[dict[str, Any]], pause: float) -> AsyncGenerator[bytes]:
    for part in parts:
        yield f"data: {json.dumps(part, ensure_ascii=False)}\n\n".encode()
        if pause and part["choices"] and part["choices"][0]["delta"].get("content"):
            await asyncio.sleep(pause)
    yield b"data: [DONE]\n\n"


def completion(body: Mapping[str, Any], found: Reply) -> dict[str, Any]:
    """The whole answer at once."""
    message: dict[str, Any] = {"role": "assistant", "content": found.text or None}
    message["refusal"] = found.refusal or None
    if found.calls:
        message["tool_calls"] = _calls(body, found)
    choice = {"index": 0, "message": message, "finish_reason": _finish(found)}
    return {**_frame(body, "chat.completion"), "choices": [choice], "usage": _usage(body, found)}


def chunks(body: Mapping[str, Any], found: Reply) -> Iterator[dict[str, Any]]:
    """The answer as Grok cuts it: text by words, each tool call whole in a chunk of its own, usage last."""
    frame = _frame(body, "chat.completion.chunk")

    def chunk(delta: Mapping[str, Any], finish: str | None = None) -> dict[str, Any]:
        return {**frame, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}

    yield chunk({"role": "assistant", "content": ""})
    for word in WORDS.findall(found.text):
        yield chunk({"content": word})
    if found.refusal:
        yield chunk({"refusal": found.refusal})
    for index, call in enumerate(_calls(body, found)):
        yield chunk({"tool_calls": [{"index": index, **call}]})
    yield chunk({}, _finish(found))
    yield {**frame, "choices": [], "usage": _usage(body, found)}


def _frame(body: Mapping[str, Any], kind: str) -> dict[str, Any]:
    return {"id": f"demo-{_name(body)}", "object": kind, "created": 0, "model": "demo"}


def _calls(body: Mapping[str, Any], found: Reply) -> list[dict[str, Any]]:
    made = []
    for index, call in enumerate(found.calls):
        function = {"name": call.name, "arguments": json.dumps(call.arguments, ensure_ascii=False)}
        made.append({"id": f"call_{_name(body)}_{index}", "type": "function", "function": function})
    return made


def _finish(found: Reply) -> str:
    return "tool_calls" if found.calls else "stop"


def _name(body: Mapping[str, Any]) -> str:
    """A name for the answer to this request: always the same, and another one for every other request."""
    asked = json.dumps([body["messages"], body.get("response_format")], sort_keys=True).encode()
    return hashlib.sha256(asked).hexdigest()[:16]


def _usage(body: Mapping[str, Any], found: Reply) -> dict[str, int]:
    """Words for tokens: near enough for a model that costs nothing."""
    asked = len(json.dumps(body["messages"]).split())
    said = len(found.text.split()) + sum(len(call.arguments) + 1 for call in found.calls)
    return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}


def _refusal(status: int, message: str) -> httpx2.Response:
    return httpx2.Response(status, json={"error": {"message": message, "type": "invalid_request_error"}})
