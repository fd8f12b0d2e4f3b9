"""Commands for developers of tools: `/tool_name key=value …` calls a tool, `/tools` lists them all."""

import json
import re
import shlex
from collections.abc import Mapping
from typing import Any

from .actions import Action, PlannedCall
from .request import Dialogue, ToolDescription
from .wording import escape_markdown

COMMAND = re.compile(r"\s*/([A-Za-z_]\w*)\s*(.*)", re.DOTALL)


def answer_command(dialogue: Dialogue) -> Action | None:
    """What to do about a message that begins with a slash and a name; None for any other."""
    match = COMMAND.fullmatch(dialogue.current_exchange.text)
    if match is None:
        return None
    name, rest = match[1], match[2].strip()
    if name == "tools":
        return Action(_list_tools(dialogue))
    tool = dialogue.tools.get(name)
    if tool is None:
        return Action(f"There is no tool `{name}` here. `/tools` lists the ones that there are.")
    if calls := dialogue.current_exchange.find_calls(name):
        return Action(f"`{name}` answered:\n\n{format_result(calls[-1].result)}")
    try:
        return Action(calls=(PlannedCall(name, _parse_arguments(tool, rest)),))
    except ValueError as error:
        return Action(f"I can't read these arguments ({escape_markdown(error)}). {_format_usage(tool)}")


def _list_tools(dialogue: Dialogue) -> str:
    if not dialogue.tools:
        return "No tools are offered in this conversation."
    hint = "Give arguments as `key=value`, with quotes around several words, or as JSON."
    summaries = {name: tool.description.partition("\n")[0] for name, tool in dialogue.tools.items()}
    lines = [f"- `/{name}`: {escape_markdown(summary)}" for name, summary in summaries.items()]
    return "\n".join([*lines, "", hint])


def _format_usage(tool: ToolDescription) -> str:
    return f"Try `/{' '.join([tool.name, *(f'{name}=…' for name in tool.parameters)])}`."


def _parse_arguments(tool: ToolDescription, text: str) -> dict[str, Any]:
    """Reads `{"json": 1}`, `key=value` pairs, or the value of the tool's first parameter. Raises ValueError."""
    if text.startswith("{"):
        found = json.loads(text)
        if not isinstance(found, dict):
            raise ValueError("not a JSON object")
        return found
    values: dict[str, Any] = {}
    for word in shlex.split(text):
        name, equals, value = word.partition("=")
        if not equals or name not in tool.parameters:
            name, value = next(iter(tool.parameters), ""), word
            if not name or name in values:
                raise ValueError(f"“{word}” has no name")
        values[name] = _parse_value(value, tool.parameters[name])
    return values


def _parse_value(value: str, schema: Mapping[str, Any]) -> Any:
    """The text as the number, boolean or list that the schema wants; the tool refuses what does not fit."""
    if schema.get("type") == "string" or "enum" in schema:
        return next((choice for choice in schema.get("enum", ()) if str(choice) == value), value)
    try:
        return json.loads(value)
    except ValueError:
        return value


def format_result(value: Any, depth: int = 0) -> str:
    """A result as text or a list; what is nested deeper is shown as JSON."""
    indent = "  " * depth
    if isinstance(value, Mapping) and value:
        pairs = [(escape_markdown(name), _format_nested(each, depth)) for name, each in value.items()]
        return "\n".join(f"{indent}- **{name}**: {text}" for name, text in pairs)
    if isinstance(value, list) and value:
        return "\n".join(f"{indent}- {_format_nested(each, depth)}" for each in value)
    return f"{indent}{_format_scalar(value)}"


def _format_nested(value: Any, depth: int) -> str:
    if not isinstance(value, Mapping | list) or not value:
        return _format_scalar(value)
    if depth == 0:
        return f"\n{format_result(value, 1)}"
    if isinstance(value, Mapping) and not any(isinstance(each, Mapping | list) for each in value.values()):
        return ", ".join(f"{escape_markdown(name)}: {_format_scalar(each)}" for name, each in value.items())
    return f"`{json.dumps(value, ensure_ascii=False).replace('`', '´')}`"


def _format_scalar(value: Any) -> str:
    if value is None or value in ("", [], {}):
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return escape_markdown(value, 2000)
