"""Tickets as the assistant opens and sees them."""

import json
import re
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection, transaction
from django.utils import timezone

from supportbot.assistant.messages import ToolCall
from supportbot.assistant.tools import ToolError
from supportbot.conversations.models import Conversation
from tickets.models import Ticket
from tickets.tools import create_ticket, my_tickets


def test_it_opens_a_ticket_of_the_customer_in_the_conversation(chat, alice):
    ctx = chat(alice)
    told = create_ticket(ctx, "  My order ORD-123 is late. ", "high")
    ticket = Ticket.objects.get()
    assert told == {
        "ticket_id": ticket.number,
        "issue": "My order ORD-123 is late.",
        "priority": "high",
        "status": "open",
    }
    assert re.fullmatch(r"TKT-\d{8}", ticket.number)
    assert (ticket.customer, ticket.conversation_id) == (alice, ctx.conversation)


def test_a_guest_gets_a_ticket_too(chat):
    create_ticket(chat(), "The shop's page is broken.", "medium")
    assert Ticket.objects.get().customer is None


def test_one_request_is_one_ticket_however_often_and_in_whatever_words(chat, alice):
    ctx = chat(alice)
    first = create_ticket(ctx, "My order is late.", "high")
    others = [create_ticket(ctx, f"Complaint number {n}", "low") for n in range(50)]
    assert Ticket.objects.count() == 1
    assert {told["ticket_id"] for told in others} == {first["ticket_id"]}
    assert all("no second one" in told["note"] for told in others)


def test_a_second_problem_of_a_request_is_added_to_its_ticket(chat, alice):
    ctx = chat(alice)
    first = create_ticket(ctx, "My order is late.", "low")
    told = create_ticket(ctx, "And the lamp is broken.", "high")
    assert f"was added to ticket {first['ticket_id']}" in told["note"]
    assert (told["issue"], told["priority"]) == ("My order is late.\n\nAnd the lamp is broken.", "high")
    ticket = Ticket.objects.get()
    assert (ticket.issue, ticket.priority) == (told["issue"], "high")


@pytest.mark.parametrize("again", ["  my ORDER is late", "And the lamp is BROKEN!", "Late, broken"])
def test_what_a_ticket_says_already_is_not_added_again(chat, alice, again):
    ctx = chat(alice)
    for issue in ("My order is late.", "And the lamp is broken.", "Late, broken"):
        create_ticket(ctx, issue, "medium")
    before = Ticket.objects.get()
    told = create_ticket(ctx, again, "low")
    assert "already there" in told["note"]
    assert (told["issue"], told["priority"]) == (before.issue, "medium")
    assert Ticket.objects.get().issue == before.issue


def test_a_ticket_of_two_problems_is_found_by_either_of_them(chat, alice):
    ctx = chat(alice)
    first = create_ticket(ctx, "My order is late.", "low")
    create_ticket(ctx, "The lamp is broken.", "low")
    later = replace(ctx, request="turn:2")
    for issue in ("my order is late", "the lamp is broken"):
        assert create_ticket(later, issue, "high")["ticket_id"] == first["ticket_id"]
    assert Ticket.objects.get().priority == "low", "another request does not change what staff may have set"


def test_what_has_no_room_in_the_ticket_is_refused_and_not_cut(chat, alice):
    ctx = chat(alice)
    create_ticket(ctx, "x" * 1990, "low")
    with pytest.raises(ToolError, match="at most 8 characters"):
        create_ticket(ctx, "y" * 9, "high")
    assert Ticket.objects.get().issue == "x" * 1990
    assert len(create_ticket(ctx, "y" * 8, "low")["issue"]) == Ticket.ISSUE_MAX_CHARS


def test_an_open_ticket_of_the_same_issue_is_returned_whatever_its_case_and_punctuation(chat, alice):
    ctx = chat(alice)
    first = create_ticket(ctx, "My order is late!", "high")
    again = create_ticket(replace(ctx, request="turn:2"), "  my  ORDER is late", "low")
    assert again["ticket_id"] == first["ticket_id"]
    assert again["priority"] == "high"


def test_a_customer_who_says_again_what_the_team_waits_for_them_with_opens_the_ticket(chat, alice):
    ctx = chat(alice)
    first = create_ticket(ctx, "My order is late!", "high")
    Ticket.objects.update(status=Ticket.Status.PENDING)
    again = create_ticket(replace(ctx, request="turn:2"), "My order is late", "low")
    assert (again["ticket_id"], again["status"]) == (first["ticket_id"], "open")


def test_a_problem_that_comes_back_after_it_was_resolved_is_a_new_ticket(chat, alice):
    ctx = chat(alice)
    first = create_ticket(ctx, "My order is late", "high")
    Ticket.objects.update(status=Ticket.Status.RESOLVED)
    again = create_ticket(replace(ctx, request="turn:2"), "My order is late", "high")
    assert again["ticket_id"] != first["ticket_id"]


def test_the_same_words_in_another_conversation_are_another_ticket(chat, alice, bob):
    first = create_ticket(chat(alice), "My order is late", "high")
    other = create_ticket(chat(bob, request="turn:2"), "My order is late", "high")
    assert first["ticket_id"] != other["ticket_id"]


def test_a_conversation_gets_three_tickets_a_day(chat, alice):
    ctx = chat(alice)
    for n in range(3):
        create_ticket(replace(ctx, request=f"turn:{n}"), f"Problem {n}", "low")
    with pytest.raises(ToolError, match="already has 3 tickets"):
        create_ticket(replace(ctx, request="turn:3"), "Problem 3", "low")

    Ticket.objects.update(created=timezone.now() - timedelta(hours=25))
    assert "note" not in create_ticket(replace(ctx, request="turn:3"), "Problem 3", "low")


def test_a_request_that_was_met_is_answered_even_at_the_limit(chat, alice):
    ctx = chat(alice)
    for n in range(3):
        create_ticket(replace(ctx, request=f"turn:{n}"), f"Problem {n}", "low")
    assert create_ticket(replace(ctx, request="turn:0"), "problem 0!", "low")["issue"] == "Problem 0"


@pytest.mark.parametrize("issue", ["", "  \n\t ", "\x00"])
def test_an_issue_without_words_is_refused(chat, issue):
    with pytest.raises(ToolError, match="few words"):
        create_ticket(chat(), issue, "low")


def test_an_issue_has_at_most_2000_characters(chat):
    ctx = chat()
    with pytest.raises(ToolError, match="2,000"):
        create_ticket(ctx, "x" * 2001, "low")
    assert create_ticket(ctx, "x" * 2000, "low")["ticket_id"]


def test_the_model_is_told_what_priorities_there_are(chat):
    call = ToolCall("call_1", "create_ticket", json.dumps({"issue": "Late", "priority": "urgent"}))
    result = create_ticket.run(chat(), call)
    assert result.outcome == "invalid"
    assert "'low', 'medium' or 'high'" in result.content
    assert not Ticket.objects.exists()


def test_a_number_that_is_taken_is_drawn_again(chat, monkeypatch):
    Ticket.objects.create(number="TKT-00000007", issue="Older")
    draws = iter([7, 7, 8])
    monkeypatch.setattr(secrets, "randbelow", lambda limit: next(draws))
    assert create_ticket(chat(), "Newer", "low")["ticket_id"] == "TKT-00000008"


def test_a_request_that_another_process_met_meanwhile_finds_its_ticket(db):
    theirs = Ticket.objects.create(issue="Late", request="turn:1")
    with transaction.atomic():
        found, is_new = Ticket.objects.get_or_create_for_request("turn:1", issue="Late", priority="low")
        assert Ticket.objects.count() == 1, "the transaction around it still works"
    assert (found, is_new) == (theirs, False)


def test_tickets_without_a_request_do_not_stand_in_each_others_way(db):
    first, _ = Ticket.objects.get_or_create_for_request("", issue="By hand")
    second, is_new = Ticket.objects.get_or_create_for_request("", issue="By hand")
    assert is_new
    assert first != second


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("in_transaction", [True, False])
def test_two_processes_at_once_open_one_ticket(chat, alice, in_transaction):
    ctx = chat(alice)
    together = Barrier(2)

    def call(issue):
        try:
            together.wait(10)
            if not in_transaction:
                return Ticket.objects.get_or_create_for_request(ctx.request, issue=issue)[0].number
            with transaction.atomic():
                return create_ticket(ctx, issue, "high")["ticket_id"]
        finally:
            connection.close()

    issues = {"It is late", "It has not arrived"}
    with ThreadPoolExecutor(2) as processes:
        numbers = set(processes.map(call, issues))
    ticket = Ticket.objects.get()
    assert numbers == {ticket.number}
    if in_transaction:
        assert set(ticket.issue.split("\n\n")) == issues


def test_a_customer_sees_own_tickets_of_all_conversations_newest_first(chat, alice):
    create_ticket(chat(alice, "turn:1"), "First", "low")
    create_ticket(chat(alice, "turn:2"), "Second", "low")
    told = my_tickets(chat(alice))["tickets"]
    assert [(ticket["issue"], ticket["status"]) for ticket in told] == [("Second", "open"), ("First", "open")]


def test_nobody_sees_the_tickets_of_another(chat, alice, bob):
    create_ticket(chat(alice), "My order is late", "high")
    assert my_tickets(chat(bob)) == {"tickets": []}
    assert my_tickets(chat()) == {"tickets": []}


def test_a_guest_sees_the_tickets_of_this_conversation_only(chat):
    here = chat(request="turn:1")
    create_ticket(here, "Here", "low")
    create_ticket(chat(request="turn:2"), "Elsewhere", "low")
    assert [ticket["issue"] for ticket in my_tickets(here)["tickets"]] == ["Here"]


def test_guests_of_one_network_open_so_many_tickets_in_an_hour(chat, settings):
    def open_ticket(number: int) -> dict:
        ctx = chat(request=f"turn:{number}")
        Conversation.objects.filter(pk=ctx.conversation).update(address_key=f"network{number // 60}")
        return create_ticket(ctx, f"Problem {number}", "low")

    for number in range(settings.ENVIRONMENT.address_tickets_per_hour):
        open_ticket(number)

    with pytest.raises(ToolError, match="offer to sign in"):
        open_ticket(59)
    assert open_ticket(60)["ticket_id"]


def test_an_account_may_open_a_ticket_where_guests_opened_very_many(chat, alice, settings):
    for number in range(settings.ENVIRONMENT.address_tickets_per_hour):
        create_ticket(chat(request=f"turn:{number}"), f"Problem {number}", "low")
    Conversation.objects.update(address_key="network")
    ctx = chat(alice, request="turn:99")
    Conversation.objects.update(address_key="network")

    assert create_ticket(ctx, "Mine", "low")["ticket_id"]
