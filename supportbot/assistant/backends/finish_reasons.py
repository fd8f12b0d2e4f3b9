"""Why a model ended, in the words of many servers, as one of ours.

Text-generation-inference says `eos_token` (huggingface/text-generation-inference#2344), others `end_turn`, `STOP` or
nothing (vespa-engine/vespa#33327, sgl-project/sglang#3912, ollama/ollama#4357). So a reason that nobody knows is an
end like any other; only those of the sets below are not. Some write them with the name of the field before them, as
`FinishReason.MAX_TOKENS`, with other marks between the words, or two of them, as Gemini's
`content_filter: PROHIBITED_CONTENT`.
"""

import re
from typing import Any

LENGTH_REASONS = {
    *("length", "max_tokens", "max_output_tokens", "max_completion_tokens", "max_length", "model_length"),
    *("token_limit", "length_limit", "context_length", "model_context_window_exceeded", "max_new_tokens"),
    "time_limit",
}
FILTER_REASONS = {
    *("content_filter", "content_filtered", "content_policy", "safety", "recitation", "blocklist", "spii"),
    *("refusal", "prohibited_content", "sensitive", "guardrail_intervened", "image_safety", "moderation"),
    *("language", "model_armor", "blocked", "content_blocked", "content_policy_violation"),
    *("policy_violation", "guardrail", "guardrails"),
}
# The server itself says that it broke off.
BROKEN_REASONS = {
    *("error", "network_error", "internal_error", "server_error", "engine_error", "upstream_error", "failed"),
    *("insufficient_system_resource", "abort", "aborted", "cancelled", "canceled", "timeout"),
    "engine_overloaded",
    # Gemini could not write the call that it wanted, and has dropped it (googleapis/python-genai#1836).
    *("malformed_function_call", "unexpected_tool_call", "too_many_tool_calls", "missing_thought_signature"),
    *("malformed_response", "malformed_tool_use", "malformed_model_output"),
}
# Some say with each piece that the answer goes on (watsonx).
NO_REASONS = ("", "null", "none", "not_finished", "unspecified")
FIELD_NAME = re.compile(r"^(finish|stop)_?reason[._]")
ENDING = re.compile(r"_(reached|exceeded)$")


def normalize_finish_reason(reason: Any) -> str:
    """One of “stop”, “length”, “content_filter” and “error”; empty for none."""
    name = reason.get("type") if isinstance(reason, dict) else reason  # SGLang's own form is an object
    name = FIELD_NAME.sub("", re.sub(r"[\s-]+", "_", str(name or "").strip().lower()))
    if name in NO_REASONS:
        return ""
    names = {name, ENDING.sub("", name), *(part.strip("_") for part in name.split(":"))}
    if names & LENGTH_REASONS:
        return "length"
    if names & FILTER_REASONS:
        return "content_filter"
    return "error" if names & BROKEN_REASONS else "stop"
