"""A customer who has left is told by mail that staff have ended the matter, also without a word; an answer opens it."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.utils import timezone

from supportbot.conversations import turns
from supportbot.conversations.models import Conversation, Turn
from supportbot.jobs.models import Job
from supportbot.mail.models import IncomingMail, SentMail
from supportbot.mail.outgoing.limits import MAX_PER_DAY
from tests.mail.mails import ALICE, build_answer, mail_unread_reply, take
from tickets.actors import build_staff_actor
from tickets.answers import confirm_by_customer
from tickets.changes import change_ticket, change_tickets
from tickets.models import Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mail_settings")]


@pytest.fixture
def ticket(chat: Conversation, alice: User) -> Ticket:
    turns.submit_message.run_sync(chat.pk, "My lamp is late.", "c1", can_start=False)
    chat.turns.update(state=Turn.State.DONE)
    return Ticket.objects.create(number="TKT-00000001", issue="Late", conversation=chat, customer=alice)


def run_jobs() -> None:
    """What is announced and mailed, as the jobs do it."""
    for job in Job.objects.filter(kind="announce_end").order_by("pk"):
        reference, staff, moment = job.key.split("|")
        turns.announce_end.run_sync(
            job.conversation_id,
            reference,
            ended=timezone.datetime.fromisoformat(moment),
            staff_id=int(staff),
            key=f"end:{job.pk}",
        )
    for job in Job.objects.filter(kind="send_unread_reply").order_by("pk"):
        mail_unread_reply(job.conversation_id, job.last_turn_id)
    Job.objects.filter(kind__in=("announce_end", "send_unread_reply")).delete()


def resolve(ticket: Ticket, agent: User, status: str = "resolved") -> None:
    change_ticket(ticket, build_staff_actor(agent), status=status)
    run_jobs()


@pytest.mark.parametrize("status", ["resolved", "closed"])
def test_what_staff_end_without_a_reply_is_mailed_once(ticket, agent, status):
    change_ticket(ticket, build_staff_actor(agent), status=status)
    run_jobs()
    resolve(ticket, agent, "closed")

    (sent,) = mail.outbox
    assert sent.to == ["alice@example.com"]
    assert sent.subject.startswith("TechCorp support has closed your request")
    assert "Our team has marked TKT-00000001 as solved." in sent.body
    assert "You can answer this e-mail" in sent.body
    assert sent.message()["Auto-Submitted"] == "auto-generated"


def test_an_end_is_mailed_only_after_some_minutes(ticket, agent, chat):
    change_ticket(ticket, build_staff_actor(agent), status="resolved")
    turns.announce_end.run_sync(chat.pk, ticket.number, ended=timezone.now(), key="end:1")
    planned = Job.objects.get(kind="send_unread_reply")
    assert planned.run_after > timezone.now() + timedelta(minutes=1)


def test_two_that_end_at_once_are_one_mail(ticket, agent, chat, alice):
    other = Ticket.objects.create(number="TKT-00000002", issue="Broken", conversation=chat, customer=alice)
    change_tickets([ticket, other], build_staff_actor(agent), status="resolved")
    run_jobs()

    (sent,) = mail.outbox
    assert "TKT-00000001 as solved" in sent.body
    assert "TKT-00000002 as solved" in sent.body


def test_a_reply_and_the_end_are_one_mail_of_a_person(ticket, agent, chat):
    turns.take_over.run_sync(chat.pk, agent.pk)
    turns.post_staff_message.run_sync(chat.pk, agent.pk, "A new lamp is on its way.", "s1")
    turns.close_conversation.run_sync(chat.pk, agent.pk)
    run_jobs()

    (sent,) = mail.outbox
    assert "A new lamp is on its way." in sent.body
    assert "has closed this conversation" in sent.body
    assert sent.subject.startswith("TechCorp support has answered you")
    assert sent.message()["Auto-Submitted"] is None


def test_who_is_closed_without_a_word_is_told(ticket, agent, chat):
    turns.take_over.run_sync(chat.pk, agent.pk)
    turns.close_conversation.run_sync(chat.pk, agent.pk)
    run_jobs()

    (sent,) = mail.outbox
    assert "has closed this conversation. Write again at any time to continue it." in sent.body


def test_who_sees_it_on_the_page_gets_no_mail(ticket, agent, chat):
    change_ticket(ticket, build_staff_actor(agent), status="resolved")
    turns.announce_end.run_sync(chat.pk, ticket.number, ended=timezone.now(), key="end:1")
    turns.note_customers_here.run_sync([chat.pk])
    Job.objects.filter(kind="announce_end").delete()
    run_jobs()

    assert not mail.outbox


def test_what_the_customer_ended_or_time_did_is_not_mailed(ticket, chat):
    confirm_by_customer(ticket)
    turns.announce_end.run_sync(
        chat.pk, ticket.number, ended=timezone.now(), is_by_customer=True, key="own-end:TKT-00000001:0"
    )
    run_jobs()

    assert not mail.outbox


def test_an_address_is_told_so_only_some_times_a_day(ticket, agent):
    SentMail.objects.bulk_create(
        SentMail(conversation=ticket.conversation, email="alice@example.com", kind="end")
        for _ in range(MAX_PER_DAY["end"])
    )
    resolve(ticket, agent)
    assert not mail.outbox


def test_a_sender_who_may_be_forged_learns_nothing_by_what_staff_close(agent):
    take(build_answer(None, "Spam <victim@example.org>", "Buy at evil.example!"))
    begun = IncomingMail.objects.get().conversation
    turns.take_over.run_sync(begun.pk, agent.pk)
    turns.close_conversation.run_sync(begun.pk, agent.pk)
    run_jobs()

    assert not mail.outbox


@pytest.mark.parametrize("status", ["resolved", "closed"])
@pytest.mark.parametrize("without", [(), ("ids",), ("subject", "ids")])
def test_an_answer_to_that_mail_opens_the_ticket_for_the_team(
    ticket, agent, chat, alice, status, without: Any
):
    earlier = Ticket.objects.create(
        number="TKT-00000009", issue="Older", conversation=chat, customer=alice, status="closed"
    )
    resolve(ticket, agent, status)
    answer = build_answer(mail.outbox[-1], ALICE, "No, the lamp has not come.", without=without)
    assert take(answer) == "posted"

    ticket.refresh_from_db()
    chat.refresh_from_db()
    earlier.refresh_from_db()
    assert (ticket.status, earlier.status, Ticket.objects.count()) == ("open", "closed", 2)
    assert chat.owner == "waiting"
    assert not chat.turns.active().exists(), "no model answers what the team was told"
    assert Job.objects.filter(kind="send_waiting_alert").exists()
    assert not Job.objects.filter(kind="send_mail_answer").exists()

    before = chat.messages.count()
    assert take(answer) == "posted"
    assert chat.messages.count() == before


def test_of_two_that_ended_the_later_end_is_answered(ticket, agent, chat, alice):
    other = Ticket.objects.create(number="TKT-00000002", issue="Broken", conversation=chat, customer=alice)
    resolve(other, agent)
    resolve(ticket, agent)
    take(build_answer(mail.outbox[-1], ALICE, "No, it has not come."))

    ticket.refresh_from_db()
    other.refresh_from_db()
    assert (ticket.status, other.status) == ("open", "resolved")


def test_who_asks_for_a_person_about_what_has_just_ended_gets_no_second_ticket(ticket, agent, chat):
    resolve(ticket, agent)
    turns.request_person.run_sync(chat.pk, text="I'd like to talk to a person.", client_id="p1")

    ticket.refresh_from_db()
    assert (ticket.status, Ticket.objects.count()) == ("open", 1)


def test_who_was_closed_without_a_word_and_writes_again_opens_it(ticket, agent, chat):
    turns.take_over.run_sync(chat.pk, agent.pk)
    turns.close_conversation.run_sync(chat.pk, agent.pk)
    turns.submit_message.run_sync(chat.pk, "But you said nothing!", "c2", can_start=False)

    ticket.refresh_from_db()
    assert ticket.status == "open"


def test_what_is_said_to_the_assistant_after_an_end_leaves_it_ended(ticket, agent, chat):
    resolve(ticket, agent)
    turns.submit_message.run_sync(chat.pk, "Do you sell chairs?", "c2", can_start=False)

    ticket.refresh_from_db()
    chat.refresh_from_db()
    assert (ticket.status, chat.owner) == ("resolved", "bot")
