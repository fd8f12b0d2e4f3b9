"""What is made of all the ways in which the Responses API may answer, right and wrong."""

import json
from collections.abc import Callable

import pytest

from supportbot.assistant.errors import ErrorCode
from supportbot.assistant.messages import Message, TextDelta
from tests.provider import CUT, STALL, Ask, Call, End, Piece, Say, wire

from .desk import Desk
from .failing import assert_next_turn_works, fails
from .responses_events import completed, event, said, told

TEXT = "Grüße aus Köln! 🎉 All is well."


@pytest.fixture
def spoken() -> str:
    return "responses"


WHOLE = told(*[Say(each) for each in ("Grüße aus ", "Köln! 🎉 ", "All is ", "well.")], End())
CREATED, *REST = WHOLE
ODDITIES = {
    "as usual": WHOLE,
    "not told that it begins": REST,
    "[DONE] at the end": [*WHOLE, wire.DONE],
    "comments": [piece for each in WHOLE for piece in (wire.COMMENT, each)],
    "named events": [b"event: x\n" + each for each in WHOLE],
    "CRLF byte by byte": wire.sliced(wire.crlf(WHOLE), 1),
    "cut within letters": wire.sliced(WHOLE, 7),
    "all at once": [b"".join(WHOLE)],
    "unknown events": [event("response.mood", mood=1), *WHOLE, event("ping")],
    "an event without a type": [wire.event({"x": 1}), *WHOLE],
    "only the item": [event("response.output_item.done", item=said(TEXT)), completed()],
    "only the response": [completed(said(TEXT))],
    "pieces with nothing": [event("response.output_text.delta", delta=None), *WHOLE],
    "null for the text in one piece": [*WHOLE[:-1], event("response.output_text.done", text=None), WHOLE[-1]],
    "the text in the item too": [*WHOLE[:-1], completed(said(TEXT))],
    "cut off after the end": [*WHOLE, CUT],
    "open after the end": [*WHOLE, STALL],
    "more after the end": [*WHOLE, event("response.output_text.delta", delta="and more")],
    "letters in halves": [each.replace("🎉".encode(), rb"\ud83c\udf89") for each in WHOLE],
}


@pytest.mark.parametrize("pieces", ODDITIES.values(), ids=ODDITIES)
async def test_harmless_oddities_give_the_right_text(provider, desk, pieces: list[Piece]):
    provider.play(*pieces)

    assert await desk.ask("How are you?") == TEXT

    assert desk.history[-1].text == TEXT
    await provider.until(lambda provider: provider.open_streams == 0)


async def test_half_a_letter_becomes_a_mark_that_can_be_stored(provider, desk):
    delta = rb'data: {"type": "response.output_text.delta", "delta": "Oh \ud83d"}' + b"\n\n"
    provider.play(delta, completed())

    assert await desk.ask("Hi") == "Oh \N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize("shape", ["no_index", "no_index_pieces"])
async def test_calls_without_a_place_are_told_apart_by_their_ids(provider, desk, shape):
    first = Call("lookup_order", {"order_id": "ORD-123"}, "a")
    second = Call("create_ticket", {"issue": "Late", "priority": "low"}, "b")
    provider.calls(first, second, shape=shape)
    provider.say("Done.")

    await desk.ask("Both, please")

    assert [call.arguments for call in desk.answers[0].message.tool_calls] == [first.as_text, second.as_text]
    assert [message["tool_call_id"] for message in provider.requests[1].sent[-2:]] == ["a", "b"]


@pytest.mark.parametrize("last", [None, ""])
async def test_the_arguments_that_came_in_pieces_are_kept_where_the_last_event_has_none(provider, desk, last):
    item = {"type": "function_call", "id": "fc", "call_id": "a", "name": "lookup_order", "arguments": last}
    pieces = ['{"order_id":', None, ' "ORD-123"}']
    provider.play(
        event("response.output_item.added", output_index=0, item=item),
        *(event("response.function_call_arguments.delta", item_id="fc", delta=each) for each in pieces),
        event("response.function_call_arguments.done", item_id="fc", arguments=last),
        event("response.output_item.done", output_index=0, item=item),
        completed(),
    )
    provider.say("Done.")

    await desk.ask("ORD-123")

    assert desk.results[0].outcome == "done"


async def test_what_a_call_is_named_is_kept_with_its_last_event(provider, desk):
    item = {"type": "function_call", "call_id": "a", "name": "lookup_order"}
    begun = event("response.output_item.added", output_index=0, item={**item, "arguments": ""})
    arguments = event(
        "response.function_call_arguments.done", output_index=0, arguments={"order_id": "ORD-123"}
    )
    provider.play(begun, arguments, completed())
    provider.say("Done.")

    await desk.ask("ORD-123")

    assert desk.results[0].outcome == "done"


@pytest.mark.parametrize(
    ("error", "code", "retry"),
    [
        ({"code": "server_error", "message": "Overloaded"}, ErrorCode.PROVIDER_ERROR, True),
        ({"code": "rate_limit_exceeded", "message": "Slow down"}, ErrorCode.BUSY, True),
        ({"code": "context_length_exceeded", "message": "Too much"}, ErrorCode.CONTEXT_TOO_LONG, False),
    ],
)
@pytest.mark.parametrize(
    "failing",
    [
        lambda error: event("error", **error),
        lambda error: event("error", error=error),
        lambda error: wire.event({"error": error}),
        lambda error: event("response.failed", response={"id": "r", "status": "failed", "error": error}),
    ],
    ids=["an event", "an error in an event", "no event at all", "a failed response"],
)
async def test_a_failure_in_the_stream_is_named(
    provider, desk, failing: Callable[[dict[str, str]], bytes], error, code, retry
):
    provider.play(*told(Say("It is ")), failing(error))

    failed = await fails(desk)

    assert (failed.code, failed.retry) == (code, retry)
    assert error["message"] not in str(failed)
    await assert_next_turn_works(provider, desk)


@pytest.mark.parametrize(
    ("reason", "code"),
    [("content_filter", ErrorCode.FILTERED), ("steered", ErrorCode.CUT), (None, ErrorCode.CUT)],
)
async def test_an_incomplete_response_is_no_answer(provider, desk, reason, code):
    details = {"incomplete_details": reason and {"reason": reason}}
    response = {"id": "r", "status": "incomplete", "output": [], **details}
    provider.play(*told(Say("It is ")), event("response.incomplete", response=response))

    assert (await fails(desk)).code == code

    assert desk.text == "It is "
    await assert_next_turn_works(provider, desk)


async def test_an_answer_out_of_tokens_is_not_gone_on_with(provider, desk):
    provider.say("A long sto", finish="length")

    await desk.ask("Tell me a story")

    assert desk.history[-1] == Message("assistant", "A long sto")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b'{"type": "response.', id="half of a JSON text"),
        pytest.param(b"<html>Bad gateway</html>", id="HTML"),
        pytest.param(b"\xff\xfe", id="not UTF-8"),
        pytest.param(b"[" * 100_000, id="nested too deep"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"5", id="a number"),
        pytest.param(b'{"type": "response.output_text.delta"}', id="no delta"),
        pytest.param(b'{"type": "response.output_text.delta", "delta": 5}', id="delta is a number"),
        pytest.param(b'{"type": "response.output_item.done", "item": 5}', id="item is a number"),
        pytest.param(b'{"type": "response.output_item.done", "item": {}}', id="item of no type"),
        pytest.param(b'{"type": "response.completed"}', id="no response"),
        pytest.param(b'{"type": "response.completed", "response": {"output": 5}}', id="output is a number"),
        pytest.param(
            b'{"type": "response.output_item.done", "output_index": [], "item": {"type": "function_call"}}',
            id="place is a list",
        ),
        pytest.param(
            b'{"type": "response.output_item.done", "item": {"type": "function_call", "call_id": ["a"]}}',
            id="id is a list",
        ),
    ],
)
async def test_an_event_that_makes_no_sense_is_malformed(provider, desk, data: bytes):
    provider.play(*told(Say("It is ")), b"data: " + data + b"\n\n", completed())

    error = await fails(desk)

    assert (error.code, error.retry) == (ErrorCode.MALFORMED, True)
    assert "It is ".startswith(desk.text)
    await assert_next_turn_works(provider, desk)


async def test_a_response_that_is_cut_at_any_byte_is_never_taken_for_a_whole_one(provider, backend):
    call = Call("create_ticket", '{"issue": "Die Lampe 💡 kam zu spät", "priority": "low"}', "call_1")
    provider.calls(call, text="Grüße! ", shape="pieces")
    whole = Desk(backend)
    provider.say("Done.")
    await whole.ask("My lamp is late.")
    stream = b"".join(told(Say("Grüße! "), Ask((call,), "pieces"), End("tool_calls")))
    first = stream.index(b"output_text.delta") + 100
    for offset in range(first, len(stream) - 1, len(stream) // 24):
        provider.play(stream[:offset], CUT)
        desk = Desk(backend)

        error = await fails(desk)

        assert (error.code, desk.answers, desk.results) == (ErrorCode.CUT, [], [])


async def test_the_first_words_are_text_even_when_they_come_with_thoughts(provider, desk):
    provider.say("Yes.", think=2)

    await desk.ask("Sure?")

    texts = [part.text for part in desk.events if isinstance(part, TextDelta)]
    assert "".join(texts) == "Yes."
    assert json.dumps(texts).count("Hm") == 0
