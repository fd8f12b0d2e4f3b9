"""A stream may break off at any byte: in a letter, in the JSON of a tool call, within the reason to finish."""

import asyncio

import pytest

from supportbot.assistant.errors import ErrorCode, ModelError
from tests.provider import CUT, HOLD, RESET, Piece, wire

from .desk import Desk
from .failing import assert_next_turn_works

SAID = "Grüße aus Köln! 🎉 One moment. "
TICKET = wire.Call("create_ticket", '{"issue": "Die Lampe 💡 kam zu spät", "priority": "low"}', "call_1")
FIRST_WORD, *OTHERS = wire.words(SAID)
# Whole but for the last bracket of the event that says why the answer ended.
STREAM = b"".join([FIRST_WORD, *OTHERS, *wire.calls([TICKET], "pieces"), wire.ending("tool_calls")[0]])[:-3]
WITHIN = [
    STREAM.rindex(part) + len(part) // 2
    for part in ("ö".encode(), "🎉".encode(), "💡".encode(), b"create_ticket", b"arguments", b'"tool_calls"')
]
EVENLY = range(len(FIRST_WORD), len(STREAM), len(STREAM) // 24)
OFFSETS = sorted({*WITHIN, *EVENLY, len(STREAM)})


async def is_cut(desk: Desk, provider, pieces: tuple[Piece, ...]) -> None:
    reply = provider.play(*pieces)
    asking = asyncio.create_task(desk.ask("My lamp is late."))
    await desk.text_received.wait()
    reply.release()
    with pytest.raises(ModelError) as caught:
        await asking
    assert (caught.value.code, caught.value.retry) == (ErrorCode.CUT, True)
    assert desk.text
    assert SAID.startswith(desk.text)
    assert not desk.answers
    assert not desk.results


@pytest.mark.parametrize(
    "end", [(CUT,), (RESET,), ()], ids=["the connection closes", "it is reset", "the body ends in order"]
)
async def test_no_cut_answer_is_taken_for_a_whole_one_and_no_tool_of_it_is_run(backend, provider, end):
    """B16: at thirty bytes and more, of which six lie within a letter, a name or the arguments of a call."""
    assert len(OFFSETS) >= 30
    for offset in OFFSETS:
        await is_cut(Desk(backend), provider, (STREAM[:offset], HOLD, *end))

    assert len(provider.requests) == len(OFFSETS)
    await assert_next_turn_works(provider, Desk(backend))
