"""Tool calls that stand in the text of an answer, as models write them behind a server that has no parser for them.

Only a call of a tool that was offered is one (irreg/native_tool_call_adapter#3; BerriAI/litellm#12679: Kimi K2). The
forms are those of the models' chat templates.

What stands between two marks is found by a search for each of them (`spans`).
"""

import json
import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from ..calls.arguments import read_loose_object
from ..calls.names import find_tool_name
from ..calls.parts import CallParts
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
from .pair_calls import ESCAPED_CALL_BEGINS, ESCAPED_CALL_ENDS, iter_escaped_call, iter_keyed_call
from .parameter_calls import FUNCTION, iter_parameter_calls
from .python_calls import iter_python_calls
from .spans import split_spans

SEVERAL_AT_ONCE = "multi_tool_use.parallel"
SPECIAL = r"<[|｜][\w▁:]+[|｜]>"
# `lookup_order[ARGS]{…}` and `lookup_order{…}` (Mistral), `lookup_order>{…}` (Llama),
# `functions.lookup_order:0<|…|>{…}` (Kimi, DeepSeek), and with `<|constrain|>json<|message|>` between them (gpt-oss).
NAMED = re.compile(
    rf"\s*(?:functions?(?:\.|{SPECIAL}))?([\w-]+)(?::\d+)?"
    rf"(?:\s|\[ARGS\]|\[CALL_ID\]\w*|>|{SPECIAL}|<tool_sep>|✿ARGS✿:|\bjson\b|\bcode\b|\bcommentary\b|```)*(?=\{{)"
)
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


def parse_text_calls(body: str, tool_names: Collection[str], loose_names: Collection[str]) -> list[CallParts]:
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
    calls: Sequence[CallParts], tool_names: Collection[str], loose_names: Collection[str]
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
        yield from iter_parameter_calls(body, functions, loose_names)
        return
    if tagged := TAGGED_NAME.search(body):
        yield from iter_tagged_call(body, tagged, may_be_loose=is_loose(tagged[1], loose_names))
        return
    if written := ATTRIBUTES.search(body):
        yield from iter_attribute_call(body, written, may_be_loose=is_loose(written["name"], loose_names))
        return
    body = strip_outer_braces(_drop_outer_marks(body))
    escaped, _outside = split_spans(body, ESCAPED_CALL_BEGINS, ESCAPED_CALL_ENDS)
    if escaped:
        for begun, inner in escaped:
            yield from iter_escaped_call(begun[1], inner, may_be_loose=is_loose(begun[1], loose_names))
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
        yield from iter_keyed_call(body, loose_names)
        yield from iter_python_calls(body, loose_names)


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


def _read_loose_json(body: str) -> list[Any]:
    """The call in a body that is not quite JSON: as Python writes it, or without its last bracket."""
    text = body.strip()
    found = read_loose_object(text) or (read_loose_object(f"{text}}}") if text.endswith("}") else None)
    return [found] if found else []
