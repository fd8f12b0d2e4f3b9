"""A customer reads their own tickets at /tickets/, and nothing of anybody else's or of the team's notes."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from supportbot.assistant.tools import Customer, ToolContext
from supportbot.conversations import turns
from supportbot.conversations.jobs import announce_end
from supportbot.conversations.models import Rating
from supportbot.desk.models import Note
from supportbot.jobs.models import Job
from supportbot.jobs.registry import ClaimedJob
from supportbot.server.executors import on_database_thread
from tests.conversations.markup import parse
from tests.conversations.page import Browser
from tests.tickets.customer_page import NUMBER, PAGE, POSTS, answer, read
from tests.tickets.steps import reply
from tickets.actors import build_staff_actor
from tickets.answers import reopen_by_customer
from tickets.changes import change_ticket
from tickets.models import Tag, Ticket
from tickets.tools import my_tickets


def find_issue(page: str) -> str:
    found = re.search(r'class="ticket-issue[^>]*>([^<]*)<', page)
    assert found
    return unescape(found[1])


def describe(response: Any, number: str) -> str:
    """The page without what differs from look to look, and without the number that was asked for."""
    return re.sub(r'value="\w{64}"', "", response.content.decode()).replace(number, "")


def test_the_list_names_what_the_customer_needs(alices, ticket, alice, talk):
    for number, status in enumerate(("pending", "resolved", "closed"), 2):
        Ticket.objects.create(
            number=f"TKT-0000000{number}", issue=f"No {number}", status=status, customer=alice
        )

    page = read(alices, "/tickets/")

    words = (
        "Open: our team has it",
        "Waiting for your answer",
        "Solved",
        "Closed",
        "ORD-123 is late",
        NUMBER,
    )
    assert all(each in page for each in words)
    assert page.index("TKT-00000004") < page.index("TKT-00000002") < page.index(NUMBER), "newest first"


def test_an_address_in_an_answer_of_staff_is_a_link_wherever_it_is_read(client, alices, ticket, talk, sam):
    reply(talk, sam, "Print *this*: https://dhl.example/label_1_a?x=1")
    client.force_login(sam)

    for reader, path in (
        (alices, PAGE),
        (alices, talk.get_absolute_url()),
        (client, f"/admin/conversations/conversation/{talk.pk}/change/"),
    ):
        (address,) = parse(read(reader, path)).all("a", href="https://dhl.example/label_1_a?x=1")
        assert (address.text, address["target"]) == ("https://dhl.example/label_1_a?x=1", "_blank")


def test_a_request_for_a_person_is_shown_in_the_customers_words(alices, alice, talk):
    turns.request_person.run_sync(talk.pk)
    ticket = Ticket.objects.get()
    assert "You asked to talk to a person." in read(alices, "/tickets/")

    turns.cancel_person_request.run_sync(talk.pk)
    turns.submit_message.run_sync(talk.pk, "My lamp is broken.\n\nIt is “new”", "a1", can_start=False)
    turns.request_person.run_sync(talk.pk)

    shown = find_issue(read(alices, f"/tickets/{ticket.number}/"))
    assert shown == "My lamp is broken. It is “new”"
    assert "The customer asks" not in read(alices, "/tickets/")


def test_the_words_are_found_again_in_whichever_language_staff_read_them(alices, talk, monkeypatch):
    turns.submit_message.run_sync(talk.pk, "My lamp is broken.", "a1", can_start=False)
    with monkeypatch.context() as german:
        german.setattr("tickets.person_requests._", lambda _words: "Der Kunde bittet um einen Menschen.")
        turns.request_person.run_sync(talk.pk)
    ticket = Ticket.objects.get()
    assert ticket.issue == "Der Kunde bittet um einen Menschen. “My lamp is broken.”"
    assert find_issue(read(alices, f"/tickets/{ticket.number}/")) == "My lamp is broken."

    ticket.issue += " Difficult customer."
    ticket.save()
    assert find_issue(read(alices, f"/tickets/{ticket.number}/")) == "My lamp is broken."


def test_tickets_from_before_the_words_were_stored_show_them_too(alices, alice, talk):
    asks = "The customer asks to talk to a person."
    Ticket.objects.create(issue=f"Late\n\n{asks} “Where is it?”\n\n{asks}", customer=alice, number=NUMBER)
    plain = Ticket.objects.create(issue="Broken", customer=alice)

    import_module("tickets.migrations.0008_person_requests").store_requests(apps, None)

    assert find_issue(read(alices, f"/tickets/{NUMBER}/")) == "Late\n\nWhere is it?"
    plain.refresh_from_db()
    assert plain.person_requests == {}


def test_one_that_the_assistant_opened_keeps_its_subject_when_a_person_is_asked_for(alices, ticket, talk):
    ticket.issue, ticket.subject = (
        "Complaint about a damaged item. The customer wrote: “broken”",
        "Damaged item",
    )
    ticket.by_assistant = ["subject"]
    ticket.save()
    turns.submit_message.run_sync(talk.pk, "alice@example.com", "a1", can_start=False)
    turns.request_person.run_sync(talk.pk)

    assert find_issue(read(alices, f"/tickets/{ticket.number}/")) == "Damaged item"


@pytest.mark.parametrize(
    ("subject", "by_assistant", "shown"),
    [
        ("Late lamp", ["subject"], "Late lamp"),
        ("", [], "You asked to talk to a person."),
        ("Difficult customer", [], "You asked to talk to a person."),  # as staff made it
    ],
)
def test_what_the_assistant_wrote_of_them_for_the_team_is_not_shown_to_the_customer(
    alices, talk, subject, by_assistant, shown
):
    turns.request_person.run_sync(talk.pk, "The customer is angry. The customer wrote: “Where is it”")
    Ticket.objects.update(subject=subject, by_assistant=by_assistant)

    assert find_issue(read(alices, f"/tickets/{Ticket.objects.get().number}/")) == shown
    assert "The customer" not in read(alices, "/tickets/")


def test_a_long_list_comes_in_pages_of_a_few_queries(alices, alice):
    Ticket.objects.bulk_create(Ticket(number=f"TKT-{n:08}", issue="x", customer=alice) for n in range(45))

    with CaptureQueriesContext(connection) as queries:
        first = read(alices, "/tickets/")

    assert first.count("ticket-number") == 20
    assert len(queries) <= 6
    assert read(alices, "/tickets/?page=3").count("ticket-number") == 5


def test_without_tickets_the_list_says_how_one_is_opened(db):
    page = read(Client(), "/tickets/")
    assert "You have no tickets" in page
    assert "/accounts/login/?next=/tickets/" in page


def test_nothing_of_the_team_is_shown(alices, ticket, talk, sam):
    ticket.tags.add(Tag.objects.create(name="angry-one"))
    change_ticket(ticket, build_staff_actor(sam), assignee=sam, priority="high", subject="She is difficult")
    reply(talk, sam)
    Note.objects.create(conversation=talk, author=sam, text="A secret note")

    shown = read(alices) + read(alices, "/tickets/")

    for secret in ("angry-one", "secret-account", "difficult", "secret note", "High", "high"):
        assert secret not in shown


def test_a_ticket_of_somebody_else_is_not_found_in_the_same_words(alices, ticket, bob, talk):
    bobs = Browser(bob).client
    foreign, missing = bobs.get(PAGE), bobs.get("/tickets/TKT-99999999/")
    assert foreign.status_code == missing.status_code == 404
    assert describe(foreign, NUMBER) == describe(missing, "TKT-99999999")

    with CaptureQueriesContext(connection) as of_foreign:
        bobs.get(PAGE)
    with CaptureQueriesContext(connection) as of_missing:
        bobs.get("/tickets/TKT-99999999/")
    assert len(of_foreign) == len(of_missing)
    assert NUMBER not in read(bobs, "/tickets/")


def test_a_ticket_without_a_conversation_is_shown(alices, ticket, talk):
    talk.delete()
    assert "ORD-123 is late" in read(alices)
    alices.post(PAGE, {"action": "solve"})
    assert Ticket.objects.get().status == "closed"


def test_what_the_team_ends_is_told_in_the_conversation_and_asked_about_once(ticket, talk, sam):
    turns.submit_message.run_sync(talk.pk, "Hello", "a1", can_start=False)
    change_ticket(ticket, build_staff_actor(sam), status="resolved")
    queued = Job.objects.get(kind=announce_end.name)
    assert (queued.conversation_id, Job.objects.filter(kind=announce_end.name).count()) == (talk.pk, 1)
    change_ticket(ticket, build_staff_actor(sam), status="closed")
    reopen_by_customer(ticket)

    assert Job.objects.filter(kind=announce_end.name).count() == 1, "resolved, then closed, is one end"


async def test_the_job_tells_it_once(transactional_db, ticket, talk, sam):
    await turns.submit_message(talk.pk, "Hello", "a1", can_start=False)
    await on_database_thread()(change_ticket)(ticket, build_staff_actor(sam), status="resolved")
    queued = await Job.objects.aget(kind=announce_end.name)
    claimed = ClaimedJob(queued.pk, queued.kind, queued.key, 1, talk.pk)
    for _run in range(2):
        await announce_end.function(claimed)

    told = [each async for each in talk.messages.filter(role="system")]
    rating = await Rating.objects.select_related("staff").aget()
    assert [each.text for each in told] == [
        f"Our team has marked {NUMBER} as solved. If it isn't, please answer under “My tickets”."
    ]
    assert (rating.ticket, rating.staff) == (NUMBER, sam)

    await turns.submit_message(talk.pk, "It broke again", "a2", can_start=False)
    await announce_end.function(replace(claimed, id=queued.pk + 1))
    assert await talk.messages.filter(role="system").acount() == 1, "who has written since then goes on"


async def test_what_ends_with_the_conversation_is_said_and_asked_about_once(
    transactional_db, ticket, talk, sam
):
    await turns.submit_message(talk.pk, "Hello", "a1", can_start=False)
    await on_database_thread()(reply)(talk, sam)
    await turns.close_conversation(talk.pk, sam.pk)
    queued = await Job.objects.aget(kind=announce_end.name)
    await announce_end.function(ClaimedJob(queued.pk, queued.kind, queued.key, 1, talk.pk))

    assert not await talk.messages.filter(text__contains="as solved").aexists()
    assert (await Rating.objects.aget()).ticket == NUMBER


def test_the_order_of_two_on_one_day_is_that_of_their_making(alices, alice):
    now = timezone.now()
    for number, hours in (("TKT-00000007", 2), ("TKT-00000008", 1)):
        Ticket.objects.create(number=number, issue="x", customer=alice, created=now - timedelta(hours=hours))
    page = read(alices, "/tickets/")
    assert page.index("TKT-00000008") < page.index("TKT-00000007")


def test_the_assistant_names_the_page_of_a_ticket_where_the_site_has_an_address(
    ticket, talk, alice, settings
):
    context = ToolContext(talk.pk, talk.visitor.key, Customer(alice.pk, "", "Alice"), "turn:1")
    assert "page" not in my_tickets(context)["tickets"][0]

    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"site_url": "https://help.example.com/"})

    assert my_tickets(context)["tickets"][0]["page"] == f"https://help.example.com{PAGE}"


def test_a_guest_sees_the_tickets_of_this_browser_alone(transactional_db):
    mine, other = Browser(), Browser()
    chat = mine.begin()
    other.begin()
    Ticket.objects.create(number=NUMBER, issue="Wet parcel", conversation=chat)

    assert "Wet parcel" in read(mine.client)
    assert "Wet parcel" in read(mine.client, "/tickets/")
    assert other.client.get(PAGE).status_code == Client().get(PAGE).status_code == 404
    assert "Wet parcel" not in read(other.client, "/tickets/")

    answer(mine.client, "Any news?")
    assert "Any news?" in read(mine.client)


@POSTS
def test_the_page_shows_the_teams_answers_and_the_customers_since(alices, ticket, talk, sam):
    reply(talk, sam)
    answer(alices, "Thanks, <b>but</b> no")

    page = read(alices)

    assert "ORD-123 is late" in page
    assert page.index("We looked into it.") < page.index("Thanks, &lt;b&gt;but&lt;/b&gt; no")
    assert "Sam, support team" in page
