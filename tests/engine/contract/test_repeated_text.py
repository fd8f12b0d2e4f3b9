"""A server that sends all of the answer so far with every piece has said it once, and one that sends pieces all of it.

QwenLM/qwen-code#3896 (DashScope), tashfeenahmed/freellmapi#1007 (Gemini). Counts with each chunk:
memex-lab/dart_agent_core#23, mudler/LocalAI#1609. Characters in halves: elizaOS/eliza#30904, elie222/rakazo#416.
"""

from collections.abc import AsyncIterator

import pytest

from supportbot.assistant.backends import Backend
from supportbot.assistant.backends.chat_accumulator import ChatAccumulator
from supportbot.assistant.backends.output_text.repeated_text import RepeatedText
from tests.engine.desk import Desk
from tests.provider import End, Provider, Say, Script, wire

from .wires import WIRES

TEXT = "Not before Monday."
WHOLE = {
    "word by word": ["Not ", "Not before ", TEXT],
    "letter by letter": [TEXT[:end] for end in range(1, len(TEXT) + 1)],
    "again at the end": ["Not ", "Not before ", TEXT, TEXT],
    "two pieces": ["Not before", TEXT],
    "a long one and a short one": ["Not before Monday", TEXT],
}


@pytest.mark.parametrize("said", WHOLE.values(), ids=WHOLE)
async def test_all_so_far_with_every_piece_is_said_once(provider: Script, desk: Desk, said: list[str]):
    provider.play(*map(Say, said), End())

    assert await desk.ask("When?") == TEXT
    assert desk.history[-1].text == TEXT


async def test_all_again_in_a_last_piece_without_a_reason_is_said_once(provider: Script, desk: Desk):
    provider.play(Say("Not "), Say("before "), Say("Monday."), Say(f"{TEXT}\n"), End())

    assert await desk.ask("When?") == TEXT
    assert desk.history[-1].text == TEXT


PIECES = [
    ["Ha", "Ha!", " Funny."],
    ["1", "10", " items"],
    ["No", "No", "!"],
    ["-", "--", "---"],
    ["\n", "\n\n", "Hello"],
    ["I", "I see."],
    ["Yes. ", "Yes, indeed. ", "Yes."],
    ["", "It ", "left. ", "It left. It came."],
]


@pytest.mark.parametrize("pieces", PIECES)
def test_pieces_that_begin_alike_are_pieces(pieces: list[str]):
    for size in (1, 2, len(pieces)):
        text = RepeatedText()
        read = [text.join_pieces(pieces[start : start + size]) for start in range(0, len(pieces), size)]
        assert "".join([*read, text.flush_text()]) == "".join(pieces)


def test_a_character_that_comes_in_halves_is_whole():
    accumulator = ChatAccumulator()
    pieces = [rb"Sent ", rb"\ud83d", rb"\ude9a!", rb" \ud83d"]

    said = [
        accumulator.add_events([b'{"choices": [{"delta": {"content": "%b"}}]}' % each]) for each in pieces
    ]

    assert said == ["Sent ", "", "\N{DELIVERY TRUCK}!", " "]
    assert accumulator.finish_text() == "\N{REPLACEMENT CHARACTER}"


@pytest.fixture
async def chat() -> AsyncIterator[tuple[Provider, Desk]]:
    with Provider() as provider:
        backend: Backend = WIRES["chat"].connect(provider)
        yield provider, Desk(backend)
        await backend.aclose()


COUNTS: dict[str, list[dict[str, int]]] = {
    "growing with each chunk": [{"total_tokens": 610}, {"total_tokens": 611}, {"total_tokens": 692}],
    "nothing at first, and again after the end": [
        {"total_tokens": 0},
        {"total_tokens": 692},
        {"total_tokens": 0},
    ],
}


@pytest.mark.parametrize("counts", COUNTS.values(), ids=COUNTS)
async def test_the_last_count_that_says_something_is_the_one(
    chat: tuple[Provider, Desk], counts: list[dict[str, int]]
):
    provider, desk = chat
    told = [wire.chunk({}, None, usage=each) for each in counts]
    provider.play(*wire.words(TEXT), told[0], told[1], wire.chunk({}, "stop"), told[2], wire.DONE)

    assert await desk.ask("When?") == TEXT
    assert desk.answers[-1].usage["total_tokens"] == 692


async def test_a_call_that_only_the_last_message_has_is_one(chat: tuple[Provider, Desk]):
    provider, desk = chat
    function = {"name": "lookup_order", "arguments": '{"order_id": "ORD-123"}'}
    message = {"content": "One moment.", "tool_calls": [{"id": "a", "function": function}]}
    provider.play(wire.text("One moment."), wire.event({"choices": [{"message": message}]}), wire.DONE)
    provider.say("It has shipped.")

    assert await desk.ask("Where is it?") == "One moment.It has shipped."
    assert [result.outcome for result in desk.results] == ["done"]


async def test_all_of_the_answer_again_with_the_reason_is_said_once(chat: tuple[Provider, Desk]):
    provider, desk = chat
    provider.play(*wire.words(TEXT), wire.chunk({"content": TEXT}, "stop"), wire.DONE)
    provider.play(wire.text("Yes. "), wire.chunk({"content": "Yes."}, "stop"), wire.DONE)

    assert await desk.ask("When?") == TEXT
    assert await desk.ask("Really?") == "Yes. Yes.", "so few letters may well be said twice"
