"""Who uses a device after a guest finds nothing of the guest's chat; who comes back to their own finds it all."""

from datetime import timedelta
from unittest.mock import Mock

import pytest
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.utils import timezone

from supportbot.conversations.models import Conversation, Message
from supportbot.conversations.turns import leaving, ownership, person_messages, submit
from supportbot.server.guest_sessions import SessionStore
from tickets.models import Ticket

from .markup import parse
from .page import Browser

SECRET = "My secret question"
Owner = Conversation.Owner


@pytest.fixture
def said(of_guest: Conversation) -> Conversation:
    submit.submit_message.run_sync(of_guest.pk, SECRET, "k1")
    return of_guest


def press_forget(browser: Browser, conversation: Conversation) -> str:
    """Press the button of the menu. Returns where it leads."""
    page = parse(browser.client.get(conversation.get_absolute_url()).content.decode())
    (form,) = [each for each in page.all("form") if "data-forget" in each.attributes]
    response = browser.client.post(form["action"], follow=True)
    return response.redirect_chain[-1][0]


def test_a_guest_who_ends_the_chat_leaves_nothing_on_the_device(guests, said):
    key = guests.client.session.session_key

    address = press_forget(guests, said)

    assert address.startswith("/c/")
    assert address != said.get_absolute_url()
    assert SECRET not in guests.client.get(address).content.decode()
    assert guests.client.get(said.get_absolute_url()).status_code == 404
    assert not Session.objects.filter(session_key=key).exists()
    # Nor with the cookie that the browser had.
    guests.client.cookies["sessionid"] = key
    assert guests.client.get(said.get_absolute_url()).status_code == 404


def test_who_has_signed_in_in_another_tab_since_is_signed_out_by_it(guests, said, alice):
    """On the page that still shows the guest's chat, which belongs to the account by now."""
    page = parse(guests.client.get(said.get_absolute_url()).content.decode())
    (form,) = [each for each in page.all("form") if "data-forget" in each.attributes]
    guests.client.force_login(alice)

    guests.client.post(form["action"], follow=True)

    assert guests.client.get(said.get_absolute_url()).status_code == 404
    guests.client.force_login(alice)
    assert SECRET in guests.client.get(said.get_absolute_url()).content.decode()


def test_staff_keep_what_they_need_of_a_chat_that_was_ended(guests, said):
    ownership.request_person.run_sync(said.pk, text="A person, please")
    ticket = Ticket.objects.get()

    press_forget(guests, said)

    said.refresh_from_db()
    assert said.owner == Owner.CLOSED  # nobody could be answered there
    assert said.messages.filter(text=SECRET).exists()
    assert said.messages.last().text == "The customer has ended this chat and can no longer read it."
    assert Ticket.objects.get() == ticket


def test_who_left_an_address_is_still_answered(guests, said, settings):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"smtp_url": "smtp://mail.example"})
    ownership.request_person.run_sync(said.pk, text="A person, please")
    person_messages.store_contact.run_sync(said.pk, "Gail", "gail@example.org")

    press_forget(guests, said)

    said.refresh_from_db()
    assert (said.owner, said.contact_email) == (Owner.WAITING, "gail@example.org")
    assert "still reach them by e-mail" in said.messages.last().text


def test_another_chat_in_which_somebody_waits_is_ended_too(guests, said):
    other = guests.begin_another()
    submit.submit_message.run_sync(other.pk, "Something else", "k2")
    ownership.request_person.run_sync(other.pk, text="A person, please")

    press_forget(guests, said)

    other.refresh_from_db()
    assert other.owner == Owner.CLOSED


@pytest.mark.parametrize(("place", "function"), [(leaving, "record_event"), (SessionStore, "delete")])
def test_an_end_that_breaks_off_has_done_nothing_and_can_be_pressed_again(
    guests, said, monkeypatch, place, function
):
    address = f"{said.get_absolute_url()}forget/"
    guests.client.raise_request_exception = False
    with monkeypatch.context() as outage:
        outage.setattr(place, function, Mock(side_effect=OperationalError("the database is away")))
        assert guests.client.post(address).status_code == 503
    said.refresh_from_db()
    assert said.owner == Owner.BOT

    press_forget(guests, said)

    said.refresh_from_db()
    assert said.owner == Owner.CLOSED
    assert said.messages.filter(role="system").count() == 1
    assert guests.client.get(said.get_absolute_url()).status_code == 404


def test_nobody_ends_the_chat_of_somebody_else(guests, said, bobs, of_bob):
    stranger = Browser()
    stranger.begin()
    for browser in (stranger, bobs):
        browser.client.post(f"{said.get_absolute_url()}forget/")

    said.refresh_from_db()
    assert said.owner == Owner.BOT
    assert guests.client.get(said.get_absolute_url()).status_code == 200
    assert bobs.client.get(of_bob.get_absolute_url()).status_code == 200
    assert Message.objects.filter(role="system").count() == 0


def get_end(browser: Browser) -> object:
    return Session.objects.get(session_key=browser.client.session.session_key).expire_date


def test_who_comes_back_keeps_the_chat_for_another_two_weeks(guests, said):
    Session.objects.update(expire_date=timezone.now() + timedelta(hours=1))

    response = guests.client.get("/")

    assert get_end(guests) > timezone.now() + timedelta(days=13)
    assert response.cookies["sessionid"]["max-age"] > 13 * 24 * 60 * 60


def test_a_guest_who_has_said_nothing_keeps_the_cookie_while_the_page_is_open(guests, db):
    address = guests.look()

    for path in (address, f"{address}frames/"):
        assert guests.client.get(path).cookies["sessionid"]["max-age"] > 13 * 24 * 60 * 60

    assert not Session.objects.exists()


def test_a_page_that_stays_open_keeps_the_session_too_and_writes_it_once_a_day(guests, said):
    path = f"{said.get_absolute_url()}frames/"
    guests.client.get(path)
    Session.objects.update(expire_date=timezone.now() + timedelta(hours=1))

    assert "sessionid" not in guests.client.get(path).cookies
    session = guests.client.session
    session["renewed_at"] -= 24 * 60 * 60
    session.save()
    Session.objects.update(expire_date=timezone.now() + timedelta(hours=1))
    guests.client.get(path)

    assert get_end(guests) > timezone.now() + timedelta(days=13)
