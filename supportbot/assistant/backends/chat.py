"""Chat completions, streamed: Grok by default, and every server that speaks the same wire format.

The body is read in paced gulps and decoded without building the SDK's objects: reading the model is
most of what a streamed token costs, and the SDK's auth, retries and errors stay in use all the same.
"""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import Any

import httpx2
import openai

from ..messages import Answer, Message, ModelError, TextDelta
from ..tools import Tool
from .events import EventSplitter
from .gathered import Gathered
from .transport import PacedTransport

PATIENCE = 5.0  # seconds that a customer is kept waiting for a second try


class ChatBackend:
    def __init__(
        self,
        *,
        api_key: str,
        base_url: str,
        model: str,
        max_tokens: int = 2048,
        effort: str = "",
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._key = api_key
        self._url = base_url
        self._transport = transport
        self._options: dict[str, Any] = {
            "model": model,
            "max_completion_tokens": max_tokens,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if effort:
            self._options["reasoning_effort"] = effort
        # A client belongs to the event loop that it was made in.
        self._clients: dict[asyncio.AbstractEventLoop, openai.AsyncOpenAI] = {}
        self._running = 0

    async def stream(
        self, system: str, messages: Sequence[Message], tools: Sequence[Tool], *, conversation: str = ""
    ) -> AsyncGenerator[TextDelta | Answer]:
        body: dict[str, Any] = {**self._options, "messages": [Message("system", system).as_chat()]}
        body["messages"] += [_sendable(message) for message in messages]
        if tools:
            body["tools"] = [tool.schema() for tool in tools]
        # xAI keeps a conversation on the server that has it cached; others ignore the header.
        headers = {"x-grok-conv-id": conversation} if conversation else {}
        gathered = Gathered({call.id for message in messages for call in message.tool_calls})
        self._running += 1
        try:
            # Not chat.completions.create(): it walks the whole history once more to check its types.
            answering = await self._client().post(
                "/chat/completions",
                body=body,
                options={"headers": headers},
                cast_to=object,
                stream=True,
                stream_cls=openai.AsyncStream[object],
            )
            async with answering:
                async for text in self._texts(answering.response, gathered):
                    yield TextDelta(text)
        except openai.APIError as error:
            raise _model_error(error) from error
        except httpx2.HTTPError as error:
            if not gathered.finished:
                raise ModelError("cut", type(error).__name__) from error
        finally:
            self._running -= 1
        yield gathered.answer()

    async def _texts(self, response: httpx2.Response, gathered: Gathered) -> AsyncIterator[str]:
        """The text of each gulp that held a chunk, maybe empty. Ends with the stream."""
        events = EventSplitter()
        reads = aiter(response.aiter_bytes())
        while True:
            try:
                # After its reason to finish an answer owes only its token counts and the end of the body,
                # and that end only so that the connection can be used again.
                async with asyncio.timeout(0.5 if gathered.finished else None):
                    data = await anext(reads)
            except (StopAsyncIteration, TimeoutError):
                return
            chunks = events.feed(data)
            if chunks:
                yield gathered.add(chunks)
            if gathered.text and not gathered.finished:
                await asyncio.sleep(self._pace())

    def _pace(self) -> float:
        """Seconds between two reads of one stream: none when few run, so that light load has no lag.

        Under load each read brings more, so that its cost is shared by many tokens.
        """
        return min(0.15, max(0, self._running - 4) * 0.0033)

    async def aclose(self) -> None:
        """Close the connections that were kept open in this event loop. It may be used again."""
        client = self._clients.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.close()

    def _client(self) -> openai.AsyncOpenAI:
        loop = asyncio.get_running_loop()
        if loop not in self._clients:
            self._clients = {each: made for each, made in self._clients.items() if not each.is_closed()}
            # The loop above this backend has its own deadlines, so reads are not limited here.
            timeout = httpx2.Timeout(None)
            hooks = {"response": [_forbid_long_wait]}
            http = openai.DefaultAsyncHttpx2Client(
                transport=self._transport or PacedTransport(), timeout=timeout, event_hooks=hooks
            )
            # Blank, lest the SDK send OpenAI's identifiers from the environment to another server.
            self._clients[loop] = openai.AsyncOpenAI(
                api_key=self._key or "none",  # a server of one's own may need no key; the SDK insists on one
                base_url=self._url,
                organization="",
                project="",
                max_retries=1,
                timeout=timeout,
                http_client=http,
            )
        return self._clients[loop]


def _sendable(message: Message) -> dict[str, Any]:
    """The message as strict servers take it: for one malformed call they refuse a whole history for ever."""
    chat = message.as_chat()
    for function in (call["function"] for call in chat.get("tool_calls", ())):
        function["name"] = re.sub(r"[^a-zA-Z0-9_-]", "_", function["name"])[:64] or "unnamed"
        if not _is_object(function["arguments"]):
            function["arguments"] = "{}"
    return chat


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


async def _forbid_long_wait(response: httpx2.Response) -> None:
    """Keep the SDK from obeying a long `retry-after`: a customer had better read that the model is busy."""
    wait = response.headers.get("retry-after", "0")
    if not wait.isdigit() or int(wait) > PATIENCE:
        response.headers["x-should-retry"] = "false"


def _model_error(error: openai.APIError) -> ModelError:
    if isinstance(error, openai.APIConnectionError):
        return ModelError("unreachable", type(error).__name__)
    if not isinstance(error, openai.APIStatusError):
        return ModelError("provider_error", type(error).__name__)
    status = error.status_code
    # xAI answers 400 to a wrong key, and puts its words where the SDK does not look for a message.
    key_refused = status in (401, 403) or (status == 400 and "api key" in str(error.body).lower())
    # The body of a refusal may quote what was sent, so it is not logged.
    detail = f"status {status}, request {error.request_id}"
    if key_refused:
        return ModelError("key_refused", detail, retry=False)
    if status == 429:
        return ModelError("busy", detail)
    if status >= 500 or status in (408, 409):
        return ModelError("down", detail)
    return ModelError("request_refused", detail, retry=False)
