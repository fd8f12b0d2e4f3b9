"""What only HTTP can do wrong ends with a `ModelError` that says which it was, as everything in `contract` does.

Every test ends by asking again: the connection of the failed turn is closed, and the next turn works.
"""

import traceback

import pytest

from supportbot.assistant.backends.chat import ChatBackend
from supportbot.assistant.errors import ErrorCode
from tests.provider import STALL, Drip, Piece, wire

from .desk import Desk
from .failing import SAID, START, assert_next_turn_works, fails


@pytest.mark.parametrize(
    ("status", "code", "retry"),
    [
        (400, ErrorCode.KEY_REFUSED, False),  # so xAI answers to a wrong key
        (401, ErrorCode.KEY_REFUSED, False),
        (403, ErrorCode.KEY_REFUSED, False),
        (404, ErrorCode.NO_MODEL, False),
        (413, ErrorCode.CONTEXT_TOO_LONG, False),
        (422, ErrorCode.MISCONFIGURED, False),
        (408, ErrorCode.DOWN, True),
        (429, ErrorCode.BUSY, True),
        (500, ErrorCode.DOWN, True),
        (502, ErrorCode.DOWN, True),
        (503, ErrorCode.DOWN, True),
        (529, ErrorCode.DOWN, True),
    ],
)
@pytest.mark.parametrize("body", [wire.xai_error, wire.openai_error])
async def test_it_names_what_a_status_means(provider, desk, status, code, retry, body):
    for _attempt in range(2 if retry else 1):
        provider.fail(status, body(status))

    error = await fails(desk)

    assert (error.code, error.retry) == (code, retry)
    assert str(status) in str(error)
    await assert_next_turn_works(provider, desk)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "This model's maximum prompt length is 131072 but the request contains 136973 tokens."),
        (400, "This model's maximum context length is 16384 tokens. However, you requested 122946 tokens."),
        (400, "Your input exceeds the context window of this model. Please adjust your input."),
        (400, "The decoder prompt (length 8357) is longer than the maximum model length of 8192."),
        (400, "the request exceeds the available context size, try increasing it"),
        (500, "the request exceeds the available context size. try increasing the context size"),
        (400, "prompt too long; exceeded max context length by 12 tokens"),
        (400, "the input length exceeds the context length"),
        (400, "Requested tokens (5000) exceed context window of 4096"),
        (400, "Input length 5000 exceeds maximum allowed length 4096"),
        (400, "context length exceeded: please reduce the length"),
        (400, "The token count exceeds the maximum number of tokens allowed"),
        (422, "Please reduce the length of the messages or completion."),
    ],
)
@pytest.mark.parametrize("body", [wire.xai_error, wire.openai_error])
async def test_a_history_that_is_too_long_is_told_by_the_words_of_every_server(
    provider, desk, status, words, body
):
    for _attempt in range(2 if status == 500 else 1):
        provider.fail(status, body(status, words))

    error = await fails(desk)

    assert (error.code, error.retry) == (ErrorCode.CONTEXT_TOO_LONG, False)


async def test_a_history_that_is_found_too_long_in_the_stream_says_so(provider, desk):
    """So llama.cpp does when it has promised to stream."""
    error = {"code": 400, "message": "The request is too long", "type": "exceed_context_size_error"}
    provider.play(wire.event({"error": error}))

    assert (await fails(desk)).code == ErrorCode.CONTEXT_TOO_LONG


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("Failed to decode the image.", ErrorCode.MESSAGE_REFUSED),
        ("max_tokens must be at least 1.", ErrorCode.MISCONFIGURED),
        ("No.", ErrorCode.REQUEST_REFUSED),
    ],
)
async def test_another_bad_request_is_not_taken_for_a_long_one_or_a_bad_key(provider, desk, words, code):
    provider.fail(400, wire.xai_error(400, words))

    error = await fails(desk)

    assert (error.code, error.retry) == (code, False)


async def test_what_a_refusal_quotes_reaches_no_log(provider, desk):
    """The SDK puts the words of OpenAI's form into the text of its own errors."""
    provider.fail(422, wire.openai_error(422, "Bad value: My street is Domstraße 1"))

    error = await fails(desk)

    assert "Domstraße" not in "".join(traceback.format_exception(error))


async def test_a_server_without_a_key_of_its_own_is_asked_all_the_same(provider):
    backend = ChatBackend(api_key="", base_url=provider.url, model="local")
    provider.say("No key needed.")

    assert await Desk(backend).ask("Hello") == "No key needed."
    await backend.aclose()


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param((STALL,), id="nothing after the head"),
        pytest.param((Drip(wire.COMMENT),), id="only keep-alives"),
        pytest.param((Drip(b"\n\n"),), id="only blank lines"),
        pytest.param((START[:30], STALL), id="half an event"),
    ],
)
async def test_it_gives_up_when_no_first_token_comes(provider, warm_desk, pieces: tuple[Piece, ...]):
    provider.play(*pieces)
    warm_desk.set_limits(first_token=0.2)

    error = await fails(warm_desk)

    assert (error.code, error.retry) == (ErrorCode.NO_FIRST_TOKEN, True)
    await assert_next_turn_works(provider, warm_desk)
    assert provider.requests[1].closed_early


@pytest.mark.parametrize(
    "silence",
    [
        pytest.param(STALL, id="silence"),
        pytest.param(Drip(wire.COMMENT), id="keep-alives"),
    ],
)
async def test_it_gives_up_when_the_text_stalls(provider, warm_desk, silence: Piece):
    provider.play(START, silence)
    warm_desk.set_limits(stall=0.2)

    error = await fails(warm_desk)

    assert (error.code, error.retry, warm_desk.text) == (ErrorCode.STALLED, True, SAID)
    await assert_next_turn_works(provider, warm_desk)
    assert provider.requests[1].closed_early
