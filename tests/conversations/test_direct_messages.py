"""What a customer writes to the team, as on a ticket's page, reaches a person, whoever has the conversation."""

import pytest
from asgiref.sync import sync_to_async

from supportbot.conversations import turns
from supportbot.conversations.limits.rate_limits import RequestRefused
from supportbot.conversations.models import Conversation, Message
from tickets.models import Ticket

NUMBER = "TKT-00000001"


async def test_in_mid_answer_the_bot_falls_silent_and_a_person_is_waited_for(
    page, model, alices, chat, alice
):
    await Ticket.objects.acreate(number=NUMBER, issue="Late", conversation=chat, customer=alice)
    model.say("One moment please.", hold_after=1)
    await page.say("Hello")
    await page.until(lambda page: page.has_words)

    form = {"action": "answer", "text": "For the team", "client_id": "c1"}
    await sync_to_async(alices.client.post)(f"/tickets/{NUMBER}/", form)
    await page.until(lambda page: page.owner_state == "waiting")

    answer = await Message.objects.aget(role="assistant")
    assert (answer.text.strip(), answer.status) == ("One", "partial")
    assert page.messages("customer")[-1].classed("text")[0].text == "For the team"
    assert NUMBER in page.messages("system")[-1].text


@pytest.mark.parametrize("is_here", [True, False])
def test_in_a_closed_conversation_it_goes_to_who_had_it_or_waits(chat, agent, is_here, monkeypatch):
    monkeypatch.setattr(turns.reachability, "is_staff_here", lambda *_: is_here)
    turns.take_over.run_sync(chat.pk, agent.pk)
    turns.close_conversation.run_sync(chat.pk, agent.pk)

    change = turns.post_to_team.run_sync(chat.pk, "It broke", "c1")

    assert change.owner.owner == ("human" if is_here else "waiting")
    assert change.notifies_desk


def test_to_a_person_nothing_but_the_message_is_added(chat, agent):
    turns.take_over.run_sync(chat.pk, agent.pk)
    before = Message.objects.count()

    turns.post_to_team.run_sync(chat.pk, "My card is 4242 4242 4242 4242", "c1")

    assert Message.objects.count() == before + 1
    assert "4242 4242" not in Message.objects.get(role="customer").text


def test_the_same_id_for_other_words_is_refused(chat):
    turns.post_to_team.run_sync(chat.pk, "One", "c1")
    with pytest.raises(RequestRefused):
        turns.post_to_team.run_sync(chat.pk, "Two", "c1")
    assert Conversation.objects.get().messages.filter(role="customer").count() == 1
