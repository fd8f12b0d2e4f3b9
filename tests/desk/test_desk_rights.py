"""Nobody but staff with the right to it gets anything of the desk, and not a moment longer than that."""

import asyncio
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from supportbot.audit import recording
from supportbot.audit.models import AuditEvent
from supportbot.conversations import turns
from supportbot.conversations.attachments import storage
from supportbot.conversations.models import Conversation
from supportbot.conversations.realtime import desk_feed
from supportbot.conversations.realtime.broadcast import Watchers
from supportbot.conversations.realtime.desk_feed import DeskListeners
from supportbot.conversations.realtime.socket_sessions import CLOSE_SIGNED_OUT, OpenSockets, end_session
from supportbot.desk.live.consumer import DeskConnection
from supportbot.desk.live.viewers import Viewers
from supportbot.desk.waiting_list import board
from supportbot.server.process import process
from tests.conversations.markup import parse
from tests.conversations.page import Browser
from tests.conversations.photos import PICTURE
from tests.conversations.rows import until

from .desk_page import open_desk, open_feed


@pytest.fixture
def reader(db: None) -> User:
    """May read conversations, and not answer."""
    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_conversation"))
    return reader


@pytest.fixture
def readers(reader: User) -> Browser:
    return Browser(reader)


@pytest.fixture(params=["customer", "guest", "staff without rights"])
def outsider(request, db) -> Browser:
    users = {
        "customer": lambda: User.objects.create_user("carla"),
        "guest": lambda: None,
        "staff without rights": lambda: User.objects.create_user("new", is_staff=True),
    }
    return Browser(users[request.param]())


@pytest.mark.parametrize("opened", [open_desk, open_feed], ids=["conversation", "list"])
async def test_others_get_nothing_from_the_sockets(opened, outsider, model, chat):
    page = await (opened(outsider, chat) if opened is open_desk else opened(outsider))

    assert await page.closed() == CLOSE_SIGNED_OUT
    assert page.frames == []


def test_others_get_nothing_from_the_pages(outsider, chat, transactional_db):
    turns.take_over.run_sync(chat.pk, User.objects.create_user("agent2", is_staff=True).pk)
    photo = chat.public_id
    paths = [
        reverse("desk"),
        reverse("desk-board"),
        reverse("desk-earlier", args=[chat.pk]),
        reverse("desk-replies", args=[chat.pk]),
        reverse("desk-photo", args=[chat.pk, photo]),
        reverse("admin:conversations_conversation_change", args=[chat.pk]),
        reverse("admin:desk_savedreply_changelist"),
    ]

    for path in paths:
        response = outsider.client.get(path)
        assert response.status_code in (302, 403), path
        assert "Alice" not in response.content.decode()
    assert outsider.client.post(reverse("desk-photos", args=[chat.pk])).status_code in (302, 403)
    assert not AuditEvent.objects.filter(action="read_transcript").exists()


@pytest.mark.parametrize(
    ("owner", "opens"),
    [
        (desk_feed, open_desk),
        (board, lambda agents, chat: open_feed(agents)),
    ],
    ids=["a conversation", "the waiting list"],
)
async def test_a_page_whose_session_ends_while_it_opens_stays_subscribed_to_nothing(
    agents, model, chat, monkeypatch, owner, opens
):
    subscribe = desk_feed.subscribe_desk

    async def subscribe_and_sign_out(listener):
        await subscribe(listener)
        await end_session(agents.client.cookies["sessionid"].value)

    monkeypatch.setattr(owner, "subscribe_desk", subscribe_and_sign_out)
    page = await opens(agents, chat)

    assert await page.closed() == CLOSE_SIGNED_OUT
    await page.close()
    assert not process.get(Viewers).listeners
    assert not process.get(DeskListeners).listeners
    assert not process.get(Watchers).pages
    assert process.get(board.BoardState).task is None


async def test_who_may_only_read_can_do_nothing(readers, model, chat):
    desk = await open_desk(readers, chat)
    await desk.shows("viewers", lambda part: True)

    await desk.act("take_over")

    assert await desk.closed() == CLOSE_SIGNED_OUT
    await chat.arefresh_from_db()
    assert chat.owner == "bot"


def test_who_may_only_read_sees_no_buttons(readers, chat, transactional_db):
    page = readers.client.get(reverse("admin:conversations_conversation_change", args=[chat.pk]))

    assert page.status_code == 200
    assert "data-action" not in page.content.decode()


@pytest.mark.parametrize("how", ["signs out", "is disabled", "is no longer staff", "loses the right"])
async def test_whoever_loses_the_right_loses_the_page_at_once(how, desk, agents, agent):
    await desk.shows("viewers", lambda part: True)

    if how == "signs out":
        await sync_to_async(agents.client.logout)()
    elif how == "loses the right":
        await agent.groups.aclear()
    else:
        setattr(agent, "is_active" if how == "is disabled" else "is_staff", False)
        await agent.asave()

    assert await desk.closed() == CLOSE_SIGNED_OUT


async def test_an_action_after_the_right_was_lost_does_nothing(desk, agent, chat):
    await desk.shows("viewers", lambda part: True)
    await agent.groups.aclear()

    await desk.act("note", text="Still here")

    assert await desk.closed() == CLOSE_SIGNED_OUT
    assert not await chat.notes.aexists()


def test_reading_a_transcript_is_recorded_with_who_read_it(agents, agent, chat, transactional_db):
    agents.client.get(reverse("admin:conversations_conversation_change", args=[chat.pk]))

    event = AuditEvent.objects.get(action="read_transcript")
    assert (event.actor_id, event.conversation_id) == (agent.pk, chat.pk)


@pytest.mark.parametrize("spelling", ["+{}", "{}٠", "0_{}", "²", "9" * 5000])
def test_another_spelling_of_its_number_opens_no_row_unseen(agents, chat, transactional_db, spelling):
    Conversation.objects.create(pk=10 * chat.pk, last_seq=1, guest_key="a guest's key")
    Conversation.objects.update(last_seq=1)
    page = reverse("admin:conversations_conversation_change", args=[spelling.format(chat.pk)])

    assert agents.client.get(page).status_code == 404
    assert not AuditEvent.objects.filter(action="read_transcript").exists()


def test_reading_on_is_one_reading_and_reading_again_later_another_one(
    agents, chat, transactional_db, monkeypatch
):
    page = reverse("admin:conversations_conversation_change", args=[chat.pk])
    for _ in range(2):
        agents.client.get(page)
    assert AuditEvent.objects.filter(action="read_transcript").count() == 1

    monkeypatch.setattr(recording, "READING_PERIOD", timedelta(0))
    agents.client.get(page)

    assert AuditEvent.objects.filter(action="read_transcript").count() == 2


def test_the_older_part_alone_is_read_on_record_too(agents, agent, chat, transactional_db):
    agents.client.get(reverse("desk-earlier", args=[chat.pk]), {"before": 99})

    assert AuditEvent.objects.get(action="read_transcript").actor_id == agent.pk


async def test_what_the_socket_gives_without_the_page_is_read_on_record_too(desk, agent):
    await desk.shows("viewers", lambda part: True)

    assert (await AuditEvent.objects.aget(action="read_transcript")).actor_id == agent.pk


async def test_a_page_that_asks_again_after_a_while_reads_again_on_record(desk, monkeypatch):
    await desk.shows("viewers", lambda part: True)
    monkeypatch.setattr(recording, "READING_PERIOD", timedelta(0))

    await desk.request(action="resync", seen=0)

    await until(AuditEvent.objects.filter(action="read_transcript").order_by("pk")[1:2].aexists)


async def test_a_page_that_loses_its_right_while_it_opens_leaves_nothing_behind(
    model, agents, chat, monkeypatch
):
    async def lose_right(*_args: Any) -> None:
        for close, _session in process.get(OpenSockets).list_all():
            await close(CLOSE_SIGNED_OUT)

    monkeypatch.setattr(DeskConnection, "resync", lose_right)
    page = await open_desk(agents, chat)

    assert await page.closed() == CLOSE_SIGNED_OUT
    await page.close()
    assert not process.get(Watchers).pages
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "viewer"]


def test_photos_are_taken_from_who_has_the_conversation_alone(agents, sams, agent, chat, transactional_db):
    address = reverse("desk-photos", args=[chat.pk])
    turns.take_over.run_sync(chat.pk, agent.pk)

    def upload(browser: Browser) -> int:
        photo = BytesIO(PICTURE.data)
        photo.name = "photo.png"
        return browser.client.post(address, {"image": photo}).status_code

    assert upload(sams) == 403
    assert upload(agents) == 201
    assert Conversation.objects.get(pk=chat.pk).attachments.count() == 1


def test_staff_send_more_photos_in_a_day_than_a_customer_may(agents, agent, chat, settings, transactional_db):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"images_per_day": 1})
    turns.take_over.run_sync(chat.pk, agent.pk)

    for _ in range(2):
        photo = BytesIO(PICTURE.data)
        photo.name = "photo.png"
        answer = agents.client.post(reverse("desk-photos", args=[chat.pk]), {"image": photo})
        assert answer.status_code == 201


def test_staff_who_sign_in_come_to_the_desk_and_customers_to_their_chat(agent, alice, transactional_db):
    for name, place in (("agent", reverse("desk")), ("alice", reverse("index"))):
        response = Browser().client.post(reverse("login"), {"username": name, "password": name})
        assert response.headers["location"] == place


def test_who_has_mistyped_the_password_types_it_again_at_once(agent, transactional_db):
    response = Browser().client.post(reverse("login"), {"username": "agent", "password": "agnet"})
    page = parse(response.content.decode())
    (focused,) = page.all("input", autofocus="")
    assert (focused["name"], page.one("input", name="username")["value"]) == ("password", "agent")


def test_a_photo_that_was_sent_is_seen_by_who_may_read_also_after_the_conversation_is_closed(
    agents, sams, agent, chat, transactional_db
):
    turns.take_over.run_sync(chat.pk, agent.pk)
    photo = storage.store_image(chat.pk, PICTURE, is_limited=False)
    address = reverse("desk-photo", args=[chat.pk, photo.public_id])
    assert [each.client.get(address).status_code for each in (agents, sams)] == [200, 403]

    turns.post_staff_message.run_sync(chat.pk, agent.pk, "", "s1", images=[photo.public_id])
    turns.close_conversation.run_sync(chat.pk, agent.pk)

    assert [each.client.get(address).status_code for each in (agents, sams)] == [200, 200]
