"""Nobody waits for a person who may no longer answer: their conversations wait for another one."""

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User

from supportbot.conversations import turns
from supportbot.conversations.models import Conversation
from supportbot.conversations.realtime.fragments import render_owner
from supportbot.conversations.worker import housekeeping
from supportbot.desk.refusals import describe_refusal
from supportbot.jobs.models import Job
from tickets.models import Ticket


@pytest.fixture
def chat(alice: User, agent: User) -> Conversation:
    chat = Conversation.objects.create(user=alice)
    turns.request_person.run_sync(chat.pk, "The lamp is late")
    turns.take_over.run_sync(chat.pk, agent.pk)
    Job.objects.all().delete()
    return chat


def deactivate(agent: User) -> None:
    User.objects.filter(pk=agent.pk).update(is_active=False)


def demote(agent: User) -> None:
    User.objects.filter(pk=agent.pk).update(is_staff=False)


def take_right(agent: User) -> None:
    agent.groups.clear()


WAYS = [deactivate, demote, take_right, User.delete]


@pytest.mark.parametrize("lose", WAYS)
def test_who_writes_to_somebody_who_is_no_longer_of_the_staff_waits_for_another(
    transactional_db, chat, agent, lose
):
    lose(agent)
    turns.submit_message.run_sync(chat.pk, "Is anybody there?", "c1", can_start=False)

    chat.refresh_from_db()
    assert (chat.owner, chat.assignee, chat.waiting_reason) == ("waiting", None, "Is anybody there?")
    assert Job.objects.filter(kind="send_waiting_alert").exists()
    assert Ticket.objects.count() == 1, "one matter is one ticket"
    said = list(chat.messages.order_by("-turn_id", "-seq").values_list("role", "text")[:2])
    assert said[1] == ("customer", "Is anybody there?")
    assert said[0][0] == "system"
    assert "The answer will come here" in said[0][1]


@pytest.mark.parametrize("lose", WAYS)
async def test_who_wrote_before_waits_for_another_too_and_is_told_once(transactional_db, chat, agent, lose):
    await turns.submit_message(chat.pk, "Is anybody there?", "c1", can_start=False)
    await Job.objects.all().adelete()
    await sync_to_async(lose)(agent)
    for _sweep in range(2):
        await housekeeping._find_other_persons()

    await chat.arefresh_from_db()
    assert (chat.owner, chat.assignee_id) == ("waiting", None)
    assert await Job.objects.filter(kind="send_waiting_alert").aexists()
    assert await chat.messages.filter(role="system", text__contains="The answer will come here").acount() == 2


def test_who_is_answered_keeps_their_person_until_they_write_or_ask(chat, agent):
    turns.post_staff_message.run_sync(chat.pk, agent.pk, "It comes on Monday.", "s1")
    deactivate(agent)
    assert turns.find_unattended_conversations.run_sync() == []

    assert turns.check_person_request.run_sync(chat.pk, "p1")
    turns.request_person.run_sync(chat.pk, text="I'd like to talk to a person.", client_id="p1")
    chat.refresh_from_db()
    assert chat.owner == "waiting"


def test_who_asked_the_assistant_for_a_person_is_not_answered_by_it(chat, agent):
    turn = chat.turns.latest("pk")
    for seq, (role, text) in enumerate([("customer", "Is there a person?"), ("assistant", "")], start=90):
        chat.messages.create(turn=turn, seq=seq, role=role, text=text)
    deactivate(agent)

    assert turns.find_unattended_conversations.run_sync() == [chat.pk]


@pytest.mark.parametrize("lose", WAYS)
def test_a_colleague_takes_over_what_nobody_of_the_staff_has_any_longer(chat, agent, lose):
    sam = User.objects.create_user("sam", is_staff=True)
    assert not turns.take_over.run_sync(chat.pk, sam.pk).is_done
    lose(agent)
    refused = turns.close_conversation.run_sync(chat.pk, sam.pk)
    assert describe_refusal(refused) == "This conversation isn't yours yet. Take it over first."
    shown = refused.change.owner
    assert (shown.owner, shown.assignee_id, shown.assignee_name) == ("human", None, "")
    assert "With nobody: the colleague who had it" in render_owner(shown, template="desk/live/_owner.html")
    assert turns.take_over.run_sync(chat.pk, sam.pk).is_done
    chat.refresh_from_db()
    assert (chat.owner, chat.assignee) == ("human", sam)


@pytest.mark.parametrize("lose", [deactivate, take_right])
def test_what_is_written_about_another_ticket_stays_with_it_when_the_person_is_lost(chat, agent, lose):
    other = Ticket.objects.create(conversation=chat, customer=chat.user, subject="Another", issue="Another")
    number = Ticket.objects.exclude(pk=other.pk).get().number
    lose(agent)
    turns.post_to_team.run_sync(chat.pk, "About the lamp", "c1", reference=number)
    assert number in chat.messages.filter(role="system").latest("pk").text
    assert not Ticket.objects.filter(issue__contains="About the lamp").exists()


def test_whoever_may_answer_keeps_theirs(chat):
    turns.submit_message.run_sync(chat.pk, "Is anybody there?", "c1", can_start=False)
    assert turns.find_unattended_conversations.run_sync() == []
    change = turns.wait_for_another_person.run_sync(chat.pk)
    assert not change.turns
    chat.refresh_from_db()
    assert chat.owner == "human"
