"""Each audience of a conversation is shown a change by its own template, rendered once and after the transaction."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test.signals import template_rendered

from supportbot.assistant.messages import Answer, ToolCall
from supportbot.assistant.messages import Message as Said
from supportbot.conversations import turns
from supportbot.conversations.attachments import storage
from supportbot.conversations.models import Conversation
from supportbot.conversations.realtime import broadcast, process_messages
from supportbot.conversations.realtime.audiences import (
    Audience,
    get_customer_audience,
)
from supportbot.conversations.realtime.change_frames import MAX_TURNS_ON_EVENT_LOOP
from supportbot.conversations.realtime.connections import PageConnection
from supportbot.conversations.realtime.fragments import render_owner
from supportbot.conversations.turns import TurnChange
from supportbot.server.backpressure import SocketWriter
from tests.provider import Provider

from .markup import parse
from .other_process import MemoryStore, OtherProcess
from .page import Page
from .photos import PICTURE
from .rendering import render
from .rows import until

CUSTOMER_TEMPLATE = "chat/_turn.html"
STAFF_TEMPLATE = "desk/_turn_for_test.html"
STAFF_HTML = (
    "{% load i18n %}{% get_current_language as language %}"
    '<section class="desk" lang="{{ language }}" data-turn="{{ turn.pk }}" data-state="{{ turn.state }}">'
    "{% for message in turn_messages %}<p>{{ message.role }}: {{ message.text }}"
    "{% for call in message.calls %} {{ call.name }}{{ call.arguments }}{{ call.result }}{% endfor %}"
    "{% for image in message.images %} {{ image.get_absolute_url }}{% endfor %}</p>{% endfor %}</section>"
)
STAFF = Audience("staff", "en", turn_template=STAFF_TEMPLATE)


@pytest.fixture(autouse=True)
def _staff_template(settings: Any, tmp_path: Path) -> None:
    """The template of a second audience."""
    path = tmp_path / "templates" / STAFF_TEMPLATE
    path.parent.mkdir(parents=True)
    path.write_text(STAFF_HTML)
    (engine,) = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "DIRS": [*engine["DIRS"], tmp_path / "templates"]}]


class Renderings:
    """The turns that were rendered: by which template, on which thread, and whether that one was in a transaction."""

    def __init__(self) -> None:
        self.templates: list[str] = []
        self.threads: set[str] = set()
        self.in_transaction = False
        self.while_nobody_may_write = False
        self._database = ""

    def watch_write_lock(self, path: str) -> None:
        """Also try to write at each rendering, over a connection of its own. SQLite has one writer at a time."""
        self._database = path

    def note(self, template: Any, **_kwargs: Any) -> None:
        if template.name in (CUSTOMER_TEMPLATE, STAFF_TEMPLATE):
            self.templates.append(template.name)
            self.threads.add(threading.current_thread().name)
            self.in_transaction |= connection.in_atomic_block
            self.while_nobody_may_write |= bool(self._database) and not _may_write(self._database)


def _may_write(path: str) -> bool:
    other = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
    except sqlite3.OperationalError:
        return False
    finally:
        other.close()
    return True


@pytest.fixture
def renderings() -> Iterator[Renderings]:
    renderings = Renderings()
    template_rendered.connect(renderings.note)
    yield renderings
    template_rendered.disconnect(renderings.note)


class OpenPage:
    """A page of an audience in this process, and the frames that it was sent."""

    def __init__(self, conversation: Conversation, audience: Audience) -> None:
        self.frames: list[str] = []
        self.connection = PageConnection(conversation.pk, SocketWriter(self._take), audience)

    async def _take(self, event: dict[str, Any]) -> None:
        self.frames.append(event["text"])

    async def has_frame(self) -> bool:
        return bool(self.frames)


async def open_page(conversation: Conversation, audience: Audience) -> OpenPage:
    """A page that lacks nothing."""
    page = OpenPage(conversation, audience)
    await broadcast.subscribe(conversation.pk, page.connection)
    await page.connection.resync(0)
    page.frames.clear()
    return page


@pytest.fixture(autouse=True)
def _no_limits(settings: Any) -> None:
    settings.CONVERSATION_MESSAGES_PER_MINUTE = settings.VISITOR_MESSAGES_PER_MINUTE = 0


async def test_a_change_is_rendered_once_for_each_audience_and_each_page_gets_its_own(
    transactional_db, chat, renderings
):
    customers = [await open_page(chat, get_customer_audience()) for _ in range(3)]
    staff = [await open_page(chat, STAFF) for _ in range(2)]

    await broadcast.publish_change(await turns.submit_message(chat.pk, "Where is my lamp?", "a1"))

    assert sorted(renderings.templates) == [CUSTOMER_TEMPLATE, STAFF_TEMPLATE]
    for page in customers:
        assert page.frames == customers[0].frames
        assert 'class="turn"' in page.frames[0]
    for page in staff:
        assert page.frames == staff[0].frames
        assert '<section class="desk" lang="en"' in page.frames[0]
        assert "customer: Where is my lamp?" in page.frames[0]


async def test_a_change_that_a_page_was_sent_already_is_not_sent_to_it_again(transactional_db, chat):
    """It may come twice: as it happens, and when the conversation is looked through for what was missed."""
    page = await open_page(chat, get_customer_audience())
    change = await turns.submit_message(chat.pk, "Where is my lamp?", "a1")

    await broadcast.publish_change(change)
    await broadcast.deliver_missed(await turns.load_changes(chat.pk, 0))

    assert len(page.frames) == 1
    await broadcast.unsubscribe(chat.pk, page.connection)


async def test_an_audience_that_does_not_watch_is_not_rendered(transactional_db, chat, renderings):
    staff = await open_page(chat, STAFF)

    await broadcast.publish_change(await turns.submit_message(chat.pk, "Where is my lamp?", "a1"))

    assert renderings.templates == [STAFF_TEMPLATE]
    assert len(staff.frames) == 1


async def test_each_language_is_an_audience_of_its_own(transactional_db, chat):
    pages = {
        language: await open_page(chat, Audience("staff", language, turn_template=STAFF_TEMPLATE))
        for language in ("en", "de")
    }

    await broadcast.publish_change(await turns.submit_message(chat.pk, "Wo ist meine Lampe?", "a1"))

    for language, page in pages.items():
        assert f'lang="{language}"' in page.frames[0]


async def test_an_answer_reaches_both_audiences_by_their_own_templates(page: Page, model: Provider, chat):
    staff = await open_page(chat, STAFF)
    model.call("my_orders")
    model.say("It has shipped.")

    turn = await page.ask("Where is my lamp?")

    async def is_done() -> bool:
        return 'data-state="done"' in staff.frames[-1]

    await until(is_done)
    assert "It has shipped." in turn.text
    assert "ORD-123" not in turn.text  # what a tool found is for staff
    assert "ORD-123" in staff.frames[-1]
    assert not any('class="turn"' in frame for frame in staff.frames)


async def test_a_page_of_an_audience_that_another_process_sent_no_frame_for_looks_for_itself(
    transactional_db, chat, renderings
):
    customer, staff = await open_page(chat, get_customer_audience()), await open_page(chat, STAFF)
    change = await turns.submit_message(chat.pk, "Where is my lamp?", "a1")
    frames = {get_customer_audience().key: "<p>as the other process rendered it</p>"}

    await broadcast._deliver_change(
        chat.pk, frames, previous_revision=change.previous_revision, revision=change.revision
    )
    await until(staff.has_frame)

    assert renderings.templates == [STAFF_TEMPLATE]
    assert "customer: Where is my lamp?" in staff.frames[0]
    assert staff.connection.revision == change.revision
    assert customer.frames[0].startswith("<p>as the other process rendered it</p>")
    assert customer.connection.revision == change.revision


async def test_other_processes_are_sent_the_customers_frame_also_when_no_customer_watches_here(
    transactional_db, chat, settings, monkeypatch
):
    store = MemoryStore()
    settings.PROCESS_TRANSPORT = "memory"
    monkeypatch.setattr(process_messages, "_build_transport", store.build_transport)
    other_process = OtherProcess(store.build_transport())
    await other_process.join(f"conversation.{chat.pk}")

    change = await turns.submit_message(chat.pk, "Where is my lamp?", "a1")
    await broadcast.publish_change(change)

    kind, content = await other_process.hear()
    assert kind == "change"
    assert list(content["frames"]) == [get_customer_audience().key]
    assert content["revision"] == change.revision
    await process_messages.close_connection()
    await other_process.connection.close_connection()


async def test_nothing_is_rendered_in_a_transaction_nor_on_a_thread_of_the_database(
    page: Page, model: Provider, chat, renderings
):
    staff = await open_page(chat, STAFF)
    model.call("create_ticket", issue="The lamp is broken", priority="low")
    model.say("A colleague will get back to you.")
    await page.ask("My lamp is broken!")
    model.fail(400)
    await page.ask("Hello?")
    for _ in range(MAX_TURNS_ON_EVENT_LOOP):
        model.say("Yes?")
        await page.ask("Hello?")
    renderings.templates.clear()
    await staff.connection.resync(0)

    assert len(renderings.templates) > MAX_TURNS_ON_EVENT_LOOP
    assert not renderings.in_transaction
    assert threading.current_thread().name in renderings.threads
    assert len(renderings.threads) > 1  # what is long is rendered beside the event loop
    assert not [name for name in renderings.threads if name.startswith(("database", "tool"))]


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="SQLite has one writer at a time")
async def test_while_a_change_is_rendered_everybody_may_write(transactional_db, chat, renderings):
    renderings.watch_write_lock(str(connection.settings_dict["NAME"]))
    await open_page(chat, get_customer_audience())
    await open_page(chat, STAFF)
    renderings.templates.clear()

    change = await turns.submit_message(chat.pk, "Where is my lamp?", "a1")
    assert renderings.templates == []
    await broadcast.publish_change(change)
    assert change.lease is not None
    answer = Answer(Said("assistant", "It has **shipped**."), "stop")
    ended = await turns.finish_turn(change.lease, "done", answer.message.text, answer=answer)
    assert len(renderings.templates) == 2
    await broadcast.publish_change(ended)

    assert len(renderings.templates) == 4
    assert not renderings.while_nobody_may_write


def changes_of_a_turn(chat: Conversation) -> list[TurnChange]:
    """What the transactions return in the life of a turn with a photo, a tool call, a failure and a retry."""
    photo = storage.store_image(chat.pk, PICTURE)
    submitted = turns.submit_message.run_sync(chat.pk, "It is broken", "a1", images=[photo.public_id])
    joined = turns.submit_message.run_sync(chat.pk, "And the box is wet", "a2")
    assert joined.lease is not None
    call = ToolCall("c1", "my_orders", "{}")
    called = turns.store_requested_calls.run_sync(
        joined.lease, Answer(Said("assistant", "I see.", (call,)), "tool_calls")
    )
    result = turns.run_tool(joined.lease, call, turns.get_tool_registry()["my_orders"])
    completed = turns.complete_call.run_sync(joined.lease, result)
    queued = turns.submit_message.run_sync(chat.pk, "Hello?", "a3")
    failed = turns.finish_turn.run_sync(joined.lease, "failed", "Half of")
    assert failed.lease is not None
    ended = turns.finish_turn.run_sync(failed.lease, "failed", "")
    retried = turns.retry_turn.run_sync(chat.pk, failed.lease.turn_id)
    # The page has not heard that it was stored.
    again = turns.submit_message.run_sync(chat.pk, "It is broken", "a1", images=[photo.public_id])
    looked_up = turns.load_changes.run_sync(chat.pk, 0)
    return [submitted, joined, called, completed.change, queued, failed, ended, retried, again, looked_up]


@pytest.mark.parametrize("audience", [get_customer_audience(), STAFF], ids=lambda audience: audience.name)
def test_what_a_transaction_returns_can_be_rendered_without_the_database(
    db, chat, audience, django_assert_num_queries
):
    for change in changes_of_a_turn(chat):
        with django_assert_num_queries(0):
            html = render(change, audience)

        for turn in change.turns:
            assert f'data-turn="{turn.row.pk}"' in html
            assert all(message.text in html for message in turn.messages if message.role == "customer")


def test_what_is_rendered_holds_the_calls_and_photos_of_each_message(db, chat):
    *_, looked_up = changes_of_a_turn(chat)

    html = render(looked_up, STAFF)

    assert "my_orders{}" in html
    assert "ORD-123" in html
    assert f"{chat.get_absolute_url()}images/" in html


@pytest.mark.parametrize(
    ("backend", "label"), [("demo", "AI assistant · demo model"), ("chat", "AI assistant")]
)
def test_when_the_assistant_has_it_again_the_page_says_whether_it_is_the_demo_model(settings, backend, label):
    settings.LLM_BACKEND = backend

    html = render_owner(SimpleNamespace(owner="bot"), template="chat/_owner.html")

    assert parse(html).one("span", id="owner").text.strip() == label
