"""A solved ticket is closed by itself after some days, unless it was opened again."""

from datetime import timedelta
from importlib import import_module

from django.apps import apps
from django.utils import timezone

from supportbot.audit.models import AuditEvent
from supportbot.conversations import turns
from supportbot.jobs.models import Job
from supportbot.jobs.registry import ClaimedJob
from tests.tickets.steps import reply, say, say_as_assistant
from tickets.actors import SYSTEM, build_staff_actor
from tickets.changes import change_ticket
from tickets.closing import JOB_KIND
from tickets.jobs import close_ticket
from tickets.models import Ticket


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
