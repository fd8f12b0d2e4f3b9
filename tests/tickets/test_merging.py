"""A merged ticket goes on in another one: nobody who waits there is forgotten, and the customer is told once."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from supportbot.conversations import turns
from supportbot.conversations.models import Conversation
from tests.tickets.steps import page_of
from tickets.actors import SYSTEM, build_staff_actor
from tickets.answers import confirm_by_customer, lock_continuing_ticket
from tickets.changes import change_ticket
from tickets.merging import MergeRefused, merge_ticket
from tickets.models import Ticket
from tickets.models.queryset import TicketQuerySet
from tickets.tools import create_ticket


def merge(ticket: Ticket, target: str, agent) -> Ticket:
    return merge_ticket(ticket.pk, target, build_staff_actor(agent))


def test_a_merged_ticket_says_into_which_and_the_customer_is_told_once(desk, ticket, talk, alice, agent):
    turns.take_over.run_sync(talk.pk, agent.pk)
    turns.post_staff_message.run_sync(talk.pk, agent.pk, "We are on it.", "s1")
    target = Ticket.objects.create(number="TKT-00000002", issue="The same", customer=alice)

    address = reverse("admin:tickets_ticket_merge", args=[ticket.pk])
    for _press in range(2):
        desk.post(address, {"target": " tkt-00000002 "}, follow=True)

    ticket.refresh_from_db()
    assert (ticket.status, ticket.resolution, ticket.merged_into) == ("closed", "merged", target)
    told = talk.messages.filter(role="system", text__contains="TKT-00000002")
    assert [message.text for message in told] == [
        "Your ticket TKT-00000001 is now a part of TKT-00000002. We'll go on with both there."
    ]
    pages = [" ".join(desk.get(page_of(each)).content.decode().split()) for each in (ticket, target)]
    assert f'Merged into <a href="{page_of(target)}">TKT-00000002</a>' in pages[0]
    assert "We are on it." in pages[0], "its conversation stays where it was"
    assert f'With <a href="{page_of(ticket)}">TKT-00000001</a>' in pages[1]
    assert "merged TKT-00000001 into this ticket" in pages[1]


def test_who_waits_on_a_merged_ticket_waits_on_the_one_that_goes_on(ticket, alice, agent):
    ended = Ticket.objects.create(number="TKT-00000002", issue="x", customer=alice, status="resolved")
    since = timezone.now() - timedelta(hours=3)
    Ticket.objects.filter(pk=ticket.pk).update(waiting_since=since)
    merge(ticket, ended.number, agent)
    ended.refresh_from_db()
    assert (ended.status, ended.waiting_since, ended.due) == ("open", since, since + timedelta(hours=8))


@pytest.mark.parametrize("priorities", [("high", "low"), ("low", "high")])
def test_what_is_urgent_stays_so_when_it_is_merged(ticket, alice, agent, priorities):
    Ticket.objects.filter(pk=ticket.pk).update(priority=priorities[0])
    target = Ticket.objects.create(
        number="TKT-00000002", issue="x", customer=alice, priority=priorities[1], assignee=agent
    )
    since = target.waiting_since
    ticket.refresh_from_db()
    Ticket.objects.filter(pk=ticket.pk).update(waiting_since=since)

    merge(ticket, target.number, agent)

    target.refresh_from_db()
    assert (target.priority, target.due) == ("high", since + timedelta(hours=4))


@pytest.mark.parametrize("end", ["customer", "closed", "resolved", ""])
def test_what_the_team_waits_for_on_a_merged_ticket_it_waits_for_on_the_one_that_goes_on(
    ticket, talk, alice, agent, end
):
    target = Ticket.objects.create(
        number="TKT-00000002", issue="Lamp", customer=alice, conversation=talk, status="pending"
    )
    if end == "customer":
        confirm_by_customer(target)
    elif end:
        change_ticket(target, SYSTEM, status=end)
    turns.take_over.run_sync(talk.pk, agent.pk)
    turns.post_staff_message.run_sync(talk.pk, agent.pk, "Which colour?", "s1", reference=ticket.number)
    turns.hand_back.run_sync(talk.pk, agent.pk)
    ticket.refresh_from_db()

    merge(ticket, target.number, agent)

    target.refresh_from_db()
    assert (target.status, target.resolution, target.assignee) == ("pending", "", agent)
    turns.submit_message.run_sync(talk.pk, "Red.", "c1", can_start=False)
    target.refresh_from_db()
    assert (target.status, target.assignee) == ("open", agent)


def test_to_a_colleague_who_owes_an_answer_a_ticket_that_waits_for_one_is_merged_without_a_change(
    ticket, talk, alice, agent
):
    sam = User.objects.create_user("sam", is_staff=True)
    sam.groups.set(agent.groups.all())
    since = timezone.now() - timedelta(hours=3)
    owed = Ticket.objects.create(number="TKT-00000002", issue="x", customer=alice, assignee=sam)
    Ticket.objects.filter(pk=owed.pk).update(waiting_since=since)
    change_ticket(ticket, build_staff_actor(agent), status="pending", assignee=agent)

    merge(ticket, owed.number, agent)

    owed.refresh_from_db()
    assert (owed.status, owed.assignee, owed.waiting_since) == ("open", sam, since)


@pytest.mark.parametrize("status", ["resolved", "closed"])
def test_what_the_team_had_ended_is_answered_in_the_one_that_the_customer_had_ended(
    ticket, talk, alice, agent, status
):
    target = Ticket.objects.create(number="TKT-00000002", issue="Lamp", customer=alice, conversation=talk)
    confirm_by_customer(target)
    turns.take_over.run_sync(talk.pk, agent.pk)
    turns.post_staff_message.run_sync(talk.pk, agent.pk, "It is done.", "s1", reference=ticket.number)
    turns.hand_back.run_sync(talk.pk, agent.pk)
    ticket.refresh_from_db()
    change_ticket(ticket, build_staff_actor(agent), status=status)

    merge(ticket, target.number, agent)
    turns.submit_message.run_sync(talk.pk, "It is not.", "c1", can_start=False)

    target.refresh_from_db()
    assert target.status == "open"


def test_whoever_speaks_of_a_merged_matter_again_gets_no_other_ticket(chat, alice, agent):
    ctx, other = chat(alice), Conversation.objects.create(user=alice)
    talk = Conversation.objects.get(pk=ctx.conversation)
    ticket = Ticket.objects.create(issue="Late", customer=alice, conversation=talk)
    target = Ticket.objects.create(issue="The same", customer=alice, conversation=other)
    merge(ticket, target.number, agent)

    turns.request_person.run_sync(talk.pk, text="I'd like to talk to a person.", client_id="p1")
    assert Ticket.objects.count() == 2
    assert target.number in talk.messages.filter(role="system").latest("pk").text

    said = create_ticket(ctx, "Late!", "low")
    assert (said["ticket_id"], Ticket.objects.count()) == (target.number, 2)


def test_nobody_is_told_of_a_merge_that_was_refused(ticket, talk, bob, agent):
    Ticket.objects.create(number="TKT-00000005", issue="Bob's", customer=bob)
    with pytest.raises(MergeRefused):
        merge(ticket, "TKT-00000005", agent)
    assert not talk.messages.exists()


def test_what_was_merged_into_a_merged_ticket_follows_it(ticket, alice, agent):
    second, third = (
        Ticket.objects.create(number=f"TKT-0000000{n}", issue="The same", customer=alice) for n in (2, 3)
    )
    merge(ticket, second.number, agent)
    merge(second, third.number, agent)
    ticket.refresh_from_db()
    assert ticket.merged_into == third


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("TKT-00000001", "into itself"),
        ("TKT-77777777", "no ticket with this number"),
        ("", "no ticket with this number"),
        ("TKT-00000005", "of different customers"),
        ("TKT-00000006", "has itself been merged"),
    ],
)
def test_what_cannot_be_merged_is_told_in_words(ticket, bob, alice, agent, target, why):
    Ticket.objects.create(number="TKT-00000005", issue="Bob's", customer=bob)
    gone = Ticket.objects.create(number="TKT-00000006", issue="Gone", customer=alice)
    merge(gone, Ticket.objects.create(number="TKT-00000007", issue="Here", customer=alice).number, agent)
    with pytest.raises(MergeRefused, match=re.escape(why)):
        merge(ticket, target, agent)
    ticket.refresh_from_db()
    assert ticket.status == "open"


def test_a_merged_ticket_is_not_opened_by_an_action_of_the_list(desk, ticket, alice, agent):
    target = Ticket.objects.create(number="TKT-00000002", issue="The same", customer=alice)
    merge(ticket, target.number, agent)
    desk.post(
        reverse("admin:tickets_ticket_changelist"),
        {"action": "set_open", "_selected_action": [ticket.pk, target.pk]},
    )
    ticket.refresh_from_db()
    assert ticket.status == "closed"


def test_a_merged_ticket_is_not_opened_by_its_form(desk, ticket, alice, agent):
    target = Ticket.objects.create(number="TKT-00000002", issue="The same", customer=alice)
    merge(ticket, target.number, agent)
    desk.post(page_of(ticket), {"issue": "Late", "priority": "low", "status": "open"})
    ticket.refresh_from_db()
    assert (ticket.status, ticket.priority) == ("closed", "low")


def test_a_merged_ticket_is_not_locked_before_the_one_that_goes_on(ticket, alice, agent, monkeypatch):
    """Whoever merges that one further writes this one after it, so the two would wait for each other."""
    target = Ticket.objects.create(number="TKT-00000002", issue="The same", customer=alice)
    merge(ticket, target.number, agent)
    locked = []
    lock = TicketQuerySet.lock_ticket
    monkeypatch.setattr(TicketQuerySet, "lock_ticket", lambda rows, pk: locked.append(pk) or lock(rows, pk))

    assert lock_continuing_ticket(ticket.pk) == target
    assert locked == [target.pk]


@pytest.mark.parametrize("reference", ["TKT-00000001", ""])
def test_a_reply_in_the_conversation_of_a_merged_ticket_is_one_of_the_ticket_that_goes_on(
    ticket, talk, alice, agent, reference
):
    target = Ticket.objects.create(number="TKT-00000002", issue="The same", customer=alice)
    merge(ticket, target.number, agent)
    turns.take_over.run_sync(talk.pk, agent.pk)
    turns.post_staff_message.run_sync(talk.pk, agent.pk, "On its way.", "s1", reference=reference)

    target.refresh_from_db()
    assert (target.status, [reply.message.text for reply in target.replies.all()]) == (
        "pending",
        ["On its way."],
    )
