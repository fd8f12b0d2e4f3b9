"""What a provider's refusal means, read from its status and its words, and told without repeating them.

The words of a refusal may quote what was sent, so they are looked at here and go no further.
"""

import re

from ..errors import ErrorCode, ModelError

# Each provider says it in its own way: xAI, OpenAI, vLLM, llama.cpp and Ollama.
CONTEXT_TOO_LONG = re.compile(
    r"maximum (prompt|context|model) length|input_too_large|context_length_exceeded|exceed_context_size_error"
    r"|exceeds the (available )?context|reduce the length of the (messages|input|prompt)"
    r"|context length is only|prompt (is )?too long",
    re.IGNORECASE,
)
PREVIOUS_RESPONSE = re.compile(r"previous[ _]response", re.IGNORECASE)


class UnknownResource(ModelError):
    """The provider does not know what the request names: a model, an address, or a conversation that it kept."""


def describe_endpoint(model: str, address: str) -> str:
    """Who was asked, for logs. The address may hold a password or a key."""
    host = address.rpartition("@")[2].partition("?")[0].rpartition("://")[2]
    return f"model {model} at {host}"


def error_from_status(status: int, body: object, detail: str) -> ModelError:
    """The error for an HTTP status. `detail` is what may be logged of it."""
    words = str(body)
    # xAI answers 403 to what its filter stops, and 400 to a wrong key.
    if status == 403 and "usage guidelines" in words.lower():
        return ModelError(ErrorCode.FILTERED, detail, retry=False)
    if status in (401, 403) or (status == 400 and "api key" in words.lower()):
        return ModelError(ErrorCode.KEY_REFUSED, detail, retry=False)
    if status == 413 or (status in (400, 422, 500) and CONTEXT_TOO_LONG.search(words)):
        return ModelError(ErrorCode.CONTEXT_TOO_LONG, detail, retry=False)
    if status == 429:
        return ModelError(ErrorCode.BUSY, detail)
    if status >= 500 or status in (408, 409):
        return ModelError(ErrorCode.DOWN, detail)
    code = ErrorCode.NO_MODEL if status == 404 else ErrorCode.REQUEST_REFUSED
    is_unknown = status == 404 or (status == 400 and PREVIOUS_RESPONSE.search(words))
    return (UnknownResource if is_unknown else ModelError)(code, detail, retry=False)


def error_from_event(error: object) -> ModelError:
    """The error for one that came as an event, after an answer had begun with status 200."""
    words = str(error)
    if PREVIOUS_RESPONSE.search(words):
        return UnknownResource(ErrorCode.REQUEST_REFUSED, "the stream carried an error event", retry=False)
    if CONTEXT_TOO_LONG.search(words):
        return ModelError(ErrorCode.CONTEXT_TOO_LONG, "the stream carried an error event", retry=False)
    if "rate_limit" in words:
        return ModelError(ErrorCode.BUSY, "the stream carried an error event")
    return ModelError(ErrorCode.PROVIDER_ERROR, "the stream carried an error event")
