"""Servers of chat completions differ in a hundred harmless ways; text and calls are the same in all of them."""

import pytest

from supportbot.assistant.messages import Message
from tests.provider import CUT, STALL, Call, Piece, wire

TEXT = "Grüße aus Köln! 🎉 All is well."
WORDS = wire.words(TEXT)
WHOLE = [*WORDS, *wire.ending()]
ODDITIES = {
    "as usual": WHOLE,
    "a role first": [wire.chunk({"role": "assistant", "content": ""}), *WHOLE],
    "empty deltas first": [*[wire.chunk()] * 30, *WHOLE],
    "thoughts first": [*[wire.chunk({"reasoning_content": "Hm. "})] * 3, *WHOLE],
    "content null": [wire.chunk({"content": None, "tool_calls": None}), *WHOLE],
    "delta null": [wire.event({"choices": [{"delta": None}]}), *WHOLE],
    "choices null": [wire.event({"choices": None}), *WHOLE],
    "no choices": [wire.event({"object": "ping"}), *WHOLE],
    "usage null": [wire.chunk({"content": TEXT}, usage=None), *wire.ending()],
    "usage of a wrong shape": [wire.chunk({"content": TEXT}, usage="much"), *wire.ending()],
    "unknown fields": [wire.chunk({"content": TEXT, "mood": 1}, x={"y": []}, error=None), *wire.ending()],
    "comments": [piece for each in WHOLE for piece in (wire.COMMENT, each)],
    "other SSE fields": [b"event: message\nid: 7\n" + each for each in WHOLE],
    "no space after the colon": [each.replace(b"data: ", b"data:") for each in WHOLE],
    "CRLF": wire.crlf(WHOLE),
    "all at once": [b"".join(WHOLE)],
    "byte by byte": wire.sliced(WHOLE, 1),
    "cut within letters": wire.sliced(WHOLE, 7),
    "CRLF byte by byte": wire.sliced(wire.crlf(WHOLE), 1),
    "one chunk": [wire.chunk({"content": TEXT}, "stop"), wire.DONE],
    "reason twice": [*WORDS, wire.chunk({}, "stop"), wire.chunk({}, "stop"), wire.DONE],
    "no [DONE]": WHOLE[:-1],
    "cut off after the end": [*WHOLE, CUT],
    "open after [DONE]": [*WHOLE, STALL],
    "open without [DONE]": [*WHOLE[:-1], STALL],
    "more after [DONE]": [*WHOLE, wire.text("and more"), b"data: nonsense\n\n"],
    "the place as text": [
        wire.event({"choices": [{"index": "0", "delta": {"content": TEXT}}]}),
        *wire.ending(),
    ],
    "a message beside an empty delta": [
        wire.event({"choices": [{"delta": delta, "message": {"role": "assistant", "content": TEXT}}]})
        for delta in ({}, {"role": "assistant", "content": ""})
    ],
    "what a message repeats beside its pieces": [
        *[
            wire.event(
                {"choices": [{"delta": {"content": TEXT[at]}, "message": {"content": TEXT[: at + 1]}}]}
            )
            for at in range(len(TEXT))
        ],
        wire.event({"choices": [{"delta": {}, "message": {"content": TEXT}, "finish_reason": "stop"}]}),
    ],
    "no blank lines": [each.replace(b"\n\n", b"\n") for each in WHOLE],
    "letters in halves": [
        each.replace("🎉".encode(), rb"\ud83c\udf89").replace("ü".encode(), rb"\u00fc") for each in WHOLE
    ],
    "a NUL": [wire.text("Gr\0"), wire.text("üße aus Köln! 🎉 "), wire.text("All is well.\0"), *wire.ending()],
}


@pytest.mark.parametrize("pieces", ODDITIES.values(), ids=ODDITIES)
async def test_harmless_oddities_give_the_right_text(provider, desk, pieces: list[Piece]):
    provider.play(*pieces)

    assert await desk.ask("How are you?") == TEXT

    assert desk.history[-1] == Message("assistant", TEXT)
    await provider.until(lambda provider: provider.open_streams == 0)


async def test_half_a_letter_becomes_a_mark_that_can_be_stored(provider, desk):
    provider.play(rb'data: {"choices": [{"delta": {"content": "Oh \ud83d"}}]}' + b"\n\n", *wire.ending())

    assert await desk.ask("Hi") == "Oh \N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize("shape", ["no_index", "no_index_pieces"])
async def test_calls_without_a_place_are_told_apart_by_their_ids(provider, desk, shape):
    first = Call("lookup_order", {"order_id": "ORD-123"}, "a")
    second = Call("create_ticket", {"issue": "Zu spät", "priority": "low"}, "b")
    provider.calls(first, second, text="Wait.", shape=shape)
    provider.say("Done.")

    await desk.ask("Both, please")

    assert [call["id"] for call in provider.requests[1].messages[-3]["tool_calls"]] == ["a", "b"]
    assert desk.answers[0].message.text == "Wait."
    assert [result.outcome for result in desk.results] == ["done", "done"]


async def test_arguments_may_come_as_an_object_instead_of_text(provider, desk):
    function = {"name": "lookup_order", "arguments": {"order_id": "ORD-123"}}
    provider.play(wire.chunk({"tool_calls": [{"id": "a", "function": function}]}), *wire.ending("tool_calls"))
    provider.say("Done.")

    await desk.ask("ORD-123")

    assert desk.results[0].outcome == "done"
