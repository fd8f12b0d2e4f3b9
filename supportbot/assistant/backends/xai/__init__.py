"""Grok over gRPC by xai-sdk, an optional extra, with the conversation kept on xAI's side.

The SDK builds the requests and brings the stubs that carry them. Its own `stream()` and `parse()` stay unused: they
send no header with a single call, leave the call open when nobody reads on, and write what customers say into traces.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any

from pydantic import ValidationError

try:
    import grpc
    from xai_sdk.aio.chat import Client as Chats
    from xai_sdk.chat import tool as function
    from xai_sdk.proto import chat_pb2, chat_pb2_grpc
except ImportError as error:
    why = "The backend xai needs the package xai-sdk: pip install -r requirements-xai.txt"
    raise ImportError(why) from error

from ...messages import Form, Message, ModelError, Parsed, Part, TextDelta, Thinking
from ...tools import Tool
from .. import timeouts
from ..parse_errors import wrongly_filled
from ..provider_errors import Unknown, asked
from ..stored_state import Shelf
from .channel import HOST, LARGEST, model_error, open_channel
from .wire import GatheredProtos, proto


class XaiBackend:
    def __init__(
        self,
        *,
        api_key: str,
        base_url: str = "",
        model: str,
        max_tokens: int = 2048,
        effort: str = "",
        store: bool = True,
    ) -> None:
        """`base_url` is a host with or without a port, or any address there; http:// is a channel without TLS.

        `store` is whether conversations are kept at xAI, which a team without data retention may not ask for.
        """
        self._address = base_url
        self._asked = asked(model, base_url or HOST)
        self._shelf = Shelf("xai", base_url or HOST, model)
        self._authorization = f"Bearer {api_key}"
        self._store = store
        self._options: dict[str, Any] = {"model": model, "max_tokens": max_tokens}
        if effort:
            self._options["reasoning_effort"] = chat_pb2.ReasoningEffort.Value(f"EFFORT_{effort.upper()}")
        # A channel belongs to the event loop that it was made in.
        self._channels: dict[asyncio.AbstractEventLoop, grpc.aio.Channel] = {}

    async def stream(
        self,
        system: str,
        messages: Sequence[Message],
        tools: Sequence[Tool],
        *,
        conversation: str = "",
        may_call: bool = True,
    ) -> AsyncGenerator[Part]:
        # xAI advises against storing pictures: the request may fail.
        keep = self._store and not any(message.images for message in messages)
        gathered = GatheredProtos({call.id for message in messages for call in message.tool_calls})
        offered = [function(tool.name, tool.description, tool.parameters) for tool in tools]
        options = {"store_messages": keep, "tools": offered}
        if offered and not may_call:
            options["tool_choice"] = "none"
        for request in self._requests(system, messages, options):
            try:
                async with aclosing(self._parts(request, conversation, gathered)) as parts:
                    async for part in parts:
                        yield part
                break
            except ModelError as error:
                is_refused = error.code in ("request_refused", "no_model") and not gathered.began
                if not (is_refused and request.previous_response_id):
                    raise
                # xAI does not keep it any more, whatever it calls that: it is said anew.
        answer = gathered.answer()
        if keep and not gathered.renamed:
            answer = self._shelf.label(answer, gathered.kept, system, messages)
        yield answer

    async def parse(
        self, system: str, messages: Sequence[Message], form: type[Form], *, conversation: str = ""
    ) -> Parsed[Form]:
        request = self._request(system, messages, response_format=form)
        try:
            async with self._whole_answer():
                completion = await self._stub().GetCompletion(request, metadata=self._metadata(conversation))
        except ModelError as error:
            if error.code != "filtered":
                raise
            # An answer has no place for the model's own refusal, so the filter is the only one to decline.
            raise ModelError("declined", str(error), retry=False) from None
        answer = GatheredProtos().take_whole(completion)
        try:
            value = form.model_validate_json(answer.message.text)
        except ValidationError as error:
            raise wrongly_filled(error, form) from None
        return Parsed(value, answer.model, answer.usage)

    async def forget(self, handles: Sequence[str]) -> None:
        for response_id in filter(None, map(self._shelf.response_id, handles)):
            request = chat_pb2.DeleteStoredCompletionRequest(response_id=response_id)
            try:
                async with self._whole_answer():
                    await self._stub().DeleteStoredCompletion(request, metadata=self._metadata(""))
            except Unknown:
                continue

    async def aclose(self) -> None:
        """Close the connection that was kept open in this event loop. It may be used again."""
        channel = self._channels.pop(asyncio.get_running_loop(), None)
        if channel is not None:
            await channel.close()

    def _requests(
        self, system: str, messages: Sequence[Message], options: dict[str, Any]
    ) -> Iterator[chat_pb2.GetCompletionsRequest]:
        """What is new, if xAI keeps what came before; then everything, for when it does not after all."""
        keeps = options["store_messages"]
        response_id, new = self._shelf.find(system, messages) if keeps else ("", messages)
        if response_id and new:
            yield self._request("", new, previous_response_id=response_id, **options)
        yield self._request(system, messages, **options)

    def _request(
        self, system: str, messages: Sequence[Message], **options: Any
    ) -> chat_pb2.GetCompletionsRequest:
        said = [Message("system", system), *messages] if system else messages
        chat = Chats(self._channel()).create(
            messages=[proto(each) for each in said], **self._options, **options
        )
        request = chat.proto
        # gRPC would call this by the same name as a rate that is exceeded.
        if request.ByteSize() > LARGEST:
            raise ModelError("request_refused", f"a request of {request.ByteSize()} bytes", retry=False)
        return request

    async def _parts(
        self, request: chat_pb2.GetCompletionsRequest, conversation: str, gathered: GatheredProtos
    ) -> AsyncGenerator[TextDelta | Thinking]:
        """Ask, and pass on what comes, as it comes. `gathered` then has the whole answer."""
        now = asyncio.get_running_loop().time
        told, thinking = now(), False
        call = self._stub().GetCompletionChunk(request, metadata=self._metadata(conversation))
        try:
            while (chunk := await _next(call, gathered.finished)) is not None:
                text = gathered.take(chunk)
                if gathered.thinking and not thinking:
                    told, thinking = now(), True
                    yield Thinking()
                if text or now() - told > timeouts.SIGN_OF_LIFE:
                    told = now()
                    yield TextDelta(text)
        except grpc.aio.AioRpcError as error:
            if not gathered.finished:
                # Its words may be the customer's.
                raise model_error(error, self._asked, began=gathered.began) from None
        finally:
            call.cancel()

    @asynccontextmanager
    async def _whole_answer(self) -> AsyncIterator[None]:
        """For a call that is not streamed: in time, and its errors become `ModelError`."""
        try:
            async with asyncio.timeout(timeouts.WHOLE_ANSWER_SECONDS):
                yield
        except TimeoutError:
            raise ModelError("no_first_token", f"no whole answer in time, {self._asked}") from None
        except grpc.aio.AioRpcError as error:
            raise model_error(error, self._asked) from None  # whose words may be the customer's

    def _metadata(self, conversation: str) -> tuple[tuple[str, str], ...]:
        # xAI keeps a conversation on the server that has it cached.
        named = (("x-grok-conv-id", conversation),) if conversation else ()
        return (("authorization", self._authorization), *named)

    def _stub(self) -> chat_pb2_grpc.ChatStub:
        return chat_pb2_grpc.ChatStub(self._channel())

    def _channel(self) -> grpc.aio.Channel:
        loop = asyncio.get_running_loop()
        if loop not in self._channels:
            self._channels = {each: made for each, made in self._channels.items() if not each.is_closed()}
            self._channels[loop] = open_channel(self._address)
        return self._channels[loop]


async def _next(
    call: grpc.aio.UnaryStreamCall[Any, Any], finished: bool
) -> chat_pb2.GetChatCompletionChunk | None:
    """The next chunk, or None at the end. After its reason to finish an answer owes only its token counts."""
    try:
        async with asyncio.timeout(0.5 if finished else None):
            chunk = await call.read()
    except TimeoutError:
        return None
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or not task.cancelling():
            raise ModelError("cut", "the channel was closed") from None
        raise
    return None if chunk is grpc.aio.EOF else chunk
