"""A call as text takes a time that grows with its length, whoever led the model to write it.

What is tried here has the beginnings of much and the ends of nothing. What grows with the square of its length takes
seconds.
"""

import pytest

from supportbot.assistant.backends.calls.arguments import read_loose_arguments
from supportbot.assistant.backends.output_text import SpokenText
from supportbot.assistant.backends.output_text.prose_thoughts import ProseThoughtReader
from supportbot.assistant.backends.text_calls import parse_text_calls
from supportbot.assistant.backends.text_calls.bare_calls import BareCallReader
from supportbot.assistant.backends.text_calls.suppositions import is_behind_supposition
from tests.linear_time import takes_linear_time

CHARS = 60_000  # of the 64,000 that a call may have
BODIES = {
    "line breaks within": ("<tool_call>x", "\n", "x"),
    "white space behind a mark": ("<|a|>", " ", "x"),
    "closing marks": ("<tool_call>x", "<|a|> ", ""),
    "opening marks": ("", "<|a|>", "x"),
    "calls that do not end": ("<tool_call>", "call:look{", ""),
    "white space behind a call": ("<tool_call>call:look{}", " ", "x"),
    "an argument without a value": ("<tool_call>call:look{", "a", "}"),
    "keys that do not end": ("<tool_call>look", "<arg_key>", ""),
    "keys without a value": ("<tool_call>look", "<arg_key>a</arg_key>", ""),
    "values that do not end": ("<tool_call>look", "<arg_key>a</arg_key><arg_value>", ""),
    "parameters that do not end": ("<function=look>", "<parameter=a>", ""),
    "parameters that do not begin": ("<function=look>", "<parameter=a", "</function>"),
    "white space in a fence": ("<tool_call>```x y", " ", "x"),
    "objects": ("<tool_call>look ", "{}", ""),
    "arguments in Python": ("<tool_call>[", "look(a=1),", "]"),
    "elements that do not end": ("<tool_call>", "<name>", ""),
    "names that do not end": ("<tool_call><name>", "a", ""),
    "tags beside a call": ("<tool_call>{}", "<a>", ""),
}
BARE = {
    "elements that do not end": ("<look>", "<a>", ""),
    "elements": ("<look>", "<a>x</a>", "x"),
    "actions": ("", "\nAction: look\n", ""),
    "stars": ("Thought: x", "\n" + "*" * 999, ""),
    "stars in one line": ("Thought: ", "*", ""),
    "blanks": ("", " ", "x"),
    "labels": ("", "Tool: look\n", ""),
    "labels behind a thought": ("Thought: ", "Tool: look ", ""),
    "labels that do not end": ("Tool: ", "look " * 20, ""),
    "calls behind labels": ("", "Tool: look\nArguments: {}\n", ""),
    "arguments that do not end": ("Tool: look\nArguments: ", '{"a":', ""),
    "blanks behind a label": ("Tool: look", "\n ", "x"),
    "final answers": ("Thought: ", " Final Answer:", ""),
    "thoughts": ("Thought: ", "Thought:\n", ""),
}


@pytest.mark.parametrize("body", BARE.values(), ids=BARE)
def test_no_answer_is_read_for_longer_than_it_is_long(body: tuple[str, str, str]):
    begin, unit, end = body
    text = begin + unit * (CHARS // len(unit)) + end

    def read() -> None:
        thoughts, calls = ProseThoughtReader(), BareCallReader(["look"], ["look"])
        for start in range(0, len(text), 20):
            calls.read_text(thoughts.read_text(text[start : start + 20]))
        calls.read_text(thoughts.flush_text())
        calls.flush_text()

    assert takes_linear_time(read)


UNITS = [
    "\n",
    "\n    ",
    "\n[",
    "<|a|>",
    "<s> a",
    "`a",
    "</think>\n",
    "\n# a",
    "#",
    ">",
    "Ġ",
    "Ãx",
    "ÂłĠ",
    "&lt;",
    "é",
    r"\(",
    r"\(\text{",
    "$$ ",
]


@pytest.mark.parametrize("unit", UNITS)
def test_no_text_that_comes_at_once_is_read_for_longer_than_it_is_long(unit: str):
    def read() -> None:
        spoken = SpokenText()
        spoken.read_text(unit * (CHARS // 2 // len(unit)))
        spoken.flush_text()

    assert takes_linear_time(read)


@pytest.mark.parametrize("unit", ["if ", "si ", "als, ", "...", "?"])
def test_no_sentence_before_a_call_is_read_for_longer_than_it_is_long(unit: str):
    assert takes_linear_time(lambda: is_behind_supposition(unit * (CHARS // len(unit))))


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_no_call_is_read_for_longer_than_it_is_long(body: tuple[str, str, str]):
    begin, unit, end = body
    text = begin + unit * (CHARS // len(unit)) + end
    assert takes_linear_time(lambda: parse_text_calls(text, ["look"], ["look"]))


ARGUMENTS = {
    "white space in a fence": f"```x y{' ' * CHARS}x",
    "objects that differ": "".join(f'{{"a": {count}}}' for count in range(CHARS // 10)),
}


@pytest.mark.parametrize("arguments", ARGUMENTS.values(), ids=ARGUMENTS)
def test_no_arguments_are_read_for_longer_than_they_are_long(arguments: str):
    assert read_loose_arguments(arguments) == arguments
    assert takes_linear_time(lambda: read_loose_arguments(arguments))


ORDER = '{"order_id": "ORD-1"}'
SURROUNDED = [
    f"<tool_call>look {ORDER}\n<|end|> <|call|>\n\n",
    f"<|channel|> to=look<|a|>{ORDER}",
    "<tool_call>call:look{order_id:<escape>ORD-1<escape>} <|end|>",
    "<tool_call>look<arg_key>order_id</arg_key>\n<arg_value>ORD-1</arg_value>\n<|end|>",
    "<function=look><parameter=order_id>\nORD-1\n</parameter></function>",
    "<function=look><parameter=order_id>ORD-1</function>",
    f'<tool_call>```json\n{{"name": "look", "arguments": {ORDER},}}\n```',
]


@pytest.mark.parametrize("body", SURROUNDED, ids=range(len(SURROUNDED)))
def test_what_stands_around_a_call_is_left_out(body: str):
    calls = [(call.name, call.arguments) for call in parse_text_calls(body, ["look"], ["look"])]
    assert calls == [("look", ORDER)]
