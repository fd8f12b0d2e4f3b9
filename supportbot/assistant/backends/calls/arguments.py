"""The arguments of a call as a JSON object, from the forms that models and servers give them.

Nothing, white space and `null` are no arguments; an object may be JSON within JSON text, stand in a fence, be followed
by end marks or a bracket too many (nearai/ironclaw#5951, tya5/reyn#1063), hold a line break that JSON forbids
(cubeplexai/cubeloop#8), or be written as Python does.
"""

import ast
import html
import json
import re
from collections.abc import Collection
from typing import Any

from ..json_text import is_json_object, load_json, load_json_at
from .parts import ARGUMENTS_KEYS

NO_ARGUMENTS = ("", "null", "None", "undefined", "[]")
# Under which a model writes all of them, though they are no arguments of the tool.
WRAPPING_KEYS = (*ARGUMENTS_KEYS, "params", "kwargs")
NAME_KEYS = ("name", "tool", "function")
MAX_LAYERS = 3  # of JSON within JSON text
MAX_PYTHON_CHARS = 10_000
# What some write before them: a mark, a byte order mark, or a word or two.
BEFORE_OBJECT = re.compile(r"[^{}\[\]\"']{0,40}(?=\{)")
# An object that was escaped once too often, for a page or as JSON.
ESCAPED_BEGINNING = re.compile(r"\s*\{\s*(?:(?P<entity>&quot;|&#34;)|\\\")")
FENCE_BEGINS = re.compile(r"```\w*\s*")
NAMES_IN_JSON = {"true": True, "false": False, "null": None}


def normalize_arguments(arguments: str) -> str:
    """The arguments as a JSON object; as they are if they are none, also not as JSON within JSON text."""
    text = arguments.strip()
    for _layer in range(MAX_LAYERS):
        if text in NO_ARGUMENTS:
            return "{}"
        value = load_json(text)
        if isinstance(value, dict):
            return text
        if not isinstance(value, str):
            return arguments
        text = value.strip()
    return arguments


def read_loose_arguments(arguments: str, tool_name: str = "", own_names: Collection[str] = ()) -> str:
    """The arguments as a JSON object, from all of the forms; as they are if they are one, or none at all.

    With a `tool_name` they may also be a whole call of it, or stand under a key that is none of its `own_names`.
    """
    value = _read_loose_value(arguments)
    if value is None:
        return arguments
    inner = _find_wrapped(value, tool_name, own_names) if tool_name else None
    if inner is not None:
        return read_loose_arguments(
            inner if isinstance(inner, str) else json.dumps(inner, ensure_ascii=False)
        )
    return arguments if is_json_object(arguments) else json.dumps(value, ensure_ascii=False)


def _find_wrapped(value: dict[str, Any], tool_name: str, own_names: Collection[str]) -> Any:
    """What stands in the one field of an object besides the tool's name; None if that may be an argument."""
    beside = {key: each for key, each in value.items() if key not in NAME_KEYS or each != tool_name}
    key, inner = next(iter(beside.items()), ("", None))
    if len(beside) != 1 or key in own_names or key not in (*WRAPPING_KEYS, tool_name):
        return None
    is_usual = key in ("arguments", "parameters")
    return (inner or {}) if is_usual or isinstance(inner, dict) else None


def _read_loose_value(arguments: str) -> dict[str, Any] | None:
    text = normalize_arguments(arguments)
    if escaped := ESCAPED_BEGINNING.match(text):
        text = html.unescape(text) if escaped["entity"] else text.replace('\\"', '"')
    for _layer in range(MAX_LAYERS):
        value = load_json(text)
        if value is None:
            return read_loose_object(text.strip())
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if isinstance(value, dict):
            return value
        if not isinstance(value, str):
            return None
        text = value
    return None


def read_loose_object(text: str) -> dict[str, Any] | None:
    """The one object in a text that is not quite JSON; None if there is none, or several that differ."""
    if fence := FENCE_BEGINS.match(text):
        text = text[fence.end() :].rstrip().removesuffix("```").rstrip()
    before = BEFORE_OBJECT.match(text)
    if before is None:
        return None
    text = text[before.end() :]
    if text.startswith("{{"):  # as the examples of some templates have it
        text = text.replace("{{", "{").replace("}}", "}")
    objects, rest = _split_objects(text)
    if not objects:
        return _read_python_object(text)
    meant = next((each for each in objects if each), objects[0])
    is_clear = all(each in ({}, meant) for each in objects) and not rest.startswith("{")
    return meant if is_clear else None


def _split_objects(text: str) -> tuple[list[dict[str, Any]], str]:
    """The objects at the beginning of a text, one after the other, and what follows them."""
    objects = []
    while text.startswith("{") and (found := load_json_at(text)):
        objects.append(found[0])
        text = text[found[1] :].lstrip()
    return objects, text


def _read_python_object(text: str) -> dict[str, Any] | None:
    """An object in single quotation marks, or with a comma at its end."""
    if len(text) > MAX_PYTHON_CHARS:
        return None
    try:
        value = ast.literal_eval(_ReadJsonNames().visit(ast.parse(text, mode="eval")))
        json.dumps(value, allow_nan=False)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return None
    is_object = isinstance(value, dict) and all(isinstance(key, str) for key in value)
    return value if is_object else None


class _ReadJsonNames(ast.NodeTransformer):
    """Reads `true`, `false` and `null` as JSON does, and keys without quotation marks as JavaScript does."""

    def visit_Dict(self, node: ast.Dict) -> ast.AST:
        node.keys = [ast.Constant(key.id) if isinstance(key, ast.Name) else key for key in node.keys]
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Constant(NAMES_IN_JSON[node.id]) if node.id in NAMES_IN_JSON else node
