"""“I'm cancelling it now” is true if the message goes on with the call that does it, and a lie if it does not."""

import re
from collections.abc import AsyncGenerator, Sequence
from time import process_time
from typing import Any

import pytest

from supportbot.assistant.grounding import CheckedText, GroundingMode
from supportbot.assistant.grounding.action_patterns import KIND_OF_DONE, KIND_OF_WORD
from supportbot.assistant.grounding.action_words import DUTCH_DONE, PRESENT_FORMS
from supportbot.assistant.grounding.actions import find_present_action
from supportbot.assistant.loop import run_turn
from supportbot.assistant.messages import Answer, Message, Part, TextDelta, ToolCall, ToolResult
from tests.engine.test_grounding import TOOLS, begin_check

REFUND = ToolCall("c9", "refund_order", "{}")
TICKET = ToolCall("c9", "create_ticket", "{}")
LOOK_UP = ToolCall("c9", "lookup_order", "{}")
ACTIONS = [
    ("I'm refunding you now.", REFUND),
    ("I am now processing your refund.", REFUND),
    ("I'm opening a support ticket for you.", TICKET),
    ("I'm escalating this to a colleague.", TICKET),
    ("Ich erstatte Ihnen den Betrag jetzt.", REFUND),
    ("Je vous rembourse tout de suite.", REFUND),
    ("Estoy reembolsando su pedido.", REFUND),
    ("Sto rimborsando l'importo.", REFUND),
    ("J'ouvre un ticket maintenant.", TICKET),
    ("Estoy abriendo un ticket.", TICKET),
    ("Sto aprendo una segnalazione.", TICKET),
    ("Estou abrindo um chamado.", TICKET),
]


def mark(sentence: str, *calls: ToolCall) -> list[str]:
    text = CheckedText(begin_check(), "mark")
    text.add_text(sentence)
    text.finish_text(calls)
    return [each.kind for each in text.marks]


@pytest.mark.parametrize(("sentence", "call"), ACTIONS)
def test_what_is_done_right_now_is_done_by_a_call_of_the_message(sentence: str, call: ToolCall):
    assert mark(sentence, call) == []
    assert mark(sentence, LOOK_UP) == ["action"]
    assert mark(sentence) == ["action"]


@pytest.mark.parametrize(
    "sentence",
    [
        "I'm not cancelling anything.",
        "I'm looking that up now.",
        "I'm sending you the steps below.",
        "I'm creating a list of what you need.",
        "I'm sorry about that.",
        "Would you like me to cancel it?",
        "Ich storniere nichts.",
        "Estoy abriendo la página de su pedido.",
        "If I'm cancelling it, you will be told.",
    ],
)
def test_what_does_nothing_is_no_action(sentence: str):
    assert mark(sentence) == []


CONTEXTS = ("I'm {} your ticket.", "Ich {} jetzt.", "Je {} maintenant.", "Estoy {} ticket.", "Ik {} nu.")


@pytest.mark.parametrize("word", [word for words in PRESENT_FORMS.values() for word in words.split()])
def test_each_word_of_the_present_is_found_in_its_language(word: str):
    kind = KIND_OF_WORD[word]
    found = [find_present_action(each.format(word), ()) for each in CONTEXTS]

    assert any(found)
    assert not any(find_present_action(each.format(word), {kind}) for each in CONTEXTS)


def test_the_words_that_stand_in_a_list_of_their_own_are_words_of_actions():
    assert [word for word in DUTCH_DONE.split() if word not in KIND_OF_DONE] == []


SAID = "One moment. I'm refunding you now. Thanks for waiting."


@pytest.mark.parametrize(("calls", "shown"), [((REFUND,), SAID), ((), "One moment. Thanks for waiting.")])
def test_with_hold_it_waits_for_the_end_of_the_message(calls: Sequence[ToolCall], shown: str):
    text = CheckedText(begin_check(), "hold")

    first = "".join([text.add_text(f"{word} ") for word in SAID.split()])

    assert first == "One moment."
    assert (first + text.finish_text(calls)).strip() == shown


@pytest.mark.parametrize("behind", [40, 4_000])
def test_with_hold_it_waits_however_much_follows_and_is_not_read_again_meanwhile(behind: int):
    said = "One moment. I'm refunding you now." + " It is no trouble." * behind
    text = CheckedText(begin_check(), "hold")
    began = process_time()

    first = "".join([text.add_text(piece) for piece in re.findall(r"\s*\S+", said)])

    assert process_time() - began < 0.5
    assert first == "One moment."
    assert (first + text.finish_text((REFUND,))) == said
    assert text.marks == []


class Refunder:
    """A model that says what it does, and then does it, or not."""

    def __init__(self, *calls: ToolCall) -> None:
        self.calls = [calls, ()]

    async def stream(self, *_args: Any, **_options: Any) -> AsyncGenerator[Part]:
        calls = self.calls.pop(0)
        text = SAID if len(self.calls) == 1 else "I've refunded you."
        for word in text.split():
            yield TextDelta(f"{word} ")
        yield Answer(Message("assistant", f"{text} ", tuple(calls)), "stop")


@pytest.mark.parametrize("mode", ["mark", "hold"])
@pytest.mark.parametrize("calls", [(REFUND,), ()], ids=["done", "not done"])
async def test_a_turn_knows_the_calls_of_each_of_its_messages(mode: GroundingMode, calls: Sequence[ToolCall]):
    async def execute(call: ToolCall) -> ToolResult:
        return ToolResult(call.id, "{}", "done")

    turn = run_turn(
        Refunder(*calls),  # type: ignore[arg-type]
        "",
        [Message("user", "Refund me!")],
        TOOLS,
        execute,
        grounding=mode,
    )
    answers = [event async for event in turn if isinstance(event, Answer)]

    assert [bool(answer.marks) for answer in answers] == ([False, False] if calls else [True])
