"""Whatever a provider does wrong, the turn ends with a `ModelError` that says which it was.

Nearly every test ends by asking again: the failed turn is closed, and the next turn works.
"""

import asyncio
import traceback
from typing import Any

import pytest

from supportbot.assistant.backends.provider_errors import describe_endpoint
from supportbot.assistant.errors import ErrorCode, ModelError
from supportbot.assistant.messages import TextDelta, Thinking
from supportbot.assistant.usage import RequestUsage
from tests.engine.desk import Desk
from tests.engine.failing import SAID, assert_next_turn_works, fails
from tests.provider import CUT, HOLD, RESET, STALL, Ask, Call, Drip, End, Piece, Say, Think, Trouble, words

from .wires import Wire

CALL = Ask((Call("lookup_order", {"order_id": "ORD-123"}, "call_1"),))
START = tuple(words(SAID))


@pytest.mark.parametrize(
    ("status", "code", "retry"),
    [
        (400, ErrorCode.KEY_REFUSED, False),  # so xAI answers to a wrong key
        (401, ErrorCode.KEY_REFUSED, False),
        (403, ErrorCode.KEY_REFUSED, False),
        (404, ErrorCode.NO_MODEL, False),
        (422, ErrorCode.MISCONFIGURED, False),
        (429, ErrorCode.BUSY, True),
        (500, ErrorCode.DOWN, True),
        (503, ErrorCode.DOWN, True),
    ],
)
async def test_it_names_what_a_refusal_means(provider, desk, status, code, retry):
    for _attempt in range(2 if retry else 1):
        provider.fail(status)

    error = await fails(desk)

    assert (error.code, error.retry) == (code, retry)
    await assert_next_turn_works(provider, desk)


async def test_what_is_logged_of_a_wrong_model_names_it_and_its_server_but_no_password(provider, spoken):
    host = provider.url.removeprefix("http://")
    backend = spoken.connect(provider, model="grok-typo")
    provider.fail(404)

    assert f"model grok-typo at {host}" in str(await fails(Desk(backend)))

    assert (
        describe_endpoint("m", "https://key:s3cr/t@models.example:8000/v1?key=s3cr")
        == "model m at models.example:8000/v1"
    )
    await backend.aclose()


async def test_a_passing_trouble_is_not_noticed(provider, desk):
    provider.fail(503)
    provider.say("Here I am.")

    assert await desk.ask("Hello?") == "Here I am."

    assert len(provider.requests) == 2


async def test_it_tries_twice_and_no_more(provider, desk):
    provider.otherwise(lambda request: provider.fail(503))

    assert (await fails(desk)).code == ErrorCode.DOWN

    assert len(provider.requests) == 2


async def test_it_never_tries_again_once_text_has_come(provider, desk):
    provider.play(Say("I "), CUT)

    assert (await fails(desk)).code == ErrorCode.CUT

    assert (desk.text, len(provider.requests)) == ("I ", 1)


async def test_a_history_that_is_too_long_goes_once_more_without_its_older_half(provider, warm_desk):
    provider.find_too_long()
    provider.say("Much better.")

    assert await warm_desk.ask("And now?") == "Much better."

    said = [message["content"] for message in provider.requests[-1].messages]
    assert said[1:] == ["And now?"]


async def test_a_message_that_is_too_long_by_itself_says_so(provider, desk):
    provider.find_too_long()

    error = await fails(desk)

    assert (error.code, error.retry) == (ErrorCode.CONTEXT_TOO_LONG, False)
    await assert_next_turn_works(provider, desk)


async def test_an_error_repeats_neither_the_key_nor_what_the_customer_said(provider, desk):
    provider.fail(422, words="Bad value for key-of-the-shop: Where is my order?")

    error = await fails(desk)

    logged = "".join(traceback.format_exception(error))
    assert "key-of-the-shop" not in logged
    assert "Where is my order" not in logged.replace('desk.ask("Where is my order?")', "")


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param((*START, CUT), id="connection closed"),
        pytest.param(START, id="body ends in order"),
        pytest.param((*START, CALL, CUT), id="after a call"),
        pytest.param((*START, CALL, End("length")), id="out of tokens in a call"),
    ],
)
async def test_an_answer_without_its_end_is_cut(provider, desk, pieces: tuple[Piece, ...]):
    provider.play(*pieces)

    error = await fails(desk)

    assert (error.code, error.retry, desk.text) == (ErrorCode.CUT, True, SAID)
    assert not desk.answers
    await assert_next_turn_works(provider, desk)


async def test_an_answer_whose_connection_is_reset_is_cut(provider, desk):
    reply = provider.play(*START, HOLD, RESET)
    failing = asyncio.create_task(fails(desk))
    await desk.text_received.wait()
    await provider.until(lambda provider: reply.held)

    reply.release()
    error = await failing

    assert (error.code, error.retry) == (ErrorCode.CUT, True)
    assert SAID.startswith(desk.text)
    await assert_next_turn_works(provider, desk)


async def test_an_error_in_the_middle_of_the_stream_is_the_providers(provider, desk):
    provider.play(*START, Trouble("Overloaded by: Where is my order?"))

    error = await fails(desk)

    assert (error.code, error.retry) == (ErrorCode.PROVIDER_ERROR, True)
    assert "order" not in str(error)
    await assert_next_turn_works(provider, desk)


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param((End(),), id="nothing"),
        pytest.param((Say(" \n\t"), End()), id="white space"),
        pytest.param((Think("Hm."), Think("Well."), End()), id="thoughts"),
        pytest.param((End("length"),), id="all tokens went into thoughts"),
    ],
)
async def test_an_answer_without_words_or_calls_is_empty(provider, desk, pieces: tuple[Piece, ...]):
    provider.play(*pieces)

    error = await fails(desk)

    assert (error.code, error.retry) == (ErrorCode.EMPTY, True)
    await assert_next_turn_works(provider, desk)


@pytest.mark.parametrize(
    ("pieces", "code"),
    [
        pytest.param((*START, CALL, End("length")), ErrorCode.CUT, id="out of tokens in a call"),
        pytest.param((Think("Hm."), End()), ErrorCode.EMPTY, id="empty"),
    ],
)
async def test_what_the_provider_counted_of_an_answer_of_no_use_is_known(
    provider, desk, spoken, pieces: tuple[Piece, ...], code
):
    provider.play(*pieces)

    error = await fails(desk)

    assert error.code == code
    assert [pick_counts(spoken, request) for request in error.discarded] == [spoken.usage]


async def test_a_call_that_may_not_be_run_is_counted_with_the_answer_or_the_failure_behind_it(
    provider, desk, spoken
):
    desk.set_limits(rounds=0)
    provider.call("lookup_order", order_id="ORD-123")
    provider.say("It has shipped.")

    await desk.ask("Where is it?")

    requests = desk.answers[-1].list_requests()
    assert [pick_counts(spoken, request) for request in requests] == [spoken.usage] * 2

    provider.always_call("lookup_order", order_id="ORD-123")
    error = await fails(desk)

    assert error.code == ErrorCode.ENDLESS
    assert [pick_counts(spoken, request) for request in error.discarded] == [spoken.usage] * 2


async def test_words_beside_such_a_call_are_counted_with_what_was_asked_behind_them(provider, desk, spoken):
    desk.set_limits(rounds=0)
    call = Call("lookup_order", {"order_id": "ORD-123"})
    provider.calls(call, text="It has shipped.")
    provider.calls(call)

    assert await desk.ask("Where is it?") == "It has shipped."

    requests = desk.answers[-1].list_requests()
    assert [pick_counts(spoken, request) for request in requests] == [spoken.usage] * 2


def pick_counts(spoken: Wire, request: RequestUsage) -> dict[str, Any]:
    """Those that the provider is known to send."""
    return {key: request.usage[key] for key in spoken.usage}


async def test_an_answer_that_a_filter_stopped_is_filtered(provider, desk, spoken):
    provider.play(*START, End("content_filter"))

    error = await fails(desk)

    assert (error.code, desk.text) == (ErrorCode.FILTERED, SAID)
    counted = [pick_counts(spoken, request) for request in error.discarded]
    assert counted == ([] if spoken.backend == "xai" else [spoken.usage]), "over gRPC it is a failed call"
    await assert_next_turn_works(provider, desk)


async def test_it_gives_up_when_the_request_is_never_answered(provider, warm_desk):
    provider.ignore()
    warm_desk.set_limits(first_token=0.2)

    error = await fails(warm_desk)

    assert (error.code, error.retry) == (ErrorCode.NO_FIRST_TOKEN, True)
    await assert_next_turn_works(provider, warm_desk)
    assert provider.requests[1].closed_early


async def test_it_gives_up_when_the_text_stalls(provider, warm_desk):
    provider.play(*START, STALL)
    warm_desk.set_limits(stall=0.2)

    error = await fails(warm_desk)

    assert (error.code, error.retry, warm_desk.text) == (ErrorCode.STALLED, True, SAID)
    await assert_next_turn_works(provider, warm_desk)
    assert provider.requests[1].closed_early


@pytest.mark.parametrize("piece", [Say("and on "), Think("Hm. ")], ids=["text", "thoughts"])
async def test_it_gives_up_when_an_answer_takes_for_ever(provider, warm_desk, piece):
    provider.play(*START, Drip(piece))
    warm_desk.set_limits(turn=0.6)

    error = await fails(warm_desk)

    assert (error.code, error.retry) == (ErrorCode.TOO_LONG, True)
    assert warm_desk.text.startswith(SAID)
    await assert_next_turn_works(provider, warm_desk)
    assert provider.requests[1].closed_early


async def test_a_model_that_thinks_for_long_is_not_taken_for_a_stalled_one(provider, warm_desk):
    """Half a second apart come signs of life, and not one for each of a hundred thoughts."""
    provider.play(Drip(Think("Hm. ")))
    warm_desk.set_limits(stall=0.9, turn=2.5)

    error = await fails(warm_desk)

    assert error.code == ErrorCode.TOO_LONG
    assert warm_desk.events[0] == Thinking()
    assert warm_desk.events[1:] == [TextDelta("")] * len(warm_desk.events[1:])
    assert 3 <= len(warm_desk.events) <= 6


async def test_a_model_that_only_calls_tools_is_stopped(provider, desk):
    provider.always_call("lookup_order", order_id="ORD-123")
    desk.set_limits(rounds=3, calls=10)

    error = await fails(desk)

    assert (error.code, error.retry, len(provider.requests)) == (ErrorCode.ENDLESS, True, 5)
    assert provider.requests[-1].tools == [], "asked once more for words alone"
    assert len(desk.results) == 3


async def test_a_server_that_is_not_there_is_unreachable(spoken):
    with spoken.provider() as gone:
        backend = spoken.connect(gone)

    error = await fails(Desk(backend))

    assert isinstance(error, ModelError)
    assert (error.code, error.retry) == (ErrorCode.UNREACHABLE, True)
    await backend.aclose()
