"""A turn that did not end well can be tried again, from what is stored: nothing is said or done twice."""

import pytest

from supportbot.conversations.models import Message, ToolCall, Turn
from supportbot.conversations.turns import submit, transitions
from supportbot.conversations.worker import runner
from tests.provider import CUT, wire
from tickets.models import Ticket

QUESTION = "Where is my order?"
BROKEN_OFF = (*wire.words("It is on "), CUT)


@pytest.fixture
async def failed(page, model):
    """A turn whose answer broke off."""
    model.play(*BROKEN_OFF)
    return await page.ask(QUESTION)


async def test_the_new_answer_takes_the_place_of_the_cut_one(page, model, failed):
    model.say("It has shipped.")

    await page.press(page.button("Try again"))
    turn = await page.settled("done")

    answer = turn.one(data_role="assistant")
    assert (answer["data-status"], answer.classed("text")[0].text.strip()) == ("complete", "It has shipped.")
    assert not turn.classed("failure")
    assert turn["data-turn"] == failed["data-turn"]
    assert await Message.objects.acount() == 2


async def test_the_model_is_asked_as_if_for_the_first_time(page, model, failed):
    model.say("It has shipped.")

    await page.press(page.button("Try again"))
    await page.settled("done")

    assert model.requests[1].messages == model.requests[0].messages


async def test_the_page_sees_the_cut_text_go_and_the_new_one_come(page, model, failed):
    reply = model.say("It has shipped.", hold_after=2)

    await page.press(page.button("Try again"))
    await page.until(lambda page: page.last["data-state"] == "running" and page.streamed() == "It has ")

    assert page.gaps == 0
    reply.release()
    await page.settled("done")


async def test_a_second_click_does_nothing(page, model, failed):
    reply = model.say("It has shipped.", hold_after=1)
    button = page.button("Try again")

    await page.press(button)
    await page.press(button)
    await page.until(lambda page: page.last["data-state"] == "running")
    reply.release()
    await page.settled("done")
    await page.press(button)

    assert await page.is_quiet() or page.last["data-state"] == "done"
    assert len(model.requests) == 2
    assert (await Turn.objects.aget()).fencing_token == 2


async def test_what_is_shown_late_of_the_failure_does_not_end_the_new_attempt(page, model, chat, failed):
    first = await Message.objects.aget(role="customer")
    late = await submit.submit_message(chat.pk, first.text, first.client_id)  # as by a second tab
    assert late.turns[0].row.state == "failed"
    reply = model.say("It has shipped.", hold_after=1)
    await page.press(page.button("Try again"))
    await page.until(lambda page: page.last["data-state"] == "running" and page.streamed())

    await runner.publish_and_start(late)

    reply.release()
    assert "It has shipped." in (await page.settled("done")).text


async def test_it_may_fail_and_be_tried_once_more(page, model, failed):
    model.play(*BROKEN_OFF)
    model.say("It has shipped.")

    for state in ("failed", "done"):
        button = page.button("Try again")
        await page.press(button)
        await page.until(lambda page: page.last["data-state"] == "running")
        await page.settled(state)

    assert await Message.objects.acount() == 2


async def test_a_stopped_answer_can_be_tried_again(page, model):
    model.say("It has shipped.", hold_after=1)
    await page.say(QUESTION)
    await page.until(lambda page: page.has_words)
    await page.request(action="stop")
    await page.settled("stopped")
    model.say("It has shipped.")

    await page.press(page.button("Try again"))

    assert "It has shipped." in (await page.settled("done")).text


async def test_it_goes_on_from_the_results_of_tools_that_ran(page, model, workshop):
    model.call("look")
    model.play(*BROKEN_OFF)
    await page.ask(QUESTION)
    model.say("Found.")

    await page.press(page.button("Try again"))
    await page.settled("done")

    assert workshop.runs == ["look"]
    assert [message["role"] for message in model.requests[2].messages] == [
        "system",
        "user",
        "assistant",
        "tool",
    ]
    assert model.requests[2].messages == model.requests[1].messages


async def test_a_ticket_that_was_opened_is_not_opened_again(page, model):
    model.call("create_ticket", issue="The parcel is late", priority="high")
    model.play(*BROKEN_OFF)
    await page.ask(QUESTION)
    # The model sees the result of its call, and asks for another ticket all the same, in other words.
    model.call("create_ticket", issue="A parcel has not arrived", priority="medium")
    model.say("There is a ticket.")

    await page.press(page.button("Try again"))
    await page.settled("done")

    ticket = await Ticket.objects.aget()
    assert [ticket.number in call.result async for call in ToolCall.objects.all()] == [True, True]


async def test_only_the_newest_turn_can_be_tried_again(page, model, failed):
    button = page.button("Try again")
    model.say("Hello.")
    await page.ask("Hello?")

    await page.press(button)

    await page.is_quiet()
    assert len(model.requests) == 2
    assert await Turn.objects.filter(pk=failed["data-turn"], state="failed").aexists()


async def test_a_click_on_an_older_turn_does_not_try_the_newest_again(page, model, failed):
    older = page.button("Try again")
    model.play(*BROKEN_OFF)
    await page.ask("Hello?")

    await page.press(older)

    await page.is_quiet()
    assert len(model.requests) == 2


async def test_a_turn_that_ended_well_cannot_be_tried_again(page, model):
    model.say("Hello.")
    turn = await page.ask("Hello?")

    await page.request(action="retry", turn=int(turn["data-turn"]))

    await page.is_quiet()
    assert len(model.requests) == 1


async def test_a_turn_that_would_fail_again_cannot_be_tried_again(page, model):
    model.fail(401)
    turn = await page.ask("Hello?")
    assert page.button("Try again") is None

    await page.request(action="retry", turn=int(turn["data-turn"]))

    await page.is_quiet()
    assert len(model.requests) == 1


async def test_nobody_tries_anothers_turn_again(page, model, failed, bobs, of_bob):
    other = await bobs.open(of_bob)

    await other.request(action="retry", turn=int(failed["data-turn"]))

    assert await other.is_quiet()
    assert len(model.requests) == 1
    await other.close()


def test_what_was_asked_before_is_not_told_twice(transactional_db, chat):
    step = submit.submit_message.run_sync(chat.pk, QUESTION, "a1")
    transitions.finish_turn.run_sync(step.lease, "failed", "It is on ")

    again = transitions.retry_turn.run_sync(chat.pk, step.lease.turn_id)

    assert [message.text for message in again.lease.history] == [QUESTION]
    assert again.lease.message_id == step.lease.message_id
    assert again.lease.fencing_token == step.lease.fencing_token + 1
