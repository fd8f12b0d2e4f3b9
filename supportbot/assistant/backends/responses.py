"""The Responses API, which xAI recommends over chat completions. The provider stores the conversation.

Every answer carries a handle, by which the next request sends only the messages after it. When the provider no longer
has the conversation, or the handle does not stand for the very same messages, the whole conversation is sent.
"""

from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from typing import Any

import httpx2
from pydantic import BaseModel

from ..messages import Answer, Message, ParsedAnswer, Part, ResponseModel
from ..tools import Tool
from .accumulator import AnswerAccumulator
from .calls.ids import address_messages
from .negotiation import NegotiatedServer
from .provider_errors import RefusedRequest, UnknownResource
from .provider_fields import make_origin
from .responses_accumulator import ResponsesAccumulator
from .server import XAI_BASE_URL, build_strict_schema
from .stored_state import StoredState
from .typed_answers import TypingModes, build_instructions


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
        whole_answer_seconds: float | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        """With `store` False the provider stores nothing, and every request sends the whole conversation.

        `max_tokens` limits one answer. `effort` is how much the model reasons, in the provider's own words.
        """
        self._server = NegotiatedServer(api_key, base_url, model, transport, whole_answer_seconds)
        self._origin = make_origin("responses", base_url, model)
        self._typing = TypingModes()
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
        sent = address_messages(messages, self._origin)
        used_ids = {call.id for message in sent for call in message.tool_calls}
        attempts: list[ResponsesAccumulator] = []

        def begin_answer() -> ResponsesAccumulator:
            is_thought_first = self._server.is_thought_first
            attempts.append(
                ResponsesAccumulator(self._origin, used_ids, tools, is_thought_first=is_thought_first)
            )
            return attempts[-1]

        for request in self._iter_requests(body, system, messages, sent):
            try:
                async with aclosing(
                    self._server.stream_negotiated("/responses", request, begin_answer)
                ) as parts:
                    async for part in parts:
                        if isinstance(part, Answer) and body["store"] and not attempts[-1].has_changed_calls:
                            handle = attempts[-1].response_id
                            yield self._stored_state.attach_handle(part, handle, system, messages)
                        else:
                            yield part
                return
            except (UnknownResource, RefusedRequest):
                if "previous_response_id" not in request or attempts[-1].written.text:
                    raise
                # The provider no longer has it, or never stores any, so the whole conversation is sent.

    def _iter_requests(
        self, body: dict[str, Any], system: str, messages: Sequence[Message], sent: Sequence[Message]
    ) -> Iterator[dict[str, Any]]:
        """The requests to try: with the new messages alone, if the provider should have the others; then with all.

        `sent` are the messages as the provider takes them.
        """
        previous_id, new = (
            self._stored_state.find_prefix(system, messages) if body["store"] else ("", messages)
        )
        if previous_id:
            items = _build_input("", sent[len(sent) - len(new) :])
            yield {**body, "previous_response_id": previous_id, "input": items}
        yield {**body, "input": _build_input(system, sent)}

    async def parse(
        self,
        system: str,
        messages: Sequence[Message],
        response_model: type[ResponseModel],
        *,
        conversation: str = "",
    ) -> ParsedAnswer[ResponseModel]:
        sent = address_messages(messages, self._origin)

        async def ask_in_mode(mode: str) -> AnswerAccumulator:
            told = build_instructions(system, mode, response_model)
            body = {
                **self._options,
                **_build_cache_options(conversation),
                "store": False,
                "input": _build_input(told, sent),
                **_build_format(mode, response_model),
            }
            accumulator = ResponsesAccumulator(self._origin)
            accumulator.add_body(await self._server.post_negotiated("/responses", body))
            return accumulator

        return await self._typing.ask_for_answer(ask_in_mode, response_model)

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


def _build_format(mode: str, response_model: type[BaseModel]) -> dict[str, Any]:
    if mode == "json_schema":
        return {"text": {"format": {"type": "json_schema", **build_strict_schema(response_model)}}}
    return {"text": {"format": {"type": "json_object"}}} if mode == "json_object" else {}


def _build_input(system: str, messages: Sequence[Message]) -> list[Any]:
    """The items of `input`, with the system text as the first one. `messages` are those of `address_messages`.

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
    own = message.provider_fields
    items: list[dict[str, Any]] = list(own.message.get("items", ())) if own else []
    items += [{"role": message.role, "content": content}] if content else []
    for call in message.tool_calls:
        fields = {
            key: value for key, value in (own.calls.get(call.id, {}) if own else {}).items() if key != "id"
        }
        item = {"type": "function_call", "call_id": call.id, "name": call.name, "arguments": call.arguments}
        items.append({**fields, **item})
    return items
