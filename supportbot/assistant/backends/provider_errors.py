"""What a provider's error response means, found by its status and its text.

The text may quote what was sent, a customer's words or a key, so it is read here and never passed on.
"""

import re

from ..errors import ErrorCode, ModelError

# How xAI, OpenAI, vLLM, llama.cpp and Ollama say that the conversation is too long for the model.
CONTEXT_TOO_LONG = re.compile(
    r"maximum (prompt|context|model) length|input_too_large|context_length_exceeded|exceed_context_size_error"
    r"|exceeds the (available )?context|reduce the length of the (messages|input|prompt)"
    r"|context length is only|prompt (is )?too long",
    re.IGNORECASE,
)
PREVIOUS_RESPONSE = re.compile(r"previous[ _]response", re.IGNORECASE)


class UnknownResource(ModelError):
    """The provider does not know what the request names: the model, the address, or a stored conversation."""


def describe_endpoint(model: str, address: str) -> str:
    """The model and its server, for logs: the address without a user, a password or a query, which may be secrets."""
    host = address.rpartition("@")[2].partition("?")[0].rpartition("://")[2]
    return f"model {model} at {host}"


def error_from_status(status: int, body: object, detail: str) -> ModelError:
    """The error for an HTTP status. `detail` is what may be logged of it.

    xAI answers 403 to what its content filter stops, and 400 to a wrong key (its documentation, “Debugging Errors”;
    openai/codex#1352).
    """
    text = str(body)
    if status == 403 and "usage guidelines" in text.lower():
        return ModelError(ErrorCode.FILTERED, detail, retry=False)
    if status in (401, 403) or (status == 400 and "api key" in text.lower()):
        return ModelError(ErrorCode.KEY_REFUSED, detail, retry=False)
    if status == 413 or (status in (400, 422, 500) and CONTEXT_TOO_LONG.search(text)):
        return ModelError(ErrorCode.CONTEXT_TOO_LONG, detail, retry=False)
    if status == 429:
        return ModelError(ErrorCode.BUSY, detail)
    if status >= 500 or status in (408, 409):
        return ModelError(ErrorCode.DOWN, detail)
    code = ErrorCode.NO_MODEL if status == 404 else ErrorCode.REQUEST_REFUSED
    is_unknown = status == 404 or (status == 400 and PREVIOUS_RESPONSE.search(text))
    return (UnknownResource if is_unknown else ModelError)(code, detail, retry=False)


def error_from_event(error: object) -> ModelError:
    """The error for an event of a stream that had begun with status 200."""
    text, detail = str(error), "the stream carried an error event"
    if PREVIOUS_RESPONSE.search(text):
        return UnknownResource(ErrorCode.REQUEST_REFUSED, detail, retry=False)
    if CONTEXT_TOO_LONG.search(text):
        return ModelError(ErrorCode.CONTEXT_TOO_LONG, detail, retry=False)
    if "rate_limit" in text:
        return ModelError(ErrorCode.BUSY, detail)
    return ModelError(ErrorCode.PROVIDER_ERROR, detail)
