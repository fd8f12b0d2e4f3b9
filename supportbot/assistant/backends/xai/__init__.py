"""Grok over gRPC, by xai-sdk, an optional dependency. xAI stores the conversation.

The SDK builds the requests and brings the gRPC stubs. Its own `stream()` and `parse()` are not used: in xai-sdk 1.21
they can send no metadata with a single call, do not cancel the call when the caller stops reading, and write what
customers say into OpenTelemetry's traces.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any

from .. import timeouts

try:
    import grpc
    from xai_sdk.aio.chat import Client as ChatClient
    from xai_sdk.chat import tool as build_tool
    from xai_sdk.proto import chat_pb2, chat_pb2_grpc
except ImportError as error:
    message = "The backend xai needs the package xai-sdk: pip install -r requirements-xai.txt"
    raise ImportError(message) from error

from ...errors import ErrorCode, ModelError
from ...messages import Message, ParsedAnswer, Part, ResponseModel
from ...tools import Tool
from ..calls.ids import address_messages
from ..pacing import get_pacer
from ..provider_errors import UnknownResource, describe_endpoint
from ..provider_fields import make_origin
from ..stored_state import StoredState
from ..stream_parts import StreamPart, StreamReporter, finish_stream
from ..typed_answers import read_typed_answer
from .channel import DEFAULT_HOST, MAX_MESSAGE_BYTES, error_from_rpc, open_channel
from .reading import gather_texts
from .wire import XaiAccumulator, convert_message


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
        """`base_url` is a host, with or without a port, or any URL of it; http:// makes a channel without TLS.

        `max_tokens` limits one answer. `effort` is one of xAI's words for how much the model reasons; an unknown one
        raises ValueError. With `store` False xAI stores nothing, which teams with zero data retention need.
        """
        self._address = base_url
        self._endpoint = describe_endpoint(model, base_url or DEFAULT_HOST)
        self._origin = make_origin("xai", base_url or DEFAULT_HOST, model)
        self._stored_state = StoredState("xai", base_url or DEFAULT_HOST, model)
        self._authorization = f"Bearer {api_key}"
        self._store = store
        self._options: dict[str, Any] = {"model": model, "max_tokens": max_tokens}
        if effort:
            self._options["reasoning_effort"] = chat_pb2.ReasoningEffort.Value(f"EFFORT_{effort.upper()}")
        self._is_thought_first = False  # whether its last answer began with a thought that no mark had opened
        # A channel works only in the event loop in which it was made.
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
        # With stored pictures “the request may fail” (xAI's documentation, “Image Understanding”).
        store = self._store and not any(message.images for message in messages)
        sent = address_messages(messages, self._origin)
        used_ids = {call.id for message in sent for call in message.tool_calls}
        accumulator = XaiAccumulator(self._origin, used_ids, tools, is_thought_first=self._is_thought_first)
        functions = [build_tool(tool.name, tool.description, tool.parameters) for tool in tools]
        options = {"store_messages": store, "tools": functions}
        if functions and not may_call:
            options["tool_choice"] = "none"
        for request in self._iter_requests(system, messages, sent, options):
            try:
                async with aclosing(self._stream_parts(request, conversation, accumulator)) as parts:
                    async for part in parts:
                        yield part
                answer = accumulator.build_answer()
                break
            except ModelError as error:
                is_refused = (
                    error.code in (ErrorCode.REQUEST_REFUSED, ErrorCode.NO_MODEL)
                    and not accumulator.has_begun
                )
                if not (is_refused and request.previous_response_id):
                    error.discarded = accumulator.list_counted_requests()
                    raise
                # xAI no longer has the conversation, so the next request sends all of it.
        if accumulator.written.text:
            self._is_thought_first = accumulator.written.is_thought_first
        if store and not accumulator.has_changed_calls:
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
        sent = address_messages(messages, self._origin)
        request = self._build_request(system, sent, response_format=response_model)
        try:
            async with self._guard_request():
                completion = await self._get_stub().GetCompletion(
                    request, metadata=self._build_metadata(conversation)
                )
        except ModelError as error:
            if error.code != ErrorCode.FILTERED:
                raise
            # xAI's answers have no field for a refusal by the model, so only its filter declines.
            raise ModelError(ErrorCode.DECLINED, str(error), retry=False) from None
        accumulator = XaiAccumulator(self._origin)
        accumulator.add_whole(completion)
        return read_typed_answer(accumulator, response_model)

    async def forget(self, handles: Sequence[str]) -> None:
        for response_id in filter(None, map(self._stored_state.get_response_id, handles)):
            request = chat_pb2.DeleteStoredCompletionRequest(response_id=response_id)
            try:
                async with self._guard_request():
                    await self._get_stub().DeleteStoredCompletion(request, metadata=self._build_metadata(""))
            except UnknownResource:
                continue

    async def aclose(self) -> None:
        channel = self._channels.pop(asyncio.get_running_loop(), None)
        if channel is not None:
            await channel.close()

    def _iter_requests(
        self, system: str, messages: Sequence[Message], sent: Sequence[Message], options: dict[str, Any]
    ) -> Iterator[chat_pb2.GetCompletionsRequest]:
        """The requests to try, one after the other.

        First, if xAI should have stored the conversation before, the new messages alone; then the whole conversation.
        `sent` are the messages as xAI takes them.
        """
        store = options["store_messages"]
        response_id, new = self._stored_state.find_prefix(system, messages) if store else ("", messages)
        if response_id:
            last = sent[len(sent) - len(new) :]
            yield self._build_request("", last, previous_response_id=response_id, **options)
        yield self._build_request(system, sent, **options)

    def _build_request(
        self, system: str, messages: Sequence[Message], **options: Any
    ) -> chat_pb2.GetCompletionsRequest:
        with_system = [Message("system", system), *messages] if system else messages
        chat = ChatClient(self._get_channel()).create(
            messages=[convert_message(each) for each in with_system], **self._options, **options
        )
        request = chat.proto
        # gRPC reports a request that is too large as RESOURCE_EXHAUSTED, as it does a rate limit. It is refused here,
        # so that nobody tries it again.
        if request.ByteSize() > MAX_MESSAGE_BYTES:
            raise ModelError(
                ErrorCode.REQUEST_REFUSED, f"a request of {request.ByteSize()} bytes", retry=False
            )
        return request

    async def _stream_parts(
        self, request: chat_pb2.GetCompletionsRequest, conversation: str, accumulator: XaiAccumulator
    ) -> AsyncGenerator[StreamPart]:
        """Send the request and yield the text as it arrives. At the end `accumulator` holds the whole answer.

        Raises `ModelError`.
        """
        reporter = StreamReporter(accumulator)
        call = self._get_stub().GetCompletionChunk(request, metadata=self._build_metadata(conversation))
        try:
            with get_pacer().count_reader():
                async with aclosing(gather_texts(call, accumulator)) as texts:
                    async for text in texts:
                        for part in reporter.list_parts(text):
                            yield part
        except grpc.aio.AioRpcError as error:
            if not accumulator.is_finished:
                # Not from it: its text may quote the customer.
                raise error_from_rpc(error, self._endpoint, has_begun=accumulator.has_begun) from None
        finally:
            call.cancel()
        for part in finish_stream(accumulator):
            yield part

    @asynccontextmanager
    async def _guard_request(self) -> AsyncIterator[None]:
        """For a call that is not streamed: its errors, and more than `WHOLE_ANSWER_SECONDS`, raise `ModelError`."""
        try:
            async with asyncio.timeout(timeouts.WHOLE_ANSWER_SECONDS):
                yield
        except TimeoutError:
            raise ModelError(ErrorCode.NO_FIRST_TOKEN, f"no whole answer in time, {self._endpoint}") from None
        except grpc.aio.AioRpcError as error:
            raise error_from_rpc(error, self._endpoint) from None  # its text may quote the customer

    def _build_metadata(self, conversation: str) -> tuple[tuple[str, str], ...]:
        # By the second one xAI sends all requests of a conversation to the server that has it cached (xAI's
        # documentation, “Maximizing Cache Hits”).
        conversation_id = (("x-grok-conv-id", conversation),) if conversation else ()
        return (("authorization", self._authorization), *conversation_id)

    def _get_stub(self) -> chat_pb2_grpc.ChatStub:
        return chat_pb2_grpc.ChatStub(self._get_channel())

    def _get_channel(self) -> grpc.aio.Channel:
        loop = asyncio.get_running_loop()
        if loop not in self._channels:
            self._channels = {
                each: channel for each, channel in self._channels.items() if not each.is_closed()
            }
            self._channels[loop] = open_channel(self._address)
        return self._channels[loop]
