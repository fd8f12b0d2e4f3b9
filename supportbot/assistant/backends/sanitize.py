"""Repairs tool calls that a model wrote badly. Strict servers refuse every later request that has such a call in it."""

import json
import re
from dataclasses import replace

from ..messages import ToolCall

MAX_NAME_CHARS = 64  # OpenAI's limit for the name of a function


def sanitize_call(call: ToolCall) -> ToolCall:
    """The call with a name and arguments that every provider accepts, whatever the model had written."""
    name = re.sub(r"[^a-zA-Z0-9_-]", "_", call.name)[:MAX_NAME_CHARS] or "unnamed"
    return replace(call, name=name, arguments=call.arguments if _is_json_object(call.arguments) else "{}")


def _is_json_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
