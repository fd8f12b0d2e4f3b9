"""A conversation is there for its customer alone: for everybody else it is not found, as if there were none."""

import uuid
from unittest.mock import Mock

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError

from supportbot.conversations.models import Conversation
from supportbot.conversations.turns import submit
from supportbot.conversations.web import login_signals
from supportbot.server.guest_sessions import SessionStore

from .markup import parse
from .page import Browser

PARTS = ["", "earlier/?before=999", "transcript.txt", "transcript.json"]


@pytest.fixture
def said(chat: Conversation) -> Conversation:
    """Alice's conversation, in which she has said something."""
    submit.submit_message.run_sync(chat.pk, "My secret question", "a1")
    return chat


def stranger(kind: str, conversation: Conversation) -> Browser:
    match kind:
        case "bob":
            return Browser(User.objects.create_user("bob"))
        case "staff":
            return Browser(User.objects.create_user("agent", is_staff=True))
        case "administrator":
            return Browser(User.objects.create_superuser("admin"))
        case "a guest with a conversation":
            guest = Browser()
            guest.begin()
            return guest
        case "alice, signed out":
            alice = Browser(conversation.user)
            alice.client.get("/")
            alice.client.post("/accounts/logout/")
            return alice
    return Browser()


STRANGERS = ["bob", "staff", "administrator", "a guest", "a guest with a conversation", "alice, signed out"]


@pytest.mark.parametrize("part", PARTS)
def test_its_customer_may_read_it(said, alices, part):
    assert alices.client.get(said.get_absolute_url() + part).status_code == 200


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("kind", STRANGERS)
def test_nobody_else_may_read_or_change_a_conversation(said, kind, part):
    response = stranger(kind, said).client.get(said.get_absolute_url() + part)

    assert response.status_code == 404
    assert "secret" not in response.content.decode()


@pytest.mark.parametrize("part", PARTS)
def test_a_foreign_conversation_looks_like_none(said, bobs, part):
    foreign = bobs.client.get(said.get_absolute_url() + part)
    missing = bobs.client.get(f"/c/{uuid.uuid4()}/{part}")

    assert foreign.status_code == missing.status_code == 404
    assert parse(foreign.content.decode()).text == parse(missing.content.decode()).text


@pytest.mark.parametrize("kind", STRANGERS)
def test_a_guests_conversation_is_not_found_either(kind, guests):
    conversation = guests.begin()
    submit.submit_message.run_sync(conversation.pk, "My secret question", "a1")
    other = Browser() if kind == "alice, signed out" else stranger(kind, conversation)

    assert other.client.get(conversation.get_absolute_url()).status_code == 404
    assert guests.client.get(conversation.get_absolute_url()).status_code == 200


def test_a_guest_without_a_key_does_not_get_what_has_none(guests):
    orphan = Conversation.objects.create()

    assert guests.client.get(orphan.get_absolute_url()).status_code == 404
    assert guests.begin() != orphan


async def test_a_guest_may_open_a_socket(of_guest, guests, model):
    model.say("Welcome.")
    page = await guests.open(of_guest)

    assert "Welcome." in (await page.ask("Hello")).text
    await page.close()


@pytest.fixture(params=STRANGERS)
def strangers(request: pytest.FixtureRequest, transactional_db: None, chat: Conversation) -> Browser:
    return stranger(request.param, chat)


async def test_a_strangers_socket_is_closed_as_not_found(strangers, chat, model):
    page = await strangers.open(chat)

    await page.until(lambda page: page.close_code)

    assert (page.close_code, page.frames) == (4404, [])


async def test_a_strangers_socket_takes_no_message(strangers, chat, model):
    page = await strangers.open(chat)
    await page.say("Hello")

    await page.until(lambda page: page.close_code)

    assert await page.is_quiet()
    assert not await chat.messages.aexists()


async def test_a_socket_of_no_conversation_is_closed_in_the_same_way(model, bobs):
    page = await bobs.open(Conversation())

    await page.until(lambda page: page.close_code)

    assert (page.close_code, page.frames) == (4404, [])


def sign_in(browser: Browser, name: str) -> None:
    response = browser.client.post("/accounts/login/", {"username": name, "password": name})
    assert response.status_code == 302


def test_what_a_guest_said_joins_the_account_at_sign_in(guests, alice):
    conversation = guests.begin()

    sign_in(guests, "alice")

    assert guests.client.get(conversation.get_absolute_url()).status_code == 200
    conversation.refresh_from_db()
    assert (conversation.user, conversation.guest_key) == (alice, "")


def test_what_other_guests_said_does_not_join_it(guests, alice):
    other = Browser().begin()
    orphan = Conversation.objects.create()
    guests.begin()

    sign_in(guests, "alice")

    assert set(Conversation.objects.filter(user=None)) == {other, orphan}


def test_what_one_account_said_does_not_join_the_next_one(guests, alice, bob):
    conversation = guests.begin()
    sign_in(guests, "alice")
    guests.client.post("/accounts/logout/")

    sign_in(guests, "bob")

    conversation.refresh_from_db()
    assert conversation.user == alice
    assert guests.client.get(conversation.get_absolute_url()).status_code == 404


def test_a_failed_sign_in_joins_nothing(guests, alice):
    conversation = guests.begin()

    guests.client.post("/accounts/login/", {"username": "alice", "password": "wrong"})

    conversation.refresh_from_db()
    assert conversation.user is None
    assert guests.client.get(conversation.get_absolute_url()).status_code == 200


@pytest.mark.parametrize("page", ["/accounts/login/", "/admin/login/"])
@pytest.mark.parametrize(("place", "function"), [(login_signals, "_give_to_account"), (SessionStore, "save")])
def test_what_a_guest_said_is_not_lost_by_a_sign_in_that_breaks_off(
    guests, agent, monkeypatch, place, function, page
):
    conversation = guests.begin()
    credentials = {"username": "agent", "password": "agent"}
    with monkeypatch.context() as outage:
        outage.setattr(place, function, Mock(side_effect=OperationalError("the database is away")))
        guests.client.raise_request_exception = False
        assert guests.client.post(page, credentials).status_code == 503

    assert guests.client.post(page, credentials).status_code == 302

    assert guests.client.get(conversation.get_absolute_url()).status_code == 200


def test_the_cookie_from_before_a_sign_in_is_worth_nothing_after_it(guests, alice):
    guests.begin()
    before = guests.client.cookies["sessionid"].value

    sign_in(guests, "alice")

    assert guests.client.cookies["sessionid"].value != before
    assert not SessionStore(before).exists(before)


def test_signing_out_ends_the_session_of_the_cookie_also_when_it_was_to_get_another_key(alices, settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", [settings.SECRET_KEY]
    key = alices.client.cookies["sessionid"].value

    alices.client.post("/accounts/logout/")

    assert not SessionStore(key).exists(key)


def test_after_sign_out_it_is_gone_from_the_browser(said, alices):
    alices.client.get("/conversations/")
    alices.client.post("/accounts/logout/")

    assert alices.client.get(said.get_absolute_url()).status_code == 404
    assert "secret" not in alices.client.get("/conversations/").content.decode()
    assert alices.begin() != said


def test_what_was_said_signed_in_is_not_the_next_guests(said, alices):
    alices.client.post("/accounts/logout/")

    assert alices.client.get("/", follow=True).status_code == 200
    assert "secret" not in alices.client.get("/", follow=True).content.decode()


def test_pages_of_a_conversation_are_kept_by_no_cache(said, alices):
    for part in PARTS:
        headers = alices.client.get(said.get_absolute_url() + part).headers
        assert "private" in headers["cache-control"]
        assert "no-store" in headers["cache-control"]


def titles(browser: Browser) -> list[str]:
    page = parse(browser.client.get("/conversations/").content.decode())
    return [each.text for each in page.classed("list-title")]


def test_the_list_holds_my_own_conversations_newest_first(said, alices, bob):
    submit.submit_message.run_sync(Browser(bob).begin().pk, "What bob says", "b1")
    submit.submit_message.run_sync(alices.begin_another().pk, "Another question", "a2")

    assert titles(alices) == ["Another question", "My secret question"]


def test_the_list_leaves_out_those_in_which_nothing_was_said(chat, alices):
    assert titles(alices) == []


def test_the_list_of_a_guest_holds_the_guests_own(said, guests):
    assert titles(guests) == []
    submit.submit_message.run_sync(guests.begin().pk, "A guest's question", "g1")
    assert titles(guests) == ["A guest's question"]


def test_a_new_conversation_leaves_the_old_one_as_it_is(said, alices):
    response = alices.client.post("/new/")

    assert response.headers["location"] != said.get_absolute_url()
    assert alices.client.get(said.get_absolute_url()).status_code == 200


def test_a_new_conversation_takes_an_empty_one_that_is_there(chat, alices):
    assert alices.client.post("/new/").headers["location"] == chat.get_absolute_url()


def test_a_link_from_elsewhere_begins_no_new_conversation(chat, alices):
    assert alices.client.get("/new/").status_code == 405
