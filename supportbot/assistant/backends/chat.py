"""Chat completions, streamed: Grok by default, and every server that speaks the same wire format."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any
from urllib.parse import urlsplit

import httpx2

from ..messages import Form, Message, ModelError, Parsed, Part
from ..tools import Tool
from .accumulator import GatheredChunks
from .sanitize import sendable
from .server import XAI, ModelServer

# Their newer models take this name alone; Ollama and others pass over it, and know only the older one.
MAX_COMPLETION_TOKENS = (".x.ai", ".openai.com", ".openai.azure.com")


class ChatBackend:
    def __init__(
        self,
        *,
        api_key: str,
        model: str,
        base_url: str = XAI,
        max_tokens: int = 2048,
        effort: str = "",
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._server = ModelServer(api_key, base_url, model, transport)
        self._options: dict[str, Any] = {"model": model, _limit(base_url): max_tokens}
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
        body["messages"] = _sendable(system, messages)
        if tools:
            body["tools"] = [tool.schema() for tool in tools]
            if not may_call:
                body["tool_choice"] = "none"
        gathered = GatheredChunks({call.id for message in messages for call in message.tool_calls})
        parts = self._server.stream("/chat/completions", body, gathered, _headers(conversation))
        async with aclosing(parts):
            async for part in parts:
                yield part
        yield gathered.answer()

    async def parse(
        self, system: str, messages: Sequence[Message], form: type[Form], *, conversation: str = ""
    ) -> Parsed[Form]:
        async with self._server.whole_answer(form) as client:
            completion = await client.chat.completions.parse(
                **self._options,
                messages=_sendable(system, messages),
                response_format=form,
                extra_headers=_headers(conversation),
            )
            message = completion.choices[0].message
        if message.refusal:
            raise ModelError("declined", retry=False)
        if message.parsed is None:
            raise ModelError("invalid", "an answer without content")
        usage = completion.usage.to_dict() if completion.usage else {}
        return Parsed(message.parsed, completion.model, usage)

    async def forget(self, handles: Sequence[str]) -> None:
        """Nothing is kept by this API."""

    async def aclose(self) -> None:
        """Close the connections that were kept open in this event loop. It may be used again."""
        await self._server.aclose()


def _limit(address: str) -> str:
    """What the server there calls the most tokens of an answer."""
    host = urlsplit(address).hostname
    return "max_completion_tokens" if f".{host}".endswith(MAX_COMPLETION_TOKENS) else "max_tokens"


def _headers(conversation: str) -> dict[str, str]:
    # xAI keeps a conversation on the server that has it cached; others ignore the header.
    return {"x-grok-conv-id": conversation} if conversation else {}


def _sendable(system: str, messages: Sequence[Message]) -> list[Any]:
    array = [Message("system", system).as_chat()] if system else []
    for message in messages:
        chat = message.as_chat()
        if message.tool_calls:
            chat["tool_calls"] = [sendable(call).as_chat() for call in message.tool_calls]
        array.append(chat)
    return array
