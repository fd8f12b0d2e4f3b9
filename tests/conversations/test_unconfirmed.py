"""What an answer says beyond what the assistant was shown: staff see it, and with GROUNDING=hold no customer does."""

import pytest

from supportbot.conversations.models import Message, Turn
from tests.provider import Call, Say


@pytest.fixture
def holds(settings):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"grounding": "hold"})


async def test_by_default_the_customer_reads_it_and_staff_see_what_was_not_confirmed(page, model):
    model.say("I have refunded you 99.00 USD.")

    turn = await page.ask("Where is ORD-123?")

    assert "I have refunded you 99.00 USD." in turn.text
    assert turn["data-state"] == "done"
    words = {mark["words"] for mark in (await Turn.objects.aget()).marks}
    assert words == {"99.00 usd", "i have refunded"}


async def test_with_hold_the_sentence_is_left_out_and_a_person_offered(holds, page, model):
    model.say("Hello Alice. I have refunded you. Bye.")

    turn = await page.ask("Where is ORD-123?")

    assert not any("refunded" in frame for frame in page.frames)
    assert "Hello Alice." in turn.text
    (failure,) = turn.classed("failure")
    assert "couldn't be confirmed" in failure.text
    assert "Talk to a person" in failure.text
    assert (await Message.objects.aget(role="assistant")).text == "Hello Alice. Bye."


async def test_with_hold_what_a_tool_has_returned_is_said(holds, page, model):
    model.call("lookup_order", order_id="ORD-123")
    model.say("ORD-123 has been shipped and arrives in 2 days.")

    turn = await page.ask("Where is ORD-123?")

    assert "arrives in 2 days." in turn.text
    assert (await Turn.objects.aget()).marks == []


async def test_an_invented_number_is_not_looked_up(page, model):
    model.call("lookup_order", order_id="ORD-123")
    model.say("What is your order number?")

    turn = await page.ask("Where is my order?")

    assert "ask the customer" in model.requests[1].messages[-1]["content"]
    assert "What is your order number?" in turn.text


async def test_staff_see_what_was_not_confirmed_of_an_answer_that_was_cut(page, model):
    model.play(Say("I have refunded you 99.00 USD. "), Say("And "))

    turn = await page.ask("Where is ORD-123?")

    assert (turn["data-state"], "99.00" in turn.text) == ("failed", True)
    assert {mark["words"] for mark in (await Turn.objects.aget()).marks} == {"99.00 usd", "i have refunded"}


async def test_staff_see_it_of_an_answer_that_its_customer_stopped(page, model):
    model.say("I have refunded you 99.00 USD. And there is more.", hold_after=6)
    await page.say("Where is ORD-123?")
    await page.until(lambda page: page.turns and "99.00 USD. " in page.streamed())

    await page.request(action="stop")
    await page.settled("stopped")

    assert {mark["words"] for mark in (await Turn.objects.aget()).marks} == {"99.00 usd", "i have refunded"}


async def test_with_hold_a_sentence_left_out_before_a_call_is_told_too(holds, page, model):
    model.calls(Call("lookup_order", {"order_id": "ORD-123"}), text="I have refunded you. ")
    model.say("Your order has shipped.")

    turn = await page.ask("Where is ORD-123?")

    (failure,) = turn.classed("failure")
    assert "couldn't be confirmed" in failure.text
    assert "Your order has shipped." in turn.text
