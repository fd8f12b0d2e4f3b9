"""Why a model ended, in the words of many servers, as one of ours.

Text-generation-inference says `eos_token` (huggingface/text-generation-inference#2344), others `end_turn`, `STOP` or
nothing (vespa-engine/vespa#33327, sgl-project/sglang#3912, ollama/ollama#4357). So a reason that nobody knows is an
end like any other; only those of the sets below are not.
"""

from typing import Any

LENGTH_REASONS = {
    *("length", "max_tokens", "max_output_tokens", "max_completion_tokens", "max_length", "model_length"),
    *("token_limit", "length_limit", "context_length", "model_context_window_exceeded", "max_new_tokens"),
}
FILTER_REASONS = {
    *(
        "content_filter",
        "content_filtered",
        "content_policy",
        "safety",
        "recitation",
        "blocklist",
        "spii",
        "refusal",
    ),
    *("prohibited_content", "sensitive", "guardrail_intervened", "image_safety", "moderation", "language"),
}
# The server itself says that it broke off.
BROKEN_REASONS = {"error", "network_error", "insufficient_system_resource", "abort", "aborted"}


def normalize_finish_reason(reason: Any) -> str:
    """One of “stop”, “length”, “content_filter” and “error”; empty for none."""
    name = reason.get("type") if isinstance(reason, dict) else reason  # SGLang's own form is an object
    name = str(name or "").strip().lower()
    if not name or name in ("null", "none"):
        return ""
    if name in LENGTH_REASONS:
        return "length"
    if name in FILTER_REASONS:
        return "content_filter"
    return "error" if name in BROKEN_REASONS else "stop"
