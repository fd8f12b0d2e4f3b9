"""What a provider sends beside words and calls, put together from the pieces of a stream so that it can be sent back.

Gemini 3 refuses a call without its `extra_content.google.thought_signature` (THU-MAIC/OpenMAIC#1556,
QwenLM/qwen-code#1187); DeepSeek and Kimi a history without `reasoning_content` (continuedev/continue#9720,
anomalyco/opencode#16318); OpenRouter passes on what Claude and others need in `reasoning_details`. Nobody knows the
fields of tomorrow, so whatever is not known is kept.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any

from ..messages import ProviderFields
from .sanitize import sanitize_text

# What comes for the program that reads the stream, and is refused, or of no use, in a history.
NOT_RETURNED = {
    *("role", "content", "refusal", "tool_calls", "function_call", "name", "annotations", "audio"),
    *("citations", "images", "logprobs", "obfuscation", "padding", "token_ids"),
}
# Whose value comes in pieces: of every other field the last value counts.
REASONING_FIELDS = (
    *("reasoning_content", "reasoning", "reasoning_text", "thinking", "thoughts", "thinking_content"),
)
PIECEWISE_FIELDS = (*REASONING_FIELDS, "text", "summary", "data")
MAX_FIELDS_CHARS = 1_000_000  # longer than any model thinks; what is larger is left out
MAX_DEPTH = 20
MAX_INTEGER = 2**53


def make_origin(backend: str, address: str, model: str) -> str:
    """The name of a model at a server behind a backend."""
    return f"{backend}:{hashlib.sha256(f'{address} {model}'.encode()).hexdigest()[:24]}"


def merge_message_fields(fields: dict[str, Any], delta: Mapping[str, Any], *, is_whole: bool = False) -> None:
    """Add what one chunk holds of the message. With `is_whole` it holds all of it, and takes the place of pieces."""
    for name, value in delta.items():
        # A number, such as Together's `token_id`, belongs to the piece and not to the message.
        if name in NOT_RETURNED or not value or isinstance(value, int | float):
            continue
        if isinstance(value, list) and not is_whole and isinstance(fields.get(name), list):
            for item in value:
                _merge_item(fields[name], item)
        elif name in REASONING_FIELDS and isinstance(value, str) and not is_whole:
            fields[name] = str(fields.get(name) or "") + value
        else:
            fields[name] = merge_value(fields.get(name), value)


def merge_value(old: Any, new: Any) -> Any:
    """The new value; of an object the fields of both."""
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return old if new is None else new
    return old | {name: merge_value(old.get(name), value) for name, value in new.items()}


def build_provider_fields(
    origin: str, message: Mapping[str, Any], calls: Mapping[str, Mapping[str, Any]]
) -> ProviderFields | None:
    """What is to be stored with a message; None if there is nothing, or far too much."""
    message, calls = sanitize_json(dict(message)), sanitize_json(dict(calls))
    if not (message or any(calls.values())):
        return None
    if len(json.dumps([message, calls], ensure_ascii=False)) > MAX_FIELDS_CHARS:
        message, calls = {}, {key: {"id": call["id"]} for key, call in calls.items() if "id" in call}
    return ProviderFields(origin, message, calls)


def sanitize_json(value: Any, depth: int = 0) -> Any:
    """The value without what JSON can spell and a database refuses: NUL, lone surrogates, NaN, endless numbers."""
    if isinstance(value, str):
        return sanitize_text(value)
    if depth > MAX_DEPTH or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > MAX_INTEGER:
        return None
    if isinstance(value, list):
        return [sanitize_json(each, depth + 1) for each in value]
    if isinstance(value, dict):
        return {sanitize_text(str(key)): sanitize_json(each, depth + 1) for key, each in value.items()}
    return value


def _merge_item(items: list[Any], new: Any) -> None:
    """Add an item of a list, such as `reasoning_details`, or a piece that goes on with the last one."""
    last = items[-1] if items else None
    if not (isinstance(last, dict) and isinstance(new, dict) and _continues_item(last, new)):
        items.append(new)
        return
    for name, value in new.items():
        old = last.get(name)
        if isinstance(value, list) and isinstance(old, list):
            for item in value:
                _merge_item(old, item)
        elif name in PIECEWISE_FIELDS and isinstance(value, str) and isinstance(old, str):
            last[name] = old + value
        else:
            last[name] = merge_value(old, value)


def _continues_item(last: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    is_same_kind = last.get("type") == new.get("type") and last.get("index") == new.get("index")
    ids = {each for each in (last.get("id"), new.get("id")) if isinstance(each, str | int)}
    is_closed = "index" not in new and bool(last.get("signature"))  # nothing comes after a signature
    return is_same_kind and len(ids) < 2 and not is_closed
