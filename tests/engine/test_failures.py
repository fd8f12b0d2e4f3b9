"""Whatever a provider does wrong, the turn ends with a `ModelError` that says which it was.

Every test ends by asking again: the connection of the failed turn is closed, and the next turn works.
"""

import pytest

from supportbot.assistant.backends.chat import ChatBackend
from tests.provider import STALL, Drip, Piece, Provider, nobody_listens, wire

from .desk import Desk
from .failing import SAID, START, assert_next_turn_works, fails


@pytest.fixture
async def desk(provider: Provider, desk: Desk) -> Desk:
    """A desk whose connection is open already, lest a short time limit pass before the request is sent."""
    provider.say("Hello.")
    await desk.ask("Hello")
    return desk


@pytest.mark.parametrize(
    ("status", "code", "retry"),
    [
        (400, "key_refused", False),  # so xAI answers to a wrong key
        (401, "key_refused", False),
        (403, "key_refused", False),
        (404, "request_refused", False),
        (413, "request_refused", False),
        (422, "request_refused", False),
        (408, "down", True),
        (429, "busy", True),
        (500, "down", True),
        (502, "down", True),
        (503, "down", True),
        (529, "down", True),
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


async def test_a_bad_request_is_not_taken_for_a_bad_key(provider, desk):
    provider.fail(400, wire.xai_error(400, "This model's maximum prompt length is 131072."))

    error = await fails(desk)

    assert (error.code, error.retry) == ("request_refused", False)
    await assert_next_turn_works(provider, desk)


async def test_the_error_repeats_neither_the_key_nor_what_the_customer_said(provider, desk):
    provider.fail(422, wire.openai_error(422, "Bad value key: Where is my order?"))

    error = await fails(desk)

    assert "Where" not in str(error)
    assert "key" not in str(error)


async def test_a_server_that_is_not_there_is_unreachable():
    with nobody_listens() as url:
        backend = ChatBackend(api_key="key", base_url=url, model="grok-scripted")

        error = await fails(Desk(backend))

        assert (error.code, error.retry) == ("unreachable", True)
        await backend.aclose()


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
async def test_it_gives_up_when_no_first_token_comes(provider, desk, pieces: tuple[Piece, ...]):
    provider.play(*pieces)
    desk.allow(first_token=0.2)

    error = await fails(desk)

    assert (error.code, error.retry) == ("no_first_token", True)
    await assert_next_turn_works(provider, desk)
    assert provider.requests[1].closed_early


async def test_it_gives_up_when_the_request_is_never_answered(provider, desk):
    provider.ignore()
    desk.allow(first_token=0.2)

    error = await fails(desk)

    assert (error.code, error.retry) == ("no_first_token", True)
    await assert_next_turn_works(provider, desk)
    assert provider.requests[1].closed_early


@pytest.mark.parametrize(
    "silence",
    [
        pytest.param(STALL, id="silence"),
        pytest.param(Drip(wire.COMMENT), id="keep-alives"),
    ],
)
async def test_it_gives_up_when_the_text_stalls(provider, desk, silence: Piece):
    provider.play(START, silence)
    desk.allow(stall=0.2)

    error = await fails(desk)

    assert (error.code, error.retry, desk.text) == ("stalled", True, SAID)
    await assert_next_turn_works(provider, desk)
    assert provider.requests[1].closed_early


@pytest.mark.parametrize(
    "piece",
    [
        pytest.param(wire.text("and on "), id="text"),
        pytest.param(wire.chunk({"reasoning_content": "hm"}), id="thoughts"),
    ],
)
async def test_it_gives_up_when_an_answer_takes_for_ever(provider, desk, piece: bytes):
    provider.play(START, Drip(piece))
    desk.allow(turn=0.6)

    error = await fails(desk)

    assert (error.code, error.retry) == ("too_long", True)
    assert desk.text.startswith(SAID)
    await assert_next_turn_works(provider, desk)
    assert provider.requests[1].closed_early
