"""What a model or a tool returns has a measure: more is cut or refused, in words, and at a cost that is linear."""

import json
import logging
from dataclasses import replace
from time import monotonic, process_time
from typing import Any

import pytest

from supportbot.assistant.backends import transport
from supportbot.assistant.backends.text_calls.bare_calls import BareCallReader
from supportbot.assistant.errors import ERROR_TRAITS, ErrorCode, ModelError
from supportbot.assistant.limits import NOT_RUN, Limits, bound_calls
from supportbot.assistant.messages import Answer, Message, ToolCall
from supportbot.assistant.tools import MAX_RESULT_CHARS, ToolContext, ToolError, tool
from tests.provider import Call, wire

from .desk import GUEST

SECRET = "a word of the customer"


def give(value: Any) -> Any:
    @tool(effect="read")
    def look(ctx: ToolContext) -> Any:
        """Look something up."""
        if isinstance(value, Exception):
            raise value
        return value

    return look


def run_look(value: Any, **options: Any) -> Any:
    return give(value).run(GUEST, ToolCall("c1", "look", "{}"), **options)


async def test_of_a_flood_of_calls_the_first_are_kept_and_the_model_can_go_on(provider, desk):
    desk.set_tools(give({"found": 1}))
    provider.calls(*[Call("look", {})] * 1000)
    provider.say("Enough.")
    begun = monotonic()

    assert await desk.ask("Please") == "Enough."

    assert monotonic() - begun < 2
    (asked, _last) = desk.answers
    assert len(asked.message.tool_calls) == len(desk.results) == Limits().answer_calls
    ran = [result for result in desk.results if result.outcome == "done"]
    assert len(ran) == Limits().calls
    assert all(NOT_RUN in result.content for result in desk.results[len(ran) :])
    # The strict provider takes it: each call that is sent has its result.
    assert sum(each["role"] == "tool" for each in provider.requests[1].messages) == Limits().answer_calls


async def test_calls_of_all_rounds_together_are_counted(provider, desk):
    desk.set_tools(give({"found": 1}))
    for _ in range(3):
        provider.calls(*[Call("look", {})] * 4)
    provider.say("Enough.")

    await desk.ask("Please")

    assert [result.outcome for result in desk.results] == ["done"] * 6 + ["refused"] * 6


@pytest.mark.parametrize("shape", ["whole", "pieces"])
async def test_a_call_with_too_long_arguments_is_not_run_and_kept_short(provider, desk, shape):
    ran: list[str] = []

    @tool(effect="read")
    def look(ctx: ToolContext, words: str) -> dict[str, Any]:
        """Look something up."""
        ran.append(words)
        return {}

    desk.set_tools(look)
    provider.calls(Call("look", {"words": "x" * 50_000}), Call("look", {"words": "short"}), shape=shape)
    provider.say("Sorry.")

    assert await desk.ask("Please") == "Sorry."

    assert ran == ["short"]
    assert [result.outcome for result in desk.results] == ["invalid", "done"]
    assert "50,013 characters" in desk.results[0].content
    assert len(desk.answers[0].message.tool_calls[0].arguments) < Limits().argument_chars + 50


def test_what_a_provider_has_stored_is_not_used_when_calls_were_dropped():
    calls = tuple(ToolCall(f"c{n}", "look", "{}") for n in range(20))
    answer = Answer(Message("assistant", "", calls, handle="responses:1"), "tool_calls")

    assert bound_calls(answer, Limits(answer_calls=20), 20) == (answer, {})
    assert bound_calls(answer, Limits(answer_calls=19), 20)[0].message.handle == ""


def test_names_and_ids_fit_into_their_columns():
    call = ToolCall("i" * 1000, "n" * 1000, "{}")
    bounded, _ = bound_calls(Answer(Message("assistant", "", (call,)), "tool_calls"), Limits(), 1)

    assert [len(each) for each in (bounded.message.tool_calls[0].id, bounded.message.tool_calls[0].name)] == [
        200,
        200,
    ]


@pytest.mark.parametrize("piece", ["word ", "x" * 5000], ids=["in words", "in large pieces"])
async def test_an_answer_without_end_is_cut_as_one_that_ran_out_of_tokens(provider, desk, piece):
    desk.set_limits(answer_chars=20_000)
    provider.play(*[wire.text(piece)] * (200_000 // len(piece)))

    text = await desk.ask("Please")

    assert len(text) == 20_000
    assert (piece * 20_000).startswith(text)
    assert (desk.answers[-1].finish_reason, desk.answers[-1].message.text) == ("length", text)
    await provider.until(lambda provider: not provider.open_streams)


def call_part(index: int, arguments: str) -> bytes:
    return wire.chunk(
        {"tool_calls": [{"index": index, "function": {"name": "look", "arguments": arguments}}]}
    )


FLOODS = {
    "of calls": [call_part(number, "{}") for number in range(3_000)],
    "of arguments": [call_part(0, "x}" * 20)] * 5_000,
    "of thoughts": [wire.chunk({"reasoning_content": "hm " * 1_000})] * 1_000,
    "of a call as text": [
        wire.chunk({"content": "<tool_call>{"}),
        *[wire.chunk({"content": "x" * 40})] * 3_000,
    ],
    "in one line": [b"data: " + b"x" * 5_000_000],
}


@pytest.mark.parametrize("stream", FLOODS.values(), ids=FLOODS)
async def test_a_stream_without_end_is_given_up_in_words(provider, desk, stream, monkeypatch):
    monkeypatch.setattr(transport, "MAX_RESPONSE_BYTES", 2_000_000)
    provider.play(*stream)
    begun = process_time()

    with pytest.raises(ModelError) as failure:
        await desk.ask("Please")

    assert process_time() - begun < 5
    assert failure.value.code in (ErrorCode.MALFORMED, ErrorCode.CUT)
    assert ERROR_TRAITS[failure.value.code].advises_retry
    await provider.until(lambda provider: not provider.open_streams)


def test_a_text_that_begins_like_a_call_is_held_no_longer_than_a_call_may_be():
    reader = BareCallReader(["look"], [])
    shown = [
        reader.read_text('{"name": "look", "arguments": {"a": "'),
        *(reader.read_text("x" * 50_000) for _ in "ab"),
    ]
    assert [len(text) > 0 for text in shown] == [False, False, True]


LONG = {
    "a text": "x" * 2_000_000,
    "a list": ["order"] * 400_000,
    "quotation marks": '"' * 1_000_000,
    "line breaks": "\n" * 1_000_000,
    "wide characters": "買" * 1_000_000,
    "a lone surrogate": "\ud800" * 1_000_000,
    "just too long": "x" * MAX_RESULT_CHARS,
    "a refusal": ToolError("no " * 1_000_000),
}


@pytest.mark.parametrize("value", LONG.values(), ids=LONG)
def test_a_long_result_is_cut_marked_and_told_to_its_developer(value, caplog):
    begun = monotonic()
    result = run_look(value)

    assert monotonic() - begun < 1
    assert len(result.content) <= MAX_RESULT_CHARS
    cut = json.loads(result.content)
    assert cut["cut"].startswith("Cut: only the first part of ")
    assert len(cut["begins"]) > MAX_RESULT_CHARS / 4
    assert result.outcome == ("refused" if isinstance(value, ToolError) else "done")
    (record,) = caplog.records
    assert (record.levelno, record.name) == (logging.ERROR, "supportbot.assistant.tools")
    assert "Tool look returned " in record.getMessage()
    assert len(record.getMessage()) < 200


def test_a_result_that_fits_is_left_as_it_is(caplog):
    text = "x" * (MAX_RESULT_CHARS - 2)

    assert run_look(text).content == f'"{text}"'
    assert not caplog.records


def test_how_long_a_result_may_be_can_be_chosen():
    assert len(run_look(SECRET * 100, max_result_chars=300).content) <= 300


def test_what_a_turn_has_left_after_a_crash_is_never_less_than_nothing():
    limits = replace(Limits(), rounds=4, calls=6)

    left = limits.reduce_for_resumed_turn(1, 2)

    assert (left.rounds, left.calls) == (3, 4)
    assert limits.reduce_for_resumed_turn(9, 9).calls == 0
