"""Calls that are JSON objects, in the keys that models have for them, and what stands beside them in a text."""

import json
import re
from collections.abc import Collection, Iterator
from typing import Any

from ..calls.arguments import read_loose_object
from ..calls.names import find_tool_name
from ..calls.parts import ARGUMENTS_KEYS
from ..json_text import load_json_at

JSON_BEGINS = re.compile(r"[{\[]")
NAME_KEYS = (
    *("name", "tool_name", "function", "tool", "action"),
    *("function_name", "recipient_name", "toolName", "functionName", "func"),
)
TEXT_ARGUMENTS_KEYS = (
    *ARGUMENTS_KEYS,
    *("action_input", "tool_input", "toolInput", "tool_args", "tool_arguments", "function_args"),
    *("function_arguments", "params", "kwargs"),
)
FUNCTION_KEYS = ("function", "function_call", "tool_call")
SEVERAL_KEYS = ("tool_calls", "tool_uses", "function_calls", "calls")
# What a model thinks before it calls (xLAM): it is for nobody.
THOUGHT_KEYS = ("thought", "thoughts", "reasoning", "rationale")
# Under which a model puts all of its answer when it has got used to JSON.
ANSWER_KEYS = ("content", "response", "answer", "final_answer", "reply", "message", "text")
CALL_KEYS = (
    *(*NAME_KEYS, *TEXT_ARGUMENTS_KEYS, *SEVERAL_KEYS),
    *("type", "id", "tool_call_id", "function_call", "tool_call"),
)
# Those that say nothing about whether a call is meant.
USUAL_KEYS = (*CALL_KEYS, "call_id", "index", "role", "status", "object", "strict")
# What may stand around a call besides white space: tags, fences, and marks of lists.
DOUBLED = re.compile(r"\s*\{(\{.*\})\}\s*", re.DOTALL)
MAX_FAILURES = 100  # places where JSON might begin and does not
BESIDE_CALLS = re.compile(r"</?[\w:｜|]{1,40}>|```\w*|[\s,;\[\]]")
PYTHON_OBJECT = re.compile(r"\[?\s*\{\s*'")
# `lookup_order` and its arguments in the next line (GLM), `functions.lookup_order:0{…}` (Kimi).
NAMED_CALL = re.compile(r"(?:>>>)?(?:functions\.)?([\w-]+)(?::\d+)?\s*(?=\{)")
FENCE = re.compile(r"```\w*\s|<code>\s*")


def read_call(call: Any, loose_names: Collection[str]) -> Iterator[tuple[str, str]]:
    """The name and the arguments of a call that is a JSON object, or of those in it; nothing if it is none.

    The name is empty where only arguments stand there. Of `loose_names` they may stand beside the name.
    """
    for each, inner in _iter_functions(call):
        beside = {
            key: value for key, value in inner.items() if key not in CALL_KEYS and key not in THOUGHT_KEYS
        }
        name = next((inner[key] for key in NAME_KEYS if inner.get(key)), None)
        places = ((place, key) for place in (inner, each) for key in TEXT_ARGUMENTS_KEYS)
        arguments: Any = next((place[key] for place, key in places if place.get(key) is not None), {})
        if isinstance(name, str) and name == inner.get("recipient_name"):
            name = name.removeprefix("functions.")  # as OpenAI's own form has it
        if name is None and len(inner) == 1 and beside and isinstance(next(iter(inner.values())), dict):
            # `{"lookup_order": {…}}` (Apertus)
            name, arguments = next(iter(inner.items()))
            beside = {}
        elif (
            name is None
            and set(inner) <= {"type", *TEXT_ARGUMENTS_KEYS}
            and isinstance(arguments, dict)
            and arguments
        ):
            name = ""
        if not isinstance(name, str):
            continue
        are_beside = bool(beside) and not set(TEXT_ARGUMENTS_KEYS).intersection(inner)
        is_odd = are_beside or _has_unusual_keys(each, inner, name)
        if is_odd and not is_loose(name, loose_names):
            continue
        arguments = beside if are_beside else arguments
        yield name, arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)


def names_tool(call: Any, tool_names: Collection[str]) -> bool:
    """Whether such an object, or one of those in it, has the name of a tool, be it a call or not."""
    names = (source.get(key) for parts in _iter_functions(call) for source in parts for key in NAME_KEYS)
    return any(isinstance(name, str) and name in tool_names for name in names)


def read_words(values: list[Any]) -> str:
    """What is said beside calls in a message that is a JSON object."""
    messages = (value for value in values if _get_several(value) is not None)
    words = (message.get("content") for message in messages)
    return "\n\n".join(each.strip() for each in words if isinstance(each, str) and each.strip())


def read_wrapped_answer(text: str) -> str:
    """The answer in a text that is one JSON object with nothing else in it; empty if it is none."""
    text = text.strip()
    found = load_json_at(text)
    value = found[0] if found and found[1] == len(text) else None
    said = {key: each for key, each in value.items() if key != "role"} if isinstance(value, dict) else {}
    words = next(iter(said.values()), None)
    return words if len(said) == 1 and said.keys() <= {*ANSWER_KEYS} and isinstance(words, str) else ""


def _iter_functions(call: Any) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """A call, or each of those in a message, and in it the object that has the name and the arguments."""
    several = _get_several(call)
    for each in [call] if several is None else several:
        if isinstance(each, dict):
            yield each, next((each[key] for key in FUNCTION_KEYS if isinstance(each.get(key), dict)), each)


def _get_several(value: Any) -> list[Any] | None:
    """The calls in a message, None if it is none."""
    several = (
        next((value[key] for key in SEVERAL_KEYS if key in value), None) if isinstance(value, dict) else None
    )
    return several if isinstance(several, list) else None


def are_only_calls(values: list[Any], loose_names: Collection[str]) -> bool:
    """Whether all of these JSON values are calls, or lists of calls."""
    return all(
        _is_only_calls(each, loose_names)
        for value in values
        for each in (value if isinstance(value, list) else [value])
    )


def _is_only_calls(value: Any, loose_names: Collection[str]) -> bool:
    several = _get_several(value)
    if several is None:
        return any(read_call(value, loose_names))
    message = {key: each for key, each in value.items() if key not in THOUGHT_KEYS}
    return not _has_unusual_keys(message, message, "") and all(
        any(read_call(each, loose_names)) for each in several
    )


def _has_unusual_keys(call: dict[str, Any], inner: dict[str, Any], name: str) -> bool:
    """Whether something beside a call may be a condition of it, such as `"condition": "if they agree"`."""
    return any(
        value and key not in USUAL_KEYS and key != name
        for source in (call, inner)
        for key, value in source.items()
    )


def is_loose(name: str, loose_names: Collection[str]) -> bool:
    """Whether a call of that name may be written a little wrongly."""
    return find_tool_name(name, loose_names) in loose_names


def split_at_marks(text: str, marks: re.Pattern[str]) -> list[str]:
    """What stands between these marks, of which those within JSON are none: they are what somebody has written."""
    boundaries = re.compile(f"(?P<mark>{marks.pattern})|[{{\\[]", marks.flags)
    pieces, start, position, failures = [], 0, 0, 0
    while failures < MAX_FAILURES and (found := boundaries.search(text, position)):
        position = found.end()
        if found["mark"]:
            pieces.append(text[start : found.start()])
            start = position
            continue
        if value := load_json_at(text, found.start()):
            position = value[1]
        else:
            failures += 1
    return [*pieces, text[start:]]


def split_json(text: str) -> tuple[list[Any], str]:
    """The JSON values in a text, one after the other, and what stands beside them."""
    position, values, outside = 0, [], []
    while (begins := JSON_BEGINS.search(text, position)) and (found := load_json_at(text, begins.start())):
        outside.append(text[position : begins.start()])
        values.append(found[0])
        position = found[1]
    return values, "".join([*outside, text[position:]])


def strip_outer_braces(text: str) -> str:
    """JSON without the second pair of braces that the models of some templates write around it."""
    doubled = DOUBLED.fullmatch(text)
    return doubled[1] if doubled and len(split_json(doubled[1])[0]) == 1 else text


def has_words(text: str) -> bool:
    """Whether more than white space, tags and fences stands beside a call."""
    return BESIDE_CALLS.sub("", text) != ""


def decode_values(text: str) -> tuple[list[Any], str]:
    """The JSON values at the beginning of a text, or of a fence in which it begins, and what follows them."""
    body = text.strip()
    fence = FENCE.match(body)
    body = body[fence.end() :].lstrip() if fence else body
    values: list[Any] = []
    while found := load_json_at(body):
        values += found[0] if isinstance(found[0], list) else [found[0]]
        body = body[found[1] :].lstrip(" \n\r\t,;")
    if fence and (values or body.endswith("```")):
        body = body.removeprefix("```") if values else body.removesuffix("```")
    return values, body.strip()


def read_named_values(text: str) -> tuple[list[Any], str, bool]:
    """The JSON values at the beginning of a text, each with the name before it, and what follows them.

    Also whether each of several has a name before it, if one has.
    """
    values: list[Any] = []
    rest = text
    while named := NAMED_CALL.match(rest):
        found, behind = decode_values(rest[named.end() :])
        if not found:
            break
        values += [{"name": named[1], "arguments": value} for value in found]
        rest = behind
        if len(found) > 1:
            return values, rest, False
    if values:
        return values, rest, True
    values, rest = decode_values(text)
    if not values and PYTHON_OBJECT.match(rest) and (loose := read_loose_object(rest)):
        return [loose], "", False
    while values and FENCE.match(rest):  # another fence behind the first one
        more, behind = decode_values(rest)
        if not more:
            break
        values, rest = [*values, *more], behind
    return values, rest, True
