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
    find_error,
)
from supportbot.assistant.errors import ErrorCode
from tests.linear_time import takes_linear_time

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
    "Input validation error: `inputs` must have less than 4095 tokens. Given: 5000",
    "Context size has been exceeded.",
    "The context window was reached.",
    "input is too large to process. increase the physical batch size",
    "Reached context length of 4096 tokens with model (arch: qwen)",
    "litellm.ContextWindowExceededError: litellm.BadRequestError",
    "Too many input tokens: 9000.",
    "Input length (9001 tokens) exceeds the maximum allowed length (8192 tokens). Use a shorter input.",
    "invalid params, context window exceeds limit (2013)",
    "prompt token count of 130000 exceeds the limit of 128000",
    "Prompt length 5000 is greater than max_seq_len 4096",
    "AiError: The estimated number of input and maximum output tokens (9000) exceeded this model context window limit",
    "Unable to submit request because the input token count is 40000 but model only supports up to 32768.",
    "Malformed input request: expected maxLength: 50000, actual: 75432, please reformat your input and try again.",
    "Request exceeds maximum input length of 163840 tokens",
    "model_max_prompt_tokens_exceeded",
)
OTHER_LIMITS = (
    "{'type': 'error', 'sequence_number': 3, 'code': 'rate_limit_exceeded', 'message': 'Slow down'}",
    "You have exceeded your input token quota for the month.",
    "Your account has exceeded its limit. Input credits are sold by the month",
    "Daily prompt limit exceeded",
    "The total tokens limit of this month is exhausted",
    "Input array 'tools' has more than 128 items",
    "Tool input exceeds the allowed nesting depth",
    "Tool call id in history is longer than 9 characters",
    "Invalid input: number of stop sequences exceeds 4",
    "Conversation has more than one system message",
    "Audio input exceeds 25 MB",
    "Too many images in prompt: 12 exceeds the limit of 10",
    "The request took longer than 60 s for the model to process the prompt",
    "The input queue is full",
    "out of memory: prompt cache is full",
    "Invalid prompt: your prompt was flagged as exceeding a threshold",
    "context_length is not a recognized parameter",
    "The response exceeded the maximum output tokens for this conversation",
    "Malformed input request: #/name: expected maxLength: 64, actual: 70",
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
    "a spend limit": (400, "Blocked access as spend limit was reached", ErrorCode.NO_CREDIT),
    "a subscription": (401, "Inactive subscription or usage limit reached", ErrorCode.NO_CREDIT),
    "the end of what is free": (403, "The free tier of the model has been exhausted.", ErrorCode.NO_CREDIT),
    "a trial": (401, "Your trial has expired.", ErrorCode.NO_CREDIT),
    "a key's limit": (403, "Key limit exceeded (total limit).", ErrorCode.NO_CREDIT),
    "no quota for now": (
        429,
        {"message": "Resource has been exhausted (e.g. check quota).", "status": "RESOURCE_EXHAUSTED"},
        ErrorCode.BUSY,
    ),
    "an organization": (400, "Organization has been restricted. Please reach out.", ErrorCode.KEY_REFUSED),
    "nothing is loaded": (400, "No models loaded. Please load a model.", ErrorCode.NO_MODEL),
    "a model that was unloaded": (400, "Model unloaded.", ErrorCode.DOWN),
    "a model that crashed": (400, "The model has crashed without information.", ErrorCode.DOWN),
    "a proxy without its database": (400, "No connected db.", ErrorCode.DOWN),
    "a template": (422, "Template error: unknown method", ErrorCode.MISCONFIGURED),
    "too many tokens a day": (400, "Too many tokens per day, please wait.", ErrorCode.BUSY),
    "a model that is being loaded": (424, "Model is getting ready for inference.", ErrorCode.DOWN),
    "what failed behind the server": (424, "Request failed during generation: Server error", ErrorCode.DOWN),
    "a customer's words that a validator quotes": (
        400,
        "[{'type': 'string_type', 'loc': ('body', 'messages', 1, 'content'), 'msg': 'Input should be a valid string', "
        "'input': [{'type': 'text', 'text': 'I am out of credits, please recharge my API key'}]}]",
        ErrorCode.MISCONFIGURED,
    ),
    "the same in pydantic's own words": (
        400,
        "1 validation error for Messages\n0.content\n  Input should be a valid string [type=string_type, "
        "input_value='I am out of credits', input_type=str]",
        ErrorCode.MISCONFIGURED,
    ),
    "a deadline": (
        500,
        "rpc error: code = DeadlineExceeded desc = context deadline exceeded",
        ErrorCode.DOWN,
    ),
    "tokens of an answer": (
        400,
        "max_tokens (32000) exceeds the maximum output tokens of 8192",
        ErrorCode.MISCONFIGURED,
    ),
    "tokens of a minute": (400, "Rate limit exceeded: input tokens per minute", ErrorCode.BUSY),
    "a number": (400, "top_k: Input should be greater than 0 (parameter)", ErrorCode.MISCONFIGURED),
    "a model that is not ready": (400, "The model is not ready for inference.", ErrorCode.DOWN),
    "a picture's address": (400, "Image URLs must be valid base64-encoded", ErrorCode.MESSAGE_REFUSED),
    "too many pictures": (
        400,
        "At most 1 image(s) may be provided in one prompt.",
        ErrorCode.MESSAGE_REFUSED,
    ),
} | {
    words[:40]: (status, words, ErrorCode.CONTEXT_TOO_LONG)
    for words in TOO_LONG
    for status in (400, 422, 500)
}
EVENTS = {
    "Unexpected endpoint or method. (POST /chat/completions)": ErrorCode.NO_MODEL,
    "Loading model": ErrorCode.DOWN,
    "The model `x` does not exist": ErrorCode.NO_MODEL,
    "Reached context length of 4096 tokens with model (arch: qwen)": ErrorCode.CONTEXT_TOO_LONG,
    "The model has crashed without additional information.": ErrorCode.DOWN,
    "Unauthorized": ErrorCode.KEY_REFUSED,
    "The model is overloaded. Please wait.": ErrorCode.BUSY,
}
MINIMAX = {
    1004: ("login fail: Please carry the API secret key in the 'Authorization' field", ErrorCode.KEY_REFUSED),
    1002: ("rate limit exceeded(RPM)", ErrorCode.BUSY),
    1008: ("insufficient balance", ErrorCode.NO_CREDIT),
    1026: ("input new_sensitive", ErrorCode.FILTERED),
    1039: ("context window exceeded", ErrorCode.CONTEXT_TOO_LONG),
}


@pytest.mark.parametrize(("status", "body", "code"), REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_is_told_for_what_it_is(status: int, body: Any, code: ErrorCode):
    assert error_from_status(status, {"error": {"message": body}}, "").code == code


@pytest.mark.parametrize("words", OTHER_LIMITS)
@pytest.mark.parametrize("status", [400, 422, 500])
def test_another_limit_is_not_taken_for_the_length_of_the_conversation(words: str, status: int):
    assert error_from_status(status, {"error": {"message": words}}, "").code != ErrorCode.CONTEXT_TOO_LONG
    assert error_from_event({"error": words}).code != ErrorCode.CONTEXT_TOO_LONG


@pytest.mark.parametrize(
    "unit", ["exceed", "exceeded ", "exceed the ", "input 1.", "context ", "longer than "]
)
def test_a_long_refusal_is_read_quickly(unit: str):
    words = unit * (100_000 // len(unit))

    assert takes_linear_time(lambda: error_from_status(400, {"error": {"message": words}}, ""))


@pytest.mark.parametrize(("words", "code"), EVENTS.items())
def test_an_error_with_status_200_is_told_for_what_it_is(words: str, code: ErrorCode):
    assert error_from_event({"error": words}).code == code


@pytest.mark.parametrize("number", MINIMAX)
def test_minimaxs_own_form_of_an_error_is_read(number: int):
    words, code = MINIMAX[number]
    error = find_error({"choices": None, "base_resp": {"status_code": number, "status_msg": words}})

    assert error_from_event(error).code == code


@pytest.mark.parametrize(
    "error",
    [
        {"message": "Failed to call a function.", "code": "tool_use_failed", "status_code": 400},
        {
            "message": "Failed to call a function.",
            "code": "tool_use_failed",
            "failed_generation": "create_ticket(My account is out of credits",
            "status_code": 400,
        },
        {"message": "Failed to parse tool call arguments as JSON: parse_error.101", "code": 500},
        {"message": "Failed to parse input at pos 23: <tool_call>", "code": 500},
    ],
)
def test_a_call_that_the_server_cannot_read_may_be_right_the_next_time(error: dict[str, Any]):
    body = {"error": error}

    error = error_from_event(body)

    assert isinstance(error, RefusedRequest)  # so that it is asked without tools where none may be called
    assert (error.code, error.retry) == (ErrorCode.PROVIDER_ERROR, True)
