"""Calls whose arguments are elements by the name of `parameter`, within an element that names the tool."""

import json
import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from .json_calls import has_words, is_loose, split_json
from .pair_calls import read_value
from .spans import split_spans

# DeepSeek's and Step's word before a name.
KIND_OF_CALL = re.compile(r"\bfunction(?=<[|｜]tool[_▁]sep[|｜]>)")
# `<function=lookup_order><parameter=order_id>…</parameter></function>` (Qwen's models for code), and
# `<invoke name="lookup_order"><parameter name="order_id">…</parameter></invoke>` (MiniMax, DeepSeek, Claude's way).
FUNCTION_BEGINS = r"<(?:[｜\w]*[｜:])?(?:function=|(?:function|function_call|invoke|tool_call) name=)"
FUNCTION = re.compile(
    rf"{FUNCTION_BEGINS}[\"']?([\w-]+)[\"']?\s*>(.*?)"
    rf"(?=</(?:[｜\w]*[｜:])?(?:function(?:_call)?|invoke|tool_call)>|{FUNCTION_BEGINS}|$)",
    re.DOTALL | re.IGNORECASE,
)
PARAMETER_BEGINS = re.compile(
    r"<(?:[｜\w]*[｜:])?parameter(?: name)?=[\"']?([\w-]+)[\"']?[^>]{0,200}>", re.IGNORECASE
)
PARAMETER_ENDS = re.compile(r"</(?:[｜\w]*[｜:])?parameter>", re.IGNORECASE)
CLOSED_FUNCTION = re.compile(r"</(?:[｜\w]*[｜:])?(?:function(?:_call)?|invoke)>", re.IGNORECASE)
# The same without its closing mark, in a call that has one.
PARAMETER_OPENS = re.compile(r"(?=<(?:[｜\w]*[｜:])?parameter)", re.IGNORECASE)
OPEN_PARAMETER_ENDS = re.compile(f"{PARAMETER_ENDS.pattern}|{PARAMETER_OPENS.pattern}|$", re.IGNORECASE)


def iter_parameter_calls(
    body: str, functions: Sequence[tuple[str, str]], loose_names: Collection[str]
) -> Iterator[tuple[str, str]]:
    """The calls that `FUNCTION` has found in a text: the name of each, and what stands in its element."""
    is_closed = CLOSED_FUNCTION.search(body) is not None
    is_alone = not has_words(FUNCTION.sub("", KIND_OF_CALL.sub("", body)))
    for name, inner in functions:
        may_be_loose = is_loose(name, loose_names)
        if may_be_loose or (is_alone and _is_exact(inner)):
            yield name, _read_parameters(inner, may_be_open=may_be_loose and is_closed)


def _is_exact(inner: str) -> bool:
    """Whether nothing but arguments stands here, and no closing mark is missing: nobody has to guess their ends."""
    parameters, outside = split_spans(inner, PARAMETER_BEGINS, PARAMETER_ENDS)
    if not parameters:
        values, outside = split_json(inner)
        return len(values) < 2 and not has_words(outside)
    return not outside.strip() and not any(PARAMETER_OPENS.search(value) for _begun, value in parameters)


def _read_parameters(inner: str, *, may_be_open: bool) -> str:
    ends = OPEN_PARAMETER_ENDS if may_be_open else PARAMETER_ENDS
    parameters, _outside = split_spans(inner, PARAMETER_BEGINS, ends)
    arguments: Any = {begun[1]: read_value(value) for begun, value in parameters}
    return json.dumps(arguments or next(iter(split_json(inner)[0]), {}), ensure_ascii=False)
