"""A typed answer is one that pydantic accepted, or a clear error."""

import asyncio
from typing import Literal

import pytest
from pydantic import BaseModel, Field

from supportbot.assistant.backends import timeouts
from supportbot.assistant.errors import ErrorCode, ModelError
from supportbot.assistant.messages import Image, Message, ParsedAnswer
from tests.engine.desk import SYSTEM
from tests.provider import CUT, HOLD, End, Say


class Note(BaseModel):
    """What a colleague needs to know."""

    mood: Literal["happy", "angry"]
    wants: str = Field(description="In one line")
    orders: list[str] = []
    prices: dict[str, float] = {}


ASKED = [Message("user", "Where is ORD-123? I am furious!"), Message("user", "Fill in the note.")]
FILLED = {"mood": "angry", "wants": "ORD-123 in Köln 💡", "orders": ["ORD-123"]}


async def fails(backend) -> ModelError:
    with pytest.raises(ModelError) as caught:
        await backend.parse(SYSTEM, ASKED, Note)
    return caught.value


async def test_a_form_comes_back_filled_in(provider, backend, spoken):
    provider.fill(**FILLED)

    parsed = await backend.parse(SYSTEM, ASKED, Note, conversation="c7")

    assert isinstance(parsed, ParsedAnswer)
    assert parsed.value == Note(**FILLED)
    assert parsed.model
    assert {key: parsed.usage[key] for key in spoken.usage} == spoken.usage


async def test_the_model_sees_the_conversation_and_the_form(provider, backend):
    provider.fill(**FILLED)

    await backend.parse(SYSTEM, ASKED, Note)

    request = provider.requests[0]
    assert [message["content"] for message in request.messages] == [SYSTEM, *(each.text for each in ASKED)]
    assert set(request.form["properties"]) == {"mood", "wants", "orders", "prices"}
    assert request.form["properties"]["mood"]["enum"] == ["happy", "angry"]
    assert request.form["properties"]["wants"]["description"] == "In one line"


async def test_a_form_about_a_picture_is_filled_in_too(provider, backend):
    provider.fill(**FILLED)
    asked = Message("user", "Fill in the note.", images=(Image("https://techcorp.example/box.png"),))

    parsed = await backend.parse(SYSTEM, [asked], Note)

    assert parsed.value.mood == "angry"
    assert provider.requests[0].messages[-1]["content"][1]["type"] == "image_url"


async def test_nothing_of_a_typed_answer_is_kept_there(provider, backend):
    provider.fill(**FILLED)

    await backend.parse(SYSTEM, ASKED, Note)

    assert provider.stored == {}


async def test_what_the_provider_counted_of_a_form_that_is_filled_in_wrongly_is_known(
    provider, backend, spoken
):
    provider.fill(mood="bored")

    error = await fails(backend)

    (request,) = error.discarded
    assert {key: request.usage[key] for key in spoken.usage} == spoken.usage


async def test_a_form_that_the_model_will_not_fill_in_is_declined(provider, backend):
    provider.refuse("I cannot judge a person's mood.")

    error = await fails(backend)

    assert (error.code, error.retry) == (ErrorCode.DECLINED, False)
    assert "mood" not in str(error)


@pytest.mark.parametrize(
    "said",
    [
        pytest.param('{"mood": "angry", "wants"', id="half of it"),
        pytest.param('{"mood": "bored", "wants": "x", "orders": []}', id="a mood that there is not"),
        pytest.param('{"mood": "angry"}', id="a field is missing"),
        pytest.param("", id="nothing"),
    ],
)
async def test_a_form_that_is_filled_in_wrongly_is_invalid(provider, backend, said):
    provider.play(Say(said), End())

    error = await fails(backend)

    assert error.code == ErrorCode.INVALID
    assert "angry" not in str(error)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            '{"mood": "alice", "orders": ["ORD-1", 2]}',
            "mood: literal_error, wants: missing, orders.1: string_type",
        ),
        ('{"mood": "happy", "wants": "x", "prices": {"alice": "bob"}}', "prices.*: float_parsing"),
        ('{"mood": "alice', "json_invalid"),
    ],
)
async def test_it_is_told_which_fields_are_wrong_and_not_what_the_model_wrote(provider, backend, said, told):
    provider.play(Say(said), End())

    assert str(await fails(backend)) == told


async def test_a_form_that_is_out_of_tokens_is_invalid(provider, backend):
    provider.play(Say('{"mood": "angry", "wan'), End("length"))

    assert (await fails(backend)).code == ErrorCode.INVALID


async def test_a_form_that_a_filter_stopped_is_no_answer(provider, backend):
    provider.play(Say('{"mood": "a'), End("content_filter"))

    assert (await fails(backend)).code in (ErrorCode.DECLINED, ErrorCode.INVALID)


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, ErrorCode.KEY_REFUSED), (404, ErrorCode.NO_MODEL), (429, ErrorCode.BUSY), (503, ErrorCode.DOWN)],
)
async def test_a_failing_provider_is_named_as_in_a_conversation(provider, backend, status, code):
    for _try in range(2):
        provider.fail(status)

    assert (await fails(backend)).code == code


async def test_a_history_that_is_too_long_says_so(provider, backend):
    provider.find_too_long()

    assert (await fails(backend)).code == ErrorCode.CONTEXT_TOO_LONG


async def test_an_answer_that_is_cut_off_is_an_error(provider, backend):
    for _try in range(2):
        provider.play(Say("{"), CUT)

    error = await fails(backend)

    assert error.code in (ErrorCode.CUT, ErrorCode.UNREACHABLE, ErrorCode.DOWN)
    assert error.retry


async def test_a_provider_that_keeps_silent_is_given_up(provider, backend, monkeypatch):
    monkeypatch.setattr(timeouts, "WHOLE_ANSWER_SECONDS", 0.2)
    provider.ignore()

    assert (await fails(backend)).code == ErrorCode.NO_FIRST_TOKEN

    await provider.until(lambda provider: provider.requests[0].closed_early, timeout=1)


async def test_cancelling_closes_the_request_within_a_second(provider, backend):
    reply = provider.play(HOLD, Say("{}"), End())
    asking = asyncio.create_task(backend.parse(SYSTEM, ASKED, Note))
    await provider.until(lambda provider: reply.held)

    asking.cancel()

    await provider.until(lambda provider: provider.requests[0].closed_early, timeout=1)
