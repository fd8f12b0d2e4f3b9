"""Stop ends an answer at once, wherever it runs, and keeps what was said and done until then."""

import asyncio

import pytest
from django.utils import timezone

from supportbot.conversations import turns
from supportbot.conversations.models import Message, ToolCall, Turn
from supportbot.conversations.turns import submit, transitions
from supportbot.conversations.worker import runner
from tests.provider import Call, wire
from tickets.models import Ticket

from .rows import until


@pytest.fixture
async def streaming(page, model):
    """A page on which an answer has begun, and the model holds the rest of it back."""
    reply = model.say("It has shipped and comes on Monday.", hold_after=2)
    await page.say("Where is my order?")
    await page.until(lambda page: page.turns and page.streamed() == "It has ")
    return reply


async def test_it_keeps_the_text_so_far_and_says_that_it_was_cut(page, streaming):
    await page.request(action="stop")

    turn = await page.settled("stopped")

    answer = turn.one(data_role="assistant")
    assert answer["data-status"] == "partial"
    assert answer.classed("text")[0].text.strip() == "It has"
    assert "You stopped this answer." in turn.text
    assert (await Message.objects.aget(role="assistant")).text == "It has "


async def test_no_mark_of_what_was_cut_is_seen_raw(page, model):
    model.say("It **has shipped** and comes on Monday.", hold_after=2)
    await page.say("Where is my order?")
    await page.until(lambda page: page.turns and page.streamed() == "It **has ")

    await page.request(action="stop")

    answer = (await page.settled("stopped")).one(data_role="assistant")
    assert answer.classed("text")[0].text.strip() == "It has"
    assert answer.one("strong").text == "has"


async def test_it_closes_the_models_stream(page, model, streaming):
    await page.request(action="stop")
    await page.settled("stopped")

    await model.until(lambda model: model.open_streams == 0)

    assert model.requests[0].closed_early


async def test_the_next_turn_works_and_is_told_of_the_cut(page, model, streaming):
    await page.request(action="stop")
    await page.settled("stopped")
    model.say("Here I am.")

    assert "Here I am." in (await page.ask("Hello?")).text

    assert model.requests[1].messages[2]["content"] == "It has \n\n[This answer was cut off here.]"


async def test_a_second_stop_is_harmless(page, model, streaming):
    await page.request(action="stop")
    await page.request(action="stop")
    await page.settled("stopped")
    await page.request(action="stop")
    model.say("Here I am.")

    assert (await page.ask("Hello?"))["data-state"] == "done"


async def test_a_stop_when_nothing_runs_does_not_stop_the_next_turn(page, model):
    await page.request(action="stop")
    model.say("Here I am.")

    assert (await page.ask("Hello?"))["data-state"] == "done"


async def test_one_that_was_meant_for_an_answer_which_has_ended_does_not_stop_the_next(page, model):
    model.say("It has shipped.")
    await page.ask("Where is my order?")
    ended = page.last["data-turn"]
    reply = model.say("On Monday.", hold_after=1)
    await page.say("When does it come?")
    await page.until(lambda page: len(page.turns) == 2 and page.streamed() == "On ")

    await page.request(action="stop", turn=int(ended))
    reply.release()

    assert (await page.settled())["data-state"] == "done"


async def test_words_that_were_read_before_a_tool_call_stay_also_while_that_is_being_stored(
    page, model, monkeypatch
):
    """The database is away in just that moment, and the customer presses Stop."""
    asked = asyncio.Event()

    async def never(*_args):
        asked.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(turns, "store_requested_calls", never)
    wanted = Call("lookup_order", '{"order_id": "ORD-123"}')
    model.play(*wire.words("Let me look that up."), *wire.calls([wanted]), *wire.ending("tool_calls"))
    await page.say("Where is my order?")
    await asked.wait()

    await page.request(action="stop")
    turn = await page.settled("stopped")

    assert turn.one(data_role="assistant").classed("text")[0].text.strip() == "Let me look that up."


async def test_it_may_come_before_the_first_word(page, model):
    model.ignore()
    await page.say("Where is my order?")
    await model.until(lambda model: model.requests)

    await page.request(action="stop")
    turn = await page.settled("stopped")

    assert not turn.all(data_role="assistant")
    assert turn.one(data_role="customer")


async def test_it_takes_up_what_was_said_meanwhile(page, model, streaming):
    model.say("On to the next.")
    await page.say("Something else")
    await page.request(action="stop")

    await page.settled("done")

    assert [turn["data-state"] for _, turn in sorted(page.turns.items())] == ["stopped", "done"]


async def test_it_works_from_another_page(page, streaming, alices, chat):
    other = await alices.open(chat)

    await other.request(action="stop")

    await other.settled("stopped")
    await page.settled("stopped")
    await other.close()


async def test_it_works_from_another_process(page, streaming, chat):
    # All that another process can do is to store the wish.
    await transitions.request_stop(chat.pk)

    assert (await page.settled("stopped")).one(data_role="assistant")["data-status"] == "partial"


async def test_it_stops_nobody_elses_turn(page, streaming, bobs, of_bob):
    other = await bobs.open(of_bob)

    await other.request(action="stop")
    await other.is_quiet()

    assert await Turn.objects.filter(state="running", stop_requested=False).aexists()
    await other.close()


async def test_while_a_tool_looks_something_up_it_settles_the_call(page, model, workshop):
    model.call("hanging_look")
    await page.say("Hello")
    await workshop.has_begun()

    await page.request(action="stop")
    turn = await page.settled("stopped")

    assert turn.one("li")["data-state"] == "interrupted"
    workshop.go_on.set()
    await workshop.is_idle()
    assert (await ToolCall.objects.aget()).state == "interrupted"


async def test_what_a_tool_writes_meanwhile_is_kept_whole_or_not_at_all(page, model, workshop):
    model.call("hanging_write", issue="late")
    model.otherwise(lambda request: model.say("Done."))
    await page.say("Hello")
    await workshop.has_begun()

    await page.request(action="stop")
    workshop.go_on.set()
    await page.settled()
    await workshop.is_idle()

    call = await ToolCall.objects.aget()
    assert await Ticket.objects.acount() == {"done": 2, "interrupted": 0}[call.state]


async def test_the_end_of_the_process_ends_a_turn_as_interrupted(page, streaming):
    await runner.drain()

    turn = await page.settled("interrupted")

    assert "The answer was interrupted." in turn.text
    assert page.button("Try again")
    assert turn.one(data_role="assistant").classed("text")[0].text.strip() == "It has"


async def test_the_process_may_end_before_a_turn_has_begun(model, chat):
    model.otherwise(lambda request: model.say("Hello."))
    step = await submit.submit_message(chat.pk, "Hello", "a1")

    await runner.publish_and_start(step)
    await runner.drain()

    await until(Turn.objects.filter(state="queued", lease_until__lte=timezone.now()).aexists)
    assert model.requests == []
