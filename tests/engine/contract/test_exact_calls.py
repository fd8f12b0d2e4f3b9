"""What a tool that writes does is only what its call says word for word, also where it is text or comes in pieces.

A tool that only reads may be called a little wrongly, as `test_marks.py` and `test_call_forms.py` have it.
"""

import json

import pytest

from supportbot.assistant.backends.chat_accumulator import ChatAccumulator
from tests.engine.demo_shop import create_ticket, lookup_order
from tests.provider import wire

TICKET = {"issue": "Late", "priority": "low"}
ARGUMENTS = json.dumps(TICKET)
CALL = f'{{"name": "create_ticket", "arguments": {ARGUMENTS}}}'
PRIORITY = "<parameter=priority>low</parameter>"
GEMMAS = "<start_function_call>call:create_ticket{{issue:{},priority:{}}}<end_function_call>"
KEYED = "<arg_key>{}</arg_key><arg_value>{}</arg_value>"
EXACT = {
    "JSON": f"<tool_call>{CALL}</tool_call>",
    "JSON without a mark": f"I open one.\n\n{CALL}",
    "JSON behind a condition of something else": f"If it is late, a ticket helps. I open one.\n\n{CALL}",
    "JSON behind a question": f"Is it late? I open a ticket:\n\n{CALL}",
    "JSON behind an offer of further help": f"I open one. If you need anything else, tell me!\n\n{CALL}",
    "JSON behind what the team will do": "You'd like a refund, so I open a ticket. They answer as soon as possible, "
    f"and ask you if they need more.\n\n{CALL}",
    "an action behind words": f"I open one.\n\nAction: create_ticket\nAction Input: {ARGUMENTS}",
    "an element behind words": f"I open one:\n<create_ticket>{ARGUMENTS}</create_ticket>",
    "parameters": f"<function=create_ticket><parameter=issue>Late</parameter>{PRIORITY}</function>",
    "its name and JSON": f"[TOOL_CALLS]create_ticket[ARGS]{ARGUMENTS}",
    "keys and values": f"<tool_call>create_ticket\n{KEYED.format('issue', 'Late')}\n{KEYED.format('priority', 'low')}\n"
    "</tool_call>",
    "text between marks": GEMMAS.format("<escape>Late<escape>", "<escape>low<escape>"),
    "an action": f"Thought: it is late.\nAction: create_ticket\nAction Input: {ARGUMENTS}",
    "an action that waits for its result": f"Action: create_ticket\nAction Input: {ARGUMENTS}\nObservation:",
    "an action that waits, in bold": f"**Action:** create_ticket\n**Action Input:** {ARGUMENTS}\n**Observation:**\n",
    "JSON with the keys of the Responses API": '{"type": "function_call", "id": "a", "call_id": "b", '
    f'"name": "create_ticket", "arguments": {json.dumps(ARGUMENTS)}, "status": "completed"}}',
    "JSON of a strict function": f'{{"type": "function", "object": "call", "function": {CALL[:-1]}, "strict": true}}}}',
    "an element": "<create_ticket>\n<issue>Late</issue>\n<priority>low</priority>\n</create_ticket>",
    "elements": f"<tool_call><name>create_ticket</name><arguments>{ARGUMENTS}</arguments></tool_call>",
    "in a fence within a mark": f"<tool_call>```json\n{CALL}\n```</tool_call>",
    "Python": '[create_ticket(issue="Late", priority="low")]',
    "JSON with the keys of the API": f'{{"id": "a", "type": "function", "index": 0, "function": {CALL}}}',
    "a list of calls": f'{{"tool_calls": [{CALL}], "role": "assistant", "content": null}}',
    "Python within print": '<tool_code>print(default_api.create_ticket(issue="Late", priority="low"))</tool_code>',
}
WRONG = {
    "as a Python dictionary": f"<tool_call>{CALL}</tool_call>".replace('"', "'"),
    "keys as JavaScript writes them": '<tool_call>{name: "create_ticket", arguments: {issue: "Late", priority: "low"}}',
    "without the last bracket": f"<tool_call>{CALL[:-1]}</tool_call>",
    "a comma at the end": f"<tool_call>{CALL[:-1]},}}</tool_call>",
    "a parameter that does not end": f"<function=create_ticket><parameter=issue>Late{PRIORITY}</function>",
    "a last parameter that does not end": "<function=create_ticket><parameter=issue>Late</parameter>"
    "<parameter=priority>low</function>",
    "a parameter cut off": "<function=create_ticket><parameter=issue>Late</parameter><parameter=priority>lo",
    "a value that does not end": f"<tool_call>create_ticket{KEYED.format('issue', 'Late')}<arg_key>priority</arg_key>"
    "<arg_value>low</tool_call>",
    "words beside the keys": f"<tool_call>create_ticket{KEYED.format('issue', 'Late')} or so "
    f"{KEYED.format('priority', 'low')}",
    "text without marks": GEMMAS.format("Late, and broken", "low"),
    "a mark that does not end": GEMMAS.format("<escape>Late", "low"),
    "no names of arguments": '[create_ticket("Late", "low")]',
    "a dictionary unpacked": '[create_ticket(**{"issue": "Late", "priority": "low"})]',
    "within a condition": '<tool_code>create_ticket(issue="Late", priority="low") if False else 0</tool_code>',
    "denied": '<tool_code>not create_ticket(issue="Late", priority="low")</tool_code>',
    "as a keyword": '<tool_code>print(f(), sep=create_ticket(issue="Late", priority="low"))</tool_code>',
    "beside something else": '[create_ticket(issue="Late", priority="low"), 5]',
    "its name not quite": f"<tool_call>{CALL.replace('create_', 'Create-')}</tool_call>",
    "within a sentence": 'If you like I can open a ticket: [create_ticket(issue="Late", priority="low")]',
    "within a sentence with a space": 'I could do [ create_ticket(issue="Late", priority="low") ]',
    "its name, JSON and words": f"[TOOL_CALLS]create_ticket[ARGS]{ARGUMENTS} and hurry",
    "its name and two objects": f"<tool_call>create_ticket{ARGUMENTS}{ARGUMENTS}</tool_call>",
    "words before JSON": f"<tool_call>[maybe] {CALL}</tool_call>",
    "words behind JSON": f"<tool_call>{CALL} and hurry</tool_call>",
    "JSON among words": f"<function=create_ticket>maybe {ARGUMENTS}</function>",
    "words before a function": f"<tool_call>[or] <function=create_ticket>{ARGUMENTS}</function></tool_call>",
    "words beside parameters": "<function=create_ticket>or <parameter=issue>Late</parameter>"
    f"{PRIORITY}</function>",
    "words behind the call of gpt-oss": "<|channel|>commentary to=functions.create_ticket <|constrain|>json<|message|>"
    f"{ARGUMENTS} ok?<|call|>",
    "words beside elements": f"<tool_call><name>create_ticket</name> or <arguments>{ARGUMENTS}</arguments></tool_call>",
    "an action with words": f"Action: create_ticket\nAction Input: {ARGUMENTS} maybe",
    "an element with words": "<create_ticket><issue>Late</issue> or <priority>low</priority></create_ticket>",
    "without a name": f'{{"arguments": {ARGUMENTS}}}',
    "arguments beside the name": '{"tool": "create_ticket", "issue": "Late", "priority": "low"}',
    "JSON with words behind it": f"{CALL}\n\nShall I?",
    "JSON behind a sentence": f"Sure! {CALL}",
    "JSON behind a condition": f"If you agree, I'd send this:\n{CALL}",
    "JSON behind what one would do": f"I would open this ticket:\n\n{CALL}",
    "JSON behind a question of whether": f"Shall I open a ticket?\n\n{CALL}",
    "JSON in a fence behind a condition": f"Wenn Sie einverstanden sind, sende ich das:\n```json\n{CALL}\n```",
    "an action behind an example": f"For example one writes:\nAction: create_ticket\nAction Input: {ARGUMENTS}",
    "an element behind a condition": f"If you agree:\n<create_ticket>{ARGUMENTS}</create_ticket>",
    "JSON behind a Chinese question": f"需要我提交工单吗？\n\n{CALL}",
    "Python behind a condition": 'Si vous voulez :\n[create_ticket(issue="Late", priority="low")]',
    "another name behind it in a mark": f'<tool_call>{CALL} {{"name": "wait"}}</tool_call>',
    "arguments alone behind it": f'{CALL}{{"arguments": {{"not": "yet"}}}}',
    "arguments alone behind it in a mark": f'<tool_call>{CALL}{{"arguments": {{"not": "yet"}}}}</tool_call>',
    "in a thought": f"<think>Maybe.\n<tool_call>{CALL}</tool_call>",
    "within a sentence as JSON": f"I could do [{CALL}]",
    "an action and a final answer": f"Action: create_ticket\nAction Input: {ARGUMENTS}\n"
    "Thought: No, I should ask first.\nFinal Answer: Shall I open a ticket?",
    "an action and a result that is made up": f"Action: create_ticket\nAction Input: {ARGUMENTS}\n"
    "Observation: ticket 5 opened",
    "an action and another one": f"Action: create_ticket\nAction Input: {ARGUMENTS}\nThought: No.\n"
    'Action: lookup_order\nAction Input: {"order_id": "ORD-12345"}',
    "an action behind JSON within a line": 'Such as: {"action": 1}\n'
    f"Action: create_ticket\nAction Input: {ARGUMENTS}",
    "words between arguments": GEMMAS.format("<escape>Late<escape> or maybe not", "<escape>low<escape>"),
    "JSON beside it": f'[{CALL}, "maybe"]',
    "JSON behind it": f'{CALL} ["not yet"]',
    "JSON beside it in a mark": f'<tool_call>[{CALL}, "not yet"]</tool_call>',
    "JSON behind it in a mark": f'<tool_call>{CALL} {{"do": false, "b": 1}}</tool_call>',
    "JSON beside it in a list of calls": f'{{"tool_calls": [{CALL}, "not yet"]}}',
    "a condition beside a list of calls": f'{{"tool_calls": [{CALL}], "condition": "if they agree"}}',
    "a condition beside the arguments": CALL[:-1] + ', "condition": "only if the customer agrees"}',
    "a condition beside a function": f'{{"function": {CALL}, "condition": "only if the customer agrees"}}',
}


def read_answer(said: str, size: int) -> list[tuple[str, str]]:
    """The calls of an answer whose text comes in pieces of this size."""
    accumulator = ChatAccumulator(tools=[lookup_order, create_ticket])
    pieces = [said[start : start + size] for start in range(0, len(said), size)]
    events = [*(wire.chunk({"content": piece}) for piece in pieces), *wire.ending()]
    for event in events:
        accumulator.add_events([event.removeprefix(b"data: ").strip()])
    accumulator.finish_text()
    return [(call.name, call.arguments) for call in accumulator.build_answer().message.tool_calls]


@pytest.mark.parametrize("said", EXACT.values(), ids=EXACT)
@pytest.mark.parametrize("size", [3, 1_000])
def test_what_writes_is_called_in_the_form_of_its_model(said: str, size: int):
    assert [(name, json.loads(arguments)) for name, arguments in read_answer(said, size)] == [
        ("create_ticket", TICKET)
    ]


@pytest.mark.parametrize("said", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("size", [3, 1_000])
def test_what_writes_is_taken_word_for_word(said: str, size: int):
    assert "create_ticket" not in [name for name, _arguments in read_answer(said, size)]


@pytest.mark.parametrize(
    "names",
    [
        ["create_ticket<|channel|>json"],
        ["create_", "ticket<|channel|>json"],
        ["create_ticket", "<|channel|>json"],
        ["create_ticket<|channel|>json"] * 2,
    ],
)
def test_what_writes_is_named_exactly(names: list[str]):
    accumulator = ChatAccumulator(tools=[lookup_order, create_ticket])
    pieces = [{"index": 0, "id": "a", "function": {"name": name}} for name in names]
    pieces.append({"index": 0, "function": {"arguments": ARGUMENTS}})
    events = [*(wire.chunk({"tool_calls": [piece]}) for piece in pieces), *wire.ending("tool_calls")]

    accumulator.add_events([event.removeprefix(b"data: ").strip() for event in events])

    named = [call.name for call in accumulator.build_answer().message.tool_calls]
    assert named
    assert "create_ticket" not in named
