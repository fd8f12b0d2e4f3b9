"""For developers of tools: `/tool_name key=value …` calls a tool as it is, `/tools` lists what there is."""

import json
import re
import shlex
from collections.abc import Mapping
from typing import Any

from .actions import Call, Step
from .request import Offered, Talk
from .wording import plain

COMMAND = re.compile(r"\s*/([A-Za-z_]\w*)\s*(.*)", re.DOTALL)


def command(talk: Talk) -> Step | None:
    """What to do about a message that begins with a slash and a name; None for any other."""
    match = COMMAND.fullmatch(talk.now.said)
    if match is None:
        return None
    name, rest = match[1], match[2].strip()
    if name == "tools":
        return Step(_list(talk))
    tool = talk.tools.get(name)
    if tool is None:
        return Step(f"There is no tool `{name}` here. `/tools` lists the ones there are.")
    if done := talk.now.calls(name):
        return Step(f"`{name}` answered:\n\n{as_markdown(done[-1].result)}")
    try:
        return Step(calls=(Call(name, _arguments(tool, rest)),))
    except ValueError as error:
        return Step(f"I can't read these arguments ({plain(error)}). {_usage(tool)}")


def _list(talk: Talk) -> str:
    if not talk.tools:
        return "No tools are offered in this conversation."
    lines = [f"- `/{tool.name}`: {plain(tool.description.split(chr(10))[0])}" for tool in talk.tools.values()]
    return "\n".join(
        [*lines, "", "Give arguments as `key=value`, with quotes around several words, or as JSON."]
    )


def _usage(tool: Offered) -> str:
    return f"Try `/{' '.join([tool.name, *(f'{name}=…' for name in tool.parameters)])}`."


def _arguments(tool: Offered, text: str) -> dict[str, Any]:
    """`{"json": 1}`, or `key=value` pairs, or the value of the tool's first parameter alone."""
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
        values[name] = _typed(value, tool.parameters[name])
    return values


def _typed(value: str, schema: Mapping[str, Any]) -> Any:
    """The text as the number, boolean or list that the schema wants; the tool refuses what does not fit."""
    if schema.get("type") == "string" or "enum" in schema:
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def as_markdown(value: Any, depth: int = 0) -> str:
    """A result as text or a list; what is nested deeper is shown as JSON."""
    indent = "  " * depth
    if isinstance(value, Mapping) and value:
        return "\n".join(
            f"{indent}- **{plain(name)}**: {_inner(each, depth)}" for name, each in value.items()
        )
    if isinstance(value, list) and value:
        return "\n".join(f"{indent}- {_inner(each, depth)}" for each in value)
    return f"{indent}{_scalar(value)}"


def _inner(value: Any, depth: int) -> str:
    if not isinstance(value, Mapping | list) or not value:
        return _scalar(value)
    if depth == 0:
        return f"\n{as_markdown(value, 1)}"
    if isinstance(value, Mapping) and not any(isinstance(each, Mapping | list) for each in value.values()):
        return ", ".join(f"{plain(name)}: {_scalar(each)}" for name, each in value.items())
    return f"`{json.dumps(value, ensure_ascii=False).replace('`', '´')}`"


def _scalar(value: Any) -> str:
    if value is None or value in ("", [], {}):
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return plain(value, 2000)
