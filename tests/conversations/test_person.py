"""The button to a person makes one ticket, whatever the model does and however often it is clicked."""

import pytest
from asgiref.sync import sync_to_async

from supportbot.assistant.messages import Answer
from supportbot.assistant.messages import Message as Said
from supportbot.assistant.messages import ToolCall as Asked
from supportbot.conversations.models import ToolCall, Turn
from supportbot.conversations.turns import recovery, submit, tool_calls
from tests.provider import nobody_listens
from tickets.models import Ticket

from .test_abandoned_turns import let_lease_run_out


@pytest.fixture
async def without_model(page, settings):
    with nobody_listens() as url:
        settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"llm_base_url": url})
        yield page


async def ask_for_a_person(page):
    known = set(page.turns)
    await page.request(action="person")
    await page.until(lambda page: page.turns.keys() - known)
    return await page.settled()


async def test_it_makes_a_ticket_and_tells_its_number(page, alice, chat):
    turn = await ask_for_a_person(page)

    ticket = await Ticket.objects.aget()
    assert ticket.number in turn.text
    assert (ticket.customer_id, ticket.conversation_id) == (alice.pk, chat.pk)
    assert "person" in ticket.issue
    assert turn.one(data_role="customer").classed("text")[0].text == "I'd like to talk to a person."


async def test_the_model_is_not_asked(page, model):
    await ask_for_a_person(page)

    assert model.requests == []


async def test_it_works_when_no_model_can_be_reached(without_model):
    await without_model.ask("Hello?")

    await without_model.press(without_model.button("Talk to a person"))
    turn = await without_model.settled("done")

    assert (await Ticket.objects.aget()).number in turn.text


async def test_the_ticket_says_what_they_had_asked_before(page, model):
    model.say("I do not know.")
    await page.ask("My parcel is wet")

    await ask_for_a_person(page)

    assert "My parcel is wet" in (await Ticket.objects.aget()).issue


async def test_a_double_click_is_one_wish(page):
    await page.request(action="person")
    await page.request(action="person")

    await page.settled("done")
    await page.is_quiet()

    assert await Ticket.objects.acount() == await Turn.objects.acount() == 1


async def test_the_second_click_is_told_that_nothing_more_is_needed(page):
    """Or the page would keep it, and send it for ever."""
    await page.request(action="person", client_id="a1")
    await page.request(action="person", client_id="a2")

    notice = await page.refused()

    assert (notice["data-refused"], notice.text.strip()) == ("a2", "")


@pytest.mark.parametrize("before", [(), ("My parcel is wet",), ("My parcel is wet", "And dirty")])
async def test_a_click_later_finds_the_same_ticket(page, model, before):
    model.otherwise(lambda request: model.say("I see."))
    for text in before:
        await page.ask(text)
    first = await ask_for_a_person(page)

    second = await ask_for_a_person(page)

    ticket = await Ticket.objects.aget()
    assert ticket.number in first.text
    assert ticket.number in second.text


async def test_what_is_asked_next_goes_to_the_model_again(page, model):
    await ask_for_a_person(page)
    model.say("In the meantime I can help.")

    await page.ask("Thanks")

    assert [turn.backend async for turn in Turn.objects.all()] == ["handover", "chat"]
    assert [message["role"] for message in model.requests[0].messages] == [
        *("system", "user", "assistant", "tool", "assistant", "user"),
    ]


async def test_it_waits_for_the_answer_that_is_running(page, model):
    reply = model.say("One moment please.", hold_after=1)
    await page.say("Hello")
    await page.until(lambda page: page.deltas)

    await page.request(action="person")
    await page.until(lambda page: len(page.turns) == 2)
    reply.release()
    turn = await page.settled("done")

    assert (await Ticket.objects.aget()).number in turn.text


async def test_a_guest_may_ask_too(model, guests, of_guest):
    page = await guests.open(of_guest)

    turn = await ask_for_a_person(page)

    ticket = await Ticket.objects.aget()
    assert ticket.number in turn.text
    assert (ticket.customer_id, ticket.conversation_id) == (None, of_guest.pk)
    await page.close()


async def test_whoever_asks_again_later_is_told_the_first_number(page, model):
    model.otherwise(lambda request: model.say("I see."))
    first = await ask_for_a_person(page)
    await page.ask("By the way, my parcel is wet")

    second = await ask_for_a_person(page)

    ticket = await Ticket.objects.aget()
    assert ticket.number in first.text
    assert ticket.number in second.text


async def test_when_the_first_ticket_is_settled_there_is_another_one(page):
    await ask_for_a_person(page)
    await Ticket.objects.aupdate(status="resolved")

    await ask_for_a_person(page)

    assert await Ticket.objects.acount() == 2


async def test_no_two_calls_have_one_id(page):
    for _ in range(3):
        await ask_for_a_person(page)

    ids = [call.call_id async for call in ToolCall.objects.all()]
    assert len(set(ids)) == len(ids) == 3


async def test_what_no_model_had_answered_is_in_the_ticket_too(without_model):
    await without_model.ask("My parcel is wet")

    await ask_for_a_person(without_model)

    issue = (await Ticket.objects.aget()).issue
    assert "My parcel is wet" in issue
    assert issue.count("talk to a person") == 1


async def test_a_retry_after_an_interruption_opens_the_ticket(page, chat):
    await leave_interrupted(chat)
    await page.until(lambda page: page.button("Try again"))

    await page.press(page.button("Try again"))
    turn = await page.settled("done")

    assert (await Ticket.objects.aget()).number in turn.text
    assert [call.state async for call in ToolCall.objects.order_by("pk")] == ["interrupted", "done"]


@sync_to_async
def leave_interrupted(chat):
    """The wish of a customer, over which one process after the other ended before the ticket was opened."""
    work = submit.submit_message.run_sync(
        chat.pk, "I'd like to talk to a person.", "a1", backend="handover"
    ).lease
    call = Asked("handover_1", "create_ticket", '{"issue": "A person", "priority": "medium"}')
    tool_calls.store_requested_calls.run_sync(work, Answer(Said("assistant", "", (call,)), "tool_calls"))
    Turn.objects.update(crash_count=recovery.MAX_CRASHES)
    let_lease_run_out()
