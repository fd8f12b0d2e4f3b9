"""A look leaves nothing behind: a conversation and a guest's session begin with what somebody says or does."""

import asyncio
from functools import partial
from unittest.mock import AsyncMock
from uuid import UUID, uuid4

import pytest
from asgiref.sync import sync_to_async
from django.contrib.sessions.models import Session
from django.db import DatabaseError
from django.http import Http404

from supportbot.conversations.models import Conversation, Turn
from supportbot.conversations.new_ids import is_issued_id, issue_id
from supportbot.conversations.realtime import empty_pages
from supportbot.conversations.turns import submit
from supportbot.conversations.visitors import Visitor
from supportbot.conversations.web import beginning
from supportbot.server.guest_sessions import SessionStore, is_issued_key, issue_key

from .page import Browser, Page
from .photos import upload
from .rows import until

# Frames that ask for nothing that a conversation is needed for.
LOOKS = [
    {"action": "ping"},
    {"action": "resync", "seen": 0},
    {"action": "typing"},
    {"action": "stop"},
    {"action": "retry", "turn": 1},
    {"action": "cancel_person"},
    {"action": "contact", "email": "a@example.com"},
    {"text": " ", "client_id": "a1"},
    {"text": "x" * 5000, "client_id": "a1"},
]


async def open_empty(browser: Browser, address: str) -> Page:
    """Open the page of a conversation that has not begun, and wait until the server knows it."""
    page = await browser.connect(address)
    await page.request(action="ping")
    await page.until(lambda page: page.frames)
    return page


def count_rows() -> tuple[int, int]:
    return Conversation.objects.count(), Session.objects.count()


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize(
    "address", ["/", "{page}", "{page}transcript.txt", "{page}transcript.json", "/conversations/", "/new/"]
)
def test_no_page_makes_a_row(guests, method, address):
    page = guests.look()

    for _ in range(3):
        getattr(guests.client, method)(address.format(page=page), follow=True)

    assert count_rows() == (0, 0)


def test_the_button_for_a_new_conversation_makes_no_row(guests):
    response = guests.client.post("/new/", follow=True)

    assert response.status_code == 200
    assert count_rows() == (0, 0)


def test_a_guest_who_looks_again_sees_the_same_page(guests):
    assert guests.look() == guests.look() == guests.look()


def test_strangers_see_different_pages(guests, db):
    assert guests.look() != Browser().look()


@pytest.mark.parametrize("frame", LOOKS)
async def test_no_frame_of_an_empty_page_makes_a_row_but_one_that_says_something(
    transactional_db, guests, frame
):
    page = await guests.connect(await sync_to_async(guests.look)())

    await page.request(**frame)
    await page.request(action="ping")
    await page.until(lambda page: page.frames)  # frames are answered one after the other
    await page.take_all()

    assert await sync_to_async(count_rows)() == (0, 0)
    await page.close()


async def test_a_page_of_an_empty_conversation_hears_that_its_press_was_handled(transactional_db, guests):
    page = await open_empty(guests, await sync_to_async(guests.look)())
    await page.request(action="end")
    await page.request(action="ping", client_id="p1")

    await page.until(lambda page: 'data-handled="p1"' in page.frames[-1])
    await page.close()


async def test_the_first_message_begins_it(model, guests):
    address = await sync_to_async(guests.look)()
    page = await guests.connect(f"{address}?seen=0")
    model.say("Hello to you.")

    turn = await page.ask("Hello")

    assert "Hello to you." in turn.text
    assert await sync_to_async(count_rows)() == (1, 1)
    assert await sync_to_async(guests.look)() == address
    shown = await sync_to_async(guests.client.get)(address)
    assert "Hello to you." in shown.content.decode()
    await page.close()


async def test_the_button_for_a_person_begins_it(model, guests):
    page = await guests.connect(await sync_to_async(guests.look)())

    await page.request(action="person", client_id="a1")
    await page.until(lambda page: page.owner_state == "waiting")

    assert await sync_to_async(count_rows)() == (1, 1)
    await page.close()


def test_a_photo_begins_it(guests):
    address = guests.look()

    response = upload(guests, Conversation(public_id=address.split("/")[2]))

    assert response.status_code == 201
    assert count_rows() == (1, 1)
    assert guests.client.get(response.json()["url"]).status_code == 200


def test_of_two_first_photos_at_once_both_are_taken(guests, monkeypatch):
    """The second request was let in before the first one had made the guest's session."""
    chat = Conversation(public_id=guests.look().split("/")[2])
    look = beginning.find_own_conversation
    answers = []

    def look_before_the_other_is_done(visitor, public_id):
        monkeypatch.setattr(beginning, "find_own_conversation", look)
        found = look(visitor, public_id)
        answers.append(upload(guests, chat).status_code)
        return found

    monkeypatch.setattr(beginning, "find_own_conversation", look_before_the_other_is_done)

    answers.append(upload(guests, chat).status_code)

    assert answers == [201, 201]
    assert Conversation.objects.get().attachments.count() == 2


async def test_another_page_of_the_same_guest_joins_at_once(model, guests):
    address = await sync_to_async(guests.look)()
    first, second = await open_empty(guests, address), await open_empty(guests, address)
    model.say("Hello to you.")

    await first.ask("Hello")

    assert "Hello to you." in (await second.settled("done")).text
    assert await sync_to_async(count_rows)() == (1, 1)
    model.say("Yes?")
    await second.ask("And now?")
    await first.until(lambda page: "Yes?" in page.last.text)
    await first.close()
    await second.close()


@pytest.mark.parametrize("way", ["socket", "form"])
async def test_trouble_with_one_page_is_nobody_elses_and_comes_after_what_was_said(
    model, guests, way, monkeypatch
):
    monkeypatch.setattr(empty_pages, "_find_begun", AsyncMock(return_value=[]))  # that nobody else looks
    address = await sync_to_async(guests.look)()
    first, second = await open_empty(guests, address), await open_empty(guests, address)
    found = []

    async def fail_to_join():
        found.append(await Turn.objects.acount())
        raise DatabaseError

    public_id = UUID(address.split("/")[2])
    empty_pages.add_page(public_id, fail_to_join)
    model.say("Hello to you.")

    if way == "socket":
        await first.ask("Hello")
    else:
        said = {"text": "Hello", "client_id": "a1"}
        assert (await sync_to_async(guests.client.post)(address, said)).status_code == 302

    assert "Hello to you." in (await second.settled("done")).text
    assert first.notices == []

    async def has_failed():
        return found

    assert await until(has_failed) == [1]
    empty_pages.remove_page(public_id, fail_to_join)
    await first.close()
    await second.close()


async def test_no_page_waits_until_another_one_has_joined():
    public_id, both_join = uuid4(), asyncio.Barrier(2)
    for _page in range(2):
        empty_pages.add_page(public_id, partial(both_join.wait))

    async with asyncio.timeout(5):
        await empty_pages.announce_begun_conversation(public_id)

    assert not both_join.broken


async def test_a_page_that_opens_while_another_one_begins_is_let_in(transactional_db, guests, monkeypatch):
    """It has found a session without a guest, and then a conversation that is not new."""
    address = await sync_to_async(guests.look)()
    begun = []

    def begin_before(public_id):
        monkeypatch.setattr(beginning, "is_new_id", is_new_id)
        _user, session = beginning.load_socket_session.run_sync(guests.client.session.session_key)
        begun.append(beginning.begin_from_socket.run_sync(session, public_id))
        return is_new_id(public_id)

    is_new_id = beginning.is_new_id
    monkeypatch.setattr(beginning, "is_new_id", begin_before)

    page = await open_empty(guests, address)

    assert (len(begun), page.close_code) == (1, None)
    await page.close()


@pytest.mark.parametrize("is_owner", [True, False], ids=["its guest", "somebody else"])
def test_what_another_page_begins_at_the_same_moment_is_its_guests_alone(db, is_owner, monkeypatch):
    guest, public_id = Visitor(guest_key="dora"), issue_id()
    stored = beginning._get_or_create_conversation(guest, public_id)
    # The first look comes before the other page has stored it.
    looks, is_stored = ([False], beginning._is_stored)
    monkeypatch.setattr(beginning, "_is_stored", lambda each: looks.pop() if looks else is_stored(each))

    if is_owner:
        assert beginning._get_or_create_conversation(guest, public_id) == stored
    else:
        with pytest.raises(Http404):
            beginning._get_or_create_conversation(Visitor(guest_key="mallory"), public_id)
    assert (looks, Conversation.objects.count()) == ([], 1)


async def test_a_page_joins_what_was_begun_in_another_process(transactional_db, guests):
    page = await open_empty(guests, await sync_to_async(guests.look)())
    chat = await sync_to_async(guests.begin)()
    await submit.submit_message(chat.pk, "Hello", "a1", can_start=False)

    await empty_pages.join_begun_conversations()

    await page.until(lambda page: page.turns)
    await page.close()


async def test_a_page_that_waits_too_long_for_the_database_joins_later(
    transactional_db, guests, monkeypatch, caplog
):
    """That is an outage, of which the log tells in one line."""
    page = await open_empty(guests, await sync_to_async(guests.look)())
    with monkeypatch.context() as patch:
        patch.setattr("supportbot.server.executors.DATABASE_TIMEOUT_SECONDS", 0)
        chat = await sync_to_async(guests.begin)()
        await submit.submit_message(chat.pk, "Hello", "a1", can_start=False)
        await empty_pages.join_begun_conversations()

    failures = [record for record in caplog.records if "could not be finished" in record.message]
    assert failures
    assert not any(record.exc_info for record in failures)
    await empty_pages.join_begun_conversations()
    await page.until(lambda page: page.turns)
    await page.close()


async def test_a_page_of_somebody_else_does_not_join(model, guests, bobs):
    address = await sync_to_async(guests.look)()
    mine, of_bob = await open_empty(guests, address), await open_empty(bobs, address)
    model.say("Hello.")

    await mine.ask("My secret question")

    await of_bob.until(lambda page: page.close_code is not None)
    assert of_bob.close_code == 4404
    assert not any("secret" in frame for frame in of_bob.frames)
    await mine.close()


@pytest.mark.parametrize("make_id", [uuid4, lambda: issue_id("someone else's")], ids=["forged", "gone"])
async def test_an_id_that_was_not_issued_or_whose_conversation_is_gone_is_not_found(
    transactional_db, guests, make_id
):
    public_id = make_id()
    seen = 1 if is_issued_id(public_id) else 0
    await sync_to_async(guests.look)()

    page = await guests.connect(f"/c/{public_id}/?seen={seen}")

    await page.until(lambda page: page.close_code is not None)
    assert page.close_code == 4404


def test_nobody_sees_a_page_under_an_id_of_their_own_choice(guests):
    assert guests.client.get(f"/c/{uuid4()}/").status_code == 404


async def test_without_a_cookie_nothing_begins(transactional_db):
    page = await Browser().connect(f"/c/{issue_id()}/")

    await page.until(lambda page: page.close_code is not None)

    assert page.close_code == 4404


async def test_an_empty_page_comes_back_as_the_account_that_signs_in_meanwhile(model, guests, alice):
    address = await sync_to_async(guests.look)()
    page = await open_empty(guests, address)

    await sync_to_async(guests.client.post)("/accounts/login/", {"username": "alice", "password": "alice"})
    await page.until(lambda page: page.close_code is not None)
    assert page.close_code == 4205
    again = await guests.connect(address)
    model.say("Hello.")
    await again.ask("Hello")

    assert await Conversation.objects.filter(user=alice).acount() == 1
    await again.close()


def test_a_cookie_whose_session_was_deleted_shows_nothing_of_it(guests):
    chat = guests.begin()
    Session.objects.all().delete()

    assert guests.client.get(chat.get_absolute_url()).status_code == 404
    assert guests.begin() != chat


def test_a_session_that_ran_out_begins_anew_under_the_same_cookie(guests):
    guests.begin()
    Session.objects.update(expire_date="2020-01-01T00:00Z")

    guests.begin()

    assert Session.objects.count() == 1
    assert len(set(Conversation.objects.values_list("guest_key", flat=True))) == 2


def test_two_first_requests_at_once_are_one_guest(db):
    one, two = (SessionStore(KEY) for _ in range(2))
    one.load(), two.load()
    one["guest_key"], two["guest_key"] = "first", "second"

    one.save()
    two.save()

    assert two["guest_key"] == SessionStore(KEY)["guest_key"] == "first"


KEY = issue_key()


@pytest.mark.parametrize(
    "key",
    [None, "", "x" * 40, KEY[:-1], KEY + "0", KEY[:-1] + "!", KEY.upper()],
    ids=["none", "empty", "another", "too short", "too long", "changed", "in capitals"],
)
def test_a_key_that_was_not_issued_is_none(key):
    assert is_issued_key(KEY)
    assert not is_issued_key(key)
