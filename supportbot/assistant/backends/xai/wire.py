"""Converts the engine's values to the protobuf messages of xai-sdk, and back."""

from collections.abc import Iterable
from typing import Any

from xai_sdk.chat import assistant, image, system, tool_result, user
from xai_sdk.proto import chat_pb2, sample_pb2, usage_pb2

from ...errors import ErrorCode, ModelError
from ...messages import Message, ToolCall
from ..accumulator import AnswerAccumulator
from ..calls.parts import CallParts
from ..provider_fields import merge_message_fields
from ..sanitize import sanitize_text

FINISH_REASONS = {
    sample_pb2.REASON_STOP: "stop",
    sample_pb2.REASON_TOOL_CALLS: "stop",
    sample_pb2.REASON_MAX_LEN: "length",
    sample_pb2.REASON_MAX_CONTEXT: "length",
}


def convert_message(message: Message) -> chat_pb2.Message:
    text = _replace_surrogates(message.text)
    match message.role:
        case "system":
            return system(text)
        case "user":
            images = [image(each.url, detail=each.detail) for each in message.images]
            return user(*([text] if text or not images else []), *images)
        case "tool":
            return tool_result(text, tool_call_id=message.tool_call_id)
    answer = assistant(*([text] if text else []))
    answer.tool_calls.extend(map(_convert_call, message.tool_calls))
    for name, value in (message.provider_fields.message if message.provider_fields else {}).items():
        setattr(answer, name, _replace_surrogates(str(value)))
    return answer


def _convert_call(call: ToolCall) -> chat_pb2.ToolCall:
    function = chat_pb2.FunctionCall(name=call.name, arguments=_replace_surrogates(call.arguments))
    return chat_pb2.ToolCall(id=call.id, type=chat_pb2.TOOL_CALL_TYPE_CLIENT_SIDE_TOOL, function=function)


def _replace_surrogates(text: str) -> str:
    """The text without lone surrogates, which protobuf refuses."""
    return text.encode(errors="replace").decode()


class XaiAccumulator(AnswerAccumulator):
    """Reads the chunks of a stream, or one whole completion. In both, xAI sends each tool call in one piece."""

    has_begun = False
    response_id = ""  # under which xAI has stored the conversation; empty if it has not

    def add_chunk(self, chunk: chat_pb2.GetChatCompletionChunk) -> str:
        """Add a chunk and return the text that it brings. Raises `ModelError`."""
        had_begun, self.has_begun = self.has_begun, True
        text = self._add_outputs(chunk, ((output.delta, output.finish_reason) for output in chunk.outputs))
        if not (text or self.has_calls or self.is_finished):
            # The first chunk may only tell the role. Each further one without text means that the model reasons.
            has_reasoning = any(output.delta.reasoning_content for output in chunk.outputs)
            self._has_reasoned = self._has_reasoned or (had_begun and not self.written.text) or has_reasoning
        return self.written.add_text(self.written.join_pieces([text]))

    def add_whole(self, completion: chat_pb2.GetChatCompletionResponse) -> None:
        """Add an answer that was not streamed. Raises `ModelError`."""
        outputs = ((output.message, output.finish_reason) for output in completion.outputs)
        self.written.add_text(self._add_outputs(completion, outputs))
        self.finish_text()

    def _add_outputs(self, answer: Any, outputs: Iterable[tuple[Any, int]]) -> str:
        self.response_id = answer.id or self.response_id
        self.model = answer.model or self.model
        if answer.HasField("usage"):
            self._usage = convert_usage(answer.usage)
        added = ""
        for message, reason in outputs:
            added += sanitize_text(message.content)
            for call in message.tool_calls:
                parts = CallParts(None, call.id, call.function.name, call.function.arguments)
                self._collector.calls.append(parts)
            own = {"reasoning_content": message.reasoning_content}
            merge_message_fields(self._fields, own | {"encrypted_content": message.encrypted_content})
            self._set_finish_reason(reason)
        return added

    def _set_finish_reason(self, reason: int) -> None:
        if reason == sample_pb2.REASON_MAX_CONTEXT and not self.written.text:
            raise ModelError(ErrorCode.CONTEXT_TOO_LONG, "no room is left for an answer", retry=False)
        self.finish_reason = FINISH_REASONS.get(reason, self.finish_reason)


def convert_usage(usage: usage_pb2.SamplingUsage) -> dict[str, Any]:
    """The token counts as chat completions name them. The numbers are xAI's own."""
    counts: dict[str, Any] = {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
        "prompt_tokens_details": {
            "cached_tokens": usage.cached_prompt_text_tokens,
            "text_tokens": usage.prompt_text_tokens,
            "image_tokens": usage.prompt_image_tokens,
        },
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
    }
    if usage.HasField("cost_in_usd_ticks"):
        counts["cost_in_usd_ticks"] = usage.cost_in_usd_ticks
    return counts
