"""The values in JSON at which its schema has a mark, wherever they stand: in lists, models, unions, keys of a dict.

The schema is what pydantic makes of the annotations. It says which part of a value belongs to which annotation for
every form that annotations have, with the names that the model uses.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from pydantic_core import from_json

MARK = "x-from-customer"
BRANCHES = ("anyOf", "oneOf", "allOf")
REFERENCE = re.compile(r'"#/\$defs/([^"]+)"')

Schema = dict[str, Any]
MarkedValue = tuple[str, Any]  # its name, such as “parcel.order_id”, and the value: a text or a number
# A name, the schema of the value there, the value, and whether it is marked.
Place = tuple[str, Schema, Any, bool]


def parse_json(text: str) -> Any:
    """The value of a JSON text as pydantic reads it, None for one that is none."""
    try:
        return from_json(text)
    except ValueError:
        return None


def list_marked_values(schema: Schema, value: Any) -> list[MarkedValue]:
    """The texts and numbers in a value of this schema that are marked, or stand in something that is."""
    definitions: dict[str, Schema] = schema.get("$defs", {})
    found: list[MarkedValue] = []
    waiting: list[Place] = [("", schema, value, False)]
    while waiting:
        name, part, value, is_marked = waiting.pop()
        part = _follow_reference(part, definitions)
        is_marked = is_marked or MARK in part
        if "default" in part and part["default"] == value:
            continue
        branches = [
            _follow_reference(branch, definitions) for key in BRANCHES for branch in part.get(key, ())
        ]
        if any(_is_choice(branch, value) for branch in branches if MARK not in branch):
            continue
        if any(branch.get("type") in ("integer", "number") for branch in branches) and not isinstance(
            value, str
        ):
            branches = [branch for branch in branches if branch.get("type") != "string"]
        waiting += [(name, branch, value, is_marked) for branch in branches]
        if "contentSchema" in part and isinstance(value, str):  # JSON in a text
            waiting.append((name, part["contentSchema"], parse_json(value), is_marked))
        elif isinstance(value, dict):
            waiting += _list_members(name, part, value, is_marked)
        elif isinstance(value, list):
            waiting += _list_items(name, part, value, is_marked)
        elif is_marked and not branches and _is_comparable(part, value):
            # What is to be a text is compared as one: the order of the number 2 is not that of “two shirts”.
            found.append((name, str(value) if part.get("type") == "string" else value))
    return found


def _follow_reference(part: Schema, definitions: dict[str, Schema]) -> Schema:
    """The part itself, or what it refers to, with what stands beside the reference."""
    while "$ref" in part:
        beside = {key: value for key, value in part.items() if key != "$ref"}
        part = definitions[part["$ref"].rpartition("/")[2]] | beside
    return part


def holds_mark(part: Schema, definitions: dict[str, Schema], passed: frozenset[str] = frozenset()) -> bool:
    """Whether there is a mark anywhere in a part of a schema, or in what it refers to."""
    text = json.dumps(part)
    names = frozenset(REFERENCE.findall(text)) - passed
    return f'"{MARK}": true' in text or any(
        holds_mark(definitions[name], definitions, passed | names) for name in names
    )


def _is_choice(branch: Schema, value: Any) -> bool:
    return value in branch.get("enum", ()) or ("const" in branch and branch["const"] == value)


def _is_comparable(part: Schema, value: Any) -> bool:
    return (
        isinstance(value, str | int | float) and not isinstance(value, bool) and part.get("type") != "boolean"
    )


def _list_members(name: str, part: Schema, values: dict[str, Any], is_marked: bool) -> Iterator[Place]:
    properties = part.get("properties", {})
    others = [part.get("additionalProperties"), *part.get("patternProperties", {}).values()]
    for key, value in values.items():
        if key in properties:
            yield (f"{name}.{key}".lstrip("."), properties[key], value, is_marked)
            continue
        for schema in others:
            yield (name, schema if isinstance(schema, dict) else {}, value, is_marked)
        yield (name, part.get("propertyNames", {}), key, False)


def _list_items(name: str, part: Schema, values: list[Any], is_marked: bool) -> Iterator[Place]:
    first = part.get("prefixItems", ())
    rest = part.get("items")
    for place, value in enumerate(values):
        schema = first[place] if place < len(first) else rest
        yield (name, schema if isinstance(schema, dict) else {}, value, is_marked)
