"""Calls in the forms that agents have taught their models before there were tools in an API.

`Action: lookup_order` and in the next line `Action Input: {…}` (LangChain's ReAct; Command R puts a list of calls
behind `Action:`), the same with other labels, and `<lookup_order><order_id>…</order_id></lookup_order>` (Cline, Roo
Code). They begin a line, or stand behind a thought.
"""

import json
import re
from collections.abc import Collection
from typing import Any

from ..calls.arguments import read_loose_arguments
from ..calls.parts import CallParts
from ..json_text import is_json_object
from .labelled_calls import (
    LabelledCall,
    find_label,
    find_labelled_call,
    iter_labelled_names,
    may_be_label,
    may_be_labelled_call,
    open_fence,
    skip_label,
    split_arguments,
)
from .mentions import SENTENCE_ENDS
from .pair_calls import iter_escaped_call
from .python_calls import iter_python_calls
from .suppositions import is_behind_supposition

THOUGHT = re.compile(r"\s*\*{0,3}thought\*{0,3}:\*{0,3}", re.IGNORECASE)  # that led to an action
# Command R's, of which an answer may have one too.
PLAN = re.compile(r"\s*\*{0,3}plan\*{0,3}:\*{0,3}", re.IGNORECASE)
# A result that no tool has given.
MADE_UP = re.compile(
    r"(?:^|\n)\s{0,20}\*{0,3}observation\*{0,3}:|(?<=[ \t])(?-i:Observation):", re.IGNORECASE
)
PLAIN_ARGUMENT = re.compile(
    r"\s*[`\"']?(?P<name>[a-zA-Z_]\w{0,63})[`\"']?\s*[:=]\s*(?P<quote>[`\"']?)(?P<value>.*)(?P=quote)"
)
BARE_PAIRS = re.compile(r"\{(\s*[\w-]{1,64}:.*)\}", re.DOTALL)  # `{order_id:ORD-123}`
OBJECT_BEGINS = re.compile(r"\{\s*[\"']")
WAITS = re.compile(r"\W*observation\W*", re.IGNORECASE)
FINAL_ANSWER = re.compile(
    r"(?:(?:^|\n)\s{0,20}\*{0,3}final answer|(?<=\s)\*{0,3}(?-i:Final Answer))\*{0,3}:\*{0,3}\s*",
    re.IGNORECASE,
)
ELEMENT_BEGUN = re.compile(r"<(?P<name>[\w-]*)(?P<end>>?)")
# `<tool>lookup_order</tool><args>{…}</args>` and `<action>lookup_order</action><action_input>{…}</action_input>`.
NAMED_ELEMENT_BEGUN = re.compile(r"<(?:tool|action)>\s*(?P<name>[\w-]*)(?P<end><?)")
NAMED_ELEMENT = re.compile(
    r"<(?P<kind>tool|action)>\s*(?P<name>[\w-]{1,64})\s*</(?P=kind)>\s*"
    r"<(?P<input>(?:tool_|action_)?(?:args|arguments|input|parameters))>\s*(?P<arguments>\{.*\})\s*</(?P=input)>\s*",
    re.DOTALL,
)
NAMED_ELEMENT_OPENINGS = ("<tool>", "<action>")
CHILD = re.compile(r"\s*<(?P<name>[\w-]{1,64})>(?P<value>.*?)</(?P=name)>", re.DOTALL)


def begins_thought(text: str) -> bool:
    """Whether a text begins with what leads to a call, and is for nobody."""
    return THOUGHT.match(text) is not None or PLAN.match(text) is not None


def skip_thought(text: str) -> str:
    """What stands behind a label, if that has a form of its own, also behind the thought before it."""
    return skip_label(text, is_thought=begins_thought(text))


def is_behind_doubtful_thought(text: str) -> bool:
    """Whether a thought before a call may say that it is not meant, as a sentence does in which the call stands."""
    begun = THOUGHT.match(text) or PLAN.match(text)
    start = find_label(text) if begun else None
    if begun is None or start is None:
        return False
    thought = text[begun.end() : start].rstrip(" \t*_")
    return thought[-1:] not in ("", "\n", *SENTENCE_ENDS) or is_behind_supposition(thought)


def may_be_agent_call(text: str, tool_names: Collection[str]) -> bool:
    """Whether a text, of which more comes, begins with a thought before a call, or with a call of one of these."""
    if begins_thought(text) or may_be_label(text) or may_be_labelled_call(text, tool_names):
        return True
    if text and any(each.startswith(text) for each in NAMED_ELEMENT_OPENINGS):
        return True
    begun = NAMED_ELEMENT_BEGUN.match(text) or ELEMENT_BEGUN.match(text)
    if begun is None:
        return False
    name = begun["name"]
    return name in tool_names if begun["end"] else any(each.startswith(name) for each in tool_names)


def parse_agent_calls(
    text: str, tool_names: Collection[str], loose_names: Collection[str]
) -> tuple[list[CallParts], str] | None:
    """The call in such a text, and the words in it; None if it has none.

    A call that changes something is run where nothing stands behind it, and is left out otherwise. A result that the
    model has made up is never shown, and neither is what it has answered to it.
    """
    text = open_fence(text)
    is_thought = begins_thought(text)
    if call := find_labelled_call(text, is_thought=is_thought):
        words = "" if is_thought else text[: call.start].strip()
        if call.name not in tool_names:
            return _read_final_answer(call.rest, words, may_be_made_up=True)
        return _read_labelled_calls(call, words, tool_names, loose_names, is_thought=is_thought)
    named = NAMED_ELEMENT.fullmatch(text.lstrip())
    if named and named["name"] in tool_names:
        calls = _build_call(named["name"], named["arguments"], loose_names)
        return (calls, "") if calls else None
    element = ELEMENT_BEGUN.match(text.lstrip())
    if element and element["end"] and element["name"] in tool_names:
        return _parse_element(text.lstrip(), element["name"], loose_names)
    has_called = any(name in tool_names for name in iter_labelled_names(text))
    if THOUGHT.match(text) or (has_called and MADE_UP.search(text)):
        return _read_final_answer(text, "", may_be_made_up=has_called)
    return None


def _read_labelled_calls(
    first: LabelledCall,
    words: str,
    tool_names: Collection[str],
    loose_names: Collection[str],
    *,
    is_thought: bool,
) -> tuple[list[CallParts], str] | None:
    """A call and those below it, and the words before them; None if a sentence is about it, or it is described."""
    call: LabelledCall | None = first
    calls: list[CallParts] = []
    while call:
        arguments, behind = split_arguments(call.rest)
        found = _build_call(call.name, arguments, loose_names)
        if call.is_action and call.name in loose_names and not found:
            found = [_build_plain_call(call.name, arguments)]
        is_described = not (found or call.is_action or OBJECT_BEGINS.match(arguments))
        if not is_thought and (behind[:1].islower() or is_described):
            return None
        calls += found
        following = find_labelled_call(behind, is_thought=False)
        is_next = following and following.start == 0 and following.name in tool_names
        call = following if is_next else None
    if behind and not WAITS.fullmatch(behind):
        calls = [each for each in calls if each.name in loose_names]
    if not calls:
        return _read_final_answer(behind, words, may_be_made_up=True) or ([], words)
    return calls, words


def _read_final_answer(text: str, words: str, *, may_be_made_up: bool) -> tuple[list[CallParts], str] | None:
    """The final answer in a text, or the words before it where a made-up result is in it; None if it has neither."""
    if may_be_made_up and MADE_UP.search(text):
        return [], words
    final = FINAL_ANSWER.search(text)
    return ([], text[final.end() :]) if final else None


def _parse_element(text: str, name: str, loose_names: Collection[str]) -> tuple[list[CallParts], str] | None:
    inner, end, rest = text.partition(">")[2].partition(f"</{name}>")
    values: dict[str, Any] = {}
    position = 0
    while child := CHILD.match(inner, position):
        values[child["name"]] = child["value"].strip()
        position = child.end()
    other = inner[position:].strip()
    if not values and not is_json_object(other or "{}"):
        return ([], rest.strip()) if other.startswith("<") else None
    is_loose = name in loose_names
    if not is_loose and (rest.strip() or not end or (values and other)):
        return [], rest.strip()
    return [CallParts(None, "", name, json.dumps(values, ensure_ascii=False) if values else other)], ""


def _build_plain_call(name: str, arguments: str) -> CallParts:
    """An agent's call whose arguments are no JSON, as ReAct has it: `order_id: ORD-123`, or a value alone.

    Of that nobody knows which argument it is. So the call has none, and the model is told what is missing.
    """
    lines = re.split(r"\n|,\s*(?=[\w-]+\s*[:=])", arguments)
    pairs = [PLAIN_ARGUMENT.fullmatch(line.strip()) for line in lines]
    values = {pair["name"]: pair["value"] for pair in pairs if pair} if all(pairs) else {}
    return CallParts(None, "", name, json.dumps(values, ensure_ascii=False))


def _build_call(name: str, arguments: str, loose_names: Collection[str]) -> list[CallParts]:
    """The call with arguments in JSON, as Python writes them, or as Gemma does where its server drops the marks."""
    loose = read_loose_arguments(arguments, name) if name in loose_names else arguments
    if is_json_object(loose):
        return [CallParts(None, "", name, loose)]
    pairs = BARE_PAIRS.fullmatch(arguments.strip())
    if pairs:
        written = iter_escaped_call(name, pairs[1], may_be_loose=name in loose_names)
    else:
        written = iter_python_calls(f"{name}({arguments})", loose_names) if "=" in arguments else iter(())
    return [CallParts(None, "", *each) for each in written]
