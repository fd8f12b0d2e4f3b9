"""A stream of chat completions that is cut short or makes no sense ends in a `ModelError`; what was said stays."""

import json

import pytest

from supportbot.assistant.errors import ErrorCode
from tests.provider import CUT, RESET, Drip, Piece, wire

from .failing import SAID, START, assert_next_turn_works, fails

CALL = b"".join(wire.calls([wire.Call("lookup_order", {"order_id": "ORD-123"}, "call_1")]))
HALF_LETTER = wire.text("Grü").split("ü".encode())[0] + "ü".encode()[:1]


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param((START, CUT), id="connection closed"),
        pytest.param((START,), id="body ends in order"),
        pytest.param((START, HALF_LETTER, CUT), id="within a letter"),
        pytest.param((START, CALL[: CALL.index(b"ORD")], CUT), id="within the JSON of a call"),
        pytest.param((START, CALL, CUT), id="after a call"),
        pytest.param((START, CALL, *wire.ending("length")), id="out of tokens in a call"),
    ],
)
async def test_an_answer_without_its_end_is_cut(provider, desk, pieces: tuple[Piece, ...]):
    provider.play(*pieces)

    error = await fails(desk)

    assert (error.code, error.retry, desk.text) == (ErrorCode.CUT, True, SAID)
    assert not desk.answers
    await assert_next_turn_works(provider, desk)


@pytest.mark.parametrize("end", [CUT, RESET])
@pytest.mark.parametrize("held", ["5 <", "<tool", "5 {", "grün"])
async def test_an_answer_that_has_ended_is_whole_though_the_connection_breaks_behind_it(
    provider, desk, held: str, end: Piece
):
    """Its last letters may have been held back, in case they were the beginning of a mark."""
    provider.play(START, wire.text(held), wire.ending("stop")[0], end)

    assert await desk.ask("Where is my order?") == SAID + held

    assert desk.answers
    await assert_next_turn_works(provider, desk)


@pytest.mark.parametrize(
    "failure", [b'{"error": {"message": "Upstream is gone"}}', b"<html>Bad gateway</html>", b"{"]
)
@pytest.mark.parametrize("together", [True, False])
async def test_what_fails_behind_an_answer_that_has_ended_takes_nothing_from_it(
    provider, desk, failure: bytes, together: bool
):
    """Also where it comes in the same read as the words."""
    pieces = [START, wire.ending("stop")[0], b"data: " + failure + b"\n\n"]
    provider.play(*([b"".join(pieces)] if together else pieces))

    assert await desk.ask("Where is my order?") == SAID

    assert desk.answers
    await assert_next_turn_works(provider, desk)


async def test_calls_are_run_though_something_fails_behind_them(provider, desk):
    provider.play(CALL, wire.ending("tool_calls")[0], b'data: {"error": {"message": "Upstream is gone"}}\n\n')
    provider.play(*wire.words("It has shipped."), *wire.ending("stop"))

    assert await desk.ask("Where is ORD-123?") == "It has shipped."


async def test_a_call_in_words_is_run_though_the_connection_breaks_behind_it(provider, desk):
    call = '<tool_call>{"name": "lookup_order", "arguments": {"order_id": "ORD-123"}}'
    provider.play(wire.text(call), wire.ending("stop")[0], CUT)
    provider.play(*wire.words("It has shipped."), *wire.ending("stop"))

    assert await desk.ask("Where is ORD-123?") == "It has shipped."

    assert [result.outcome for result in desk.results] == ["done"]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b'{"choices": [', id="half of a JSON text"),
        pytest.param(b"<html>Bad gateway</html>", id="HTML"),
        pytest.param(b"\xff\xfe", id="not UTF-8"),
        pytest.param(b"[" * 100_000, id="nested too deep"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"5", id="a number"),
        pytest.param(b'{"choices": 5}', id="choices is a number"),
        pytest.param(b'{"choices": [5]}', id="a choice is a number"),
        pytest.param(b'{"choices": [{"delta": "text"}]}', id="delta is text"),
        pytest.param(b'{"choices": [{"delta": {"content": {"text": true}}}]}', id="content is no text"),
        pytest.param(b'{"choices": [{"delta": {"tool_calls": [5]}}]}', id="a call is a number"),
        pytest.param(b'{"choices": [{"delta": {"tool_calls": [{"index": []}]}}]}', id="index is a list"),
        pytest.param(
            b'{"choices": [{"delta": {"tool_calls": [{"function": {"name": {"a": 1}}}]}}]}',
            id="name is an object",
        ),
    ],
)
async def test_a_chunk_that_makes_no_sense_is_malformed(provider, desk, data: bytes):
    provider.play(START, b"data: " + data + b"\n\n", *wire.ending())

    error = await fails(desk)

    assert (error.code, error.retry) == (ErrorCode.MALFORMED, True)
    assert SAID.startswith(desk.text)
    await assert_next_turn_works(provider, desk)


async def test_an_event_that_never_ends_is_malformed_rather_than_kept(provider, desk):
    provider.play(START, b"data: ", Drip(b"x" * 1_000_000, every=0))

    error = await fails(desk)

    assert (error.code, desk.text) == (ErrorCode.MALFORMED, SAID)
    await assert_next_turn_works(provider, desk)
    assert provider.requests[0].closed_early


@pytest.mark.parametrize("shape", [wire.xai_error, wire.openai_error])
async def test_an_error_in_the_middle_of_the_stream_is_the_providers(provider, desk, shape):
    provider.play(START, wire.event(json.loads(shape(503))), *wire.ending())

    error = await fails(desk)

    assert (error.code, error.retry) == (ErrorCode.PROVIDER_ERROR, True)
    assert SAID.startswith(desk.text)
    await assert_next_turn_works(provider, desk)


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param(wire.ending(), id="nothing"),
        pytest.param([wire.text(" \n\t"), *wire.ending()], id="white space"),
        pytest.param([wire.chunk({"reasoning_content": "hm"}), *wire.ending()], id="thoughts"),
        pytest.param(wire.ending("length"), id="all tokens went into thoughts"),
        pytest.param(wire.ending("tool_calls"), id="calls announced and none made"),
    ],
)
async def test_an_answer_without_words_or_calls_is_empty(provider, desk, pieces: list[bytes]):
    provider.play(*pieces)

    error = await fails(desk)

    assert (error.code, error.retry) == (ErrorCode.EMPTY, True)
    await assert_next_turn_works(provider, desk)
