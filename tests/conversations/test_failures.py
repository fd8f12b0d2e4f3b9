"""Whatever the model does wrong, the customer reads plain words, keeps all that was said, and can go on."""

import re

import pytest

from supportbot.assistant.errors import GENERAL_MESSAGE, get_error_traits
from supportbot.conversations.models import Message, Turn
from tests.provider import CUT, HOLD, RESET, STALL, Call, Drip, nobody_listens, wire

QUESTION = "Where is my order?"
SAID = "It is on "
START = b"".join(wire.words(SAID))
HALF_CALL = b"".join(wire.calls([Call("lookup_order", '{"order', "c1")]))
SHORT = {"llm_stall_seconds": 0.2, "turn_seconds": 90}
AFTER_SOME_TEXT = {
    "silence": ("stalled", SHORT, (STALL,)),
    "keep-alives only": ("stalled", SHORT, (Drip(wire.COMMENT),)),
    "no end": ("too_long", {"turn_seconds": 0.5}, (Drip(wire.text("and ")),)),
    "the connection closes": ("cut", {}, (CUT,)),
    "the connection is reset": ("cut", {}, (HOLD, RESET)),
    "no reason to finish": ("cut", {}, ()),
    "half a call": ("cut", {}, (HALF_CALL, CUT)),
    "out of tokens in a call": ("cut", {}, (HALF_CALL, *wire.ending("length"))),
    "not JSON": ("malformed", {}, (HOLD, b"data: {oops\n\n", *wire.ending())),
    "an odd chunk": ("malformed", {}, (HOLD, b'data: {"choices": 5}\n\n', *wire.ending())),
    "an error event": ("provider_error", {}, (HOLD, wire.event({"error": {"message": "boom"}}))),
    "a filter": ("filtered", {}, wire.ending("content_filter")),
}
WITHOUT_TEXT = {
    "silence": ("no_first_token", {"llm_first_token_seconds": 0.2}, (STALL,)),
    "keep-alives only": ("no_first_token", {"llm_first_token_seconds": 0.2}, (Drip(wire.COMMENT),)),
    "nothing": ("empty", {}, wire.ending()),
    "white space": ("empty", {}, (wire.text(" \n"), *wire.ending())),
    "thoughts only": ("empty", {}, (wire.chunk({"reasoning_content": "hm"}), *wire.ending())),
}
STATUS = {
    **dict.fromkeys((400, 401, 403), ("key_refused", False)),
    404: ("no_model", False),
    422: ("misconfigured", False),
    413: ("context_too_long", False),
    **dict.fromkeys((408, 500, 502, 503, 529), ("down", True)),
    429: ("busy", True),
}


@pytest.fixture
def limit(settings):
    """Changes how long the model may take."""

    def limit(**seconds):
        settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update=seconds)

    return limit


@pytest.fixture
async def page(page, model):
    """A page on which something was answered already, lest a short limit pass before the model is asked."""
    model.say("Hello.")
    await page.ask("Hello")
    return page


async def assert_failed(page, code: str, *, retry: bool = True) -> None:
    """What the customer wrote is there, with the reason in plain words and the ways on."""
    turn = page.last
    row = await Turn.objects.aget(pk=turn["data-turn"])
    assert (row.state, row.error, row.may_retry) == ("failed", code, retry)
    assert page.messages("customer")[-1].classed("text")[0].text == QUESTION
    assert get_error_traits(code).message in turn.classed("failure")[0].text
    assert [each.text for each in turn.all("button")] == ["Try again"] * retry + ["Talk to a person"]


async def assert_next_turn_works(page, model, limit) -> None:
    limit(llm_first_token_seconds=20, llm_stall_seconds=15, turn_seconds=90)
    await model.until(lambda model: model.open_streams == 0)
    model.say("I am back.")
    assert "I am back." in (await page.ask("Are you there?")).text


@pytest.mark.parametrize(("code", "seconds", "pieces"), AFTER_SOME_TEXT.values(), ids=AFTER_SOME_TEXT)
async def test_a_turn_that_breaks_off_keeps_its_text_and_says_that_it_was_cut(
    page, model, limit, code, seconds, pieces
):
    limit(**seconds)
    reply = model.play(START, *pieces)
    known = len(page.deltas)
    await page.say(QUESTION)
    await page.until(lambda page: len(page.deltas) > known)
    if HOLD in pieces:
        reply.release()

    await page.settled("failed")

    await assert_failed(page, code)
    answer = page.messages("assistant")[-1]
    assert (answer["data-status"], answer.classed("cut")[0].text) == ("partial", "incomplete")
    assert answer.classed("text")[0].text.startswith(SAID.strip())
    assert not await Message.objects.filter(status="streaming").aexists()
    await assert_next_turn_works(page, model, limit)


@pytest.mark.parametrize(("code", "seconds", "pieces"), WITHOUT_TEXT.values(), ids=WITHOUT_TEXT)
async def test_a_turn_without_an_answer_says_why(page, model, limit, code, seconds, pieces):
    limit(**seconds)
    model.play(*pieces)

    await page.ask(QUESTION)

    await assert_failed(page, code)
    assert len(page.messages("assistant")) == 1  # no empty bubble
    await assert_next_turn_works(page, model, limit)


async def test_a_model_that_does_not_answer_at_all_is_told_and_the_next_turn_works(page, model, limit):
    limit(llm_first_token_seconds=0.2)
    model.ignore()

    await page.ask(QUESTION)

    await assert_failed(page, "no_first_token")
    await assert_next_turn_works(page, model, limit)


@pytest.mark.parametrize("status", STATUS)
async def test_a_refusal_of_the_provider_is_told_and_the_next_turn_works(page, model, limit, status):
    code, retry = STATUS[status]
    for _attempt in range(2 if retry or code == "context_too_long" else 1):  # a shorter one is tried too
        model.fail(status)

    await page.ask(QUESTION)

    await assert_failed(page, code, retry=retry)
    await assert_next_turn_works(page, model, limit)


async def test_a_provider_that_is_not_there_is_told(model, alices, chat, settings, limit):
    with nobody_listens() as url:
        limit(llm_base_url=url)
        page = await alices.open(chat)
        await page.ask(QUESTION)

    await assert_failed(page, "unreachable")
    await page.close()


async def test_what_the_provider_says_of_itself_stays_with_us(page, model):
    model.fail(400, wire.xai_error(400, "Incorrect API key provided: xa***ey."))

    await page.ask(QUESTION)

    # What is read, without the tags: a turn's number may be 400.
    read = re.sub(r"<[^>]*>", "", "".join(page.frames))
    assert QUESTION in read
    assert not re.search(r"API|xa\*\*\*|400|Error", read)


async def test_a_backend_that_is_none_ends_in_plain_words(page, settings):
    settings.LLM_BACKEND = "no-such-backend"

    turn = await page.ask(QUESTION)

    assert "Something went wrong on our side." in turn.classed("failure")[0].text
    assert [each.text for each in turn.all("button")] == ["Try again", "Talk to a person"]


async def test_an_answer_that_used_up_its_tokens_is_marked_as_cut(page, model):
    model.say("It is a long story, which", finish="length")

    turn = await page.ask(QUESTION)

    answer = turn.one(data_role="assistant")
    assert (turn["data-state"], answer["data-status"]) == ("done", "partial")
    assert [each.text for each in turn.all("button")] == ["Continue"]


def test_there_are_words_for_every_error():
    codes = {code for code, *_ in [*AFTER_SOME_TEXT.values(), *WITHOUT_TEXT.values(), *STATUS.values()]}
    codes |= {"unreachable", "endless", "interrupted"}

    assert all(get_error_traits(code).message != GENERAL_MESSAGE for code in codes)
