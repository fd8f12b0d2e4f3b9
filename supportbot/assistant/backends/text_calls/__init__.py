"""Tool calls that stand in the text of an answer, as models write them behind a server that has no parser for them.

Only a call of a tool that was offered is one (irreg/native_tool_call_adapter#3; BerriAI/litellm#12679: Kimi K2). The
forms are those of the models' chat templates.

What stands between two marks is found by a search for each of them (`spans`).
"""

import json
import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from ..call_arguments import read_loose_object
from ..call_names import find_tool_name
from ..call_parts import CallParts
from ..json_text import is_json_object, load_json
from .element_calls import ATTRIBUTES, TAGGED_NAME, iter_attribute_call, iter_tagged_call
from .json_calls import (
    are_only_calls,
    has_words,
    is_loose,
    read_call,
    split_at_marks,
    split_json,
    strip_outer_braces,
)
from .python_calls import iter_python_calls
from .spans import find_between

SEVERAL_AT_ONCE = "multi_tool_use.parallel"
SPECIAL = r"<[|｜][\w▁:]+[|｜]>"
# `lookup_order[ARGS]{…}` and `lookup_order{…}` (Mistral), `lookup_order>{…}` (Llama),
# `functions.lookup_order:0<|…|>{…}` (Kimi, DeepSeek), and with `<|constrain|>json<|message|>` between them (gpt-oss).
NAMED = re.compile(
    rf"\s*(?:functions?(?:\.|{SPECIAL}))?([\w-]+)(?::\d+)?"
    rf"(?:\s|\[ARGS\]|\[CALL_ID\]\w*|>|{SPECIAL}|<tool_sep>|✿ARGS✿:|\bjson\b|\bcode\b|\bcommentary\b|```)*(?=\{{)"
)
# DeepSeek's and Step's word before a name.
KIND_OF_CALL = re.compile(r"\bfunction(?=<[|｜]tool[_▁]sep[|｜]>)")
# `<function(lookup_order){…}>`
IN_BRACKETS = re.compile(r"^<function\(([\w.-]+)\)\s*(\{.*\})\s*>?\s*$", re.DOTALL)
DSML = re.compile(r"(</?)\s?[|｜]{1,2}\s?DSML\s?[|｜]{1,2}\s?", re.IGNORECASE)
# Kimi K3's marks around a call and its arguments (can1357/oh-my-pi#8495), and those of elements for them.
KIMIS_MARKS = (
    (re.compile(r'<\|open\|>call tool="([^"<>]*)"[^<>|]*<\|sep\|>', re.IGNORECASE), r'<invoke name="\1">'),
    (
        re.compile(r'<\|open\|>argument key="([^"<>]*)"[^<>|]*<\|sep\|>', re.IGNORECASE),
        r'<parameter name="\1">',
    ),
    (re.compile(r"<\|close\|>argument<\|sep\|>", re.IGNORECASE), "</parameter>"),
    (re.compile(r"<\|close\|>call<\|sep\|>", re.IGNORECASE), "</invoke>"),
    (re.compile(r"<\|(?:open|close)\|>tools<\|sep\|>", re.IGNORECASE), ""),
)
SOLARS_ID = re.compile(r"(?<![\w-])[\w-]{0,64}<\|tool_call:name\|>", re.IGNORECASE)
# Behind them a further call begins. Mistral's may also be words about it.
CALL_BEGINNINGS = re.compile(
    r"<\|tool_call_begin\|>|<｜tool▁call▁begin｜>|✿function✿:|<tool_call>(?=\s*[\w.-]+<tool_sep>)"
    r"|\[tool_calls\](?=\s*(?:[\w.-]+\s*)?[\[{])",
    re.IGNORECASE,
)
OPENING_MARK = re.compile(
    r"\s*(?:<function=|<ctrl42>call|✿function✿:|\[tool_calls?\]|\[tool_request\]"
    r"|(?:<\|start\|>assistant)?(?:<\|channel\|>\w+)? to=|<[|｜]?[\w:▁｜]+[|｜]?>)",
    re.IGNORECASE,
)
CLOSING_MARK = re.compile(rf"{SPECIAL}$")
MAX_CLOSING_MARK_CHARS = 64
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
OPEN_PARAMETER_ENDS = re.compile(
    rf"{PARAMETER_ENDS.pattern}|(?=<(?:[｜\w]*[｜:])?parameter)|$", re.IGNORECASE
)
# `lookup_order<arg_key>order_id</arg_key><arg_value>…</arg_value>` (GLM, LongCat)
KEYED_NAME = re.compile(r"\s*([\w-]+)\s*(?=<arg_key>|<|$)")
KEY_BEGINS = re.compile(r"<(?:longcat_)?arg_key>", re.IGNORECASE)
KEYED_VALUE_BEGINS = re.compile(r"</(?:longcat_)?arg_key>\s*<(?:longcat_)?arg_value>", re.IGNORECASE)
KEYED_VALUE_ENDS = re.compile(r"</(?:longcat_)?arg_value>", re.IGNORECASE)
# `call:lookup_order{order_id:<escape>…<escape>}` (Gemma)
ESCAPED_CALL_BEGINS = re.compile(r"call:([\w-]+)\s*\{")
ESCAPED_CALL_ENDS = re.compile(r"\}\s*(?=call:|<|$)")
ESCAPED_ARGUMENT = re.compile(
    r"(?<![\w-])([\w-]+):(?:(?P<mark><escape>|<\|\"\|?>)(?P<text>.*?)(?P=mark)|(?P<bare>[^,]*))", re.DOTALL
)
BARE_VALUE = re.compile(r"\s*(?:-?\d[\d.]*|true|false|null)\s*")


def parse_text_calls(
    body: str, tool_names: Collection[str], loose_names: Collection[str] = ()
) -> list[CallParts]:
    """The calls of known tools in a mark of a call and what stood after it, up to its end.

    Those of `loose_names` may be written a little wrongly, and so may their names. All others change something, and are
    taken word for word or not at all, also where something stands beside them that is no call of a tool.
    """
    calls = []
    for piece in split_at_marks(_unify_marks(body), CALL_BEGINNINGS):
        found = [
            (find_tool_name(name, loose_names), arguments)
            for name, arguments in _iter_calls(piece, loose_names)
        ]
        run_names = tool_names if all(name in tool_names for name, _arguments in found) else loose_names
        calls += [CallParts(None, "", name, arguments) for name, arguments in found if name in run_names]
    return calls


def split_calls(
    calls: Sequence[CallParts], tool_names: Collection[str], loose_names: Collection[str] = ()
) -> list[CallParts]:
    """The calls, each by itself also where one of OpenAI's own tools makes several at once."""
    found = []
    for call in calls:
        is_several = call.name == SEVERAL_AT_ONCE and call.name not in tool_names
        several = parse_text_calls(call.arguments, tool_names, loose_names) if is_several else []
        found += several or [call]
    return found


def _unify_marks(body: str) -> str:
    """The text with the usual elements in the place of marks that mean the same."""
    body = SOLARS_ID.sub("", DSML.sub(r"\1", body))
    for mark, element in KIMIS_MARKS if "<|open|>" in body else ():
        body = mark.sub(element, body)
    return body


def _iter_calls(body: str, loose_names: Collection[str]) -> Iterator[tuple[str, str]]:
    body = IN_BRACKETS.sub(r"<function=\1>\2", body)
    if functions := FUNCTION.findall(body):
        is_closed = CLOSED_FUNCTION.search(body) is not None
        is_alone = not has_words(FUNCTION.sub("", KIND_OF_CALL.sub("", body)))
        for name, inner in functions:
            may_be_loose = is_loose(name, loose_names)
            if may_be_loose or (is_alone and _is_exact(inner)):
                yield name, _read_parameters(inner, may_be_open=may_be_loose and is_closed)
        return
    if tagged := TAGGED_NAME.search(body):
        yield from iter_tagged_call(body, tagged, may_be_loose=is_loose(tagged[1], loose_names))
        return
    if written := ATTRIBUTES.search(body):
        yield from iter_attribute_call(body, written, may_be_loose=is_loose(written["name"], loose_names))
        return
    body = strip_outer_braces(_drop_outer_marks(body))
    if escaped := list(find_between(body, ESCAPED_CALL_BEGINS, ESCAPED_CALL_ENDS)):
        for begun, inner in escaped:
            yield from _iter_escaped_calls(begun[1], inner, may_be_loose=is_loose(begun[1], loose_names))
        return
    if named := NAMED.match(body):
        values, outside = split_json(body[named.end() :])
        if is_loose(named[1], loose_names) or (len(values) == 1 and not has_words(outside)):
            yield from ((named[1], json.dumps(value, ensure_ascii=False)) for value in values)
        return
    values, outside = split_json(body)
    is_alone = bool(values) and not has_words(outside) and are_only_calls(values, loose_names)
    values = values or _read_loose_json(body)
    for value in values:
        for call in value if isinstance(value, list) else [value]:
            yield from (
                each for each in read_call(call, loose_names) if is_alone or is_loose(each[0], loose_names)
            )
    if not any(isinstance(value, dict) or value for value in values):
        yield from _iter_keyed_calls(body, loose_names)
        yield from iter_python_calls(body, loose_names)


def _is_exact(inner: str) -> bool:
    """Whether nothing but arguments stands here, and no closing mark is missing: nobody has to guess their ends."""
    closed, opened = (
        [(begun[1], value) for begun, value in find_between(inner, PARAMETER_BEGINS, ends)]
        for ends in (PARAMETER_ENDS, OPEN_PARAMETER_ENDS)
    )
    if not closed:
        values, outside = split_json(inner)
        return len(values) < 2 and not has_words(outside)
    position, other = 0, []
    while begun := PARAMETER_BEGINS.search(inner, position):
        other.append(inner[position : begun.start()])
        ended = PARAMETER_ENDS.search(inner, begun.end())
        position = ended.end() if ended else len(inner)
    return closed == opened and not "".join([*other, inner[position:]]).strip()


def _read_parameters(inner: str, *, may_be_open: bool) -> str:
    ends = OPEN_PARAMETER_ENDS if may_be_open else PARAMETER_ENDS
    found = find_between(inner, PARAMETER_BEGINS, ends)
    arguments: Any = {begun[1]: _read_value(value) for begun, value in found}
    return json.dumps(arguments or next(iter(split_json(inner)[0]), {}), ensure_ascii=False)


def _iter_escaped_calls(name: str, inner: str, *, may_be_loose: bool) -> Iterator[tuple[str, str]]:
    """The call with these arguments. Text stands between marks, and where it does not, it ends at any comma in it."""
    if is_json_object(in_braces := f"{{{inner}}}"):
        yield name, in_braces
        return
    found = list(ESCAPED_ARGUMENT.finditer(inner))
    has_other = ESCAPED_ARGUMENT.sub("", inner).strip(", \t\n") != ""
    is_exact = not has_other and all(each["mark"] or BARE_VALUE.fullmatch(each["bare"]) for each in found)
    if not may_be_loose and not is_exact:
        return
    values = {each[1]: each["text"] if each["mark"] else _read_value(each["bare"]) for each in found}
    yield name, json.dumps(values, ensure_ascii=False)


def _drop_outer_marks(body: str) -> str:
    """The text without the marks at its beginning, and without those and the white space at its end."""
    start, end = 0, len(body.rstrip())
    while opening := OPENING_MARK.match(body, start):
        start = opening.end()
    while end > start:
        closing = CLOSING_MARK.search(body, max(start, end - MAX_CLOSING_MARK_CHARS), end)
        if closing:
            end = closing.start()
        elif body[end - 1].isspace():
            end -= 1
        else:
            break
    return body[start:end]


def _iter_keyed_calls(body: str, loose_names: Collection[str]) -> Iterator[tuple[str, str]]:
    name = KEYED_NAME.match(body)
    if name is None:
        return
    values: dict[str, Any] = {}
    position, other = name.end(), []
    while (
        (key := KEY_BEGINS.search(body, position))
        and (value := KEYED_VALUE_BEGINS.search(body, key.end()))
        and (end := KEYED_VALUE_ENDS.search(body, value.end()))
    ):
        other.append(body[position : key.start()])
        values[body[key.end() : value.start()].strip()] = _read_value(body[value.end() : end.start()])
        position = end.end()
    is_exact = not "".join([*other, body[position:]]).strip()
    if is_exact or is_loose(name[1], loose_names):
        yield name[1], json.dumps(values, ensure_ascii=False)


def _read_value(text: str) -> Any:
    """An argument. Text stands without quotation marks, and so may a number that is meant as text."""
    text = text.strip()
    if text[:1] not in ("{", "[", '"') and text != "null":
        return text
    value = load_json(text)
    return text if value is None else value


def _read_loose_json(body: str) -> list[Any]:
    """The call in a body that is not quite JSON: as Python writes it, or without its last bracket."""
    text = body.strip()
    found = read_loose_object(text) or (read_loose_object(f"{text}}}") if text.endswith("}") else None)
    return [found] if found else []
