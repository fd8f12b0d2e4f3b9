"""The tool that is meant by a name as models and servers write it.

Behind vLLM marks stay in the names of gpt-oss (vllm-project/vllm#32587), Kimi writes `functions.lookup_order:0`, Gemini
`default_api.lookup_order`, and some servers send a name twice (bytedance/deer-flow#654).
"""

import re
from collections.abc import Collection, Sequence
from typing import Any

from ...tools import Tool
from ..json_text import load_json

MARK = re.compile(r"<[|｜].*", re.DOTALL)
COUNT = re.compile(r":\d+$")
PLACE = re.compile(r"[./:]|__|^functions-")  # behind the name of a server or a module
# Quotation marks, spaces, also those without a width, and a bracket left over.
AROUND_NAME = re.compile(r"^\W+|\W+$")
# What models and servers put around a name, as `functions_lookup_order_0` or `lookup_orderjson`.
BESIDE_NAME = re.compile(
    r"^(?:functions?|tools?|proxy|mcp)[-_ ]|[-_ ](?:tool|function|\d{1,3})$|[-_ ]?(?:json|commentary)$",
    re.IGNORECASE,
)


def strip_name_marks(name: str) -> str:
    """The name up to the first mark that a model writes for its server."""
    return MARK.sub("", name) if "<" in name else name


def find_tool_name(name: str, tool_names: Collection[str]) -> str:
    """The name of the tool that is meant, or the name as it was written if none of these is."""
    if name in tool_names:
        return name
    bare = AROUND_NAME.sub("", COUNT.sub("", AROUND_NAME.sub("", strip_name_marks(name))))
    without_place = PLACE.split(bare)[-1]
    for written in (bare, without_place, BESIDE_NAME.sub("", without_place)):
        if found := next((each for each in tool_names if _fold(each) == _fold(written)), ""):
            return found
    return next((each for each in tool_names if bare and not bare.replace(each, "")), name)


def find_name_elsewhere(call_id: str, arguments: str, tool_names: Collection[str]) -> str:
    """The name of a tool that a call without a name means: by an id such as Kimi's, or by a call in its arguments
    (BerriAI/litellm#3333); empty for none."""
    named: Any = find_tool_name(call_id, tool_names)
    if named not in tool_names:
        value = load_json(arguments)
        named = value.get("name") if isinstance(value, dict) and "arguments" in value else ""
    return named if isinstance(named, str) and named in tool_names else ""


def find_name_by_arguments(arguments: str, tools: Sequence[Tool]) -> str:
    """The only tool that takes these arguments; empty if there is none, or several do."""
    value = load_json(arguments)
    names = set(value) if isinstance(value, dict) else set()
    schemas = [(tool.name, tool.parameters) for tool in tools]
    fitting = [
        name
        for name, schema in schemas
        if names and names <= set(schema.get("properties", ())) and names >= set(schema.get("required", ()))
    ]
    return fitting[0] if len(fitting) == 1 else ""


def _fold(name: str) -> str:
    """The name without what tells words apart in it: `lookupOrder`, `lookup order` and `lookup-order` are one."""
    return re.sub(r"[-_ ]", "", name.casefold())
