"""The Responses API, which xAI recommends over chat completions. The provider stores the conversation.

Every answer carries a handle, by which the next request sends only the messages after it. When the provider no longer
has the conversation, or the handle does not stand for the very same messages, the whole conversation is sent.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

import httpx2

from ..errors import ErrorCode, ModelError
from ..messages import Message, ParsedAnswer, Part, ResponseModel
from ..tools import Tool
from .provider_errors import UnknownResource
from .responses_accumulator import ResponsesAccumulator
from .sanitize import sanitize_call
from .server import XAI_BASE_URL, ModelServer
from .stored_state import StoredState


class ResponsesBackend:
    def __init__(
        self,
        *,
        api_key: str,
        model: str,
        base_url: str = XAI_BASE_URL,
        max_tokens: int = 2048,
        effort: str = "",
        store: bool = True,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        """With `store` False the provider stores nothing, and every request sends the whole conversation.

        `max_tokens` limits one answer. `effort` is how much the model reasons, in the provider's own words.
        """
        self._server = ModelServer(api_key, base_url, model, transport)
        self._stored_state = StoredState("responses", base_url, model)
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
        body = {**self._options, **_build_cache_options(conversation), "stream": True}
        if tools:
            body["tools"] = [_convert_tool(tool) for tool in tools]
            if not may_call:
                body["tool_choice"] = "none"
        # With stored pictures “the request may fail” (xAI's documentation, “Image Understanding”).
        body["store"] = self._store and not any(message.images for message in messages)
        previous_id, new = (
            self._stored_state.find_prefix(system, messages) if body["store"] else ("", messages)
        )
        if previous_id:
            continued = {**body, "previous_response_id": previous_id, "input": _build_input("", new)}
            try:
                async with aclosing(self._stream_answer(continued, system, messages)) as parts:
                    async for part in parts:
                        yield part
                return
            except UnknownResource:
                pass  # the provider no longer has it, so the whole conversation is sent
        body["input"] = _build_input(system, messages)
        async with aclosing(self._stream_answer(body, system, messages)) as parts:
            async for part in parts:
                yield part

    async def _stream_answer(
        self, body: dict[str, Any], system: str, messages: Sequence[Message]
    ) -> AsyncGenerator[Part]:
        accumulator = ResponsesAccumulator({call.id for message in messages for call in message.tool_calls})
        parts = self._server.stream_answer("/responses", body, accumulator)
        async with aclosing(parts):
            async for part in parts:
                yield part
        answer = accumulator.build_answer()
        if body["store"] and not accumulator.has_renamed_calls:
            answer = self._stored_state.attach_handle(answer, accumulator.response_id, system, messages)
        yield answer

    async def parse(
        self,
        system: str,
        messages: Sequence[Message],
        response_model: type[ResponseModel],
        *,
        conversation: str = "",
    ) -> ParsedAnswer[ResponseModel]:
        async with self._server.guard_request(response_model) as client:
            response = await client.responses.parse(
                **self._options,
                **_build_cache_options(conversation),
                input=_build_input(system, messages),
                text_format=response_model,
                store=False,
            )
            parts = [part for item in response.output if item.type == "message" for part in item.content]
        if any(part.type == "refusal" for part in parts):
            raise ModelError(ErrorCode.DECLINED, retry=False)
        if response.output_parsed is None:
            raise ModelError(ErrorCode.INVALID, f"an answer that is {response.status}, without content")
        usage = response.usage.to_dict() if response.usage else {}
        return ParsedAnswer(response.output_parsed, response.model, usage)

    async def forget(self, handles: Sequence[str]) -> None:
        for response_id in filter(None, map(self._stored_state.get_response_id, handles)):
            try:
                async with self._server.guard_request() as client:
                    await client.responses.delete(response_id)
            except UnknownResource:
                continue

    async def aclose(self) -> None:
        await self._server.aclose()


def _build_cache_options(conversation: str) -> dict[str, Any]:
    return {"prompt_cache_key": conversation} if conversation else {}


def _convert_tool(tool: Tool) -> dict[str, Any]:
    # In a `strict` schema OpenAI allows no optional arguments.
    return {"type": "function", **tool.as_chat()["function"], "strict": False}


def _build_input(system: str, messages: Sequence[Message]) -> list[Any]:
    """The items of `input`, with the system text as the first one.

    xAI's field `instructions` for it is reported not to combine with `previous_response_id` (LangChain's reference of
    its xAI integration).
    """
    system_items = [{"role": "system", "content": system}] if system else []
    return [*system_items, *(item for message in messages for item in _convert_message(message))]


def _convert_message(message: Message) -> list[dict[str, Any]]:
    if message.role == "tool":
        return [{"type": "function_call_output", "call_id": message.tool_call_id, "output": message.text}]
    content: Any = message.text
    if message.images:
        texts = [{"type": "input_text", "text": message.text}] if message.text else []
        images = [
            {"type": "input_image", "image_url": image.url, "detail": image.detail}
            for image in message.images
        ]
        content = [*texts, *images]
    items = [{"role": message.role, "content": content}] if content else []
    return items + [
        {"type": "function_call", "call_id": call.id, "name": call.name, "arguments": call.arguments}
        for call in map(sanitize_call, message.tool_calls)
    ]
