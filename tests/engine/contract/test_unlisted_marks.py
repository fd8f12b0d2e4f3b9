"""Marks that no list names one by one: headers of gpt-oss, thoughts and answers by their names, citations, bytes.

The forms are those of gpt-oss, MiniCPM, Arcee, Reflection, Marco, Command R, OpenAI's assistants, Grok and GLM, and of
servers that write tokens as bytes or leave the special ones out.
"""

import random

import pytest

from .spoken import hear_answer

HEADERS = {
    "<|channel|>final json<|message|>Hello!": "Hello!",
    "<|channel|> final <|message|>Hello!": "Hello!",
    "<|channel|>final<|constrain|>json<|message|>Hello!": "Hello!",
    "<|channel|> analysis<|message|>Hm.<|channel|> final json<|message|>Hello!": "Hello!",
    "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|> final<|message|>Hello!": "Hello!",
    "assistant\n\nHello!": "Hello!",
    "assistant<|header_end|>\n\nHello!": "Hello!",
}
THOUGHTS = {
    "<|thought_start|>\nHm.\n<|thought_end|>\nHello!": "Hello!",
    "<|begin_of_reasoning|>Hm.<|end_of_reasoning|>Hello!": "Hello!",
    "<|thinking|>Hm.<|/thinking|>Hello!": "Hello!",
    "<|think>Hm.<think|>Hello!": "Hello!",
    "[|reasoning|]Hm.[|/reasoning|]Hello!": "Hello!",
    "Hm.<|thought_end|>Hello!": "Hello!",
    "Sure. <|thought_start|>Hm.<|thought_end|> It left.": "Sure. It left.",
    "<reasoning_content>Hm.</reasoning_content>Hello!": "Hello!",
    "<reason>Hm.</reason>Hello!": "Hello!",
    "<inner_monologue>Hm.</inner_monologue>Hello!": "Hello!",
    "<internal_thoughts>Hm.</internal_thoughts>\nHello!": "Hello!",
    "<chain_of_thought>Hm.</chain_of_thought>Hello!": "Hello!",
    "[THOUGHT]Hm.[/THOUGHT]Hello!": "Hello!",
    "<|reasoning_thinking_start|>Hm.<|reasoning_thinking_end|>Hello!": "Hello!",
    "<思考>问订单。</思考>\n你好！": "你好！",
    "<think >Hm.</think >Hello!": "Hello!",
    '<thinking duration="3">Hm.</thinking>Hello!': "Hello!",
    "<think>Hm.</think><output>Hello!</output>": "Hello!",
    "<Thought>\nHm.\n</Thought>\n<Output>\nHello!\n</Output>": "Hello!\n",
    "<output>Hello!</output>": "Hello!",
    "<output>\nHello!\nIt left.\n</output>": "Hello!\nIt left.\n",
    "<Message>Hello! " + "It left. " * 10 + "</Message>": "Hello! " + "It left. " * 10,
    "<result>Hello!</result><|im_end|>": "Hello!",
    "<reply>" + "It left. " * 9 + "</reply> It is": "It left. " * 9 + " It is",
    "<think>Hm.</think>\n<final_answer>Hello!</final_answer><|im_end|>": "Hello!",
}
NO_WORDS = {
    "Your order <co: 0>left</co: 0>.": "Your order left.",
    "It <co>left</co: 0:[1]> on Monday.": "It left on Monday.",
    "It left【4:0†source】.": "It left.",
    "It left\ue200cite\ue202turn0search0\ue201.": "It left.",
    'It left.<grok:render card_id="1"><argument name="id">0</argument></grok:render> Bye.': "It left. Bye.",
    'It left.<grok:render type="x"/> Bye.': "It left. Bye.",
    'It left.<grok:render card_id="1"><argu': "It left.",
    'It left<grok:render card_id="1"><argument name="id">0</argument></grok:render>.': "It left.",
    "Hello!<0x0A><0x0A>How?": "Hello!\n\nHow?",
    "It costs 5 <0xE2><0x82><0xAC>.": "It costs 5 €.",
    "Hello![control_8]": "Hello!",
}
AS_WORDS = [
    "The byte <0x0A> is a line feed, and <co> a mark.",
    "The <output> element is for results.",
    "<output>42</output> is what it shows.",
    "<output> is the element for what a program shows.",
    "<output>, an element of HTML, is for what a program shows. " + "It is not for what people type. " * 2,
    "<output>-Elemente zeigen, was ein Programm ausgibt. " + "Sie sind nicht für Eingaben da. " * 2,
    "&lt;message&gt;" + "It left. " * 10 + "&lt;/message&gt;",
    "<reason> is the element in which you say why.",
    "Put a <reason>late</reason> into it.",
    "Write `<|thought_start|>` and `【4:0†source】` there.",
    "【订单】已发货",
    "[Here](https://shop.example) it is.",
    "assistants help, and so does\nassistant\n",
    "assistant",
    "commentary to=nobody is rude.",
    "finalIt",
    "<think>Hm.</think>Close it with </output> or </b>.",
]
SPOKEN = {**HEADERS, **THOUGHTS, **NO_WORDS, **{said: said for said in AS_WORDS}}
SPOKEN[AS_WORDS[-1]] = "Close it with </output> or </b>."
SPOKEN["<reason>Hello!<|im_end|>"] = "<reason>Hello!"
SPOKEN["</think><|message|>It left on Monday."] = "It left on Monday."


@pytest.mark.parametrize(("said", "heard"), SPOKEN.items(), ids=range(len(SPOKEN)))
def test_what_is_meant_for_programs_is_left_out_by_its_form(said: str, heard: str):
    for size in (1, 4, 7, len(said)):
        assert hear_answer(said, size) == heard, size


MIXED = [
    *(
        "Hello",
        " there",
        "\n",
        "user",
        "model\n",
        "assistant",
        " final",
        "analysis",
        "`",
        ". ",
        " x",
        "<",
        "]",
        "【",
    ),
    *(
        "<|im_end|>",
        "<|im_user|>",
        "<|im_middle|>",
        "<|channel|>",
        "<|message|>",
        "<|turn>",
        "[|user|]",
        ">>>all\n",
    ),
    *(
        "<think>",
        "</think>",
        "<reason>",
        "</reason>",
        "<output>",
        "</output>",
        "<|thought_start|>",
        "<|thought_end|>",
    ),
    *(
        "<0xE2>",
        "<0x82>",
        "<co: 0>",
        "</co: 0>",
        "【4:0†s】",
        '<grok:render a="1">',
        "</grok:render>",
        "]~b]",
    ),
]


def test_whatever_is_mixed_is_heard_alike_in_all_pieces():
    chance = random.Random(2026)
    for _round in range(800):
        said = "".join(chance.choices(MIXED, k=chance.randint(1, 10)))
        whole = hear_answer(said, len(said))
        assert [hear_answer(said, size) for size in (1, 3)] == [whole] * 2, said
