"""The Responses API, streamed: what xAI recommends, with the conversation kept on the provider's side.

Every answer carries a handle. The next request then sends only what came after it; when the provider does not
know it any more, or our messages are not the ones it stands for, the whole conversation is sent.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

import httpx2

from ..messages import Form, Message, ModelError, Parsed, Part
from ..tools import Tool
from .provider_errors import Unknown
from .responses_accumulator import GatheredEvents
from .sanitize import sendable
from .server import XAI, ModelServer
from .stored_state import Shelf


class ResponsesBackend:
    def __init__(
        self,
        *,
        api_key: str,
        model: str,
        base_url: str = XAI,
        max_tokens: int = 2048,
        effort: str = "",
        store: bool = True,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        """`store` False keeps nothing at the provider: every request sends the whole conversation."""
        self._server = ModelServer(api_key, base_url, model, transport)
        self._shelf = Shelf("responses", base_url, model)
        self._store = store
        self._options: dict[str, Any] = {"model": model, "max_output_tokens": max_tokens}
        if effort:
            self._options["reasoning"] = {"effort": effort}

    async def stream(
        self,
        system: str,
        messages: Sequence[Message],
        tools: Sequence[Tool],
        *,
        conversation: str = "",
        may_call: bool = True,
    ) -> AsyncGenerator[Part]:
        body = {**self._options, **_cache(conversation), "stream": True}
        if tools:
            body["tools"] = [_function(tool) for tool in tools]
            if not may_call:
                body["tool_choice"] = "none"
        # xAI advises against storing pictures: the request may fail.
        body["store"] = self._store and not any(message.images for message in messages)
        before, new = self._shelf.find(system, messages) if body["store"] else ("", messages)
        if before:
            continued = {**body, "previous_response_id": before, "input": _items("", new)}
            try:
                async with aclosing(self._answer(continued, system, messages)) as parts:
                    async for part in parts:
                        yield part
                return
            except Unknown:
                pass  # it is said anew
        body["input"] = _items(system, messages)
        async with aclosing(self._answer(body, system, messages)) as parts:
            async for part in parts:
                yield part

    async def _answer(
        self, body: dict[str, Any], system: str, messages: Sequence[Message]
    ) -> AsyncGenerator[Part]:
        gathered = GatheredEvents({call.id for message in messages for call in message.tool_calls})
        parts = self._server.stream("/responses", body, gathered)
        async with aclosing(parts):
            async for part in parts:
                yield part
        answer = gathered.answer()
        if body["store"] and not gathered.renamed:
            answer = self._shelf.label(answer, gathered.kept, system, messages)
        yield answer

    async def parse(
        self, system: str, messages: Sequence[Message], form: type[Form], *, conversation: str = ""
    ) -> Parsed[Form]:
        async with self._server.whole_answer(form) as client:
            response = await client.responses.parse(
                **self._options,
                **_cache(conversation),
                input=_items(system, messages),
                text_format=form,
                store=False,
            )
            parts = [part for item in response.output if item.type == "message" for part in item.content]
        if any(part.type == "refusal" for part in parts):
            raise ModelError("declined", retry=False)
        if response.output_parsed is None:
            raise ModelError("invalid", f"an answer that is {response.status}, without content")
        usage = response.usage.to_dict() if response.usage else {}
        return Parsed(response.output_parsed, response.model, usage)

    async def forget(self, handles: Sequence[str]) -> None:
        for response_id in filter(None, map(self._shelf.response_id, handles)):
            try:
                async with self._server.whole_answer() as client:
                    await client.responses.delete(response_id)
            except Unknown:
                continue

    async def aclose(self) -> None:
        """Close the connections that were kept open in this event loop. It may be used again."""
        await self._server.aclose()


def _cache(conversation: str) -> dict[str, Any]:
    return {"prompt_cache_key": conversation} if conversation else {}


def _function(tool: Tool) -> dict[str, Any]:
    # Not strict: OpenAI would then want every argument to be required.
    return {"type": "function", **tool.schema()["function"], "strict": False}


def _items(system: str, messages: Sequence[Message]) -> list[Any]:
    """The input for these messages. The system text stands in it, for `instructions` do not go with stored state."""
    first = [{"role": "system", "content": system}] if system else []
    return [*first, *(item for message in messages for item in _of_message(message))]


def _of_message(message: Message) -> list[dict[str, Any]]:
    if message.role == "tool":
        return [{"type": "function_call_output", "call_id": message.tool_call_id, "output": message.text}]
    content: Any = message.text
    if message.images:
        words = [{"type": "input_text", "text": message.text}] if message.text else []
        pictures = [
            {"type": "input_image", "image_url": image.url, "detail": image.detail}
            for image in message.images
        ]
        content = [*words, *pictures]
    said = [{"role": message.role, "content": content}] if content else []
    return said + [
        {"type": "function_call", "call_id": call.id, "name": call.name, "arguments": call.arguments}
        for call in map(sendable, message.tool_calls)
    ]
