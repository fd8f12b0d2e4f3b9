"""What is said to Grok over gRPC and what comes back, between the engine's values and the protos of xai-sdk."""

from collections.abc import Collection, Iterable
from typing import Any

from xai_sdk.chat import assistant, image, system, tool_result, user
from xai_sdk.proto import chat_pb2, sample_pb2, usage_pb2

from ...errors import ErrorCode, ModelError
from ...messages import Answer, Message, ToolCall
from ..accumulator import AnswerAccumulator, sanitize_text
from ..sanitize import sanitize_call

FINISH_REASONS = {
    sample_pb2.REASON_STOP: "stop",
    sample_pb2.REASON_TOOL_CALLS: "tool_calls",
    sample_pb2.REASON_MAX_LEN: "length",
    sample_pb2.REASON_MAX_CONTEXT: "length",
}


def convert_message(message: Message) -> chat_pb2.Message:
    words = _replace_surrogates(message.text)
    match message.role:
        case "system":
            return system(words)
        case "user":
            pictures = [image(each.url, detail=each.detail) for each in message.images]
            return user(*([words] if words or not pictures else []), *pictures)
        case "tool":
            return tool_result(words, tool_call_id=message.tool_call_id)
    said = assistant(*([words] if words else []))
    said.tool_calls.extend(map(_convert_call, message.tool_calls))
    return said


def _convert_call(call: ToolCall) -> chat_pb2.ToolCall:
    call = sanitize_call(call)
    function = chat_pb2.FunctionCall(name=call.name, arguments=_replace_surrogates(call.arguments))
    return chat_pb2.ToolCall(id=call.id, type=chat_pb2.TOOL_CALL_TYPE_CLIENT_SIDE_TOOL, function=function)


def _replace_surrogates(words: str) -> str:
    """Protos refuse half a character (a lone surrogate)."""
    return words.encode(errors="replace").decode()


class XaiAccumulator(AnswerAccumulator):
    """An answer from the chunks of a stream, or from one whole completion. Tool calls come whole in both."""

    def __init__(self, taken: Collection[str] = ()) -> None:
        super().__init__(taken)
        self.has_begun = False
        self.response_id = ""  # the id under which xAI keeps the conversation, if it does

    def add_chunk(self, chunk: chat_pb2.GetChatCompletionChunk) -> str:
        """Take in a chunk and return the text that it adds."""
        greeted, self.has_begun = self.has_begun, True
        text = self._add_outputs(chunk, ((output.delta, output.finish_reason) for output in chunk.outputs))
        if not (self.text or self._calls or self.is_finished):
            # The first chunk may only say who speaks; one more without a word is thought.
            thought = any(output.delta.reasoning_content for output in chunk.outputs)
            self.has_reasoned = self.has_reasoned or greeted or thought
        return text

    def build_whole_answer(self, completion: chat_pb2.GetChatCompletionResponse) -> Answer:
        self._add_outputs(
            completion, ((output.message, output.finish_reason) for output in completion.outputs)
        )
        return self.build_answer()

    def _add_outputs(self, answer: Any, outputs: Iterable[tuple[Any, int]]) -> str:
        self.response_id = answer.id or self.response_id
        self._model = answer.model or self._model
        if answer.HasField("usage"):
            self._usage = convert_usage(answer.usage)
        added = ""
        for said, reason in outputs:
            added += sanitize_text(said.content)
            for call in said.tool_calls:
                self._calls[len(self._calls)] = {
                    "id": sanitize_text(call.id),
                    "name": sanitize_text(call.function.name),
                    "arguments": call.function.arguments,
                }
            self._set_finish_reason(reason)
        self.text += added
        return added

    def _set_finish_reason(self, reason: int) -> None:
        if reason == sample_pb2.REASON_MAX_CONTEXT and not self.text:
            raise ModelError(ErrorCode.CONTEXT_TOO_LONG, "no room is left for an answer", retry=False)
        self._finish_reason = FINISH_REASONS.get(reason, self._finish_reason)


def convert_usage(counted: usage_pb2.SamplingUsage) -> dict[str, Any]:
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
