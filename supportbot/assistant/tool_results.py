"""What the model reads of a call that has ended, or that never began."""

import json
from typing import Any

from .messages import Outcome, ToolCall, ToolResult
from .result_values import build_json_value

# The result of an irreversible call whose end was lost.
UNCERTAIN_OUTCOME = (
    "Nobody knows how this ended: it may or may not have happened. Do not call it again. Say so to the "
    "customer, and that a person of the team has to check."
)


def build_result(call: ToolCall, outcome: Outcome, value: Any) -> ToolResult:
    """The result of a call, whose `value` becomes JSON. Raises as `build_json_value` does, for what cannot."""
    content = json.dumps(build_json_value(value), ensure_ascii=False, allow_nan=False)
    # A lone surrogate can be neither stored nor sent.
    return ToolResult(call.id, content.encode(errors="replace").decode(), outcome)


def build_abandoned_result(call: ToolCall, effect: str, outcome: Outcome, why: str) -> ToolResult:
    """The result of a call that had begun and whose end was lost; `why` is said unless its tool is irreversible."""
    return build_error_result(call, outcome, UNCERTAIN_OUTCOME if effect == "irreversible" else why)


def build_error_result(call: ToolCall, outcome: Outcome, why: str) -> ToolResult:
    """The result of a call that was not completed. Every call needs a result: providers refuse a history without."""
    return build_result(call, outcome, {"error": why})
