"""What a model writes for the program that runs it is no word to a customer: thoughts, end marks, calls as text.

Sources: open-webui/open-webui#16973; ollama/ollama#18044 (the closing mark alone); langchain-ai/langchain#33998;
irreg/native_tool_call_adapter#3 (a call as text); NousResearch/hermes-agent#15473 (DeepSeek's in other characters),
vllm-project/vllm#35906 (harmony without some of its marks), Augustas11/macprovider#743 (without any); the chat
templates named in `output_text.marks`.
"""

import json

import pytest

from supportbot.assistant.backends.text_calls.marks import CLAUDES
from supportbot.assistant.errors import ErrorCode
from supportbot.assistant.messages import TextWithdrawn
from tests.engine.desk import Desk
from tests.engine.failing import fails
from tests.provider import End, Say, Script

from .spoken import hear_answer

CALL = '{"name": "lookup_order", "arguments": {"order_id": "ORD-123"}}'
HARMONY_CALL = (
    "<|channel|>commentary to=functions.lookup_order <|constrain|>json<|message|>"
    '{"order_id": "ORD-123"}<|call|>'
)
MENTIONS = [
    "The mark <tool_call> is for programs.",
    "You close it with </think> and go on.",
    "It ends with “</think>”, as you see.",
    "Open it (<think>), then close it (</think>).",
    "1. <think> opens it\n2. </think> closes it",
    "| <think> | opens |\n| </think> | closes |",
    "Each turn ends with <|im_end|> or </s> in such models.",
    "I use <b>bold</b> and pipes, as in x <| y.",
    "5 <s 6, and a <|b c|> d",
]
SPOKEN = {
    "<think>\nShe is angry: no refund.\n</think>\n\nHello!": "Hello!",
    "<think></think>Hello!": "Hello!",
    "<think>a</think><think>b</think>Hello!": "Hello!",
    "<THINKING>a</THINKING> Hello!": "Hello!",
    "[THINK]a[/THINK]Hello!": "Hello!",
    "◁think▷a◁/think▷Hello!": "Hello!",
    "<|START_THINKING|>a<|END_THINKING|><|START_RESPONSE|>Hello!<|END_RESPONSE|>": "Hello!",
    "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Hello!<|return|>": "Hello!",
    "She sounds angry. </think>\n\nHello!": "Hello!",
    "Let me see.\n<think>a</think>\nIt left.": "Let me see.\nIt left.",
    "It left.<|im_end|>": "It left.",
    "It left.<|im_end|>\n<|im_start|>user\nThanks": "It left.",
    "<|im_start|>assistant\nIt left.<|eot_id|>": "It left.",
    "It left.<｜end▁of▁sentence｜>": "It left.",
    "It left.</s>": "It left.",
    "It left.</s>\n<s>[INST] Thanks": "It left.",
    "It left.</s> Anything else?": "It left. Anything else?",
    "[/INST] It left.": "It left.",
    "<s> It left.</s>": "It left.",
    "<bos>It left.<pad><pad><eos>": "It left.",
    "<s><think>a</think>\n\nHello!": "Hello!",
    "<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>Hello!<|reserved_special_token_7|>": "Hello!",
    "<|inner_prefix|>a<|inner_suffix|>Hello!": "Hello!",
    "<unused94>thought\na<unused95>Hello!": "Hello!",
    "<longcat_think>\na</longcat_think>\nHello!": "Hello!",
    "<｜think｜>a<｜/think｜>Hello!": "Hello!",
    "<think>a</think>\n<answer>\nHello!</answer>": "Hello!",
    "<think>a</think>\n<response>\nHello!</response>": "Hello!",
    "Here are my reasoning steps:\na\n[BEGIN FINAL RESPONSE]\nHello![END FINAL RESPONSE]": "Hello!",
    "<|channel|>analysis<|message|>Hm.<|channel|>final<|message|>Hello!": "Hello!",
    "analysisWe need to greet.assistantfinalHello!": "Hello!",
    "analysisHm.assistantanalysisWell.assistantfinalHello!": "Hello!",
    "analysis of it shows this.": "analysis of it shows this.",
    "An analysisWe": "An analysisWe",
    "ana": "ana",
    # Thoughts in the middle of a line, and within each other.
    "Sure. <think>She is angry</think> It left.": "Sure. It left.",
    "Your order <think>Let me see.</think>has left.": "Your order has left.",
    "Sure.<think>\nShe is angry.\n</think>It left.": "Sure. It left.",
    "<think>a<think>b</think>c</think>Hello!": "Hello!",
    "<think>\n<think>\nHm.\n</think>\n\nHello!": "Hello!",
    "<think>a\n<think>b\n</think>\nHello!": "Hello!",
    "Hm.\n</think>\nIt left.\n</think>\n\nHello!": "It left.\n\n\nHello!",
    "好的。<think>她很生气</think>您的订单已发货。": "好的。您的订单已发货。",
    "<|channel|>final <|constrain|>json<|message|>Hello!": "Hello!",
    "<think>She asks of the <think> tag.</think>Hello!": "Hello!",
    "It left.<end_of_turn>": "It left.",
    f"<tool_call>\n{CALL}\n</tool_call>": "",
    f"One moment. <tool_call>{CALL}</tool_call>": "One moment. ",
    f"[TOOL_CALLS] [{CALL}]": "",
    '[TOOL_CALLS]lookup_order[ARGS]{"order_id": "ORD-123"}': "",
    f"<|python_tag|>{CALL}<|eom_id|>": "",
    '<function=lookup_order>{"order_id": "ORD-123"}</function>': "",
    "<|tool_calls_section_begin|><|tool_call_begin|>functions.look:0<|tool_calls_section_end|>": "",
    # What only talks of such words stays as it is.
    "Use the `<think>` tag and close it with `</think>`.": "Use the `<think>` tag and close it with `</think>`.",
    (fenced := "```\n<think>a</think>\n<|im_end|>\n<tool_call>{}\n```\nDone"): fenced,
    "~~~\n</think>\n~~~\nDone": "~~~\n</think>\n~~~\nDone",
    "Like so:\n\n    <think>a</think>\n\nDone": "Like so:\n\n    <think>a</think>\n\nDone",
    "Some write <think> and </think> around it.": "Some write <think> and </think> around it.",
    **{each: each for each in MENTIONS},
    "Was <s>30</s> now 20, and 1 < 2 [1](https://techcorp.example)": (
        "Was <s>30</s> now 20, and 1 < 2 [1](https://techcorp.example)"
    ),
    "It left.</think>": "It left.",  # nothing follows, so nothing was a thought
}


@pytest.mark.parametrize(("said", "heard"), SPOKEN.items(), ids=range(len(SPOKEN)))
def test_only_the_answer_is_heard_wherever_the_stream_is_cut(said: str, heard: str):
    for size in (1, 2, 3, 7, len(said)):
        assert hear_answer(said, size) == heard, size


async def test_a_thought_is_told_once_and_neither_shown_nor_kept_nor_sent_back(provider: Script, desk: Desk):
    provider.play(Say("<thi"), Say("nk>She sounds angry.</th"), Say("ink>\n\nHel"), Say("lo!"), End())
    provider.say("Yes.")

    assert await desk.ask("Hi") == "Hello!"
    await desk.ask("Are you there?")

    assert desk.history[1].text == "Hello!"
    assert "angry" not in str(provider.requests[1].sent)


async def test_a_thought_that_nothing_opened_is_taken_back_and_the_next_one_is_not_shown_at_all(
    provider: Script, desk: Desk
):
    provider.play(Say("She sounds angry. "), Say("No refund. "), Say("</think>\n\n"), Say("Hello!"), End())
    provider.play(Say("Again. "), Say("</think>"), Say("Yes."), End())
    provider.say("I did not think.")

    assert await desk.ask("Hi") == "Hello!"
    assert desk.history[-1].text == "Hello!"

    assert await desk.ask("Are you there?") == "Yes."
    assert TextWithdrawn() not in desk.events
    assert await desk.ask("Really?") == "I did not think."


CLAUDES_CALL = (
    '<{0}function_calls><{0}invoke name="lookup_order"><{0}parameter name="order_id">ORD-123</{0}parameter>'
    "</{0}invoke></{0}function_calls>"
)
TEXT_CALLS = [
    f"<tool_call>\n{CALL}\n</tool_call>",
    f"One moment. <tool_call>{CALL}</tool_call>",
    f"[TOOL_CALLS] [{CALL}]",
    '[TOOL_CALLS]lookup_order[ARGS]{"order_id": "ORD-123"}',
    f"<|python_tag|>{CALL.replace('arguments', 'parameters')}<|eom_id|>",
    '<function=lookup_order>{"order_id": "ORD-123"}</function>',
    "<tool_call><function=lookup_order><parameter=order_id>\nORD-123\n</parameter></function></tool_call>",
    "<|tool_calls_section_begin|><|tool_call_begin|>functions.lookup_order:0<|tool_call_argument_begin|>"
    '{"order_id": "ORD-123"}<|tool_call_end|><|tool_calls_section_end|>',
    "<function=lookup_order><parameter=order_id>ORD-123</parameter></function>",
    "<tool_call><function=lookup_order>\n<parameter=order_id>\nORD-123\n</function></tool_call>",
    "<tool_call>lookup_order\n<arg_key>order_id</arg_key>\n<arg_value>ORD-123</arg_value>\n</tool_call>",
    "<tool_call>lookup_order<arg_key>order_id</arg_key><arg_value>ORD-123</arg_value></tool_call>",
    '<minimax:tool_call>\n<invoke name="lookup_order">\n<parameter name="order_id">ORD-123</parameter>\n</invoke>\n'
    "</minimax:tool_call>",
    '<invoke name="lookup_order"><parameter name="order_id">ORD-123</parameter></invoke>',
    CLAUDES_CALL.format(""),
    CLAUDES_CALL.format(f"{CLAUDES}:"),
    '<｜DSML｜function_calls><｜DSML｜invoke name="lookup_order"><｜DSML｜parameter name="order_id" string="true">'
    "ORD-123</｜DSML｜parameter></｜DSML｜invoke></｜DSML｜function_calls>",
    f"<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant{HARMONY_CALL}",
    HARMONY_CALL.replace(" <|constrain|>json", " json"),
    HARMONY_CALL.replace("functions.", "").replace(" <|constrain|>json", "").replace("<|call|>", ""),
    '<|start|>assistant to=functions.lookup_order<|channel|>commentary json<|message|>{"order_id": "ORD-123"}<|call|>',
    '<|tool_call>call:lookup_order{order_id:<|"|>ORD-123<|"|>}<tool_call|>',
    "<start_function_call>call:lookup_order{order_id:<escape>ORD-123<escape>}<end_function_call>",
    '<tool_code>\nprint(default_api.lookup_order(order_id="ORD-123"))\n</tool_code>',
    "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>lookup_order\n```json\n"
    '{"order_id": "ORD-123"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
    '<｜DSML｜tool_calls><｜DSML｜invoke name="lookup_order"><｜DSML｜parameter name="order_id">ORD-123'
    "</｜DSML｜parameter></｜DSML｜invoke></｜DSML｜tool_calls>",
    '< | DSML | function_calls>\n< | DSML | invoke name="lookup_order">\n< | DSML | parameter name="order_id">ORD-123'
    "</ | DSML | parameter>\n</ | DSML | invoke>\n</ | DSML | function_calls>",
    '<|DSML|invoke name="lookup_order"><|DSML|parameter name="order_id">ORD-123</|DSML|parameter></|DSML|invoke>',
    '<｜tool_calls_begin｜><｜tool_call_begin｜>function<｜tool_sep｜><steptml:invoke name="lookup_order">'
    '<steptml:parameter name="order_id">ORD-123</steptml:parameter></steptml:invoke><｜tool_call_end｜>'
    "<｜tool_calls_end｜>",
    '<|tool_call_start|>[lookup_order(order_id="ORD-123")]<|tool_call_end|>',
    f"<TOOLCALL>[{CALL}]</TOOLCALL>",
    f"<longcat_tool_call>{CALL}</longcat_tool_call>",
    '<|tools_prefix|>[{"lookup_order": {"order_id": "ORD-123"}}]<|tools_suffix|>',
    '[TOOL_CALLS]lookup_order[CALL_ID]abcdef123[ARGS]{"order_id": "ORD-123"}',
    '<|python_tag|>lookup_order.call(order_id="ORD-123")<|eom_id|>',
    '<tool_use>{"name": "lookup_order", "input": {"order_id": "ORD-123"}}</tool_use>',
    '<function name="lookup_order">{"order_id": "ORD-123"}</function>',
    f"<tool_call>{CALL[:-1]}</tool_call>",  # without the last bracket
    "<tool_call>{'name': 'lookup_order', 'arguments': {'order_id': 'ORD-123'}}</tool_call>",
    'analysisWe must look.assistantcommentary to=functions.lookup_order json{"order_id": "ORD-123"}',
    '✿FUNCTION✿: lookup_order\n✿ARGS✿: {"order_id": "ORD-123"}\n✿RETURN✿',
    '<function(lookup_order){"order_id": "ORD-123"}></function>',
    '<tool_calls><tool_call>lookup_order<tool_sep>\n```json\n{"order_id": "ORD-123"}\n```</tool_call></tool_calls>',
    f"<tool_call>\n{{{CALL}}}\n</tool_call>",  # its template doubled the braces
    "<tool_call><name>lookup_order</name><arguments>\n<order_id>ORD-123</order_id>\n</arguments></tool_call>",
    """<tool_call name="lookup_order" arguments='{"order_id": "ORD-123"}'/>""",
    '<tool_call name="lookup_order" arguments="{&quot;order_id&quot;: &quot;ORD-123&quot;}"/>',
    '<function name="lookup_order" order_id="ORD-123"/>',
    '<|from|>assistant\n<|recipient|>lookup_order\n<|content|>{"order_id": "ORD-123"}<|stop|>',
    '<xai:function_call name="lookup_order"><parameter name="order_id">ORD-123</parameter></xai:function_call>',
    'commentary to=functions.lookup_order json{"order_id": "ORD-123"}',
    'assistantcommentary to=functions.lookup_order json{"order_id": "ORD-123"}',
    # The whole answer is a call, without any mark.
    '```tool_code\nprint(default_api.lookup_order(order_id="ORD-123"))\n```',
    'lookup_order\n{"order_id": "ORD-123"}',
    '{"action": "lookup_order", "action_input": {"order_id": "ORD-123"}}',
    CALL,
    f"{CALL.replace('arguments', 'parameters')}<|im_end|>",
    f"\n```json\n{CALL}\n```\n",
    f"[{CALL}]",
    f"functools[{CALL}]",
    'To tell you that, I look it up: [lookup_order(order_id="ORD-123")]',
    f'{{"tool_calls": [{CALL}]}}',
    '{"type": "function", "function": ' + CALL + "}",
    '[lookup_order(order_id="ORD-123")]',
    f"One moment.\n\n{CALL}",
    f"One moment.\n```json\n{json.dumps(json.loads(CALL), indent=2)}\n```",
    '<tool_call name="lookup_order">{"order_id": "ORD-123"}</tool_call>',
    '>>>lookup_order\n{"order_id": "ORD-123"}',
    '>>>all\nOne moment.\n>>>lookup_order\n{"order_id": "ORD-123"}',
    'all\nOne moment.>>>lookup_order\n{"order_id": "ORD-123"}',
    'functions.lookup_order:0{"order_id": "ORD-123"}',
    '{"tool_uses": [{"recipient_name": "functions.lookup_order", "parameters": {"order_id": "ORD-123"}}]}',
    f'{{"thought": "I look it up.", "tool_calls": [{CALL}]}}',
    '{"function_name": "lookup_order", "tool_input": {"order_id": "ORD-123"}}',
    '{"lookup_order": {"order_id": "ORD-123"}}',
    f"{{{CALL}}}",
    "{'name': 'lookup_order', 'arguments': {'order_id': 'ORD-123'}}",
    '@lookup_order(order_id="ORD-123")',
    '<code>\nlookup_order(order_id="ORD-123")\n</code>',
    f"```xml\n<tool_call>\n{CALL}\n</tool_call>\n```",
    "```xml\n<function=lookup_order><parameter=order_id>ORD-123</parameter></function>\n```",
    f"Plan: I look it up.\nAction: ```json\n[{CALL.replace('name', 'tool_name')}]\n```",
    f"```xml\n<tool_call>\n{CALL}\n</tool_call>\n```\nPlease wait.",
]


@pytest.mark.parametrize("said", TEXT_CALLS, ids=range(len(TEXT_CALLS)))
async def test_a_call_as_text_is_a_call_if_its_tool_was_offered(provider: Script, desk: Desk, said: str):
    provider.play(Say(said), End())
    provider.say("It has shipped.")

    assert (await desk.ask("ORD-123?")).endswith("It has shipped.")

    assert [result.outcome for result in desk.results] == ["done"]
    assert all(mark not in desk.text for mark in ("{", "<", "[", "`", ">"))


async def test_a_call_as_text_of_a_tool_that_was_not_offered_is_none(provider: Script, desk: Desk):
    provider.play(Say(f"Well. <tool_call>{CALL.replace('lookup', 'cancel')}</tool_call>"), End())

    assert (await desk.ask("ORD-123?")).strip() == "Well."


@pytest.mark.parametrize(
    "said",
    [
        '{"name": "Tom", "arguments": []}',
        '{"order_id": "ORD-123"}',
        "[1](https://techcorp.example) says so.",
        "```python\nlookup(1)\n```",
        "lookup_order is a tool.",
        'lookup_order\n{"order_id": "ORD-123"} is how one calls it.',
        "print(1) prints a number.",
        "See [the page](https://techcorp.example), [lookup] and [1].",
        'Like so:\n\n```json\n{\n  "name": "Tom"\n}\n```\n\n[1](https://techcorp.example)\n\n{"a": 1}\n',
        f"{CALL}\nis how one looks an order up.",
        '{"lookup_order": "looks an order up"}',
        "Plan: we pack it today.\nThen we send it.",
        "<code>lookup(1)</code> is code.",
        f"```xml\n<tool_call>\n{CALL}\n</tool_call>\n```\nis how one writes it.",
        ">>> A quotation\n>>> of two lines",
        "@lookup_order is our account.",
        "functions.lookup_order is a name.",
        "{'a': 'b'} is a dictionary.",
        '{"thought": "I think"}',
        "lookup_order: it looks an order up.",
    ],
)
async def test_an_answer_that_only_looks_like_a_call_is_shown_whole(provider: Script, desk: Desk, said: str):
    provider.play(*(Say(each) for each in said), End())

    assert await desk.ask("ORD-123?") == said


async def test_a_call_that_broke_off_is_no_answer(provider: Script, desk: Desk):
    provider.play(Say(CALL[:50]), End())

    assert (await fails(desk)).code == ErrorCode.EMPTY


async def test_nothing_but_marks_is_no_answer(provider: Script, desk: Desk):
    provider.play(Say("<think>Hm."), End())

    assert (await fails(desk)).code == ErrorCode.EMPTY
