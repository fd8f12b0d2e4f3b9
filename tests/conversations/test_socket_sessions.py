"""A page is open as long as the session that it was opened with: when that ends, nothing more comes or is taken."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.utils import timezone

from supportbot.conversations.models import Conversation, Message, Turn
from supportbot.conversations.realtime import socket_sessions
from supportbot.conversations.realtime.socket_sessions import (
    CLOSE_NOT_FOUND,
    CLOSE_RECONNECT,
    CLOSE_SIGNED_OUT,
    OpenSockets,
)
from supportbot.conversations.turns import submit
from supportbot.conversations.web.beginning import NOT_BEGUN, find_conversation
from supportbot.conversations.worker import housekeeping
from supportbot.server.process import process

from .page import ORIGIN, Browser, Page
from .rows import until

# It takes two seconds at most; the machine of a test may have other things to do.
SOON = 5


@pytest.fixture
def _no_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions are not looked at by the clock, so that it must be heard or asked for that one has ended."""
    monkeypatch.setattr(housekeeping, "SESSION_CHECK_INTERVAL_SECONDS", 3600)


@sync_to_async
def post(browser: Browser, path: str, **data: str) -> None:
    assert browser.client.post(path, data).status_code == 302


async def sign_out(browser: Browser) -> None:
    await post(browser, "/accounts/logout/")


async def sign_in(browser: Browser, name: str) -> None:
    await post(browser, "/accounts/login/", username=name, password=name)


def session_of(browser: Browser) -> Any:
    return Session.objects.filter(session_key=browser.client.session.session_key)


def deleted(browser: Browser, user: User) -> None:
    session_of(browser).delete()


def expired(browser: Browser, user: User) -> None:
    session_of(browser).update(expire_date=timezone.now() - timedelta(seconds=1))


def another_password(browser: Browser, user: User) -> None:
    user.set_password("something else")
    user.save()


def disabled(browser: Browser, user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


ENDS = [deleted, expired, another_password, disabled]
End = Callable[[Browser, User], None]


async def is_closed(page: Page, code: int = CLOSE_SIGNED_OUT) -> None:
    await page.until(lambda page: page.close_code, timeout=SOON)
    assert page.close_code == code


@pytest.mark.usefixtures("_no_looks")
async def test_signing_out_closes_every_page_of_the_session_at_once(page, model, alices, chat):
    another_tab = await alices.open(chat)
    await until(pages_open(2))

    await sign_out(alices)

    assert not process.get(OpenSockets).by_visitor
    for each in (page, another_tab):
        await is_closed(each)
    await another_tab.close()


async def test_nothing_comes_after_that_though_the_answer_goes_on(page, model, alices, chat):
    reply = model.say("It has shipped.", hold_after=2)
    await page.say("Hello")
    await page.until(lambda page: page.has_words)

    await sign_out(alices)
    await is_closed(page)
    reply.release()

    await until(Turn.objects.filter(state="done").aexists)
    assert await page.is_quiet()


async def test_pages_of_other_sessions_stay_open(page, model, alices, alice, chat, bobs, of_bob):
    on_the_phone = await sync_to_async(Browser)(alice)
    others = [await on_the_phone.open(chat), await bobs.open(of_bob)]
    await until(pages_open(3))

    await sign_out(alices)
    await is_closed(page)

    model.otherwise(lambda request: model.say("Hello."))
    for each in others:
        assert (await each.ask("Hello"))["data-state"] == "done"
        await each.close()


@pytest.mark.parametrize("end", ENDS)
async def test_a_session_that_ends_in_another_way_closes_its_pages_within_seconds(
    end: End, page, model, alices, alice
):
    await until(pages_open(1))

    await sync_to_async(end)(alices, alice)

    await is_closed(page)
    assert await page.is_quiet()


@pytest.mark.usefixtures("_no_looks")
@pytest.mark.parametrize(
    "frame",
    [
        {"text": "Hello", "client_id": "a1"},
        {"action": "person", "client_id": "a1"},
        {"action": "retry"},
        {"action": "stop"},
        {"action": "resync"},
    ],
    ids=["send", "person", "retry", "stop", "resync"],
)
@pytest.mark.parametrize("end", ENDS)
async def test_whatever_a_page_sends_the_session_is_looked_at_first(
    end: End, frame: dict[str, Any], model, alices, alice, chat
):
    await submit.submit_message(chat.pk, "Before", "a0")
    await Turn.objects.aupdate(state="failed", may_retry=True)
    frame = {**frame, "turn": (await Turn.objects.aget()).pk}
    page = await alices.open(chat)
    await page.until(lambda page: page.turns)
    await sync_to_async(end)(alices, alice)

    await page.request(**frame)

    await is_closed(page)
    assert len(page.frames) == 1
    assert [each.text async for each in Message.objects.filter(role="customer")] == ["Before"]
    assert (await Turn.objects.aget()).state == "failed"


def test_to_look_at_it_is_one_query(django_assert_num_queries, alices, chat):
    holder = pass_of_browser(alices)

    with django_assert_num_queries(1):
        holder.require_valid(chat.pk)


def test_to_open_a_socket_is_two_queries_and_one_more_for_an_account(
    django_assert_num_queries, guests, alices, chat
):
    def find_as(browser: Browser, address: str) -> int:
        key = browser.client.session.session_key or ""
        return find_conversation.run_sync(key, UUID(address.split("/")[2]), may_begin=True)[1]

    of_guest = guests.begin()
    another = Browser()
    address = another.look()

    with django_assert_num_queries(3):
        assert find_as(alices, chat.get_absolute_url()) == chat.pk
    with django_assert_num_queries(2):
        assert find_as(guests, of_guest.get_absolute_url()) == of_guest.pk
    key = another.client.cookies["sessionid"].value
    with django_assert_num_queries(2):
        assert find_conversation.run_sync(key, UUID(address.split("/")[2]), may_begin=True)[1] == NOT_BEGUN


def test_whoever_has_said_nothing_yet_may_see_no_conversation(guests):
    guests.begin()
    nobodys = Conversation.objects.create()
    holder = replace(pass_of_browser(guests), guest_key="")

    with pytest.raises(socket_sessions.SessionEnded):
        holder.require_valid(nobodys.pk)


def test_to_look_at_all_is_two_queries_however_many_there_are(
    django_assert_num_queries, alices, alice, bobs, guests
):
    guests.begin()
    holders = {pass_of_browser(each) for each in (alices, bobs, guests, Browser(alice))}

    with django_assert_num_queries(2):
        assert socket_sessions.find_expired_sessions.run_sync(holders) == set()


def test_a_pass_shows_no_secret(alices, guests, alice):
    guests.begin()
    for browser in (alices, guests):
        holder = pass_of_browser(browser)
        shown = f"{holder!r} {holder.key_digest} {socket_sessions.SessionEnded(holder.close_code)!r}"
        assert not [
            each for each in (holder.session_key, holder.password, holder.guest_key) if each and each in shown
        ]


async def test_a_page_whose_conversation_is_gone_is_told_so(page, model, chat):
    await until(pages_open(1))
    await chat.adelete()

    await page.say("Hello")

    await is_closed(page, CLOSE_NOT_FOUND)


@pytest.mark.usefixtures("_no_looks")
async def test_a_guest_who_signs_in_in_another_tab_goes_on_where_the_page_was(model, guests, of_guest, alice):
    page = await guests.open(of_guest)
    model.otherwise(lambda request: model.say("Hello."))
    await page.ask("First")

    await sign_in(guests, "alice")
    await page.say("Second", client_id="a2")  # too late for this socket, so it stays in the page's outbox
    await is_closed(page, CLOSE_RECONNECT)
    again = await guests.open(of_guest, seen=page.last["data-revision"])
    await again.say("Second", client_id="a2")

    assert "Second" in (await again.settled("done")).text
    rows = Message.objects.filter(role="customer", conversation__user=alice)
    assert [each.text async for each in rows] == ["First", "Second"]
    await again.close()


async def test_who_knew_the_guests_cookie_is_left_outside_when_the_guest_signs_in(
    model, guests, of_guest, alice
):
    planted = guests.headers(ORIGIN)
    thief = Page(f"/ws/c/{of_guest.public_id}/", planted)
    assert await thief.connect()
    await until(pages_open(1))

    await sign_in(guests, "alice")

    await is_closed(thief, CLOSE_RECONNECT)
    again = Page(f"/ws/c/{of_guest.public_id}/", planted)
    assert await again.connect()
    await is_closed(again, CLOSE_NOT_FOUND)
    assert again.frames == []


async def test_a_guest_whose_session_has_expired_comes_back_to_hear_that_it_is_gone(model, guests, of_guest):
    page = await guests.open(of_guest)
    await until(pages_open(1))

    await sync_to_async(expired)(guests, None)

    await is_closed(page, CLOSE_RECONNECT)
    again = await guests.open(of_guest)
    await is_closed(again, CLOSE_NOT_FOUND)


async def test_signing_in_closes_nobody_elses_pages(page, model, guests, of_guest, bob):
    await until(pages_open(1))

    await sign_in(guests, "bob")

    model.say("Hello.")
    assert (await page.ask("Hello"))["data-state"] == "done"


def pass_of_browser(browser: Browser) -> socket_sessions.SocketSession:
    request = browser.client.get("/conversations/").wsgi_request
    return socket_sessions.build_socket_session(request.user, request.session)


def pages_open(count: int) -> Callable:
    async def opened() -> bool:
        return sum(map(len, process.get(OpenSockets).by_visitor.values())) == count

    return opened
