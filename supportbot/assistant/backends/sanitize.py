"""Tool calls as strict servers take them: for one malformed call they refuse a whole history for ever."""

import json
import re
from dataclasses import replace

from ..messages import ToolCall


def sanitize_call(call: ToolCall) -> ToolCall:
    """The call with a name and arguments that every provider accepts, whatever the model had written."""
    name = re.sub(r"[^a-zA-Z0-9_-]", "_", call.name)[:64] or "unnamed"
    return replace(call, name=name, arguments=call.arguments if _is_json_object(call.arguments) else "{}")


def _is_json_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
