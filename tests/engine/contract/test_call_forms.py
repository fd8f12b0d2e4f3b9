"""The names and arguments of calls as models and servers write them, and what is meant by them.

Names: vllm-project/vllm#32587 (with marks), bytedance/deer-flow#654 (twice), BerriAI/litellm#12679 (Kimi's). Arguments:
nearai/ironclaw#5951, tya5/reyn#1063 (more behind them), cubeplexai/cubeloop#8 (line breaks).
"""

import json

import pytest

from supportbot.assistant.backends.calls.arguments import read_loose_arguments
from supportbot.assistant.backends.calls.names import find_tool_name
from tests.engine.desk import Desk
from tests.provider import Ask, Call, End, Script

from .wires import WIRES, Wire

ORDER = '{"order_id": "ORD-123"}'
FORMS = {
    "null": None,
    "nothing": "",
    "white space": " \n",
    "the word null": "null",
    "an empty list": "[]",
    "the word undefined": "undefined",
    "JSON in JSON": '"{}"',
}


@pytest.mark.parametrize("arguments", FORMS.values(), ids=FORMS)
async def test_no_arguments_are_none_in_whatever_form(
    provider: Script, desk: Desk, spoken: Wire, arguments: str | None
):
    if arguments is None and spoken is not WIRES["chat"]:
        arguments = ""
    provider.play(Ask((Call("lookup_order", arguments, "a"),)), End("tool_calls"))
    provider.say("Which one?")

    await desk.ask("Where is my order?")

    assert desk.answers[0].message.tool_calls[0].arguments == "{}"
    assert "order_id" in desk.results[0].content, (
        "the model reads what is missing, and not that it wrote no JSON"
    )


async def test_arguments_as_json_within_json_are_read(provider: Script, desk: Desk):
    provider.play(Ask((Call("lookup_order", '"{\\"order_id\\": \\"ORD-123\\"}"', "a"),)), End("tool_calls"))
    provider.say("Shipped.")

    await desk.ask("ORD-123?")

    assert [result.outcome for result in desk.results] == ["done"]


async def test_a_line_break_within_a_string_of_a_call_as_text_is_one_also_for_what_writes(
    provider: Script, desk: Desk
):
    arguments = '{"issue": "It is late.\n\nAnd broken.", "priority": "low"}'
    provider.say(f'<tool_call>{{"name": "create_ticket", "arguments": {arguments}}}</tool_call>')
    provider.say("It is open.")

    await desk.ask("It is late, and broken")

    assert [result.outcome for result in desk.results] == ["done"]
    assert (
        json.loads(desk.answers[0].message.tool_calls[0].arguments)["issue"] == "It is late.\n\nAnd broken."
    )


LOOSE_ARGUMENTS = {
    "a closing mark behind them": f"{ORDER}\n</tool_call>",
    "an end mark behind them": f"{ORDER}<|im_end|>",
    "a bracket too many": f"{ORDER}}}",
    "words behind them": f"{ORDER} is what I need.",
    "twice": ORDER * 2,
    "an empty object first": "{}" + ORDER,
    "in a fence": f"```json\n{ORDER}\n```",
    "as Python writes them": "{'order_id': 'ORD-123'}",
    "a comma at the end": '{"order_id": "ORD-123",}',
    "a word before them": f"Arguments: {ORDER}",
    "a mark before them": f"<|message|>{ORDER}",
    "a byte order mark before them": f"\ufeff{ORDER}",
    "in a list": f"[{ORDER}]",
    "keys as JavaScript writes them": '{order_id: "ORD-123"}',
    "the whole call": f'{{"name": "lookup_order", "arguments": {ORDER}}}',
    "its arguments under their name": f'{{"arguments": {ORDER}}}',
    "the same as JSON within JSON": json.dumps({"parameters": ORDER}),
    "the whole call in other words": f'{{"function": "lookup_order", "parameters": {ORDER}}}',
    "its arguments under another name": f'{{"input": {ORDER}}}',
    "its arguments under its own name": f'{{"lookup_order": {ORDER}}}',
    "double braces": f"{{{ORDER}}}",
    "escaped for a page": ORDER.replace('"', "&quot;"),
    "escaped once too often": ORDER.replace('"', '\\"'),
    "as JSON within JSON within JSON": json.dumps(json.dumps(ORDER)),
}


@pytest.mark.parametrize("arguments", LOOSE_ARGUMENTS.values(), ids=LOOSE_ARGUMENTS)
async def test_arguments_that_are_not_quite_json_are_read(provider: Script, desk: Desk, arguments: str):
    provider.play(Ask((Call("lookup_order", arguments, "a"),)), End("tool_calls"))
    provider.say("Shipped.")

    await desk.ask("ORD-123?")

    assert [result.outcome for result in desk.results] == ["done"]
    assert json.loads(desk.answers[0].message.tool_calls[0].arguments) == {"order_id": "ORD-123"}


@pytest.mark.parametrize(
    ("arguments", "read"),
    [
        ('{"issue": "Late\nand broken"}', '{"issue": "Late\\nand broken"}'),
        ("{'gift': true, 'note': null}", '{"gift": true, "note": null}'),
        # Two that differ, and half of one: nobody knows what was meant.
        (other := '{"order_id": "ORD-1"}{"order_id": "ORD-2"}', other),
        (cut := '{"order_id": "ORD-1", "gift', cut),
        (again := '{"order_id": "ORD-1"}{"order_id', again),
        (words := "ORD-123", words),
        (code := '{"order_id": open("x")}', code),
        (keys := "{1: 'ORD-123'}", keys),
        (two := f"[{ORDER}, {ORDER}]", two),
        (text := f'"said": {ORDER}', text),
        (own := f'{{"input": {ORDER}}}', own),
        (beside := f'{{"kwargs": {ORDER}, "order_id": "ORD-1"}}', beside),
        (plain := '{"params": "ORD-123"}', plain),
    ],
)
def test_only_what_is_clear_is_read_into_arguments(arguments: str, read: str):
    assert read_loose_arguments(arguments, "lookup_order", ["input", "order_id"]) == read


NAMES = [
    *(
        "lookup_order<|channel|>commentary",
        "functions.lookup_order",
        "functions.lookup_order:0",
        " lookup_order ",
    ),
    *(
        "lookup_orderlookup_order",
        "default_api.lookup_order",
        "`lookup_order`",
        "lookup_order()",
        "tools/lookup_order",
    ),
    *(
        "lookupOrder",
        "lookup order",
        "functions-lookup_order",
        "lookup_order\u200b",
        "lookup_order>",
        "functions_lookup_order_0",
        "tool_lookup_order",
        "lookup_orderjson",
        "lookup_order,",
    ),
]


@pytest.mark.parametrize("name", NAMES)
async def test_a_tool_is_found_by_its_name_as_models_write_it(provider: Script, desk: Desk, name: str):
    provider.play(Ask((Call(name, ORDER, "a"),)), End("tool_calls"))
    provider.say("Shipped.")

    await desk.ask("ORD-123?")

    assert [result.outcome for result in desk.results] == ["done"]
    assert desk.history[1].tool_calls[0].name == "lookup_order"


@pytest.mark.parametrize(
    "arguments",
    ['{"order_id": NaN}', '{"order_id": "ORD-1", "sum": -Infinity}', '{"order_id": "ORD-\\ud83d"}'],
)
async def test_arguments_that_only_python_takes_for_json_are_not_sent_back(
    provider: Script, desk: Desk, spoken: Wire, arguments: str
):
    """Servers that parse the history strictly would refuse the conversation for good."""
    provider.play(Ask((Call("lookup_order", arguments, "a"),)), End("tool_calls"))
    provider.say("Which one?")

    await desk.ask("Where is my order?")

    sent = json.dumps(provider.requests[1].sent)
    assert not [each for each in ("NaN", "Infinity", "\\ud83d") if each in sent]


@pytest.mark.parametrize("name", ["cancel_order", "order", "lookup_order_now", "", "<|constrain|>json"])
def test_another_tool_is_never_taken_for_the_one_that_is_named(name: str):
    assert find_tool_name(name, ["lookup_order", "my_orders"]) == name
