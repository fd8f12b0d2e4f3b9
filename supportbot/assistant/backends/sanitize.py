"""Repairs what a model or a server wrote badly, lest databases or other servers refuse it for ever."""

import json
import re
from dataclasses import replace
from typing import Any

from pydantic_core import from_json

from ..messages import ToolCall

MAX_NAME_CHARS = 64  # OpenAI's limit for the name of a function


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


STRICT_JSON = json.JSONDecoder(parse_constant=_refuse_constant)  # Python's own takes NaN and Infinity too


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


def decode_text(data: bytes) -> str:
    """The text of a body or an event, with lone surrogates as they are, and a mark in the place of other bytes."""
    try:
        return data.decode("utf-8-sig", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8-sig", "replace")


def decode_json(data: bytes) -> Any:
    """Decode an event. Bytes that are no UTF-8 cost their character, not the answer. Raises ValueError."""
    try:
        return from_json(data)  # several times as fast as json, which counts at one event a token
    except ValueError:
        return json.loads(decode_text(data))  # accepts lone surrogates, which `sanitize_text` repairs


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


def is_json_object(text: str) -> bool:
    # Quick, as it is asked of every piece of a call.
    if text.lstrip()[:1] != "{" or text.rstrip()[-1:] != "}":
        return False
    try:
        return isinstance(STRICT_JSON.decode(text), dict)
    except (ValueError, RecursionError):
        return False
