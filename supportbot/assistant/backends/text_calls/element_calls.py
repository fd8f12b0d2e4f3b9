"""Calls whose name and arguments stand in elements or attributes: `<name>lookup_order</name><arguments>…</arguments>`.

The arguments are JSON, or elements by their own names; as attributes they are JSON in `arguments`, or each its own.
"""

import html
import json
import re
from collections.abc import Iterator
from typing import Any

from ..calls.parts import ARGUMENTS_KEYS
from .json_calls import has_words, split_json
from .spans import split_spans

TAGGED_NAME = re.compile(
    r"<(?:tool_|function_)?name>\s*([\w-]+)\s*</(?:tool_|function_)?name>", re.IGNORECASE
)
_ARGUMENTS = r"(?:tool_|function_)?(?:arguments|parameters|args|input)"
TAGGED_ARGUMENTS_BEGIN = re.compile(f"<{_ARGUMENTS}>", re.IGNORECASE)
TAGGED_ARGUMENTS_END = re.compile(f"</{_ARGUMENTS}>", re.IGNORECASE)
ARGUMENT = re.compile(r"\s*<(?P<name>[\w-]{1,64})>(?P<value>[^<]*)</(?P=name)>\s*")
ATTRIBUTES = re.compile(
    r"<(?:tool_call|function_call|function|invoke|tool)\s+name=[\"'](?P<name>[\w.-]+)[\"']"
    r"(?P<rest>(?:\s+[\w-]+=(?:\"[^\"]*\"|'[^']*'))+)\s*/?>",
    re.IGNORECASE,
)
ATTRIBUTE = re.compile(r"([\w-]+)=(?:\"([^\"]*)\"|'([^']*)')")


def iter_tagged_call(body: str, name: re.Match[str], *, may_be_loose: bool) -> Iterator[tuple[str, str]]:
    """The call whose name and arguments stand in elements of their own."""
    spans, _outside = split_spans(body, TAGGED_ARGUMENTS_BEGIN, TAGGED_ARGUMENTS_END)
    arguments = spans[0][1] if spans else ""
    values, outside = split_json(arguments) if spans else ([{}], "")
    if not values:
        values = [{each["name"]: each["value"].strip() for each in ARGUMENT.finditer(arguments)}]
        outside = ARGUMENT.sub("", arguments).strip()
    rest = (body[: name.start()] + body[name.end() :]).replace(arguments, "")
    if len(values) == 1 and (may_be_loose or not (has_words(outside + rest) or "<" in outside)):
        yield name[1], json.dumps(values[0], ensure_ascii=False)


def iter_attribute_call(
    body: str, written: re.Match[str], *, may_be_loose: bool
) -> Iterator[tuple[str, str]]:
    """The call that is one element with its arguments in attributes."""
    attributes = {
        name: html.unescape(one or other) for name, one, other in ATTRIBUTE.findall(written["rest"])
    }
    if len(attributes) == 1 and set(attributes) <= {*ARGUMENTS_KEYS}:
        values, outside = split_json(next(iter(attributes.values())))
        if len(values) != 1 or outside.strip():
            return
        arguments: Any = values[0]
    else:
        arguments = attributes
    if may_be_loose or not has_words(body[: written.start()] + body[written.end() :]):
        yield written["name"], json.dumps(arguments, ensure_ascii=False)
