"""Who may have what done over the sockets, for every action of every one of them. A new action without a row fails."""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, get_args

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.utils import timezone

from supportbot.audit.models import AuditEvent
from supportbot.conversations import turns
from supportbot.conversations.models import Conversation, Message, Rating, StaffPresence, Turn
from supportbot.conversations.realtime import broadcast
from supportbot.conversations.staff_group import ensure_staff_groups
from supportbot.conversations.web.consumers import ChatConsumer
from supportbot.desk.live.consumer import DeskConversationConsumer
from supportbot.desk.live.notes import add_note
from supportbot.desk.models import Note
from supportbot.desk.waiting_list.consumer import DeskFeedConsumer
from supportbot.server.executors import on_database_thread
from supportbot.urls import websocket_urlpatterns
from tests.conversations.conftest import _own_media, model
from tests.conversations.page import ORIGIN, Browser
from tests.desk.desk_page import DeskPage
from tests.provider import Provider

__all__ = ["_own_media", "model"]

# The customer whose conversation it is, another one, somebody without an account, staff without rights, an agent who
# has not the conversation and one who has it. Those at the end have a page open, and their session has just ended.
CUSTOMERS = ("alice", "bob", "guest")
STAFF = ("agent", "assigned", "lead", "administrator")
LOGGED_OUT = "logged out"
EVERYBODY = (*CUSTOMERS, "trainee", *STAFF, LOGGED_OUT)
NOBODY: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """Who may do it, in a conversation that is in this situation. With `has_effect` something of it must be stored."""

    who: tuple[str, ...]
    situation: str = "new"
    frame: Mapping[str, Any] = field(default_factory=dict)
    has_effect: bool = True


# By consumer and action. One action may have a row for each of some situations.
ROWS: dict[type, dict[str, tuple[Row, ...]]] = {
    ChatConsumer: {
        "send": (Row(("alice",), "with a person", {"text": "Hello"}),),
        "stop": (Row(("alice",), "answering"),),
        "retry": (Row(("alice",), "failed"),),
        "person": (Row(("alice",)),),
        "cancel_person": (Row(("alice",), "waiting"),),
        "contact": (
            Row(NOBODY, "waiting", {"email": "a@example.com"}),  # an account has an address
            Row(("guest",), "a guest's", {"email": "a@example.com"}),
        ),
        "end": (Row(("alice",), "with a person"), Row(NOBODY, "ended")),
        "rate": (Row(("alice",), "ended", {"is_good": True}), Row(NOBODY, frame={"is_good": True})),
        "dismiss_rating": (Row(("alice",), "ended"), Row(NOBODY)),
        "typing": (Row(("alice",), "with a person"), Row(NOBODY)),
        "resync": (Row(("alice",), has_effect=False),),
        # Proves that the line is alive, and nothing else: it tells nobody what is in the conversation.
        "ping": (Row(("alice", LOGGED_OUT), has_effect=False),),
    },
    DeskConversationConsumer: {
        "take_over": (Row(STAFF, "waiting"), Row(STAFF), Row(NOBODY, "with a person")),
        "assign": (
            Row(("assigned", "lead", "administrator"), "with a person"),
            Row(("lead", "administrator"), "waiting"),
        ),
        "return_to_queue": (Row(("assigned",), "with a person"), Row(NOBODY), Row(NOBODY, "ended")),
        "reply": (
            Row(("assigned",), "with a person", {"text": "Hi"}),
            Row(NOBODY, "waiting", {"text": "Hi"}),
        ),
        "reply_and_close": (Row(("assigned",), "with a person", {"text": "Hi"}),),
        "note": (Row(STAFF, "with a person", {"text": "Nice"}),),
        "delete_note": (Row(("assigned",), "with a note"),),
        "read": (Row(STAFF, has_effect=False),),
        "hand_back": (Row(("assigned",), "with a person"),),
        "close": (Row(("assigned",), "with a person"),),
        "typing": (Row(("assigned",), "with a person"), Row(NOBODY, "waiting")),
        "resync": (Row(STAFF, has_effect=False),),
        "ping": (Row((*STAFF, LOGGED_OUT), has_effect=False),),
    },
    DeskFeedConsumer: {
        "take_over": (Row(STAFF, "waiting"), Row(NOBODY, "with a person")),
        "presence": (Row(STAFF, "waiting", {"is_here": False}),),
        "ping": (Row((*STAFF, LOGGED_OUT), has_effect=False),),
    },
}


def list_actions(consumer: Any) -> set[str]:
    """All that its frames may ask for."""
    return set(get_args(consumer.frame_type.model_fields["action"].annotation))


def test_every_action_of_every_socket_has_a_row():
    consumers = {each.callback.consumer_class for each in websocket_urlpatterns}

    assert consumers == set(ROWS)
    for consumer, rows in ROWS.items():
        assert list_actions(consumer) == set(rows)


@pytest.fixture
def people(transactional_db: None, alice: User, bob: User) -> dict[str, User | None]:
    agents, leads = ensure_staff_groups()
    people = {name: User.objects.create_user(name, is_staff=True) for name in ("trainee", *STAFF[:3])}
    agents.user_set.add(people["agent"], people["assigned"])
    leads.user_set.add(people["lead"])
    administrator = User.objects.create_superuser("administrator")
    return {"alice": alice, "bob": bob, "guest": None, **people, "administrator": administrator}


@dataclass
class Site:
    people: dict[str, Any]
    browsers: dict[str, Browser]

    def begin(self, situation: str) -> Conversation:
        """A conversation of Alice's, or of the guest's, in this situation."""
        if situation == "a guest's":
            key = self.browsers["guest"].begin().guest_key
            chat = Conversation.objects.create(guest_key=key, last_seq=1)
        else:
            chat = Conversation.objects.create(user=self.people["alice"], last_seq=1)
        if situation in ("waiting", "a guest's"):
            turns.request_person.run_sync(chat.pk, "Help")
        elif situation == "with a person":
            turns.take_over.run_sync(chat.pk, self.people["assigned"].pk)
        elif situation == "with a note":
            add_note.run_sync(chat.pk, self.people["assigned"], "Nice", "n1")
        elif situation == "ended":
            Rating.objects.create(conversation=chat, handler="assistant")
            chat.owner = Conversation.Owner.CLOSED
            chat.save()
        elif situation in ("answering", "failed"):
            state = Turn.State.RUNNING if situation == "answering" else Turn.State.FAILED
            lease = timezone.now() + timedelta(seconds=50) if situation == "answering" else None
            turn = Turn.objects.create(conversation=chat, state=state, lease_until=lease, may_retry=True)
            Message.objects.create(conversation=chat, turn=turn, seq=1, role="customer", text="Hello")
        return chat

    async def open(self, who: str, consumer: type, chat: Conversation) -> DeskPage:
        path = {
            ChatConsumer: f"/ws/c/{chat.public_id}/",
            DeskConversationConsumer: f"/ws/desk/c/{chat.pk}/",
            DeskFeedConsumer: "/ws/desk/",
        }[consumer]
        owner = "alice" if consumer is ChatConsumer else "assigned"
        browser = (
            await on_database_thread()(Browser)(self.people[owner])
            if who == LOGGED_OUT
            else self.browsers[who]
        )
        page = DeskPage(path, browser.headers(ORIGIN))
        await page.connect()
        if who == LOGGED_OUT:
            await end_frames(page)
            await Session.objects.filter(session_key=browser.client.cookies["sessionid"].value).adelete()
        return page


@pytest.fixture
def site(people: dict[str, Any]) -> Site:
    return Site(people, {name: Browser(user) for name, user in people.items()})


async def end_frames(page: DeskPage) -> None:
    """Wait until all frames that the page has sent are handled, by one that is refused. Ends with a closed line too."""
    mark = secrets.token_hex(8)
    await page.request(action="no such action", client_id=mark)
    async with asyncio.timeout(10):
        while page.close_code is None and not any(each["data-refused"] == mark for each in refusals(page)):
            await page._next()


def refusals(page: DeskPage) -> list[Any]:
    return [
        notice for notice in page.notices if notice.attributes.get("data-refused") and notice.text.strip()
    ]


@on_database_thread()
def read_state(ours: Conversation) -> list[Any]:
    """Whatever an action may store, but not when somebody was seen last."""
    here = {"conversation": ours.pk}
    return [
        [row | {"customer_last_seen": None} for row in Conversation.objects.filter(pk=ours.pk).values()],
        list(Turn.objects.filter(**here).values()),
        list(Message.objects.filter(**here).values()),
        list(Rating.objects.filter(**here).values()),
        list(Note.objects.filter(**here).values()),
        AuditEvent.objects.exclude(action="read_transcript").count(),
        list(StaffPresence.objects.filter(is_here=False).values_list("user")),
    ]


async def is_done(site: Site, who: str, consumer: type, action: str, row: Row, typing: list[int]) -> bool:
    """Whether it was done. What is refused must have had no effect."""
    chat = await on_database_thread()(site.begin)(row.situation)
    turn, rating, note = await chat.turns.alast(), await chat.ratings.alast(), await chat.notes.alast()
    page = await site.open(who, consumer, chat)
    frame = {
        "turn": turn.pk if turn else 0,
        "to": site.people["agent"].pk,
        "conversation": chat.pk,
        "rating": rating.pk if rating else 0,
        "note": note.pk if note else 0,
        **row.frame,
    }
    before, typing_before = await read_state(chat), len(typing)
    client_id = secrets.token_hex(8)
    if page.close_code is None:
        await page.request(action=action, client_id=client_id, **frame)
        await end_frames(page)
    has_effect = await read_state(chat) != before or len(typing) > typing_before
    is_refused = page.close_code is not None or any(
        notice["data-refused"] == client_id for notice in refusals(page)
    )
    await page.close()
    await StaffPresence.objects.all().adelete()
    assert not (is_refused and has_effect), f"{action} by {who} was refused, and done"
    return not is_refused and (has_effect or not row.has_effect)


@pytest.mark.parametrize("consumer", ROWS, ids=lambda consumer: consumer.__name__)
async def test_over_a_socket_everybody_may_do_what_the_table_says(
    model: Provider, site: Site, settings: Any, monkeypatch: pytest.MonkeyPatch, consumer: type
):
    typing: list[int] = []

    async def note_typing(conversation_id: int, *_: Any) -> None:
        typing.append(conversation_id)

    monkeypatch.setattr(broadcast, "publish_typing", note_typing)
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"smtp_url": "smtp://localhost"})
    model.otherwise(lambda _request: model.say("Here it is."))
    found, wanted = {}, {}
    for action, rows in ROWS[consumer].items():
        for row in rows:
            done = [who for who in EVERYBODY if await is_done(site, who, consumer, action, row, typing)]
            found[action, row.situation], wanted[action, row.situation] = done, list(row.who)

    assert found == wanted
