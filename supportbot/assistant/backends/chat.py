"""The chat completions API: Grok by default, and every other server that offers it."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import httpx2
from pydantic import BaseModel

from ..messages import Message, ParsedAnswer, Part, ProviderFields, ResponseModel
from ..tools import Tool
from .accumulator import AnswerAccumulator
from .calls.ids import address_messages
from .chat_accumulator import ChatAccumulator
from .negotiation import NegotiatedServer
from .provider_fields import make_origin
from .server import XAI_BASE_URL, build_strict_schema
from .typed_answers import TypingModes, build_instructions

# The newer models of these accept `max_completion_tokens` alone. Ollama and others ignore it, and know `max_tokens`.
MAX_COMPLETION_TOKENS_DOMAINS = (".x.ai", ".openai.com", ".openai.azure.com")


class ChatBackend:
    def __init__(
        self,
        *,
        api_key: str,
        model: str,
        base_url: str = XAI_BASE_URL,
        max_tokens: int = 2048,
        effort: str = "",
        whole_answer_seconds: float | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        """`max_tokens` limits one answer. `effort` is how much the model reasons, in the provider's own words.

        `whole_answer_seconds` is how long an answer that is not streamed may take, if longer than usual.
        """
        self._server = NegotiatedServer(api_key, base_url, model, transport, whole_answer_seconds)
        self._origin = make_origin("chat", base_url, model)
        self._typing = TypingModes()
        self._options: dict[str, Any] = {"model": model, _get_token_limit_field(base_url): max_tokens}
        if effort:
            self._options["reasoning_effort"] = effort

    def stream(
        self,
        system: str,
        messages: Sequence[Message],
        tools: Sequence[Tool],
        *,
        conversation: str = "",
        may_call: bool = True,
    ) -> AsyncGenerator[Part]:
        body = {**self._options, "stream": True, "stream_options": {"include_usage": True}}
        sent = address_messages(messages, self._origin)
        body["messages"] = _build_messages(system, sent)
        if tools:
            body["tools"] = [tool.as_chat() for tool in tools]
            if not may_call:
                body["tool_choice"] = "none"
        begin_answer = partial(
            ChatAccumulator,
            self._origin,
            {call.id for message in sent for call in message.tool_calls},
            tools,
            is_thought_first=self._server.is_thought_first,
        )
        headers = _build_headers(conversation)
        return self._server.stream_negotiated("/chat/completions", body, begin_answer, headers)

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
                "messages": _build_messages(told, sent),
                **_build_format(mode, response_model),
            }
            headers = _build_headers(conversation)
            completion = await self._server.post_negotiated("/chat/completions", body, headers)
            accumulator = ChatAccumulator(self._origin)
            accumulator.add_body(completion)
            return accumulator

        return await self._typing.ask_for_answer(ask_in_mode, response_model)

    async def forget(self, handles: Sequence[str]) -> None:
        """This API stores nothing."""

    async def aclose(self) -> None:
        await self._server.aclose()


def _get_token_limit_field(address: str) -> str:
    """The name by which the server at this address knows the limit for the tokens of an answer."""
    host = urlsplit(address).hostname
    return "max_completion_tokens" if f".{host}".endswith(MAX_COMPLETION_TOKENS_DOMAINS) else "max_tokens"


def _build_headers(conversation: str) -> dict[str, str]:
    # By it xAI sends all requests of a conversation to the server that has it cached (xAI's documentation, “Maximizing
    # Cache Hits”). Other servers ignore the header.
    return {"x-grok-conv-id": conversation} if conversation else {}


def _build_messages(system: str, messages: Sequence[Message]) -> list[Any]:
    """The messages array. `messages` are those of `address_messages`."""
    chats = [Message("system", system).as_chat()] if system else []
    for message in messages:
        chat = message.as_chat()
        if own := message.provider_fields:
            chat = _add_own_fields(chat, own)
        chats.append(chat)
    return chats


def _add_own_fields(chat: dict[str, Any], own: ProviderFields) -> dict[str, Any]:
    """The message with what its provider had sent beside it."""
    fields = {name: value for name, value in own.message.items() if name not in chat}
    if thoughts := fields.pop("thinking_parts", None):
        words = [{"type": "text", "text": chat["content"]}] if chat.get("content") else []
        chat = {**chat, "content": [*thoughts, *words]}
    if "tool_calls" in chat:
        chat["tool_calls"] = [
            _add_call_fields(call, own.calls.get(call["id"], {})) for call in chat["tool_calls"]
        ]
    return {**chat, **fields}


def _add_call_fields(call: dict[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    function = {**fields.get("function", {}), **call["function"]}
    return {**fields, **call, "function": function}


def _build_format(mode: str, response_model: type[BaseModel]) -> dict[str, Any]:
    if mode == "json_schema":
        return {
            "response_format": {"type": "json_schema", "json_schema": build_strict_schema(response_model)}
        }
    return {"response_format": {"type": "json_object"}} if mode == "json_object" else {}
