"""Calls behind labels are made, and an answer that has such labels, or speaks of a tool, is shown whole."""

import json
from typing import Any

import pytest

from supportbot.assistant.backends.chat_accumulator import ChatAccumulator
from supportbot.assistant.backends.text_calls.labelled_calls import find_labelled_call
from tests.engine.desk import lookup_order
from tests.linear_time import takes_linear_time
from tests.provider import wire

from .spoken import read_calls

ORDER = '{"order_id": "ORD-123"}'
TICKET = '{"issue": "Late", "priority": "low"}'
CALL = f'{{"name": "lookup_order", "arguments": {ORDER}}}'
LOOKUP = ("lookup_order", json.loads(ORDER))
OPENING = ("create_ticket", json.loads(TICKET))
OPENING_CALL = f'{{"name": "create_ticket", "arguments": {TICKET}}}'
OTHER = ORDER.replace("123", "9")
# Whether a tool reads or writes, these are calls of it.
EXACT = [
    "Tool: {name}\nArguments: {arguments}",
    "Tool:\n{name}\nArguments:\n{arguments}",
    "Tool name: {name}\nParameters: {arguments}",
    "Tool Name: `{name}`\nTool Input: {arguments}",
    "Function: {name}\nInput: {arguments}",
    "**Tool:** {name}\n**Arguments:** {arguments}",
    "**Tool**: `{name}`\n**Arguments**: `{arguments}`",
    "**Function:** **{name}**\n**Parameters:**\n```json\n{arguments}\n```",
    "```\nTool: {name}\nArguments: {arguments}\n```",
    "- Tool: {name}\n- Arguments: {arguments}",
    "### Tool: {name}\n### Arguments: {arguments}",
    "TOOL_NAME: {name}\nTOOL_INPUT: {arguments}",
    "Tool : {name}\n\nArguments : {arguments}\n",
    "Tool：{name}\r\nArguments：{arguments}\r\n",
    "Tool: {name}, Arguments: {arguments}",
    "Tool: {name} with arguments: {arguments}",
    "Tool: {name}\n{arguments}",
    "Function call: {name}\n```json\n{arguments}\n```",
    "Tool: {name}\nArguments: {arguments}\nObservation:",
    "Tool to use: {name}\nInput: {arguments}",
    "Name: {name}\nArguments: {arguments}",
    'Tool call: {{"name": "{name}", "arguments": {arguments}}}',
    'Tool Call:\n```json\n{{"name": "{name}", "arguments": {arguments}}}\n```',
    "Thought: I need it. Action: {name} Action Input: {arguments}",
    "Thought: I need it. Tool: {name} Arguments: {arguments}",
    "Thought: Do I need a tool? Yes\nAction: {name}\nAction Input: {arguments}",
    "**Thought**: I need it.\n**Action**: {name}\n**Action Input**: {arguments}",
]
READ = [
    f"Thought: I need it. <tool_call>{CALL}</tool_call>",
    f"Thought: I need it.\n&lt;tool_call&gt;{CALL}&lt;/tool_call&gt;",
    'Tool: lookup_order\nArguments: order_id="ORD-123"',
    "call:lookup_order{order_id:ORD-123}",
    'Action: lookup_order(order_id="ORD-123")',
    f"Action: lookup_order({ORDER})",
    "Tool: lookup_order\nArguments: {'order_id': 'ORD-123'}",
    f"Tool: lookup_order\nArguments: {ORDER}\n\nPlease wait while I look.",
    f"Tool: lookup_order\nArguments: {ORDER}\nResult: lost\nIt is lost.",
    f"Thought: I look. Action: lookup_order Action Input: {ORDER} Observation: lost Final Answer: It is lost.",
    f"Thought: I could use Tool: lookup_order Arguments: {ORDER}",
    f"Thought: I look. Tool: lookup_order Arguments: {ORDER} Final Answer: It is lost.",
    'Thought: I look.\nAction: lookup_order(order_id="ORD-123")\nObservation: lost\nFinal Answer: It is lost.',
]
SEVERAL = {
    f"Tool: lookup_order\nArguments: {ORDER}\n\nTool: lookup_order\nArguments: {OTHER}": [
        LOOKUP,
        ("lookup_order", json.loads(OTHER)),
    ],
    f"Tool: create_ticket\nArguments: {TICKET}\n\nTool: lookup_order\nArguments: {ORDER}": [OPENING, LOOKUP],
    f"Tool: create_ticket\nArguments: {TICKET}\n\nTool: lookup_order\nArguments: {ORDER}\nShall I?": [LOOKUP],
}
REFUSED = {
    f"Tool: create_ticket\nArguments: {TICKET}\nShall I?": "",
    f"If you agree, I'd send this:\n\nTool: create_ticket\nArguments: {TICKET}": "If you agree, I'd send this:\n\n",
    f"Thought: Late. Action: create_ticket Action Input: {TICKET} Observation: done Final Answer: I did it.": "",
    f"Thought: I must not use Tool: create_ticket Arguments: {TICKET}": "",
    f"Thought: I could use **Tool: create_ticket** Arguments: {TICKET}": "",
    f"Plan: after you agree, I would run Tool: create_ticket Arguments: {TICKET}": "",
    f"Plan: if you agree, I run this.\nTool: create_ticket\nArguments: {TICKET}": "",
    f"Thought: I must not use Tool call: {OPENING_CALL}": "",
    f"Thought: Late. Action: create_ticket Action Input: {TICKET} Thought: No. Final Answer: Shall I?": "Shall I?",
    "Tool: create_ticket\nArguments: {'issue': 'Late', 'priority': 'low'}": "",
    f"Tool: lookup_order\nArguments: {ORDER[:-3]}": "",
    f"Thought: maybe {CALL} Final Answer: On Monday.": "On Monday.",
    f"Thought: maybe <tool_call>{CALL}</tool_call> Final Answer: On Monday.": "On Monday.",
    "Thought: I know it. Action: none. Final Answer: On Monday.": "On Monday.",
}
AS_WORDS = [
    "Tool: hammer\nInput: 230 V",
    "Tool: [Hammer](https://shop.example/hammer)",
    "Tool name: Cordless drill\nParameters: 18 V, 2 Ah",
    "**Tool:** Hammer\n**Weight:** 2 kg",
    "- Tool: Hammer\n- Nails",
    "Function: It heats.\nInput: 230 V\nOutput: 12 V",
    "Name: Anna\nParameters: {}",
    "Call: 555-1234\nArguments: none",
    "Tool: lookup_order",
    "Tool: lookup_order\nIt looks an order up.",
    "Tool:\n- Hammer\n- Nails",
    "Tool:\nlookup_order\n\nIt looks an order up.",
    "Tool: lookup_order (for orders)\nTool: create_ticket (for tickets)",
    "Tool: lookup_order\nInput: the order's number",
    "Tool: lookup_order\nArguments:\n- order_id (text)",
    "Tool: lookup_order\nParameters: order_id: the number",
    "Tool: lookup_order\nParameters: {order_id}",
    f"Tool: lookup_order\nArguments: {ORDER} is how one writes it.",
    f"Tool: create_ticket\nArguments: {TICKET} is how one writes it.",
    f"Tool: cancel_order\nArguments: {ORDER}",
    "Function: lookup_order takes the parameter order_id.",
    "The tool: lookup_order, its arguments: order_id.",
    "Tools: lookup_order, create_ticket",
    "Use the tool:\nlookup_order",
    "Action: create_ticket soon",
    "Thought: nobody knows the final answer: ask Anna.",
    "Input: 230 V\nArguments: none",
    "call:create_ticket{issue:Late, or lost,priority:low}",
    "Tooling: x\nTool",
]


@pytest.mark.parametrize("form", EXACT)
@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_a_call_behind_labels_is_made(form: str, size: int):
    for name, arguments, made in (("lookup_order", ORDER, LOOKUP), ("create_ticket", TICKET, OPENING)):
        said = form.format(name=name, arguments=arguments)
        assert read_calls(said, size) == ("", [made])
        if not said.lstrip("*").startswith("Thought"):
            shown, calls = read_calls(f"One moment.\n\n{said}", size)
            assert (shown.rstrip(), calls) == ("One moment.", [made])


def test_a_final_answer_comes_while_it_is_said():
    accumulator, shown = ChatAccumulator(tools=[lookup_order]), ""
    for char in "Final Answer: On Mon":
        shown += accumulator.add_events([wire.text(char).removeprefix(b"data: ").strip()])

    assert shown == "On Mon"


@pytest.mark.parametrize("is_thought", [True, False])
def test_labels_are_looked_for_in_time_that_grows_with_the_blanks_behind_them(is_thought: bool):
    blanks = " " * 20

    text = f"Tool: hammer{blanks}\n{blanks}x\n" * 2_000

    assert takes_linear_time(lambda: find_labelled_call(text, is_thought=is_thought))


@pytest.mark.parametrize("said", READ)
@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_what_reads_is_called_also_beside_words_and_made_up_results(said: str, size: int):
    assert read_calls(said, size) == ("", [LOOKUP])


@pytest.mark.parametrize(("said", "made"), SEVERAL.items())
def test_calls_behind_labels_below_each_other_are_all_made(said: str, made: list[tuple[str, Any]]):
    assert read_calls(said, 5) == ("", made)


@pytest.mark.parametrize(("said", "shown"), [*REFUSED.items(), *((said, said) for said in AS_WORDS)])
@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_what_is_not_clear_or_only_speaks_of_a_tool_calls_none(said: str, shown: str, size: int):
    text, calls = read_calls(said, size)

    assert (text.rstrip(), calls) == (shown.rstrip(), [])
