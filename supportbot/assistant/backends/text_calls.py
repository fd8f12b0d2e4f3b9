"""Tool calls that stand in the text of an answer, as models write them behind a server that has no parser for them.

Only a call of a tool that was offered is one (irreg/native_tool_call_adapter#3; BerriAI/litellm#12679: Kimi K2).
"""

import json
import re
from collections.abc import Collection, Iterator
from typing import Any

from .call_parts import CallParts

# `lookup_order[ARGS]{…}` and `lookup_order{…}` (Mistral), `lookup_order>{…}` (Llama), and
# `functions.lookup_order:0<|…|>{…}` (Kimi, DeepSeek).
NAMED = re.compile(r"\s*(?:functions?\.)?([\w-]+)(?::\d+)?\s*(?:\[ARGS\]|>|<[|｜][\w▁]+[|｜]>)?\s*(?=\{)")
BEGINNINGS = re.compile(r"<\|tool_call_begin\|>|<｜tool▁call▁begin｜>")
# `<function=lookup_order><parameter=order_id>…</parameter></function>` (Qwen's models for code).
FUNCTION = re.compile(r"<function=([\w-]+)>(.*?)(?:</function>|$)", re.DOTALL)
PARAMETER = re.compile(r"<parameter=([\w-]+)>\s*(.*?)\s*</parameter>", re.DOTALL)


def parse_text_calls(body: str, tool_names: Collection[str]) -> list[CallParts]:
    """The calls of known tools in what stood between the marks of a call."""
    pieces = BEGINNINGS.split(body)
    found = [CallParts(None, "", *call) for piece in pieces for call in _iter_calls(piece)]
    return [call for call in found if call.name in tool_names]


def _iter_calls(body: str) -> Iterator[tuple[str, str]]:
    for name, parameters in FUNCTION.findall(body):
        yield name, json.dumps(dict(PARAMETER.findall(parameters)), ensure_ascii=False)
    if named := NAMED.match(body):
        for value in _iter_json(body[named.end() :]):
            yield named[1], json.dumps(value, ensure_ascii=False)
        return
    for value in _iter_json(body):
        for call in value if isinstance(value, list) else [value]:
            if isinstance(call, dict):
                yield from _read_call(call)


def _read_call(call: dict[str, Any]) -> Iterator[tuple[str, str]]:
    function = call.get("function")
    call = function if isinstance(function, dict) else call
    name = call.get("name") or function
    arguments = call.get("arguments", call.get("parameters", {}))
    if isinstance(name, str):
        yield name, arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)


def _iter_json(text: str) -> Iterator[Any]:
    """The JSON values in a text, one after the other."""
    decoder = json.JSONDecoder()
    position = 0
    while begins := re.compile(r"[{\[]").search(text, position):
        try:
            value, position = decoder.raw_decode(text, begins.start())
        except (ValueError, RecursionError):
            return
        yield value
