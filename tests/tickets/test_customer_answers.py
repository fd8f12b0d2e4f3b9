"""A customer answers, ends and rates their own tickets on their pages, once and nobody else's."""

from unittest.mock import Mock

import pytest
from django.db import OperationalError

from supportbot.conversations import turns
from supportbot.conversations.models import Conversation, Message, Rating
from supportbot.jobs.models import Job
from tests.conversations.page import Browser
from tests.tickets.customer_page import NUMBER, PAGE, POSTS, answer, read
from tests.tickets.steps import reply
from tickets.actors import build_staff_actor
from tickets.changes import change_ticket
from tickets.merging import merge_ticket
from tickets.models import Ticket


@POSTS
def test_the_answer_goes_to_a_person_and_opens_the_ticket_again(alices, ticket, talk, sam):
    reply(talk, sam)
    turns.hand_back.run_sync(talk.pk, sam.pk)

    response = answer(alices)

    ticket.refresh_from_db()
    talk.refresh_from_db()
    assert (response.status_code, response.headers["location"]) == (302, PAGE)
    assert (ticket.status, talk.owner, Ticket.objects.count()) == ("open", "waiting", 1)
    assert talk.waiting_reason == "It is still broken"
    assert NUMBER in talk.messages.get(role="system", text__contains="reference").text
    assert Job.objects.filter(kind="send_waiting_alert").count() == 1
    assert "It is still broken" not in ticket.issue


@POSTS
def test_pressed_twice_it_is_posted_once(alices, ticket, talk, sam):
    reply(talk, sam)
    for _press in range(2):
        assert answer(alices).status_code == 302
    assert Message.objects.filter(role="customer").count() == 1


@POSTS
@pytest.mark.parametrize("status", ["resolved", "closed"])
def test_it_is_not_solved_opens_this_one_again(alices, ticket, talk, sam, alice, status):
    newer = Ticket.objects.create(number="TKT-00000002", issue="B", conversation=talk, customer=alice)
    change_ticket(newer, build_staff_actor(sam), status="pending")
    change_ticket(ticket, build_staff_actor(sam), status=status)
    assert "It is not solved" in read(alices)

    answer(alices)

    ticket.refresh_from_db()
    newer.refresh_from_db()
    assert (ticket.status, newer.status) == ("open", "pending")


@POSTS
@pytest.mark.parametrize(
    ("text", "why"), [("  ", "Please write a message first"), ("x" * 9000, "Please shorten it")]
)
def test_a_refused_answer_says_why_and_keeps_what_was_typed(alices, ticket, text, why):
    response = answer(alices, text)
    assert response.status_code == 422
    assert why in response.content.decode()
    assert text.strip() in response.content.decode()
    assert not Message.objects.exists()


@POSTS
def test_too_many_answers_are_refused(alices, ticket, settings):
    settings.CONVERSATION_MESSAGES_PER_MINUTE = 1
    answer(alices)
    refused = answer(alices, "Hello?", "c2")
    assert refused.status_code == 422
    assert "very quickly" in refused.content.decode()


def test_who_was_signed_out_does_not_lose_what_was_typed(alices, ticket):
    alices.logout()
    response = answer(alices, "Three <long> lines")
    assert response.status_code == 404
    assert "Three &lt;long&gt; lines" in response.content.decode()
    assert "sign in" in response.content.decode()


@POSTS
def test_a_merged_ticket_leads_to_the_one_that_goes_on(alices, ticket, talk, sam, alice):
    Ticket.objects.create(number="TKT-00000002", issue="The same", conversation=talk, customer=alice)
    merge_ticket(ticket.pk, "TKT-00000002", build_staff_actor(sam))

    page = read(alices)
    response = answer(alices, "From an old page")

    assert '<a href="/tickets/TKT-00000002/">TKT-00000002</a>' in page
    assert 'name="text"' not in page
    assert response.headers["location"] == "/tickets/TKT-00000002/"
    assert "From an old page" in read(alices, "/tickets/TKT-00000002/")


@POSTS
def test_what_was_merged_into_one_of_another_browser_leads_nowhere_and_loses_no_words(sam):
    browser = Browser()
    here, there = browser.begin(), Browser().begin()
    guest = {"guest_email": "gus@example.com"}
    mine = Ticket.objects.create(number=NUMBER, issue="Late", conversation=here, **guest)
    Ticket.objects.create(number="TKT-00000002", issue="The same", conversation=there, **guest)
    merge_ticket(mine.pk, "TKT-00000002", build_staff_actor(sam))

    page = read(browser.client)
    response = answer(browser.client, "From an old page")

    assert "TKT-00000002 now, which can’t be shown in this browser" in page
    assert "/tickets/TKT-00000002/" not in page
    assert response.status_code == 404
    assert "From an old page" in response.content.decode()


@POSTS
def test_it_is_solved_ends_it_and_asks_how_it_was(alices, ticket, talk, sam):
    answer(alices)
    reply(talk, sam)

    for _press in range(2):
        alices.post(PAGE, {"action": "solve"})

    ticket.refresh_from_db()
    assert (ticket.status, ticket.resolution) == ("closed", "customer")
    assert talk.messages.filter(text__contains=f"{NUMBER} is solved").count() == 1
    rating = Rating.objects.get()
    assert (rating.ticket, rating.handler, rating.staff) == (NUMBER, "staff", sam)
    assert "How did we do" in read(alices)

    refused = alices.post(PAGE, {"action": "rate", "rating": rating.pk, "words": "x" * 1001, "is_good": "1"})
    assert refused.status_code == 422
    alices.post(PAGE, {"action": "rate", "rating": rating.pk, "is_good": "1"})
    alices.post(PAGE, {"action": "rate", "rating": rating.pk, "words": "So quick"})

    rating.refresh_from_db()
    assert (rating.is_good, rating.words) == (True, "So quick")
    assert "So quick" in read(alices)
    answer(alices, "Oh, it broke again", "c3")
    ticket.refresh_from_db()
    assert ticket.status == "open"
    assert 'id="rating"' not in read(alices)


@POSTS
@pytest.mark.parametrize(
    "part", ["tickets.views.confirm_by_customer", "supportbot.conversations.turns.announce_end"]
)
def test_that_it_is_solved_is_stored_and_told_together_or_not_at_all(alices, ticket, talk, monkeypatch, part):
    answer(alices)
    broken = Mock(side_effect=OperationalError, run_sync=Mock(side_effect=OperationalError))
    with monkeypatch.context() as patched:
        patched.setattr(part, broken)
        with pytest.raises(OperationalError):
            alices.post(PAGE, {"action": "solve"})
    ticket.refresh_from_db()
    told = talk.messages.filter(text__contains=f"{NUMBER} is solved")
    assert (ticket.status, told.count()) == ("open", 0)

    alices.post(PAGE, {"action": "solve"})
    answer(alices, "No, it is not", "c2")
    alices.post(PAGE, {"action": "solve"})

    assert told.count() == 2, "each end is told once"


@POSTS
def test_nobody_rates_what_is_anothers(alices, ticket, talk, bob):
    answer(alices)
    alices.post(PAGE, {"action": "solve"})
    rating = Rating.objects.get()
    bobs_chat = Conversation.objects.create(user=bob)
    Ticket.objects.create(number="TKT-00000002", issue="B", conversation=bobs_chat, customer=bob)

    Browser(bob).client.post(
        "/tickets/TKT-00000002/", {"action": "rate", "rating": rating.pk, "is_good": "0"}
    )

    assert not Rating.objects.filter_given()


@POSTS
def test_a_ticket_whose_conversation_is_not_theirs_is_read_and_not_answered(alices, ticket, sam):
    """Staff gave a guest's ticket to the account: what else was said there is the guest's."""
    guests = Conversation.objects.create(guest_key="g")
    turns.submit_message.run_sync(guests.pk, "Something confidential", "g1", can_start=False)
    Ticket.objects.filter(pk=ticket.pk).update(conversation=guests)
    reply(guests, sam)
    turns.submit_message.run_sync(guests.pk, "More that is confidential", "g2", can_start=False)

    page = read(alices)

    assert "We looked into it." in page
    assert "confidential" not in page
    assert 'name="text"' not in page
    assert answer(alices).status_code == 404
    assert alices.post(PAGE, {"action": "rate", "rating": 1}).status_code == 404
