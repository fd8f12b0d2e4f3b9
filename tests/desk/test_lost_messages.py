"""What another process told in vain is on an open page of the desk a few seconds later, also what has no revision."""

from datetime import timedelta

import pytest
from django.utils import timezone

from supportbot.conversations import turns
from supportbot.conversations.models import Conversation
from supportbot.conversations.templatetags import chat as chat_tags
from supportbot.desk.live import notes, viewers
from supportbot.desk.live.consumer import DeskConversationConsumer
from supportbot.server.process import process
from tests.conversations.rows import until


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch):
    monkeypatch.setattr(viewers, "VIEWER_INTERVAL_SECONDS", 0.05)


@pytest.fixture
async def desk(desk):
    """It shows what there was when it was opened."""
    await desk.until(lambda desk: "viewers" in desk.parts)
    return desk


@pytest.fixture
def looks(monkeypatch):
    """How often the page has looked for its facts."""
    looks = []
    send_facts = DeskConversationConsumer._send_facts

    async def count(self, conversation_id):
        await send_facts(self, conversation_id)
        looks.append(1)

    monkeypatch.setattr(DeskConversationConsumer, "_send_facts", count)
    return looks


async def test_a_note_comes_to_the_page(desk, chat, sam):
    await notes.add_note(chat.pk, sam, "Do not refund this one.", "n1")

    await desk.until(lambda desk: desk.notes == ["Do not refund this one."])


async def test_a_note_that_was_deleted_leaves_the_page(desk, chat, sam):
    await notes.add_note(chat.pk, sam, "Do not refund this one.", "n1")
    await desk.shows("note-ids", lambda part: part["data-left"])

    await notes.delete_note(chat.pk, sam, (await chat.notes.aget()).pk)

    await desk.shows("note-ids", lambda part: not part["data-left"])


async def test_facts_come_to_the_page(desk, chat):
    await turns.request_person(chat.pk, "The lamp is late")

    await desk.shows("facts", lambda facts: "Waiting since" in facts.text)


async def test_who_else_looks_comes_to_the_page(desk, chat):
    process.get(viewers.Viewers).pages[chat.pk]["sams"] = ("Sam", float("inf"))

    await desk.shows("viewers", lambda viewers: "Sam is also looking" in viewers.text)


async def test_nothing_is_sent_again_that_is_shown(looks, desk, chat, monkeypatch):
    """Not even when the wait has become longer: a focus in there would be lost, and a voice would read it again."""
    await turns.request_person(chat.pk, "The lamp is late")
    await Conversation.objects.aupdate(waiting_since=timezone.now() - timedelta(minutes=5))
    await desk.shows("facts", lambda facts: "(5\xa0minutes ago)" in facts.text)
    frames = len(desk.frames)
    monkeypatch.setattr(chat_tags, "timesince", lambda *args, **kwargs: "6 minutes")
    looks.clear()

    async def has_looked() -> bool:
        return len(looks) > 2

    await until(has_looked)

    await desk.take_all()
    assert not [frame for frame in desk.frames[frames:] if 'id="facts"' in frame or 'id="viewers"' in frame]
