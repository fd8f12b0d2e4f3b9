"""A ticket ends and is opened again by what is said in its conversation, and the log says by whom."""

from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.utils import timezone

from supportbot.audit.models import AuditEvent
from supportbot.conversations import turns
from supportbot.conversations.models import Conversation, Message, Turn
from supportbot.environment.reader import read_environment
from supportbot.jobs.models import Job
from supportbot.jobs.registry import ClaimedJob
from tickets.actors import SYSTEM, build_staff_actor
from tickets.admin.list_filters import build_view_condition
from tickets.answers import confirm_by_customer, reopen_by_customer
from tickets.changes import change_ticket, change_tickets, open_ticket
from tickets.closing import JOB_KIND
from tickets.jobs import close_ticket
from tickets.merging import merge_ticket
from tickets.models import Ticket, TicketReply


@pytest.fixture
def talk(alice) -> Conversation:
    return Conversation.objects.create(user=alice)


@pytest.fixture
def ticket(talk, alice) -> Ticket:
    return Ticket.objects.create(number="TKT-00000001", issue="Late", conversation=talk, customer=alice)


def say(talk, text="Is there any news?", client_id="c1"):
    turns.submit_message.run_sync(talk.pk, text, client_id, can_start=False)


def reply(talk, agent, text="We looked into it.", client_id="s1", reference=""):
    turns.take_over.run_sync(talk.pk, agent.pk)
    turns.post_staff_message.run_sync(talk.pk, agent.pk, text, client_id, reference=reference)


def say_as_assistant(talk, text="Hello"):
    turn = Turn.objects.create(conversation=talk, state="done")
    Message.objects.create(conversation=talk, turn=turn, seq=talk.last_seq + 1, role="assistant", text=text)
    Conversation.objects.filter(pk=talk.pk).update(last_seq=talk.last_seq + 1)


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

    def test_nobody_has_it(self, agent):
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


DEFAULT_HOURS = {"high": 4, "medium": 8, "low": 24}
HOURS = "Mon-Fri 09:00-17:00, Sat 10:00-12:00"


@pytest.mark.parametrize(
    ("opened", "priority", "due"),
    [
        ("2026-11-25 10:00", "high", "2026-11-25 14:00"),  # a Wednesday
        ("2026-11-25 15:00", "high", "2026-11-26 11:00"),
        ("2026-11-27 16:00", "medium", "2026-11-30 14:00"),  # over the weekend: 1 + 2 + 5 hours
        ("2026-11-29 12:00", "high", "2026-11-30 13:00"),  # on a Sunday
        ("2026-12-24 16:00", "high", "2026-12-28 12:00"),  # 25 and 26 December are holidays in Germany
        ("2026-03-28 11:00", "high", "2026-03-30 12:00"),  # the clock goes forward in the night to Sunday
    ],
)
def test_a_ticket_is_due_by_its_priority_in_opening_hours(db, settings, opened, priority, due):
    settings.TIME_ZONE = "Europe/Berlin"
    hours = {"opening_hours": HOURS, "holidays": "DE", "time_zone": "Europe/Berlin"}
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update=hours)
    zone = timezone.get_current_timezone()
    created = datetime.fromisoformat(opened).replace(tzinfo=zone)
    ticket = Ticket.objects.create(issue="Late", priority=priority, created=created)
    assert timezone.localtime(ticket.due).strftime("%Y-%m-%d %H:%M") == due


def test_without_opening_hours_every_hour_counts_also_while_the_clock_changes(db, settings):
    settings.TIME_ZONE = "Europe/Berlin"
    created = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)  # two o'clock, an hour before it is two o'clock again
    ticket = Ticket.objects.create(issue="Late", priority="high", created=created)
    assert ticket.due - created == timedelta(hours=4)


def test_open_hours_in_the_night_of_the_change_are_those_that_pass(db, settings):
    settings.TIME_ZONE = "Europe/Berlin"
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(
        update={"opening_hours": "Sun 00:00-24:00", "time_zone": "Europe/Berlin"}
    )
    created = datetime(2026, 10, 24, 22, 0, tzinfo=UTC)  # midnight; this Sunday has 25 hours
    ticket = Ticket.objects.create(issue="Late", priority="low", created=created)
    assert ticket.due - created == timedelta(hours=24)


def test_a_higher_priority_is_due_earlier_counted_from_when_the_customer_began_to_wait(ticket, agent):
    opened = timezone.now() - timedelta(hours=6)
    Ticket.objects.filter(pk=ticket.pk).update(waiting_since=opened, due=opened + timedelta(hours=8))
    ticket.refresh_from_db()
    change_ticket(ticket, build_staff_actor(agent), priority="high")
    ticket.refresh_from_db()
    assert ticket.due == opened + timedelta(hours=4)
    assert ticket.is_overdue
    assert list(Ticket.objects.filter(build_view_condition("overdue", None))) == [ticket]


@pytest.mark.parametrize(
    ("written", "hours", "problem"),
    [
        ("high=2, LOW=40.5", {"high": 2, "medium": 8, "low": 40.5}, ""),
        ("high=soon", DEFAULT_HOURS, "TICKET_HOURS: Input should be a valid number"),
        ("high=0", DEFAULT_HOURS, "TICKET_HOURS: Input should be greater than 0"),
        ("low=nan", DEFAULT_HOURS, "TICKET_HOURS: Input should be"),
        ("urgent=3", DEFAULT_HOURS, "TICKET_HOURS: Input should be 'high', 'medium' or 'low'"),
        ("4", DEFAULT_HOURS, "TICKET_HOURS: Input should look like high=4,medium=8,low=24"),
    ],
)
def test_hours_that_cannot_be_read_are_told_and_the_usual_ones_count(monkeypatch, written, hours, problem):
    monkeypatch.setenv("TICKET_HOURS", written)
    environment, problems = read_environment()
    assert environment.ticket_hours == hours
    assert "".join(problems.values()).startswith(problem)
    assert bool(problems) == bool(problem)


def run_closing(ticket):
    job = Job.objects.get(kind=JOB_KIND, key=ticket.number)
    job.delete()
    close_ticket(ClaimedJob(job.pk, JOB_KIND, job.key, 1), None)
    ticket.refresh_from_db()


def resolve(ticket, agent, *, days_ago=0):
    change_ticket(ticket, build_staff_actor(agent), status="resolved")
    Ticket.objects.filter(pk=ticket.pk).update(resolved=timezone.now() - timedelta(days=days_ago))


def test_a_solved_ticket_is_closed_after_some_days_by_the_system(ticket, agent):
    resolve(ticket, agent, days_ago=8)
    due = Job.objects.get(kind=JOB_KIND).run_after
    assert timedelta(days=6) < due - timezone.now() <= timedelta(days=7)

    run_closing(ticket)

    assert (ticket.status, ticket.resolution) == ("closed", "staff")
    event = AuditEvent.objects.filter(action="ticket_changed").first()
    assert (event.actor, event.details["changes"]["status"]) == ("system", ["resolved", "closed"])


def test_what_was_solved_before_tickets_closed_by_themselves_closes_too(ticket, agent, settings):
    migration = import_module("tickets.migrations.0007_closing_of_old_tickets")
    resolve(ticket, agent, days_ago=8)
    Ticket.objects.update(resolved=None)
    Job.objects.all().delete()

    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"ticket_close_days": 0})
    migration.plan_closing(apps, None)
    assert not Job.objects.exists()
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"ticket_close_days": 7})
    migration.plan_closing(apps, None)
    migration.plan_closing(apps, None)

    ticket.refresh_from_db()
    assert Job.objects.get().run_after == ticket.resolved + timedelta(days=7)
    Ticket.objects.update(resolved=timezone.now() - timedelta(days=8))
    run_closing(ticket)
    assert ticket.status == "closed"


def test_a_late_answer_to_the_team_opens_it_again_and_none_to_the_assistant(ticket, talk, agent):
    reply(talk, agent)
    turns.close_conversation.run_sync(talk.pk, agent.pk)
    Ticket.objects.filter(pk=ticket.pk).update(resolved=timezone.now() - timedelta(days=8))
    run_closing(ticket)

    turns.post_mail.run_sync(talk.pk, ["I was away. It is still broken."], "mail:1")
    ticket.refresh_from_db()
    assert (ticket.status, ticket.reopened_count) == ("open", 1)

    change_ticket(ticket, build_staff_actor(agent), status="closed")
    talk.refresh_from_db()
    say_as_assistant(talk)
    say(talk, "Do you sell lamps?", "c2")
    ticket.refresh_from_db()
    assert ticket.status == "closed"


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


def test_one_that_was_solved_again_meanwhile_has_its_whole_time(ticket, agent):
    resolve(ticket, agent)
    change_ticket(ticket, SYSTEM, status="open")
    resolve(ticket, agent, days_ago=1)

    run_closing(ticket)

    assert ticket.status == "resolved"
    due = Job.objects.get(kind=JOB_KIND).run_after
    assert timedelta(days=5) < due - timezone.now() <= timedelta(days=6)


def test_one_that_was_opened_again_stays_open(ticket, agent):
    resolve(ticket, agent, days_ago=8)
    change_ticket(ticket, SYSTEM, status="open")

    run_closing(ticket)

    assert ticket.status == "open"
    assert not Job.objects.filter(kind=JOB_KIND).exists()


def test_where_tickets_are_not_closed_by_themselves_nothing_is_planned(ticket, agent, settings):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"ticket_close_days": 0})

    resolve(ticket, agent)

    assert not Job.objects.filter(kind=JOB_KIND).exists()
