"""What may be logged of a provider's reason for an error: the words of it that can be nobody's secret.

A provider may quote a key, or what a customer wrote. So only words of a list are passed on, and names of fields,
which have an underscore in them or are ours; whatever else there was is an ellipsis.
"""

import re
from collections.abc import Iterator, Mapping

from .json_text import load_json

MAX_REASON_CHARS = 240
MAX_WORDS = 60
GAP = "…"
# Field names of requests, as in `stream_options`, `messages.0.content` or `json_schema`.
FIELD_NAME = re.compile(r"[a-z]{2,20}(_[a-z]{2,20}){1,4}")
WORDS = frozenset(
    """
    a about absent access account accounts active add additional adjust afford allow allowed allows also an and
    anthropic api argument arguments array at authentication authorization auto available azure bad balance be been
    before below billing body boolean budget but by call called calling calls can cannot capacity change character
    characters charge check choice claude client code completion completions configuration configured contact content
    context could create credential credentials credit credits current currently daily decode deepseek default
    depleted deployment deprecated deserialize details dialog did disabled disk does doesn't due each either empty
    enable enabled endpoint endpoints enough error errors exceed exceeded exceeds exhausted exist existing exists
    expected expired extra failed failure feature features fetch few fewer field fields first flag for format
    forbidden found free function functions funds gateway gemini general generation get given go google grok hard has
    have header host id image images in inactive inc incorrect increase index information input inputs instead
    insufficient integer internal invalid is isn't issue it its jinja json key keys keyword larger least length less
    limit limited limits list loaded long longer low lower make match maximum may message messages method minimum
    minute missing mistral model models moment monthly more must name names need needs neither never new no none not
    null number object of on one only openai operation option or organization our out output over owner param
    parameter parameters parse parser pass passed path payment per permission permitted plan plans please policy
    position prefix previous problem process project prompt property provide provided provider purchase quota raise
    range rate reached read reason reasoning received recharge reduce refused region rejected remaining remove request
    requested requests require required requires resource response retired retry role roles route rules schema second
    seconds see sent server servers service set setting should size small soon spending start status stream streaming
    strict string such support supported supports suspended switch system team template temporarily than that the
    their there these this thought through time timeout to token tokens too tool tools top total try type types unable
    unauthorized unavailable unexpected unknown unrecognized unsupported until up upgrade url usage use used user
    valid validation value values version view visit was were when which while will window with within without wrong x
    xai you your """.split()  # noqa: SIM905 - as a list it would be five pages
)
MESSAGE_FIELDS = (
    *("message", "detail", "error", "msg", "status_msg", "param", "type", "code", "errors", "title"),
    "reason",
)


def describe_reason(body: object) -> str:
    """The harmless words of an error's body, such as “Unsupported parameter: 'max_tokens' is not supported … model”."""
    words: list[str] = []
    for text in _iter_texts(body):
        for word in map(_keep_word, text.split()[:MAX_WORDS]):
            if word != GAP or (words and words[-1] != GAP):
                words.append(word)
        words.append(";")
    reason = " ".join(words).replace(" ;", ";").strip("; ")
    return reason[:MAX_REASON_CHARS] if any(character.isalpha() for character in reason) else ""


def _keep_word(word: str) -> str:
    bare = word.strip(".,:;!?()[]{}'\"`’‘“”")
    # Two or three words of one, as in `messages.0.content`, must all be harmless.
    separators = r"[./\[\]:#=-]+" if bare.startswith("--") else r"[./\[\]:#=]+"
    parts = [part for part in re.split(separators, bare) if part and not part.isdigit()]
    is_known = bool(parts) and all(part.lower() in WORDS or FIELD_NAME.fullmatch(part) for part in parts)
    return word if is_known else GAP


def _iter_texts(body: object, depth: int = 0) -> Iterator[str]:
    """The texts of an error's body, without those that say the same again."""
    body = load_json(body) or body if isinstance(body, str) and depth == 0 else body
    if isinstance(body, str):
        yield body
    elif isinstance(body, Mapping) and depth < 4:
        seen: set[str] = set()
        for name in MESSAGE_FIELDS:
            for text in _iter_texts(body.get(name), depth + 1):
                if text not in seen:
                    seen.add(text)
                    yield text
    elif isinstance(body, list | tuple) and depth < 4:
        for each in body[:3]:
            yield from _iter_texts(each, depth + 1)
