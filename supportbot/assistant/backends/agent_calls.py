"""Calls in the forms that agents have taught their models before there were tools in an API.

`Action: lookup_order` and in the next line `Action Input: {…}` (LangChain's ReAct; Command R puts a list of calls
behind `Action:`), and `<lookup_order><order_id>…</order_id></lookup_order>` (Cline, Roo Code). They begin a line.
"""

import json
import re
from collections.abc import Collection
from typing import Any

from .call_arguments import read_loose_arguments
from .call_parts import CallParts
from .sanitize import is_json_object

# What may stand before an action: the thought that led to it.
THOUGHT = re.compile(r"\s*\*{0,3}thought:\*{0,3}", re.IGNORECASE)
PLAN = re.compile(
    r"\s*\*{0,3}plan:\*{0,3}", re.IGNORECASE
)  # Command R's, of which an answer may have one too
ACTION = re.compile(
    r"(?:^|\n)[ \t]{0,20}\*{0,3}action:\*{0,3}[ \t]{0,20}`?(?P<name>[\w.-]{1,64})`?[ \t]{0,20}"
    r"\n\s{0,20}\*{0,3}action[ _]input:\*{0,3}",
    re.IGNORECASE,
)
ACTION_BEGUN = re.compile(r"\*{0,3}action:\*{0,3}\s*`?(?P<name>[\w.-]*)", re.IGNORECASE)
OBSERVATION = re.compile(r"\n\s{0,20}\*{0,3}(?:observation|thought|final answer):", re.IGNORECASE)
MADE_UP = re.compile(r"\n\s{0,20}\*{0,3}observation:", re.IGNORECASE)  # a result that no tool has given
FINAL_ANSWER = re.compile(r"(?:^|\n)\s{0,20}\*{0,3}final answer:\*{0,3}\s*", re.IGNORECASE)
LISTED = re.compile(r"\*{0,3}action:\*{0,3}\s*(?=```|\[)", re.IGNORECASE)  # the calls of Command R
ELEMENT_BEGUN = re.compile(r"<(?P<name>[\w-]*)(?P<end>>?)")
CHILD = re.compile(r"\s*<(?P<name>[\w-]{1,64})>(?P<value>.*?)</(?P=name)>", re.DOTALL)
LABELS = ("thought:", "action:", "plan:")
INPUT_LABEL = "action input:"


def may_be_agent_call(text: str, tool_names: Collection[str]) -> bool:
    """Whether a text, of which more comes, begins with a thought before a call, or with a call of one of these."""
    words = text.lower().replace("*", "")
    is_begun = THOUGHT.match(text) or PLAN.match(text) or LISTED.match(text)
    if is_begun or (text and any(each.startswith(words) for each in LABELS)):
        return True
    if begun := ACTION_BEGUN.match(text):
        name = begun["name"]
        input_begun = text[begun.end() :].lower().strip("*` \t\n").replace("_", " ")
        return any(each.startswith(name) for each in tool_names) or INPUT_LABEL.startswith(
            input_begun[: len(INPUT_LABEL)]
        )
    if element := ELEMENT_BEGUN.match(text):
        name = element["name"]
        return name in tool_names if element["end"] else any(each.startswith(name) for each in tool_names)
    return False


def skip_thought(text: str) -> str:
    """What stands behind `Action:`, if that is a list of calls or a fence, also behind the thought before it."""
    listed = LISTED.search(text) if THOUGHT.match(text) or PLAN.match(text) else LISTED.match(text)
    return text[listed.end() :] if listed else text


def parse_agent_calls(
    text: str, tool_names: Collection[str], loose_names: Collection[str]
) -> tuple[list[CallParts], str] | None:
    """The call in such a text, and the words in it; None if it has none.

    A call that changes something is run where nothing stands behind it, and is left out otherwise. A result that the
    model has made up is never shown, and neither is what it has answered to it.
    """
    if action := ACTION.search(text):
        name, rest = action["name"], text[action.end() :]
        before = text[: action.start()]
        words = "" if THOUGHT.match(before) or PLAN.match(before) else before.strip()
        if name not in tool_names:
            return _read_final_answer(rest, words, may_be_made_up=True)
        observed = OBSERVATION.search(rest)
        if observed and name not in loose_names and rest[observed.end() :].strip("* \n"):
            return _read_final_answer(rest, words, may_be_made_up=True) or ([], words)
        arguments = rest[: observed.start()].strip() if observed else rest.strip()
        return _build_call(name, arguments, loose_names), words
    element = ELEMENT_BEGUN.match(text.lstrip())
    if element and element["end"] and element["name"] in tool_names:
        return _parse_element(text.lstrip(), element["name"], loose_names)
    has_called = any(begun["name"] in tool_names for begun in ACTION_BEGUN.finditer(text))
    if THOUGHT.match(text) or (has_called and MADE_UP.search(text)):
        return _read_final_answer(text, "", may_be_made_up=has_called)
    return None


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


def _build_call(name: str, arguments: str, loose_names: Collection[str]) -> list[CallParts]:
    if name in loose_names:
        arguments = read_loose_arguments(arguments, name)
    return [CallParts(None, "", name, arguments)] if is_json_object(arguments) else []
