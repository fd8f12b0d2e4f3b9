"""The words by which providers say what is the matter, gathered from their servers and from reports on these."""

import re


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
