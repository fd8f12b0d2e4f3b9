"""What is said to Grok over gRPC and what comes back, between the engine's values and the protos of xai-sdk."""

from collections.abc import Collection, Iterable
from typing import Any

from xai_sdk.chat import assistant, image, system, tool_result, user
from xai_sdk.proto import chat_pb2, sample_pb2, usage_pb2

from ...messages import Answer, Message, ModelError, ToolCall
from ..accumulator import Gathered, storable
from ..sanitize import sendable

REASONS = {
    sample_pb2.REASON_STOP: "stop",
    sample_pb2.REASON_TOOL_CALLS: "tool_calls",
    sample_pb2.REASON_MAX_LEN: "length",
    sample_pb2.REASON_MAX_CONTEXT: "length",
}


def proto(message: Message) -> chat_pb2.Message:
    words = _utf8(message.text)
    match message.role:
        case "system":
            return system(words)
        case "user":
            pictures = [image(each.url, detail=each.detail) for each in message.images]
            return user(*([words] if words or not pictures else []), *pictures)
        case "tool":
            return tool_result(words, tool_call_id=message.tool_call_id)
    said = assistant(*([words] if words else []))
    said.tool_calls.extend(map(_call, message.tool_calls))
    return said


def _call(call: ToolCall) -> chat_pb2.ToolCall:
    call = sendable(call)
    function = chat_pb2.FunctionCall(name=call.name, arguments=_utf8(call.arguments))
    return chat_pb2.ToolCall(id=call.id, type=chat_pb2.TOOL_CALL_TYPE_CLIENT_SIDE_TOOL, function=function)


def _utf8(words: str) -> str:
    """Protos refuse half a character (a lone surrogate)."""
    return words.encode(errors="replace").decode()


class GatheredProtos(Gathered):
    """An answer from the chunks of a stream, or from one whole completion. Tool calls come whole in both."""

    def __init__(self, taken: Collection[str] = ()) -> None:
        super().__init__(taken)
        self.began = False
        self.kept = ""  # the id under which xAI keeps the conversation, if it does

    def take(self, chunk: chat_pb2.GetChatCompletionChunk) -> str:
        """Take in a chunk and return the text that it adds."""
        greeted, self.began = self.began, True
        text = self._take(chunk, ((output.delta, output.finish_reason) for output in chunk.outputs))
        if not (self.text or self._calls or self.finished):
            # The first chunk may only say who speaks; one more without a word is thought.
            thought = any(output.delta.reasoning_content for output in chunk.outputs)
            self.thinking = self.thinking or greeted or thought
        return text

    def take_whole(self, completion: chat_pb2.GetChatCompletionResponse) -> Answer:
        self._take(completion, ((output.message, output.finish_reason) for output in completion.outputs))
        return self.answer()

    def _take(self, answer: Any, outputs: Iterable[tuple[Any, int]]) -> str:
        self.kept = answer.id or self.kept
        self._model = answer.model or self._model
        if answer.HasField("usage"):
            self._usage = usage(answer.usage)
        added = ""
        for said, reason in outputs:
            added += storable(said.content)
            for call in said.tool_calls:
                self._calls[len(self._calls)] = {
                    "id": storable(call.id),
                    "name": storable(call.function.name),
                    "arguments": call.function.arguments,
                }
            self._end(reason)
        self.text += added
        return added

    def _end(self, reason: int) -> None:
        if reason == sample_pb2.REASON_MAX_CONTEXT and not self.text:
            raise ModelError("context_too_long", "no room is left for an answer", retry=False)
        self._finish_reason = REASONS.get(reason, self._finish_reason)


def usage(counted: usage_pb2.SamplingUsage) -> dict[str, Any]:
    """The token counts in the form of chat completions, each as xAI gives it."""
    counts: dict[str, Any] = {
        "prompt_tokens": counted.prompt_tokens,
        "completion_tokens": counted.completion_tokens,
        "total_tokens": counted.total_tokens,
        "prompt_tokens_details": {
            "cached_tokens": counted.cached_prompt_text_tokens,
            "text_tokens": counted.prompt_text_tokens,
            "image_tokens": counted.prompt_image_tokens,
        },
        "completion_tokens_details": {"reasoning_tokens": counted.reasoning_tokens},
    }
    if counted.HasField("cost_in_usd_ticks"):
        counts["cost_in_usd_ticks"] = counted.cost_in_usd_ticks
    return counts
