"""Providers differ in a hundred harmless ways; the text and the calls are the same in all of them."""

import pytest

from supportbot.assistant.messages import Message, ToolCall
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


@pytest.mark.parametrize("shape", ["whole", "together", "pieces", "no_index", "no_index_pieces"])
async def test_calls_are_the_same_in_whatever_shape_they_come(provider, desk, shape):
    first = Call("lookup_order", {"order_id": "ORD-123"}, "a")
    second = Call("create_ticket", {"issue": "Zu spät", "priority": "low"}, "b")
    provider.calls(first, second, text="Wait.", shape=shape)
    provider.say("Done.")

    await desk.ask("Both, please")

    assert [call.id for call in desk.answers[0].message.tool_calls] == ["a", "b"]
    assert desk.answers[0].message.text == "Wait."
    assert [result.outcome for result in desk.results] == ["done", "done"]


async def test_arguments_may_come_as_an_object_instead_of_text(provider, desk):
    function = {"name": "lookup_order", "arguments": {"order_id": "ORD-123"}}
    provider.play(wire.chunk({"tool_calls": [{"id": "a", "function": function}]}), *wire.ending("tool_calls"))
    provider.say("Done.")

    await desk.ask("ORD-123")

    assert desk.results[0].outcome == "done"


@pytest.mark.parametrize(
    "ids",
    [
        pytest.param(("", ""), id="missing"),
        pytest.param(("same", "same"), id="twice"),
    ],
)
async def test_calls_without_ids_of_their_own_get_some(provider, desk, ids):
    order = {"order_id": "ORD-123"}
    provider.calls(*(Call("lookup_order", order, each) for each in ids))
    provider.say("Done.")

    await desk.ask("ORD-123")

    made = [call.id for call in desk.answers[0].message.tool_calls]
    assert len({*made, ""}) == 3
    assert [result.call_id for result in desk.results] == made


async def test_a_model_that_counts_its_calls_anew_in_every_answer_is_understood(provider, desk):
    for _turn in range(2):
        provider.calls(Call("lookup_order", {"order_id": "ORD-123"}, "call_0"))
        provider.calls(Call("lookup_order", {"order_id": "ORD-9"}, "call_0"))
        provider.say("Done.")

    await desk.ask("Both, please")
    await desk.ask("Again")

    ids = [call.id for message in desk.history for call in message.tool_calls]
    assert len(set(ids)) == 4
    assert ids[0] == "call_0"


async def test_a_malformed_call_is_mended_when_the_history_is_sent_again(provider, desk):
    provider.calls(Call("look up!", '{"order_id": "ORD'), Call("", ""), Call("lookup_order", "[" * 5000))
    provider.say("Sorry.")

    await desk.ask("ORD-123")

    sent = [call["function"] for call in provider.requests[1].messages[2]["tool_calls"]]
    assert [call["name"] for call in sent] == ["look_up_", "unnamed", "lookup_order"]
    assert [call["arguments"] for call in sent] == ["{}"] * 3
    assert desk.answers[0].message.tool_calls[0] == ToolCall("call_1", "look up!", '{"order_id": "ORD')
