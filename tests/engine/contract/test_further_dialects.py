"""Calls and thoughts in the marks of further models and servers, and what only looks like them.

Kimi K3: can1357/oh-my-pi#8495. DeepSeek's marks with two bars: xorbitsai/xagent#806. LFM2, Solar Open, Gemini
and Gemma: their chat templates, and vllm-project/vllm#44522. Numbered labels and plain
arguments: agents in the way of ReAct.
"""

import html
import json

import pytest

from supportbot.assistant.backends.text_calls.marks import CLAUDES

from .spoken import hear_answer, read_calls

ORDER = {"order_id": "ORD-123"}
CALL = f'{{"name": "{{name}}", "arguments": {json.dumps(ORDER)}}}'
INVOKE = '<{0}invoke name="{{name}}"><{0}parameter name="order_id">ORD-123</{0}parameter></{0}invoke>'
OPEN, CLOSE, SEP = "<|open|>", "<|close|>", "<|sep|>"
KIMIS = (
    f'{OPEN}tools{SEP}{OPEN}call tool="{{name}}" index="1"{SEP}'
    f'{OPEN}argument key="order_id" type="string"{SEP}ORD-123{CLOSE}argument{SEP}{CLOSE}call{SEP}'
    f"{CLOSE}tools{SEP}{CLOSE}message{SEP}"
)
# Whether a tool reads or writes, these are calls of it.
EXACT = {
    "Kimi K3": KIMIS,
    "Kimi K3 without the mark around all": KIMIS.removeprefix(f"{OPEN}tools{SEP}"),
    "DeepSeek with two bars": f"<｜｜DSML｜｜tool_calls>{INVOKE.format('｜｜DSML｜｜')}</｜｜DSML｜｜tool_calls>",
    "LFM2": '<|tool_call_start|>[{name}(order_id="ORD-123")]<|tool_call_end|>',
    "Solar": "<|tool_calls|><|tool_call:begin|>a1<|tool_call:name|>{name}<|tool_call:args|>"
    f"{json.dumps(ORDER)}<|tool_call:end|>",
    "Solar behind a thought": "<|think|>Hm.<|end|><|begin|>assistant<|tool_calls|><|tool_call:begin|>a1"
    f"<|tool_call:name|>{{name}}<|tool_call:args|>{json.dumps(ORDER)}<|tool_call:end|>",
    "Gemini": '<ctrl42>call\nprint(default_api.{name}(order_id="ORD-123"))<ctrl43>',
    "Gemma with half a mark": '<|tool_call>call:{name}{order_id:<|">ORD-123<|">}<tool_call|>',
    "Gemma with JSON": '<|tool_call>call:{name}{"order_id": "ORD-123"}<tool_call|>',
    "an element to execute": '<execute_tool>\n{name}(order_id="ORD-123")\n</execute_tool>',
    "elements of a tool": f"<tool_call><tool_name>{{name}}</tool_name><tool_input>{json.dumps(ORDER)}</tool_input>"
    "</tool_call>",
    "JSON within JSON": f'{{"tool_call": {CALL}}}',
    "gpt-oss without its marks": f"to=functions.{{name}} json{json.dumps(ORDER)}",
    "the same with its speaker": f"assistant to=functions.{{name}}<|message|>{json.dumps(ORDER)}",
    "gpt-oss with its marks escaped": html.escape(
        "<|channel|>commentary to=functions.{name} <|message|>", False
    )
    + html.escape(f"{json.dumps(ORDER)}<|call|>"),
    "marks escaped as in JSON": f"\\u003ctool_call\\u003e{CALL}\\u003c/tool_call\\u003e",
    "an agent's arguments as Python has them": 'Action: {name}\nAction Input: order_id = "ORD-123"\nObservation:',
    "GigaChat": f"function call<|role_sep|>\n{CALL}<|message_sep|>",
    "an element for the name of a tool": f"<tool>{{name}}</tool>\n<args>{json.dumps(ORDER)}</args>",
    "an element for an action": f"<action>{{name}}</action><action_input>{json.dumps(ORDER)}</action_input>",
    "the use of a tool": '[Tool Use: {name}(order_id="ORD-123")]',
    "Functionary": f">>>{{name}}\n{json.dumps(ORDER)}",
    **{
        f"an element <{name}>": f"<{name}>\n{CALL}\n</{name}>"
        for name in ("tools", "functions", "action", "tool", "function_calls")
    },
    "an element for a call of an API": '<api_call>{name}(order_id="ORD-123")</api_call>',
    "Qwen without a bracket": f"<tool_call\n{CALL}\n</tool_call>",
    "GigaChat without its marks": f"function call{CALL}",
    "LongCat": "<longcat_tool_call>{name}\n<longcat_arg_key>order_id</longcat_arg_key>\n"
    "<longcat_arg_value>ORD-123</longcat_arg_value>\n</longcat_tool_call>",
    "a numbered label": f"1. Tool: {{name}}\n   Arguments: {json.dumps(ORDER)}",
}
READ = {
    "an object in the place of all arguments": 'functions.lookup_order({"order_id": "ORD-123"})',
    "the same as JavaScript writes it": 'lookup_order({order_id: "ORD-123"})',
    "the use of a tool as JavaScript writes it": f"[Tool Use: lookup_order({json.dumps(ORDER)})]",
    "two braces for each": '<tool_call>{{"name": "lookup_order", "arguments": {{"order_id": "ORD-123"}}}}</tool_call>',
    "an agent's arguments in words": "Action: lookup_order\nAction Input: order_id: ORD-123",
}
MENTIONS = [
    "Call <tool_call> or <execute_tool> in code.",
    "The <tool_call> mark (see below) begins it.",
    "Use <tool_call> and <b> tags.",
    "A <function_call> element [1] has a name.",
    'The <tool_call> tag "opens" it.',
]
SPOKEN = {
    f"{OPEN}think{SEP}Hm.{CLOSE}think{SEP}{OPEN}response{SEP}Hello!{CLOSE}response{SEP}": "Hello!",
    "<|think|>Hm.<|end|><|begin|>assistant<|content|>Hello!<|end|>": "Hello!",
    "<ctrl94>thought\nHm.<ctrl95>Hello!": "Hello!",
    f"<{CLAUDES}:thinking>Hm.</{CLAUDES}:thinking>Hello!": "Hello!",
    "<agent_thought>Hm.</agent_thought>Hello!": "Hello!",
    "<think/>\nHello!": "Hello!",
    "\\u003cthink\\u003eHm.\\u003c/think\\u003eIt\\u0027s \\u003c 5.": "It's < 5.",
    html.escape(
        "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>5 < 6"
    ): "5 < 6",
    "&lt;|channel|&gt;final&lt;|message|&gt;https://a.example/?a=1&copy=2": "https://a.example/?a=1&copy=2",
    "ASSISTANT: Hello!": "Hello!",
    "Assistant:\nHello!": "Hello!",
    "**AI:** Hello!": "Hello!",
    "Asistente: ¡Hola!": "¡Hola!",
    "助手：您好！": "您好！",
    "all\nHello!": "Hello!",
    "<final_answer>Hello!</final_answer>": "Hello!",
    "Hello!\n<tool_call>": "Hello!\n",
    "Hello![TOOL_CALLS]": "Hello!",
    "<</SYS>>\n\nHello!": "Hello!",
    "Hello!</assistant>": "Hello!",
    # What only looks like it stays.
    "Assistants help you.": "Assistants help you.",
    "AI: what it is": "AI: what it is",
    "all is well": "all is well",
    "**All** is well": "**All** is well",
    "It begins with <tool_call>": "It begins with <tool_call>",
    "Settings > lookup_order > x": "Settings > lookup_order > x",
    (persons := "Assistant: a person who helps.\nManager: a person who leads."): persons,
    "to=5 is wrong": "to=5 is wrong",
    "to=functions.": "to=functions.",
    **{each: each for each in MENTIONS},
    "It is \\u003cthink\\u003e there.": "It is \\u003cthink\\u003e there.",
    "\\u0041": "\\u0041",
    "&lt;|chan": "&lt;|chan",
}
PROSE = {
    "Thinking...\nHm.\n...done thinking.\n\nHello!": "Hello!",
    "<details><summary>Thinking</summary>\nHm.\n</details>\nHello!": "Hello!",
    "<details>\n<summary>Reasoning</summary>\n\nHm.\n</details>\n\nHello!": "Hello!",
    "```thinking\nHm.\n```\nHello!": "Hello!",
    "Thinking... no.": "Thinking... no.",
    (sizes := "<details><summary>Thoughts on sizes</summary>\nS, M\n</details>\nBye"): sizes,
    "<details><summary>Sizes</summary>\nS, M\n</details>": "<details><summary>Sizes</summary>\nS, M\n</details>",
    'Action: ```json\n[{"tool_name": "directly_answer", "parameters": {}}]\n```\nHello!': "Hello!",
    '[{"tool_name": "directly-answer", "parameters": {}}]\nHello!': "Hello!",
    **{
        each: each
        for each in (
            "<tool>hammer</tool><args>{}</args>",
            '<tool>create_ticket</tool><args>{"issue": "Late"}</args> is how one writes it.',
            "<action>lookup_order</action>",
            "<tool> is an element.",
            "[Tool Use: a hammer (small)]",
            "Tool Use: see below.",
            "function call\nis the name",
        )
    },
    "1. Tool: a hammer\n2. Time: an hour": "1. Tool: a hammer\n2. Time: an hour",
}


@pytest.mark.parametrize("form", EXACT.values(), ids=EXACT)
@pytest.mark.parametrize("size", [1, 5, 1_000])
@pytest.mark.parametrize("name", ["lookup_order", "create_ticket"])
def test_a_call_is_made_and_nothing_of_it_shown(form: str, size: int, name: str):
    assert read_calls(form.replace("{name}", name), size) == ("", [(name, ORDER)])


@pytest.mark.parametrize("said", READ.values(), ids=READ)
@pytest.mark.parametrize("size", [1, 5, 1_000])
def test_a_tool_that_reads_is_called_in_looser_forms_and_one_that_writes_is_not(said: str, size: int):
    assert read_calls(said, size) == ("", [("lookup_order", ORDER)])
    assert read_calls(said.replace("lookup_order", "create_ticket"), size)[1] == []


@pytest.mark.parametrize("size", [1, 5, 1_000])
def test_a_model_is_told_which_argument_a_value_alone_leaves_missing(size: int):
    assert read_calls("Action: lookup_order\nAction Input: ORD-123", size) == ("", [("lookup_order", {})])


@pytest.mark.parametrize(("said", "heard"), SPOKEN.items(), ids=range(len(SPOKEN)))
@pytest.mark.parametrize("size", [1, 4, 1_000])
def test_only_the_answer_is_heard(said: str, heard: str, size: int):
    assert hear_answer(said, size) == heard


@pytest.mark.parametrize(("said", "heard"), PROSE.items(), ids=range(len(PROSE)))
@pytest.mark.parametrize("size", [1, 4, 1_000])
def test_thoughts_in_prose_are_no_words(said: str, heard: str, size: int):
    assert read_calls(said, size) == (heard, [])
