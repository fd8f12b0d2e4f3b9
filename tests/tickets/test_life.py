"""A ticket ends and is opened again by what is said in its conversation, and the log says by whom."""

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from supportbot.audit.models import AuditEvent
from supportbot.conversations import turns
from supportbot.conversations.models import Conversation
from supportbot.jobs.models import Job
from tests.tickets.steps import reply, say, say_as_assistant
from tickets.actors import SYSTEM, build_staff_actor
from tickets.admin.list_filters import build_view_condition
from tickets.answers import confirm_by_customer, reopen_by_customer
from tickets.changes import change_ticket, change_tickets, open_ticket
from tickets.closing import JOB_KIND
from tickets.merging import merge_ticket
from tickets.models import Ticket, TicketReply


def test_a_reply_of_the_team_makes_it_wait_for_the_customer(ticket, talk, agent):
    reply(talk, agent)

    ticket.refresh_from_db()
    assert (ticket.status, ticket.assignee, ticket.due) == ("pending", agent, None)
    assert ticket.first_response is not None
    kept = TicketReply.objects.get()
    assert (kept.ticket, kept.message.text, kept.author) == (ticket, "We looked into it.", agent)


def test_the_first_response_stays_the_first_one(ticket, talk, agent):
    reply(talk, agent)
    ticket.refresh_from_db()
    first = ticket.first_response
    reply(talk, agent, "One more thing.", "s2")

    ticket.refresh_from_db()
    assert ticket.first_response == first
    assert ticket.replies.count() == 2


def test_the_customers_answer_opens_it_again(ticket, talk, agent):
    reply(talk, agent)
    turns.close_conversation.run_sync(talk.pk, agent.pk)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.resolution) == ("resolved", "staff")
    assert ticket.resolved is not None

    say(talk)

    ticket.refresh_from_db()
    assert (ticket.status, ticket.reopened_count, ticket.resolved) == ("open", 1, None)
    assert ticket.due > timezone.now()
    steps = list(ticket.status_changes.values_list("old", "new", "actor"))
    assert steps == [
        ("open", "pending", "staff"),
        ("pending", "resolved", "staff"),
        ("resolved", "open", "customer"),
    ]


def test_an_answer_by_mail_opens_it_again_too(ticket, talk, agent):
    reply(talk, agent)
    turns.close_conversation.run_sync(talk.pk, agent.pk)
    turns.post_mail.run_sync(talk.pk, ["It has not arrived."], "mail:1")
    ticket.refresh_from_db()
    assert (ticket.status, ticket.reopened_count) == ("open", 1)


def test_what_is_said_to_the_assistant_about_something_else_leaves_it_ended(ticket, talk, agent):
    reply(talk, agent)
    turns.close_conversation.run_sync(talk.pk, agent.pk)
    talk.refresh_from_db()
    say_as_assistant(talk)

    say(talk, "Do you sell lamps?")

    ticket.refresh_from_db()
    assert ticket.status == "resolved"


def test_a_message_to_the_person_who_has_the_conversation_opens_it_again(ticket, talk, agent):
    reply(talk, agent)
    change_ticket(ticket, build_staff_actor(agent), status="resolved")
    say(talk)
    ticket.refresh_from_db()
    assert ticket.status == "open"


def test_a_message_that_is_sent_twice_opens_it_once(ticket, talk, agent):
    reply(talk, agent)
    say(talk)
    change_ticket(ticket, build_staff_actor(agent), status="pending")
    say(talk)
    ticket.refresh_from_db()
    assert ticket.status == "pending"


def test_who_asks_for_a_person_after_an_answer_opens_that_ticket_again(ticket, talk, agent):
    reply(talk, agent)
    turns.close_conversation.run_sync(talk.pk, agent.pk)

    turns.request_person.run_sync(talk.pk, text="I'd like to talk to a person.", client_id="p1")

    ticket.refresh_from_db()
    assert (ticket.status, Ticket.objects.count()) == ("open", 1)


def test_who_asks_for_a_person_while_the_team_waits_for_them_waits_for_the_team(ticket, talk, agent):
    change_ticket(ticket, build_staff_actor(agent), status="pending")
    turns.request_person.run_sync(talk.pk)
    ticket.refresh_from_db()
    assert (ticket.status, Ticket.objects.count()) == ("open", 1)
    assert ticket.due is not None


def test_who_asks_for_a_person_about_something_else_gets_another_ticket(ticket, talk, agent):
    reply(talk, agent)
    turns.close_conversation.run_sync(talk.pk, agent.pk)
    talk.refresh_from_db()
    say_as_assistant(talk)
    turns.request_person.run_sync(talk.pk)
    ticket.refresh_from_db()
    assert (ticket.status, Ticket.objects.count()) == ("resolved", 2)


def test_of_two_tickets_the_one_that_was_answered_is_opened(ticket, talk, agent, alice):
    newer = Ticket.objects.create(number="TKT-00000002", issue="Broken", conversation=talk, customer=alice)
    reply(talk, agent, reference="TKT-00000001")
    change_tickets([ticket, newer], build_staff_actor(agent), status="resolved")

    say(talk)

    ticket.refresh_from_db()
    newer.refresh_from_db()
    assert (ticket.status, newer.status) == ("open", "resolved")


def test_what_is_said_of_an_open_ticket_opens_no_other_one(ticket, talk, agent, alice):
    Ticket.objects.create(
        number="TKT-00000002", issue="Broken", conversation=talk, customer=alice, status="resolved"
    )
    change_ticket(ticket, build_staff_actor(agent), status="pending")
    turns.take_over.run_sync(talk.pk, agent.pk)

    for client_id in ("c1", "c2"):
        say(talk, client_id=client_id)

    assert list(Ticket.objects.order_by("number").values_list("status", flat=True)) == ["open", "resolved"]


def test_what_is_said_of_a_new_ticket_opens_none_that_was_answered_and_solved(ticket, talk, agent):
    turns.take_over.run_sync(talk.pk, agent.pk)
    turns.post_staff_message.run_sync(talk.pk, agent.pk, "It is on its way.", "r1")
    change_ticket(ticket, build_staff_actor(agent), status="resolved")
    turns.hand_back.run_sync(talk.pk, agent.pk)
    talk.refresh_from_db()
    say_as_assistant(talk)
    turns.request_person.run_sync(talk.pk, "The invoice")

    say(talk, "It has a wrong name on it.", client_id="c1")

    statuses = Ticket.objects.order_by("created").values_list("status", flat=True)
    assert list(statuses) == ["resolved", "open"]


def test_a_ticket_that_is_added_as_solved_has_an_end(agent):
    added = open_ticket(
        Ticket(number="TKT-00000003", issue="Called", status="resolved"), build_staff_actor(agent)
    )

    added.refresh_from_db()
    assert (added.status, added.resolution, added.resolved is not None) == ("resolved", "staff", True)
    assert added.status_changes.count() == Job.objects.filter(kind=JOB_KIND).count() == 1


def test_closing_the_conversation_leaves_a_colleagues_ticket_open(ticket, talk, agent):
    lee = User.objects.create(username="lee", is_staff=True)
    lee.groups.set(agent.groups.all())
    Ticket.objects.filter(pk=ticket.pk).update(assignee=lee)
    turns.take_over.run_sync(talk.pk, agent.pk)
    turns.close_conversation.run_sync(talk.pk, agent.pk)
    ticket.refresh_from_db()
    assert ticket.status == "open"


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_staff": False}, {}])
class TestTicketOfWhoLeftTheTeam:
    @pytest.fixture(autouse=True)
    def _lees(self, ticket, agent, change) -> None:
        """An account that was closed, is no longer one of staff, or has lost the right to work on tickets."""
        lee = User.objects.create(**{"username": "lee", "is_staff": True} | change)
        lee.groups.set(agent.groups.all() if change else ())
        Ticket.objects.filter(pk=ticket.pk).update(assignee=lee)

    def test_it_is_found_among_those_that_nobody_has(self, agent):
        assert Ticket.objects.filter(build_view_condition("unassigned", agent.pk)).exists()

    def test_it_becomes_the_one_of_whoever_answers(self, ticket, talk, agent):
        reply(talk, agent)
        ticket.refresh_from_db()
        assert ticket.assignee == agent

    def test_it_is_resolved_with_the_conversation(self, ticket, talk, agent):
        turns.take_over.run_sync(talk.pk, agent.pk)
        turns.close_conversation.run_sync(talk.pk, agent.pk)
        ticket.refresh_from_db()
        assert ticket.status == "resolved"

    def test_it_goes_to_who_had_what_is_merged_into_it(self, ticket, talk, agent):
        values = {"issue": "Late", "conversation": talk, "assignee": agent}
        other = Ticket.objects.create(number="TKT-00000002", **values)
        merge_ticket(other.pk, ticket.number, build_staff_actor(agent))
        ticket.refresh_from_db()
        assert ticket.assignee == agent


def test_a_conversation_that_is_given_to_a_colleague_takes_the_tickets_of_who_had_it_along(
    ticket, talk, agent, bob
):
    lee = User.objects.create(username="lee", is_staff=True)
    lee.groups.set(agent.groups.all())
    reply(talk, agent)
    values = {"issue": "Broken", "conversation": talk}
    ended = Ticket.objects.create(number="TKT-00000002", status="closed", assignee=agent, **values)
    others = Ticket.objects.create(number="TKT-00000003", assignee=bob, **values)

    turns.assign_conversation.run_sync(talk.pk, agent.pk, lee.pk)

    for each in (ticket, ended, others):
        each.refresh_from_db()
    assert [each.assignee for each in (ticket, ended, others)] == [lee, agent, bob]
    event = AuditEvent.objects.filter(action="ticket_changed").latest("pk")
    assert (event.actor_name, event.subject) == ("agent", ticket.number)
    assert event.details == {"changes": {"assignee": ["agent", "lee"]}}


def test_closing_it_from_the_page_of_one_ticket_ends_that_one_alone(ticket, talk, agent):
    other = Ticket.objects.create(number="TKT-00000002", issue="Broken", conversation=talk)
    turns.take_over.run_sync(talk.pk, agent.pk)
    turns.close_conversation.run_sync(talk.pk, agent.pk, reference="TKT-00000001")
    ticket.refresh_from_db()
    other.refresh_from_db()
    assert (ticket.status, other.status) == ("resolved", "open")


def test_a_customer_who_says_that_it_is_solved_ends_it(ticket, talk, agent):
    reply(talk, agent)
    ticket.refresh_from_db()
    confirm_by_customer(ticket)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.resolution) == ("closed", "customer")
    assert ticket.closed >= ticket.resolved


def test_who_says_that_it_is_solved_after_the_team_closed_it_changes_nothing(ticket, talk, agent):
    change_ticket(ticket, build_staff_actor(agent), status="closed")
    events = AuditEvent.objects.count()
    confirm_by_customer(ticket)
    ticket.refresh_from_db()
    assert (ticket.resolution, AuditEvent.objects.count()) == ("staff", events)


def test_an_answer_to_a_merged_ticket_opens_the_one_that_it_went_into(ticket, talk, agent, alice):
    target = Ticket.objects.create(number="TKT-00000002", issue="Broken", customer=alice, status="resolved")
    change_ticket(ticket, build_staff_actor(agent), status="closed", merged_into=target)
    talk.refresh_from_db()
    reply(talk, agent)

    say(talk)

    target.refresh_from_db()
    ticket.refresh_from_db()
    assert (ticket.status, target.status) == ("closed", "open")
    assert reopen_by_customer(ticket) == target


def test_every_step_is_in_the_log_with_who_made_it(ticket, talk, agent):
    reply(talk, agent)
    say(talk)
    change_ticket(ticket, SYSTEM, priority="high")

    events = AuditEvent.objects.filter(subject="TKT-00000001").order_by("pk")
    assert [(event.actor, event.actor_name, event.action, event.details) for event in events] == [
        ("staff", "agent", "ticket_replied", {}),
        (
            "staff",
            "agent",
            "ticket_changed",
            {"changes": {"status": ["open", "pending"], "assignee": ["", "agent"]}},
        ),
        ("customer", "", "ticket_changed", {"changes": {"status": ["pending", "open"]}, "cause": "reply"}),
        ("system", "", "ticket_changed", {"changes": {"priority": ["medium", "high"]}}),
    ]


def test_words_do_not_go_into_the_log(ticket, agent):
    change_ticket(ticket, build_staff_actor(agent), issue="My card is 4111", subject="Card")
    details = AuditEvent.objects.get(action="ticket_changed").details
    assert details == {"changes": {"issue": None, "subject": None}}


def test_nothing_changed_is_nothing_in_the_log(ticket, agent):
    assert not change_ticket(ticket, build_staff_actor(agent), status="open", priority="medium")
    assert not AuditEvent.objects.exists()


def test_a_guest_who_leaves_an_address_is_known_on_the_ticket(agent, settings):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"smtp_url": "smtp://mail:25"})
    talk = Conversation.objects.create(guest_key="g1", contact_name="Gus", contact_email="gus@example.com")
    ticket = Ticket.objects.create(issue="Late", conversation=talk)
    assert (ticket.guest_name, ticket.guest_email) == ("Gus", "gus@example.com")
    turns.take_over.run_sync(talk.pk, agent.pk)
    turns.store_contact.run_sync(talk.pk, "Gus", "new@example.com")
    ticket.refresh_from_db()
    assert ticket.guest_email == "new@example.com"


def test_a_guests_ticket_is_the_accounts_after_signing_in(client, alice):
    client.get("/")
    session = client.session
    session["guest_key"] = "key-of-guest"
    session.save()
    talk = Conversation.objects.create(guest_key="key-of-guest")
    ticket = Ticket.objects.create(issue="Late", conversation=talk)
    client.force_login(alice)
    ticket.refresh_from_db()
    assert ticket.customer == alice


@pytest.mark.parametrize(
    ("issue", "number"),
    [
        ("My order ORD-123 is late", "ORD-123"),
        ("Order #1001, wet", "#1001"),
        ("About TKT-00000001 again", ""),
        ("I waited 3 days", ""),
        ("ord-456!", "ORD-456"),
    ],
)
def test_the_order_that_an_issue_names_is_linked(db, issue, number):
    assert Ticket.objects.create(issue=issue).order_number == number


def test_thanks_to_a_person_open_none_that_the_customer_called_solved(ticket, talk, agent):
    reply(talk, agent)
    ticket.refresh_from_db()
    confirm_by_customer(ticket)

    say(talk, "Thank you!")

    ticket.refresh_from_db()
    assert ticket.status == "closed"


def test_an_answer_belongs_to_what_goes_on_and_not_to_what_was_closed(ticket, talk, agent, alice):
    reply(talk, agent)
    change_ticket(ticket, build_staff_actor(agent), status="closed")
    Ticket.objects.create(number="TKT-00000002", issue="Another", conversation=talk, customer=alice)

    say(talk)

    ticket.refresh_from_db()
    assert ticket.status == "closed"
