"""The chat completions API: Grok by default, and every other server that offers it."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any
from urllib.parse import urlsplit

import httpx2

from ..errors import ErrorCode, ModelError
from ..messages import Message, ParsedAnswer, Part, ResponseModel
from ..tools import Tool
from .accumulator import ChatAccumulator
from .sanitize import sanitize_call
from .server import XAI_BASE_URL, ModelServer

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
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        """`max_tokens` limits one answer. `effort` is how much the model reasons, in the provider's own words."""
        self._server = ModelServer(api_key, base_url, model, transport)
        self._options: dict[str, Any] = {"model": model, _get_token_limit_field(base_url): max_tokens}
        if effort:
            self._options["reasoning_effort"] = effort

    async def stream(
        self,
        system: str,
        messages: Sequence[Message],
        tools: Sequence[Tool],
        *,
        conversation: str = "",
        may_call: bool = True,
    ) -> AsyncGenerator[Part]:
        body = {**self._options, "stream": True, "stream_options": {"include_usage": True}}
        body["messages"] = _build_messages(system, messages)
        if tools:
            body["tools"] = [tool.as_chat() for tool in tools]
            if not may_call:
                body["tool_choice"] = "none"
        accumulator = ChatAccumulator({call.id for message in messages for call in message.tool_calls})
        parts = self._server.stream_answer(
            "/chat/completions", body, accumulator, _build_headers(conversation)
        )
        async with aclosing(parts):
            async for part in parts:
                yield part
        yield accumulator.build_answer()

    async def parse(
        self,
        system: str,
        messages: Sequence[Message],
        response_model: type[ResponseModel],
        *,
        conversation: str = "",
    ) -> ParsedAnswer[ResponseModel]:
        async with self._server.guard_request(response_model) as client:
            completion = await client.chat.completions.parse(
                **self._options,
                messages=_build_messages(system, messages),
                response_format=response_model,
                extra_headers=_build_headers(conversation),
            )
            message = completion.choices[0].message
        if message.refusal:
            raise ModelError(ErrorCode.DECLINED, retry=False)
        if message.parsed is None:
            raise ModelError(ErrorCode.INVALID, "an answer without content")
        usage = completion.usage.to_dict() if completion.usage else {}
        return ParsedAnswer(message.parsed, completion.model, usage)

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
    chats = [Message("system", system).as_chat()] if system else []
    for message in messages:
        chat = message.as_chat()
        if message.tool_calls:
            chat["tool_calls"] = [sanitize_call(call).as_chat() for call in message.tool_calls]
        chats.append(chat)
    return chats
