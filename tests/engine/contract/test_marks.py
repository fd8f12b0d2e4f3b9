"""What a model writes for the program that runs it is no word to a customer: thoughts, end marks, calls as text.

Sources: open-webui/open-webui#16973; ollama/ollama#18044 (the closing mark alone); langchain-ai/langchain#33998;
irreg/native_tool_call_adapter#3 (a call as text); the chat templates named in `text_marks`.
"""

import pytest

from supportbot.assistant.backends.spoken_text import SpokenText
from supportbot.assistant.errors import ErrorCode
from supportbot.assistant.messages import TextWithdrawn
from tests.engine.desk import Desk
from tests.engine.failing import fails
from tests.provider import End, Say, Script

CALL = '{"name": "lookup_order", "arguments": {"order_id": "ORD-123"}}'
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
    "The mark <tool_call> is for programs.": "The mark <tool_call> is for programs.",
    "Was <s>30</s> now 20, and 1 < 2 [1](https://techcorp.example)": (
        "Was <s>30</s> now 20, and 1 < 2 [1](https://techcorp.example)"
    ),
    "It left.</think>": "It left.",  # nothing follows, so nothing was a thought
}


@pytest.mark.parametrize(("said", "heard"), SPOKEN.items(), ids=range(len(SPOKEN)))
def test_only_the_answer_is_heard_wherever_the_stream_is_cut(said: str, heard: str):
    for size in (1, 2, 3, 7, len(said)):
        spoken, text = SpokenText(), ""
        for start in range(0, len(said), size):
            piece = spoken.feed_text(said[start : start + size])
            text = piece if spoken.is_withdrawn else text + piece
            spoken.is_withdrawn = False
        rest = spoken.flush_text()
        assert (rest if spoken.is_withdrawn else text + rest) == heard, size


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
]


@pytest.mark.parametrize("said", TEXT_CALLS, ids=range(len(TEXT_CALLS)))
async def test_a_call_as_text_is_a_call_if_its_tool_was_offered(provider: Script, desk: Desk, said: str):
    provider.play(Say(said), End())
    provider.say("It has shipped.")

    assert (await desk.ask("ORD-123?")).endswith("It has shipped.")

    assert [result.outcome for result in desk.results] == ["done"]
    assert "tool_call" not in desk.text.lower()


async def test_a_call_as_text_of_a_tool_that_was_not_offered_is_none(provider: Script, desk: Desk):
    provider.play(Say(f"Well. <tool_call>{CALL.replace('lookup', 'cancel')}</tool_call>"), End())

    assert (await desk.ask("ORD-123?")).strip() == "Well."


async def test_nothing_but_marks_is_no_answer(provider: Script, desk: Desk):
    provider.play(Say("<think>Hm."), End())

    assert (await fails(desk)).code == ErrorCode.EMPTY
