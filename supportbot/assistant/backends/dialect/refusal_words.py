"""The words in which servers refuse what one of them does not know, or wants otherwise."""

import re

MISSING = re.compile(
    r"missing|must be (passed|provided|included|present|returned|sent)|required|not (found|present|provided|included)"
    r"|should be (passed|provided)|without",
    re.IGNORECASE,
)
UNKNOWN_PARAMETER = re.compile(
    r"unsupported|unknown|recogni[sz]ed|extra|not (permit|allow|support)|unexpected", re.IGNORECASE
)
# A parameter in the other words in which servers refuse it, such as Ollama's (“think value”) and Gemini's.
_REASONING = (
    r"(enable_?)?think(ing)?([ _]?(level|budget|effort|config|mode|value|type|tokens))?|effort"
    r"|reasoning[ ._](effort|level|budget|mode|is|cannot)"
)
OTHER_NAMES = {
    "reasoning_effort": _REASONING,
    "reasoning": _REASONING,
    "stream_options": r"stream options?|include_?usage",
}
# Gemma's at Google say “developer instruction” (CherryHQ/cherry-studio#3242, 0xPlaygrounds/rig#788).
UNWANTED_SYSTEM = re.compile(
    r"(system (role|message|prompt|instruction)|developer instruction)s?.{0,40}not (be )?(support|allow|enabled)"
    r"|(not|n['’]t) (support|allow|accept)\w* (the )?['\"`]?(system|developer)\b"
    r"|only\W{1,3}(the )?(roles? )?\W?user\W+(and\W+|or\W+)?assistant\b(?!\W+(and\W+|or\W+)?system)"
    r"|(should|must) be (one of )?\W{0,2}user\W+(and\W+|or\W+)?assistant\b(?!.{0,20}system)"
    r"|(unknown|invalid|unsupported|unexpected) (role|value)\W{1,4}(system|developer)\b"
    r"|(got|found|received)\W{1,3}(role\W{1,4})?(system|developer)\b(?! \w)"
    r"|roles?\W{1,4}(system|developer)\b.{0,40}(not |un)(support|allow|recogni|permit|valid|known|expected)"
    r"|['\"`](system|developer)['\"`] is not (one of|a valid|a supported)",
    re.IGNORECASE,
)
UNWANTED_ORDER = re.compile(
    r"(roles?|messages?)\b.{0,40}\balternat(e|es|ing)\b|alternat\w+ (between )?user"
    r"|unexpected role|after role|expected last role|(begin|start)s? with an? \W?user\b"
    r"|(function|tool) call turn comes|(two|2|several|multiple|consecutive) (or more )?(user|assistant|human) messages"
    r"|(user|assistant|tool) messages? (must|cannot|can't|should) (be followed|follow|come|directly)",
    re.IGNORECASE,
)
UNWANTED_NULL = re.compile(
    r"content.{0,80}(null|none|nil\b|str\b|string|required|empty|missing)|null.{0,40}content"
    r"|invalid type: null, expected|untagged enum",  # as xAI's server and TGI have it, which say no more
    re.IGNORECASE,
)
# Beside a call Claude's servers and Gemini's want a word, or nothing at all.
UNWANTED_EMPTY = re.compile(
    r"non-?empty|(must not|cannot|can['’]t|may not) be empty|content.{0,30}is empty|must have a text"
    r"|empty (text|content)|is blank\b|at least one content",
    re.IGNORECASE,
)
UNWANTED_ID = re.compile(
    r"((call|use)[ _]?ids?|tool_(use|result|calls?)(\[\d+\]|\.\d+)*\.(\w+_)?id)\b.{0,120}"
    r"(must|length|pattern|long|invalid|characters|regex|format)|invalid \W?(tool[ _]?)?(call|use)[ _]id",
    re.IGNORECASE,
)
# The field by its name. As a key it is the envelope of FastAPI's errors, or a picture that one of them quotes.
UNWANTED_DETAIL = re.compile(
    r"[.`]detail\b|['\"]detail\b(?!['\"]\s*:)|(argument|field|input|key|name|parameter|property|supplied)s?:? detail\b",
    re.IGNORECASE,
)
# As the chat template of Llama 3 says it.
UNWANTED_SEVERAL_CALLS = re.compile(
    r"(only supports|supports only|only|at most|more than) (a )?(single|one) (tool|function)[ -]calls?",
    re.IGNORECASE,
)
# The model, or its server, sees no pictures. What is wrong with one of them, such as its format, is told otherwise.
_IMAGES = (
    r"['\"`]?\b(multi-?modal|vision|visual|images?(_url)?|input_images?|pictures?|photos?)"
    r"([ _-](inputs?|contents?|parts?|messages?|understanding|capabilit\w+|modality))*\b['\"`]?(\(s\))?"
)
_SUPPORT = r"(support|enabl|allow|accept|permit|implement|available)"
UNWANTED_IMAGES = re.compile(
    rf"(not|n['’]t) ((yet|currently|natively) )?(support|accept|have|allow|take|include)\w* "
    rf"((any|the|content|parts?|blocks?|of|types?|messages|with|inputs?|requests|an?) )*{_IMAGES}"
    r"(?![ _-](\w+ )?(formats?|types?|files?|urls?|sizes?|larger|bigger|above|over|of|in|with|that|detail)\b)"
    r"(?![/\w]|\.\w)"
    rf"|{_IMAGES} ((is|are|was|were|for \w+|in \w+) )*((currently|yet) )?(not |un)(yet |currently )?{_SUPPORT}"
    rf"|{_IMAGES} (is|are) (disabled|only supported (by|with|for|on))"
    rf"|no endpoints found that support {_IMAGES}|unknown variant\W{{1,3}}(image|input_image)"
    r"|not (an? )?(multi-?modal|vision)|\bat most 0 image|mmproj|missing data required for image"
    r"|(unsupported|invalid|unknown|unexpected) ((message|content|input|part|block) ?)+(types?)?\W{1,4}"
    r"(input_)?image(?![/ ])"
    r"|only (supports?|accepts?|takes?) text|text[ -]only model|only text ((content|inputs?|messages|parts) )?(is|are) "
    r"(supported|allowed|accepted)",
    re.IGNORECASE,
)
# A message is to be one text. It is learnt last, for a content that is missing is refused in the same words.
UNWANTED_PARTS = re.compile(
    r"content.{0,80}(must|should|expected|got|invalid type).{0,20}\bstr(ing)?\b", re.IGNORECASE
)
_STREAM = r"(?<![a-z_-])stream(ing|ed)?(?![a-z_]| options)"
ABOUT_STREAM = re.compile(rf"{_STREAM}|non-?stream|流式", re.IGNORECASE)
# Not “The body's stream was not complete”, which is said of one request alone.
_VERBS = r"(use|support|allow|permit|implement|enable|available)"
_REFUSED = rf"((not|n['’]t) (\w+ )?{_VERBS}|\bun{_VERBS}|verified to)"
UNWANTED_STREAM = re.compile(
    rf"{_REFUSED}.{{0,60}}{_STREAM}|{_STREAM}.{{0,60}}{_REFUSED}|{_STREAM}\W{{1,3}}must be false",
    re.IGNORECASE,
)
CANNOT_FORBID_TOOLS = re.compile(r"tool[_ ]?choice|tool_use_failed", re.IGNORECASE)


def names_field(text: str, name: str, *, in_other_words: bool = True) -> bool:
    """Whether a text names a field as it is sent, in camel case (“reasoningEffort”), or as some do in other words."""
    first, *rest = name.split("_")
    names = {name, first + "".join(map(str.capitalize, rest))}
    patterns = ["|".join(map(re.escape, names))]
    if in_other_words and name in OTHER_NAMES:
        patterns.append(f"(?i:{OTHER_NAMES[name]})")
    return re.search(rf"(?<![a-zA-Z0-9_])(?:{'|'.join(patterns)})(?![a-zA-Z0-9_])", text) is not None
