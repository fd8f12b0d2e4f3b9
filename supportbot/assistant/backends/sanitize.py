"""Repairs what a model or a server wrote badly, lest databases or other servers refuse it for ever."""

import json
import re
from dataclasses import replace

from ..messages import ToolCall
from .json_text import is_json_object

MAX_NAME_CHARS = 64  # OpenAI's limit for the name of a function


def sanitize_text(text: str) -> str:
    """The text without NUL and lone surrogates, which JSON can spell, but databases and sockets refuse."""
    if "\0" in text:
        text = text.replace("\0", "")
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        # The round trip joins the two surrogates of one character, and replaces a lone one.
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def sanitize_call(call: ToolCall) -> ToolCall:
    """The call with a name and arguments that every provider accepts, whatever the model had written.

    Strict servers refuse every later request that has a malformed call in it.
    """
    name = re.sub(r"[^a-zA-Z0-9_-]", "_", call.name)[:MAX_NAME_CHARS] or "unnamed"
    return replace(call, name=name, arguments=_sanitize_arguments(call.arguments))


def _sanitize_arguments(arguments: str) -> str:
    """The arguments without half a character that is spelled as an escape, which strict parsers refuse."""
    if not is_json_object(arguments):
        return "{}"
    if "\\u" not in arguments:
        return arguments
    written = json.dumps(json.loads(arguments), ensure_ascii=False)
    clean = sanitize_text(written)
    return arguments if clean == written else clean
