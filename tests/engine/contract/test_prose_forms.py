"""What models write in prose for the program that runs them: thoughts with a heading, agents' actions, calls and words.

Granite's thought process is that of its chat template, and the element that of Open WebUI. Calls beside words:
Gitlawb/openclaude#433, mudler/LocalAI#10052, jundot/omlx#2565. A call in a thought: ggml-org/llama.cpp#23678
and #24202; a draft of one there is none, as in PrimeIntellect-ai/renderers#80.
"""

import json

import pytest

from supportbot.assistant.backends.chat_accumulator import ChatAccumulator
from supportbot.assistant.errors import ErrorCode, ModelError
from supportbot.assistant.messages import Answer
from tests.engine.desk import create_ticket, lookup_order
from tests.provider import wire

ORDER = {"order_id": "ORD-123"}
CALL = json.dumps({"name": "lookup_order", "arguments": ORDER})
ACTION = f"Action: lookup_order\nAction Input: {json.dumps(ORDER)}"
ACTION_IN_JSON = json.dumps({"action": "lookup_order", "action_input": ORDER})
TICKET = json.dumps({"name": "create_ticket", "arguments": {"issue": "Late", "priority": "low"}})
TEXT = "Not before Monday."
TICKET_ACTION = f"Action: create_ticket\nAction Input: {json.dumps({'issue': 'Late', 'priority': 'low'})}"
MADE_UP = "Observation: ticket 5 opened\nThought: Done.\nFinal Answer: I opened ticket 5."
CONDITION = {"condition": "if they agree"}
SPOKEN = {
    f"{TICKET_ACTION}\n{MADE_UP}": "",
    f"Thought: I open one.\n{TICKET_ACTION}\n{MADE_UP}": "",
    f"One moment.\n\n{TICKET_ACTION}\n{MADE_UP}": "One moment.\n\n",
    f"{TICKET_ACTION.replace('create', 'open')}\n{MADE_UP}": "",
    f"Thought: I open one.\n{TICKET_ACTION.replace('create', 'open')}\n{MADE_UP}": "",
    f'Thought: I open one.\nAction: create_ticket(issue="Late")\n{MADE_UP}': "",
    f"{TICKET_ACTION}\nThought: No, I ask.\nFinal Answer: Shall I?": "Shall I?",
    json.dumps({"function": json.loads(TICKET), **CONDITION}): "",
    json.dumps({"type": "function", "function_call": json.loads(TICKET), **CONDITION}): "",
    json.dumps({"tool_calls": [{**json.loads(TICKET), **CONDITION}]}): "",
    json.dumps({"role": "assistant", "content": "Shall I?", "tool_calls": [json.loads(TICKET)]}): "Shall I?",
    json.dumps(
        {"tool_calls": [json.loads(TICKET)], "role": "assistant", "content": "I open it."}
    ): "I open it.",
    '{"function": "a tool", "status": "new"}': '{"function": "a tool", "status": "new"}',
    f"Here is my thought process:\n\nNo tool.\n\nHere is my response:\n\n{TEXT}": TEXT,
    f"**Here's my thought process:** No tool.\n\nHere’s my response: {TEXT}": TEXT,
    f"Thought: I know it.\nFinal Answer: {TEXT}": TEXT,
    f"Final Answer: {TEXT}": TEXT,
    f"**Thinking:**\nHm.\n\n**Answer:**\n{TEXT}": TEXT,
    f"### Reasoning\nHm.\n\n### Response\n{TEXT}": TEXT,
    "思考过程：问订单。\n\n最终答案：周一发出。": "周一发出。",
    f"<details>\n<summary>Thought for 5 seconds</summary>\n\nHm.\n\n</details>\n\n{TEXT}": TEXT,
    "Reasoning: it is late. The answer is no.": "Reasoning: it is late. The answer is no.",
    "## Reasoning\nAnswer all questions.": "## Reasoning\nAnswer all questions.",
    json.dumps({"response": TEXT}): TEXT,
    json.dumps({"role": "assistant", "content": TEXT}): TEXT,
    '{"message": "Hi", "status": "new"}': '{"message": "Hi", "status": "new"}',
    '```json\n{"message": "Hi"}\n```': '```json\n{"message": "Hi"}\n```',
    'Send this:\n{"message": "Hi"}': 'Send this:\n{"message": "Hi"}',
    "<tools>\nHammers and saws": "<tools>\nHammers and saws",
    f'<details type="reasoning" done="true">\n<summary>Thought</summary>\n> Hm.\n</details>\n{TEXT}': TEXT,
    f"Thought: nothing to do.\nAction: None\nFinal Answer: {TEXT}": TEXT,
    f"{TEXT}<|im_end": TEXT,
    "Here is my answer: on Monday.": "Here is my answer: on Monday.",
    "Here is my thought process: pack it, send it.": "Here is my thought process: pack it, send it.",
    "Thought: nobody knows. Ask Anna.": "Thought: nobody knows. Ask Anna.",
    "Action: please send it back.\nThen we refund it.": "Action: please send it back.\nThen we refund it.",
    "Write <b>bold</b> and <lookup>.": "Write <b>bold</b> and <lookup>.",
    "<lookup_order> is a tool.": "<lookup_order> is a tool.",
    'It says {"name": "Tom"} there.': 'It says {"name": "Tom"} there.',
    f"One writes {CALL} for that.": f"One writes {CALL} for that.",
    f"One writes{' ' * 9}{CALL}, Tom says.": f"One writes{' ' * 9}{CALL}, Tom says.",
    f"Thought: do it.\nAction: create_ticket\nAction Input: {TICKET} maybe": "",
    "<create_ticket><issue>Late\n<priority>low</priority></create_ticket>": "",
    f"{TICKET}\n\nShall I?": "Shall I?",
    f"If you agree, I'd send this:\n\n{TICKET}": "If you agree, I'd send this:\n\n",
    f"For example one writes:\n{TICKET_ACTION}": "For example one writes:\n",
    f"Sure! {TICKET}": "Sure! ",
    '{"tool": "create_ticket", "issue": "Late", "priority": "low"}': "",
    '{"arguments": {"issue": "Late", "priority": "low"}}': "",
    f"<think>Maybe.\n<tool_call>{TICKET}</tool_call>": "",
    f"<think>Such as <tool_call>{CALL}</tool_call>, but no.</think>{TEXT}": TEXT,
    f"<think>Such as <tool_call>{CALL}</tool_call>, but no.</think>": "",
}
CALLED = {
    f"Thought: I look it up.\n{ACTION}": "",
    f'Thought: I look it up.\n{ACTION}\nObservation: {{"status": "lost"}}\nFinal Answer: It is lost.': "",
    f"{ACTION}\n": "",
    f"One moment.\n\n{ACTION}": "One moment.\n\n",
    f"One moment.\n\n**Thought:** I look.\n**Action:** `lookup_order`\n**Action Input:** {json.dumps(ORDER)}": (
        "One moment.\n\n"
    ),
    f"Action: ```json\n[{CALL.replace('name', 'tool_name').replace('arguments', 'parameters')}]\n```": "",
    f"Thought: I look.\nAction:\n```json\n{ACTION_IN_JSON}\n```": "",
    CALL.replace("lookup_order", "functions.lookup_order"): "",
    f"[TOOL_CALL]{CALL}[/TOOL_CALL]": "",
    f"<use_tool><tool_name>lookup_order</tool_name><arguments>{json.dumps(ORDER)}</arguments></use_tool>": "",
    "<lookup_order>\n<order_id>ORD-123</order_id>\n</lookup_order>": "",
    "I look.\n\n<lookup_order><order_id>ORD-123</order_id></lookup_order>": "I look.\n\n",
    f"<lookup_order>{json.dumps(ORDER)}</lookup_order>": "",
    json.dumps({"arguments": ORDER}): "",
    json.dumps({"tool": "lookup_order", **ORDER}): "",
    json.dumps({"function_call": {"name": "lookup_order", "arguments": json.dumps(ORDER)}}): "",
    f"lookup_order{json.dumps(ORDER)}": "",
    json.dumps({"tool_calls": [json.loads(CALL)], "role": "assistant", "content": "I look."}): "I look.",
    json.dumps({"role": "assistant", "content": "I look.", "tool_calls": [json.loads(CALL)]}): "I look.",
    f"{CALL}\n\nPlease wait while I look.": "",
    f"```json\n{CALL}\n```\nPlease wait while I look.": "",
    f"Sure! {CALL}": "Sure! ",
    f"<tool_call>{CALL}</tool_call><tool_response>lost</tool_response>\nIt is lost.": "",
    f"<tool_call>{CALL}</tool_call>\n<function_results>lost</function_results>\nIt is lost.": "",
    f"<tool_call>{CALL}</tool_call>\n<tool_result>lost</tool_result>\nIt is lost.": "",
    f"[TOOL_REQUEST]{CALL}[END_TOOL_REQUEST]\n[TOOL_RESULT]{ORDER}[END_TOOL_RESULT]\nIt is lost.": "",
    f"<tool_call><name>lookup_order</name><arguments>{json.dumps(ORDER)}</arguments></tool_call>": "",
    f"<function=lookup_order>with {json.dumps(ORDER)}, please</function>": "",
    f"<think>I need it.\n<tool_call>{CALL}</tool_call>": "",
    f"<think>I need it.\n<tool_call>{CALL}</tool_call></think>": "",
    f"<inner_monologue>I need it.\n<tool_call>{CALL}</tool_call></inner_monologue>": "",
    f"<|thought_start|>I need it.\n<tool_call>{CALL}</tool_call><|thought_end|>": "",
}


def read_answer(said: str, size: int, field: str = "content") -> tuple[str, Answer]:
    """The text that is shown of an answer that comes in pieces of this size, and the answer."""
    accumulator = ChatAccumulator(tools=[lookup_order, create_ticket])
    pieces = [said[start : start + size] for start in range(0, len(said), size)]
    shown = ""
    for event in [*(wire.chunk({field: piece}) for piece in pieces), *wire.ending()]:
        text = accumulator.add_events([event.removeprefix(b"data: ").strip()])
        shown = text if accumulator.written.take_withdrawal() else shown + text
    return shown + accumulator.finish_text(), accumulator.build_answer()


@pytest.mark.parametrize(("said", "shown"), SPOKEN.items(), ids=range(len(SPOKEN)))
@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_thoughts_in_prose_are_no_words(said: str, shown: str, size: int):
    text, answer = read_answer(said, size)

    assert (text.rstrip(), answer.message.tool_calls) == (shown.rstrip(), ())
    assert answer.message.text == text


@pytest.mark.parametrize(("said", "shown"), CALLED.items(), ids=range(len(CALLED)))
@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_a_tool_that_reads_is_called_in_all_forms_of_agents(said: str, shown: str, size: int):
    text, answer = read_answer(said, size)

    assert [(call.name, json.loads(call.arguments)) for call in answer.message.tool_calls] == [
        ("lookup_order", ORDER)
    ]
    assert text.rstrip() == shown.rstrip()


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_a_model_that_stops_in_its_thought_to_call_a_tool_has_called_it(field: str):
    thought = f"I need it.\n<tool_call>\n{CALL}\n</tool_call>"

    _text, answer = read_answer(thought, 9, field)
    assert [call.name for call in answer.message.tool_calls] == ["lookup_order"]

    for other in (thought.replace(CALL, TICKET), f"{thought} But no."):
        _text, answer = read_answer(other, 9, field)
        assert answer.message.tool_calls == ()


def test_two_calls_below_each_other_are_two():
    _text, answer = read_answer(f"{CALL}\n{CALL.replace('123', '9')}", 5)

    assert [json.loads(call.arguments)["order_id"] for call in answer.message.tool_calls] == [
        "ORD-123",
        "ORD-9",
    ]


def test_a_thought_that_is_cut_off_is_no_answer():
    accumulator = ChatAccumulator(tools=[lookup_order])
    accumulator.add_events([wire.text("Thought: I").removeprefix(b"data: ").strip()])

    with pytest.raises(ModelError) as failure:
        accumulator.build_answer()
    assert failure.value.code == ErrorCode.CUT
