"""What a provider's error means, found by its status and its text.

The text may quote what was sent, a customer's words or a key. So it is read here, and only the words of it that can be
nobody's secret are passed on (`refusal_reasons`).
"""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ..errors import ErrorCode, ModelError
from .chunk_choices import list_choices
from .dialect.refusal_words import UNWANTED_IMAGES
from .error_words import (
    ABOUT_MESSAGE,
    ABOUT_PARAMETER,
    AWAY_FOR_A_WHILE,
    CONTEXT_TOO_LONG,
    FILTERED,
    KEY_REFUSED,
    KEY_REFUSED_IN_STREAM,
    NO_CREDIT,
    NO_ENDPOINT,
    NO_MODEL,
    NOT_READY,
    PREVIOUS_RESPONSE,
    QUOTED,
    RATE_BY_THE_MINUTE,
    RATE_LIMITED,
    TOO_LARGE,
    UNREADABLE_CALL,
)
from .refusal_reasons import describe_reason

# The first rule that fits a status and a text counts; an empty set of statuses means any.
RULES: Sequence[tuple[Collection[int], re.Pattern[str] | None, ErrorCode]] = (
    ({413}, None, ErrorCode.CONTEXT_TOO_LONG),
    ({400, 422, 500}, CONTEXT_TOO_LONG, ErrorCode.CONTEXT_TOO_LONG),
    ({429}, TOO_LARGE, ErrorCode.CONTEXT_TOO_LONG),
    ({402}, None, ErrorCode.NO_CREDIT),
    ({429}, RATE_BY_THE_MINUTE, ErrorCode.BUSY),
    ({400, 401, 403, 412, 429}, NO_CREDIT, ErrorCode.NO_CREDIT),
    ({400, 403, 422, 424, 451}, FILTERED, ErrorCode.FILTERED),
    ({401, 403}, None, ErrorCode.KEY_REFUSED),
    ({400}, KEY_REFUSED, ErrorCode.KEY_REFUSED),
    ({429, 498}, None, ErrorCode.BUSY),
    ({400}, RATE_LIMITED, ErrorCode.BUSY),
    ({400}, NOT_READY, ErrorCode.DOWN),
    ({400, 500}, UNREADABLE_CALL, ErrorCode.PROVIDER_ERROR),
    ({404}, NO_ENDPOINT, ErrorCode.MISCONFIGURED),
    ({400, 404, 415, 422, 500, 501}, UNWANTED_IMAGES, ErrorCode.MISCONFIGURED),
    ({404}, AWAY_FOR_A_WHILE, ErrorCode.DOWN),
    ({500, 501}, ABOUT_PARAMETER, ErrorCode.MISCONFIGURED),
    ({406, 411, 414, 415, 426, 431, 501, 505}, None, ErrorCode.MISCONFIGURED),
    ({408, 409, 424, 425, 499, *range(500, 600)}, None, ErrorCode.DOWN),
    ({*range(300, 400), 404, 405, 410}, None, ErrorCode.NO_MODEL),
    ((), NO_MODEL, ErrorCode.NO_MODEL),
    ((), ABOUT_MESSAGE, ErrorCode.MESSAGE_REFUSED),
    ((), ABOUT_PARAMETER, ErrorCode.MISCONFIGURED),
    ((), None, ErrorCode.REQUEST_REFUSED),
)
STREAM_RULES: Sequence[tuple[re.Pattern[str], ErrorCode]] = (
    (CONTEXT_TOO_LONG, ErrorCode.CONTEXT_TOO_LONG),
    (NO_CREDIT, ErrorCode.NO_CREDIT),
    (FILTERED, ErrorCode.FILTERED),
    (KEY_REFUSED_IN_STREAM, ErrorCode.KEY_REFUSED),
    (RATE_LIMITED, ErrorCode.BUSY),
    (NOT_READY, ErrorCode.DOWN),
    (NO_MODEL, ErrorCode.NO_MODEL),
)
PASSING_CODES = (ErrorCode.BUSY, ErrorCode.DOWN, ErrorCode.PROVIDER_ERROR)
CODES_OF_SUCCESS = ("0", "200", "ok", "success")
STATUS_FIELDS = (
    *("code", "status", "status_code", "http_code", "http_status", "statusCode", "error_code"),
    "raw_status_code",
)
# What says in words what is wrong, in an object that is no answer.
WORDS_FIELDS = ("message", "msg", "error_msg", "error_message", "title")


class UnknownResource(ModelError):
    """The provider does not know what the request names: the model, the address, or a stored conversation."""


class RefusedRequest(ModelError):
    """The provider does not take the request as it is. `text` is what it said, for the backend alone to read.

    `written` is what the model has written, where the provider could not read that.
    """

    def __init__(
        self, code: ErrorCode, detail: str, text: str, *, retry: bool = False, written: str = ""
    ) -> None:
        super().__init__(code, detail, retry=retry)
        self.text, self.written = text, written


def describe_endpoint(model: str, address: str) -> str:
    """The model and its server, for logs: the address without a user, a password or a query, which may be secrets."""
    host = address.rpartition("@")[2].partition("?")[0].rpartition("://")[2]
    return f"model {model} at {host}"


def error_from_status(status: int, body: object, detail: str) -> ModelError:
    """The error for an HTTP status. `detail` is what may be logged of it, and what may of the body is added.

    xAI answers 403 to what its content filter stops, and 400 to a wrong key (its documentation, “Debugging Errors”;
    openai/codex#1352). llama.cpp answers 500 to what it never does, such as tools without `--jinja`.
    """
    text = QUOTED.sub("", str(body))
    if reason := describe_reason(body):
        detail = f"{detail}: {reason}"
    if status == 400 and PREVIOUS_RESPONSE.search(text):
        return UnknownResource(ErrorCode.REQUEST_REFUSED, detail, retry=False)
    code = next(
        code
        for statuses, pattern, code in RULES
        if (not statuses or status in statuses) and (pattern is None or pattern.search(text))
    )
    if code in (ErrorCode.MISCONFIGURED, ErrorCode.REQUEST_REFUSED):
        return RefusedRequest(code, detail, text)
    if code == ErrorCode.PROVIDER_ERROR:  # where no tool may be called, it is taken without them
        return RefusedRequest(code, detail, text, retry=True, written=_find_written(body))
    is_unknown = code == ErrorCode.NO_MODEL and status == 404
    return (UnknownResource if is_unknown else ModelError)(code, detail, retry=code in PASSING_CODES)


def _find_written(body: object) -> str:
    """What a model has written of a call that Groq cannot read, as Groq quotes it."""
    error = body.get("error", body) if isinstance(body, Mapping) else body
    return str(error.get("failed_generation") or "") if isinstance(error, Mapping) else ""


def find_error(chunk: Mapping[str, Any]) -> object | None:
    """The error in a body with status 200, in any of the places where servers put one; None if there is none.

    In `error` (all), in a choice (OpenRouter), as the object itself (vLLM, Mistral), in `detail` (FastAPI), in `errors`
    (Cloudflare), in `base_resp` (MiniMax), in `x_groq` (Groq).
    """
    if _is_error(chunk.get("error")):
        return chunk
    base, groqs = chunk.get("base_resp"), chunk.get("x_groq")
    if isinstance(base, Mapping) and base.get("status_code") not in (0, None):
        return base
    if isinstance(groqs, Mapping) and _is_error(groqs.get("error")):
        return groqs
    if chunk.get("choices"):
        return next((each["error"] for each in list_choices(chunk) if _is_error(each.get("error"))), None)
    is_error = chunk.get("object") == "error" or chunk.get("type") == "error" or chunk.get("success") is False
    if is_error or chunk.get("errors") or ("detail" in chunk and "usage" not in chunk and "id" not in chunk):
        return chunk
    has_words = any(isinstance(chunk.get(name), str) for name in WORDS_FIELDS)
    is_answer = any(name in chunk for name in ("usage", "id", "choices"))
    return chunk if has_words and not is_answer and _is_error(chunk) else None


def _is_error(value: object) -> bool:
    """Whether an object in the place of an error is one: there are gateways that say in it that all is well."""
    code = value.get("code") if isinstance(value, Mapping) else None
    return bool(value) and str(code).lower() not in CODES_OF_SUCCESS


def error_from_event(error: object) -> ModelError:
    """The error for an event of a stream that had begun with status 200."""
    text, detail = QUOTED.sub("", str(error)), "the stream carried an error event"
    if PREVIOUS_RESPONSE.search(text):
        return UnknownResource(ErrorCode.REQUEST_REFUSED, detail, retry=False)
    status = _find_status(error)
    if status:
        return error_from_status(status, error, f"error event of status {status}")
    if reason := describe_reason(error):
        detail = f"{detail}: {reason}"
    code = next((code for pattern, code in STREAM_RULES if pattern.search(text)), ErrorCode.PROVIDER_ERROR)
    return ModelError(code, detail, retry=code in PASSING_CODES)


def _find_status(error: object) -> int:
    """The HTTP status that an error names in itself, 0 for none."""
    if not isinstance(error, Mapping):
        return 0
    for name in STATUS_FIELDS:
        value = error.get(name)
        if isinstance(value, str) and value.isdigit() and len(value) == 3:
            value = int(value)
        if isinstance(value, int) and 400 <= value < 600:
            return value
    return _find_status(error.get("error"))
