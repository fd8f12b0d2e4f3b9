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
from .refusal_reasons import describe_reason


def _compile(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


# What is too long when a conversation is, by its count of tokens, and how servers say so. Between the two stand only
# words of such a count: limits of pictures, times, names and parameters are others.
_TEXTS = r"context|prompt|inputs?|sequence(?!_number)|conversation|history|max[ _]model"
_INPUT = (
    r"(?<!audio )(?<!video )(?<!image )(?<!file )(?<!tool )(?<!images in )(?<!images in the )(?<!daily )"
    rf"(?<![a-z])({_TEXTS})(?![a-z])"
)
_COUNT = (
    r"(?:[^a-z.;{}]|\.\d|(?<![a-z])(?:tokens?|length|len|window|size|count|limit|number|text|messages?|output|maximum|max"
    r"|model|total|draft|requested|allowed|available|specified|configured|contains?|is|was|are|has|been|but|only|its?"
    r"|and|of|the|your|this|in|for|s)(?![a-z]))"
)
_EXCEEDS = (
    r"(?<![a-z])(exceed|overflow|too[ _](long|large|big)|(longer|greater|larger) than(?! \d+ char)"
    r"|supports? (only )?up to|(not|n['’]t) fit|(was|is) (reached|full(?! of)|exhausted))"
)
_NO_RATE = r"(?!.{0,60}\b(per|quota|day|month|retry)\b)"
CONTEXT_TOO_LONG = _compile(
    rf"{_INPUT}{_COUNT}{{0,70}}?{_EXCEEDS}{_NO_RATE}",
    rf"(?<![a-z])(exceed(s|ed|ing)?|(longer|greater|larger) than|reached){_NO_RATE}{_COUNT}{{0,40}}?"
    rf"(?<![a-z])(context(?![a-z])|({_TEXTS})[ _](tokens?|length|len|size|limit|window))",
    r"context[ _]?(window|length|size)[ _]?exceeded|context (length|window|size) (of|is) only|context has room for",
    # vLLM (what is left of its context is less than nothing), TGI, Cohere, DashScope, Bedrock.
    r"max_tokens.{0,40}got -\d|inputs?`? tokens \+ `?max_new_tokens|tokens in the prompt cannot exceed",
    r"range of input length should be|(inputs?|prompt|messages?)`? must (have|be) (less|fewer|shorter|at most|no more)",
    r"maximum (prompt|context|model) length|reduce the length of the (messages|input|prompt)|expected maxLength: \d{4}",
    r"tokens? .{0,60}exceeds? (the |max )*(model|message)\b|request too large for model|tokens_limit_reached",
    r"total tokens? limit exceeded|exceed(s|ed)?( the| model'?s?){0,2} tokens? limit|context shift is disabled",
    r"too many (input|prompt|context) tokens|input_too_large|token count exceeds",
    r"超长|(输入|上下文|长度).{0,20}(过长|超出|超过)|(超出|超过).{0,20}(上下文|长度|tokens?)",
)
# Also a call without its result, which the provider still waits for in what it has stored.
PREVIOUS_RESPONSE = _compile(
    r"previous[ _]response|(response|item|conversation) with id|no response found",
    r"no tool (output|call) found|items are not persisted",
)
FILTERED = _compile(
    r"usage guidelines|content[_ ]?filter|content[_ ]?policy|data_inspection_failed|content management policy",
    r"responsible ?ai|inappropriate content|content exists risk|flagged (as|by|for)|moderation",
    r"violat\w+ (our|the|safety|usage)|safety (system|settings|check)|sensitive (content|words|information)",
    r"guardrail|new_sensitive|censorship|high risk|敏感|不安全|违规|内容安全",
)
KEY_REFUSED = _compile(
    r"api[ _-]?key|unauthori[sz]ed|authenticat|invalid (bearer |access |auth\w* )?token|credentials",
    r"(organi[sz]ation|account|project|workspace).{0,30}(restricted|disabled|deactivated|banned|blocked)",
    r"permission denied|login fail|身份验证|鉴权|令牌|密钥",
)
KEY_REFUSED_IN_STREAM = _compile(
    r"(invalid|incorrect|wrong|missing|carry)[\w ]{0,12}api[ _-]?(secret[ _-]?)?key|authentication_error|login fail",
    r"(invalid|expired|missing) (access |auth\w* |bearer )?token\b|\bunauthori[sz]ed\b",
)
# OpenAI, Claude, DeepSeek, OpenRouter, Moonshot, xAI, and Zhipu and other Chinese providers in their own language.
NO_CREDIT = _compile(
    r"insufficient[_ ](quota|balance|funds|credits?|user_quota)|credit balance|more credits|out of credits?",
    r"used all (available )?credits|spend(ing)?[_ ]limit|billing[_ ](hard[_ ])?(limit|not|issue|account)|prepaid",
    r"payment required|account.{0,40}(suspended|arrears|overdue)|(please )?recharge|arrearage",
    r"n['’]t have any credits",
    r"(balance|quota) is (too low|not enough|insufficient)|no (remaining )?credits?\b(?! were)|exceeded_current_quota",
    r"purchase (more )?credits|budget[_ ](has been )?exceeded|exceeded ?budget|over budget|key limit exceeded",
    r"inactive subscription|subscription.{0,20}(inactive|expired|ended)|usage limit (was |has been )?reached",
    r"(free (tier|trial|plan)|quota|credits?|allowance|trial)\b.{0,30}\b(exhausted|expired|depleted|used up|ended)",
    r"used up your .{0,40}(allocation|quota|credits?)|specified api usage limits?|余额不足|欠费|请充值",
    r"额度(不足|已?用尽|失败)",
)
# Gemini words a rate limit by the minute like an empty account, but says when to come back.
RATE_BY_THE_MINUTE = _compile(r"retry ?delay|per minute")
# Whom a model is not there for, which does not pass by itself.
_TO_SOME = r"(in|for|to|with|on|under) (your|this|free|the \w+ (plan|tier|region|country))\b"
NO_MODEL = _compile(
    r"model.{0,80}(does not exist|not found|not exist|no longer available|deprecated|not available|is not a valid)",
    r"model_not_found|model_decommissioned|decommissioned|unknown model|invalid model|no such model",
    r"model ['\"`][\w./:-]+['\"`] is not supported(?! (for|with|in|by|when))|not a chat model",
    r"not a valid model|unsupported model|deployment.{0,20}not (found|exist)|model_not_available|模型不存在",
    r"unable to access (the )?model|model identifier is invalid|llm provider not provided",
    rf"model.{{0,80}}unavailable {_TO_SOME}",
    r"no models? (is |are )?(currently )?(loaded|selected|running)|(please|first) load a model|model (is )?not loaded",
    # LM Studio answers 200 to what it does not know.
    r"unexpected endpoint",
)
# What is wrong with a picture that a customer sent.
ABOUT_MESSAGE = _compile(
    r"(decode|process|download|read|load|parse|unsupported|invalid|fetch|corrupt\w*|too large).{0,40}\bimages?\b",
    r"extract \d+ image",
    r"\bimages?\b.{0,60}(decode|process|unsupported|invalid|corrupt|too (large|small|big)|format|exceed|not valid)",
    r"invalid_image|image_parse_error|image_too|image urls? must be valid|at most \d+ image",
)
# More than may come in a minute, so that it is never taken as it is (OpenAI's and Groq's words, with 429 or 413).
TOO_LARGE = _compile(r"request too large|tokens must be reduced")
# OpenRouter's way to say that no server takes what is asked for, such as tools, pictures or a `tool_choice`
# (evalstate/fast-agent#122, zed-industries/zed#36094).
NO_ENDPOINT = _compile(r"no endpoints found (that|matching)")
# A parameter, or the way in which we ask: it is wrong for every customer alike.
ABOUT_PARAMETER = _compile(
    r"(unsupported|unknown|unrecognized|extra)[_ ](\w+ )?(parameter|value|field|feature|operation)",
    r"(unsupported|unknown|unrecognized|extra)[_ ](\w+ )?(argument|name|key|input)",
    r"['\"]loc['\"]|unexpected keyword",
    r"not (support|permitted|allowed|implement|enabled)|(n['’]t| not) (\w+ ){0,2}support|parameter|--[a-z]",
    r"jinja|chat[_ ]template|(invalid|wrong|bad|missing|required) (\w+ ){0,2}(field|argument|property|type)",
    r"additional ?properties|property '|stream_options|max_(completion_)?tokens|reasoning|response_format",
    r"thought_signature|tool[_ ]?choice|tool[_ ]?call[_ ]?id|\btools?\b|deserialize|valid(ation)? error|schema",
    r"terms_required|template[_ ]error|not (a )?multimodal|image inputs?|developer instruction",
    r"messages?[.\[]\d|\broles?\b|must be (\w+ ){0,3}(one of|less|greater|at)",
    r"(assistant|tool|system|user) messages?\b|content blocks?|non-empty content|(call|response) turn|unknown variant",
)
# Bedrock and others refuse by the rate with another status (`ThrottlingException`).
RATE_LIMITED = _compile(
    r"rate[ _]?limit|too many (requests|tokens per)|at capacity|try again (later|in)|before trying again|throttl",
    r"overloaded_error|engine_overloaded|model is (currently )?overloaded",
    r"过于频繁|限流|并发数|速率限制",
)
_FOR_A_WHILE = r"temporarily (not available|unavailable)|not available (right now|at the moment)"
# The model is being loaded (Bedrock with 400 or 424, llama.cpp in a stream), or is away for a while.
NOT_READY = _compile(
    r"model (was |has been |is being )?unloaded|model.{0,20}crashed|(runner|worker|server) process|no connected db",
    r"getting ready|not ready for inference|model (is )?(still |currently )?loading|loading model",
    rf"model.{{0,80}}(currently (not available|unavailable)(?! {_TO_SOME})|"
    rf"{_FOR_A_WHILE})",
)
AWAY_FOR_A_WHILE = _compile(rf"^(?!.*not found).*?model.{{0,80}}({_FOR_A_WHILE})")
# The model called a tool in a form that the server cannot read (Groq, llama.cpp). The next time it may do better.
UNREADABLE_CALL = _compile(r"tool_use_failed|failed to parse (tool call|input at pos)")

# What servers quote of a request, or of what the model wrote: it may hold any of the words above.
QUOTED = re.compile(
    r"\binput_value=.*?(?=, input_type=|$)|(?<=input at pos )\d+:.*|\blast read: .*"
    r"|['\"](input|failed_generation)\\?['\"]\s*:.*?(?=,\s*\\?['\"](ctx|url|type|loc|msg)\\?['\"]\s*:|$)",
    re.DOTALL,
)

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
