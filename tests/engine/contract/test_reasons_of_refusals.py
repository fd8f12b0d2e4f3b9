"""What a refusal means, in the words of many servers: who is told of it, and what is asked for instead.

Contexts: lmstudio-ai/lmstudio-bug-tracker#237 and #546, vllm-project/vllm#12165. Groq's calls that it cannot read
itself: pydantic/pydantic-ai#2774, #4354, anomalyco/opencode#1018. LM Studio answers 200 to an address that it does not
know: lmstudio-ai/lmstudio-bug-tracker#618, pssah4/vault-operator#73.
"""

from typing import Any

import pytest

from supportbot.assistant.backends.provider_errors import (
    RefusedRequest,
    error_from_event,
    error_from_status,
)
from supportbot.assistant.errors import ErrorCode

TOO_LONG = (
    "However, the model is loaded with context length of only 4096 tokens, which is not enough.",
    "The number of tokens to keep from the initial prompt is greater than the context length.",
    "max_tokens must be at least 1, got -904.",
    "The input (5000 tokens) is longer than the model's context length (4096 tokens).",
    "`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 3900 `inputs` tokens and 512 `max_new_tokens`",
    "too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 5000.",
    "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000",
    "Invalid request: Your request exceeded model token limit: 8192",
    "Range of input length should be [1, 30720]",
    "Requested 9000 tokens but the context has room for 8192",
)
REFUSALS: dict[str, tuple[int, Any, ErrorCode]] = {
    "no access to a model": (400, "Unable to access model meta-llama/X.", ErrorCode.NO_MODEL),
    "a wrong identifier": (400, "The provided model identifier is invalid.", ErrorCode.NO_MODEL),
    "a gateway's name": (400, "LLM Provider NOT provided. You passed model=foo", ErrorCode.NO_MODEL),
    "a curly apostrophe": (
        400,
        "Invocation with on-demand throughput isn’t supported.",
        ErrorCode.MISCONFIGURED,
    ),
    "terms": (400, {"code": "model_terms_required", "message": "Accept the terms"}, ErrorCode.MISCONFIGURED),
    "the day's allocation": (429, "you have used up your daily free allocation", ErrorCode.NO_CREDIT),
    "usage limits": (400, "You have reached your specified API usage limits.", ErrorCode.NO_CREDIT),
    "a month's spending": (
        403,
        "Your organization has exceeded its monthly spend limit",
        ErrorCode.NO_CREDIT,
    ),
    "a budget": (400, "Budget has been exceeded! Max budget: 1.0", ErrorCode.NO_CREDIT),
    "a user's budget": (429, "ExceededBudget: User=x over budget.", ErrorCode.NO_CREDIT),
    "too many tokens a day": (400, "Too many tokens per day, please wait.", ErrorCode.BUSY),
    "a model that is being loaded": (424, "Model is getting ready for inference.", ErrorCode.DOWN),
    "a model that is not ready": (400, "The model is not ready for inference.", ErrorCode.DOWN),
    "a picture's address": (400, "Image URLs must be valid base64-encoded", ErrorCode.MESSAGE_REFUSED),
    "too many pictures": (
        400,
        "At most 1 image(s) may be provided in one prompt.",
        ErrorCode.MESSAGE_REFUSED,
    ),
} | {words[:40]: (status, words, ErrorCode.CONTEXT_TOO_LONG) for words in TOO_LONG for status in (400, 422)}
EVENTS = {
    "Unexpected endpoint or method. (POST /chat/completions)": ErrorCode.NO_MODEL,
    "Loading model": ErrorCode.DOWN,
    "The model `x` does not exist": ErrorCode.NO_MODEL,
}


@pytest.mark.parametrize(("status", "body", "code"), REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_is_told_for_what_it_is(status: int, body: Any, code: ErrorCode):
    assert error_from_status(status, {"error": {"message": body}}, "").code == code


@pytest.mark.parametrize(("words", "code"), EVENTS.items())
def test_an_error_with_status_200_is_told_for_what_it_is(words: str, code: ErrorCode):
    assert error_from_event({"error": words}).code == code


def test_a_call_that_the_server_cannot_read_may_be_right_the_next_time():
    body = {"error": {"message": "Failed to call a function.", "code": "tool_use_failed", "status_code": 400}}

    error = error_from_event(body)

    assert isinstance(error, RefusedRequest)  # so that it is asked without tools where none may be called
    assert (error.code, error.retry) == (ErrorCode.PROVIDER_ERROR, True)
