"""JSON as servers and models write it: each function says how much of what is not quite JSON it takes."""

import json
from typing import Any

from pydantic_core import from_json

NOT_JSON = (ValueError, RecursionError)
LOOSE_JSON = json.JSONDecoder(strict=False)  # models leave line breaks in strings as they are


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


STRICT_JSON = json.JSONDecoder(parse_constant=_refuse_constant)  # Python's own takes NaN and Infinity too


def decode_text(data: bytes) -> str:
    """The text of a body or an event, with lone surrogates as they are, and a mark in the place of other bytes."""
    try:
        return data.decode("utf-8-sig", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8-sig", "replace")


def decode_event(data: bytes) -> Any:
    """Decode an event. Bytes that are no UTF-8 cost their character, not the answer. Raises ValueError."""
    try:
        return from_json(data)  # several times as fast as json, which counts at one event a token
    except ValueError:
        return json.loads(decode_text(data))  # accepts lone surrogates, which `sanitize_text` repairs


def load_json(text: str | bytes) -> Any:
    """The value of a JSON text, None for one that is none."""
    try:
        return json.loads(text)
    except NOT_JSON:
        return None


def load_json_at(text: str, start: int = 0) -> tuple[Any, int] | None:
    """The JSON value that begins at this place, and where it ends. None if none does."""
    try:
        return LOOSE_JSON.raw_decode(text, start)
    except NOT_JSON:
        return None


def is_json_object(text: str) -> bool:
    # Quick, as it is asked of every piece of a call.
    if text.lstrip()[:1] != "{" or text.rstrip()[-1:] != "}":
        return False
    try:
        return isinstance(STRICT_JSON.decode(text), dict)
    except NOT_JSON:
        return False
