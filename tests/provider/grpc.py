"""The scripted provider as Grok over gRPC: the same script, spoken by the service whose stubs xai-sdk brings."""

import itertools
import json
from collections.abc import Iterable, Iterator
from typing import Any

import grpc
from google.protobuf.json_format import MessageToDict
from xai_sdk.proto import chat_pb2, image_pb2, sample_pb2, usage_pb2

from . import wire
from .grpc_server import Chunk, GrpcServer, Status
from .parts import Ask, Call, Drip, End, Refuse, Say, Think, Trouble
from .script import Script
from .server import STREAM, Reply, Request
from .strict import objection

ROLES = {
    chat_pb2.ROLE_SYSTEM: "system",
    chat_pb2.ROLE_USER: "user",
    chat_pb2.ROLE_ASSISTANT: "assistant",
    chat_pb2.ROLE_TOOL: "tool",
}
CHOICES = {
    chat_pb2.TOOL_MODE_INVALID: "auto",
    chat_pb2.TOOL_MODE_AUTO: "auto",
    chat_pb2.TOOL_MODE_NONE: "none",
}
REASONS = {
    "stop": sample_pb2.REASON_STOP,
    "tool_calls": sample_pb2.REASON_TOOL_CALLS,
    "length": sample_pb2.REASON_MAX_LEN,
}
USAGE = {
    "prompt_tokens": 608,
    "completion_tokens": 25,
    "total_tokens": 692,
    "prompt_tokens_details": {"cached_tokens": 512, "text_tokens": 608, "image_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 59},
    "cost_in_usd_ticks": 13_140_000,
}
COUNTED = usage_pb2.SamplingUsage(
    prompt_tokens=608,
    completion_tokens=25,
    total_tokens=692,
    reasoning_tokens=59,
    prompt_text_tokens=608,
    cached_prompt_text_tokens=512,
    cost_in_usd_ticks=13_140_000,
)
# What xAI answers over gRPC where it answers these over HTTP.
STATUSES = {
    400: grpc.StatusCode.INVALID_ARGUMENT,
    401: grpc.StatusCode.UNAUTHENTICATED,
    403: grpc.StatusCode.PERMISSION_DENIED,
    404: grpc.StatusCode.NOT_FOUND,
    408: grpc.StatusCode.UNAVAILABLE,
    413: grpc.StatusCode.INVALID_ARGUMENT,
    422: grpc.StatusCode.INVALID_ARGUMENT,
    429: grpc.StatusCode.RESOURCE_EXHAUSTED,
    500: grpc.StatusCode.INTERNAL,
}


class GrpcProvider(Script):
    def __init__(self) -> None:
        self._grpc = GrpcServer(self._choose)
        self._numbers = itertools.count(1)
        super().__init__(self._grpc)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._grpc.port}"

    def fail(self, status: int | grpc.StatusCode, words: str = "") -> Reply:
        """Answer with an error: a gRPC status, or the one that stands for this HTTP status."""
        if isinstance(status, int):
            words = words or wire.REFUSALS[status][1]
            status = STATUSES.get(status, grpc.StatusCode.UNAVAILABLE)
        return self.add(_refusal(status, words))

    def _choose(self, request: Request) -> Reply:
        proto = request.body
        request.body = MessageToDict(proto, preserving_proto_field_name=True)
        if not request.headers.get("authorization", "").startswith("Bearer "):
            return _refusal(grpc.StatusCode.UNAUTHENTICATED, "No authorization header was provided.")
        if request.path == "/DeleteStoredCompletion":
            if self._script:
                return self._script.popleft()
            gone = self.stored.pop(proto.response_id, None) is None
            return _unknown(proto.response_id) if gone else Reply(STREAM, ())
        request.sent = [_as_chat(message) for message in proto.messages]
        request.tools = [_function(each.function) for each in proto.tools]
        request.tool_choice = CHOICES[proto.tool_choice.mode]
        request.form = json.loads(proto.response_format.schema or "{}")
        request.previous = proto.previous_response_id
        if request.previous and request.previous not in self.stored:
            return _unknown(request.previous)
        request.kept = self.stored.get(request.previous, [])
        if wrong := objection(_chat_body(request)):
            self.rejected.append(wrong)
            return _refusal(grpc.StatusCode.INVALID_ARGUMENT, wrong)
        reply = self.next_reply(request)
        if reply is None:
            return _refusal(grpc.StatusCode.INVALID_ARGUMENT, "Nothing is scripted for this.")
        identity = f"resp-{next(self._numbers)}"
        if proto.store_messages:
            self.stored[identity] = [*request.messages, _said(reply.pieces)]
        reply.pieces = tuple(_encoded(reply.pieces, identity))
        return reply


def _refusal(code: grpc.StatusCode, words: str) -> Reply:
    return Reply(STREAM, (Status(code, words),))


def _unknown(identity: str) -> Reply:
    return _refusal(grpc.StatusCode.NOT_FOUND, f"Response with id={identity} not found")


def _encoded(pieces: Iterable[Any], identity: str) -> Iterator[Any]:
    """Scripted pieces as they go out; what is said in protos already stays as it is."""
    for piece in pieces:
        match piece:
            case Say(text):
                # Protos cannot spell half a letter.
                whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
                yield _chunk(identity, content=whole)
            case Think(text):
                yield _chunk(identity, reasoning_content=text)
            case Ask(calls, "together"):
                yield _chunk(identity, tool_calls=map(_call, calls))
            case Ask(calls):
                yield from (_chunk(identity, tool_calls=[_call(call)]) for call in calls)
            case Trouble(words):
                yield Status(grpc.StatusCode.INTERNAL, words)
            case Refuse() | End("content_filter"):
                yield Status(grpc.StatusCode.PERMISSION_DENIED, "Content violates usage guidelines.")
            case End(reason):
                yield _chunk(identity, REASONS.get(reason, sample_pb2.REASON_INVALID))
                yield Chunk(id=identity, model=wire.MODEL, usage=COUNTED)
            case Drip(part, every):
                yield from (Drip(each, every) for each in _encoded([part], identity))
            case _:
                yield piece


def _chunk(identity: str, reason: int = sample_pb2.REASON_INVALID, **delta: Any) -> Chunk:
    said = chat_pb2.Delta(role=chat_pb2.ROLE_ASSISTANT, **delta)
    output = chat_pb2.CompletionOutputChunk(index=0, delta=said, finish_reason=reason)
    return Chunk(id=identity, model=wire.MODEL, outputs=[output])


def _call(call: Call) -> chat_pb2.ToolCall:
    function = chat_pb2.FunctionCall(name=call.name, arguments=call.as_text)
    return chat_pb2.ToolCall(id=call.id, type=chat_pb2.TOOL_CALL_TYPE_CLIENT_SIDE_TOOL, function=function)


def _said(pieces: Iterable[Any]) -> dict[str, Any]:
    """What a reply says, as the message that is stored."""
    text = "".join(piece.text for piece in pieces if isinstance(piece, Say))
    calls = [call for piece in pieces if isinstance(piece, Ask) for call in piece.calls]
    wanted = [_chat_call(call.id, call.name, call.as_text) for call in calls]
    return {"role": "assistant", "content": text or None, **({"tool_calls": wanted} if wanted else {})}


def _as_chat(message: chat_pb2.Message) -> dict[str, Any]:
    """A message as the one of chat completions that says the same."""
    text = "".join(part.text for part in message.content)
    chat: dict[str, Any] = {"role": ROLES[message.role], "content": text}
    if any(part.HasField("image_url") for part in message.content):
        chat["content"] = [_as_part(part) for part in message.content]
    if message.role == chat_pb2.ROLE_TOOL:
        chat["tool_call_id"] = message.tool_call_id
    if message.tool_calls:
        chat["content"] = text or None
        chat["tool_calls"] = [
            _chat_call(call.id, call.function.name, call.function.arguments) for call in message.tool_calls
        ]
    return chat


def _as_part(part: chat_pb2.Content) -> dict[str, Any]:
    if not part.HasField("image_url"):
        return {"type": "text", "text": part.text}
    detail = image_pb2.ImageDetail.Name(part.image_url.detail).removeprefix("DETAIL_").lower()
    return {"type": "image_url", "image_url": {"url": part.image_url.image_url, "detail": detail}}


def _chat_call(identity: str | None, name: str, arguments: str) -> dict[str, Any]:
    return {"id": identity, "type": "function", "function": {"name": name, "arguments": arguments}}


def _function(function: chat_pb2.Function) -> dict[str, Any]:
    parameters = json.loads(function.parameters)
    return {"name": function.name, "description": function.description, "parameters": parameters}


def _chat_body(request: Request) -> dict[str, Any]:
    """The request as the strict reader of chat completions takes it."""
    functions = [{"type": "function", "function": function} for function in request.tools]
    tools = {"tools": functions} if functions else {}
    return {"model": request.body["model"], "stream": True, "messages": request.messages, **tools}
