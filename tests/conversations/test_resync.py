"""What a page missed it is told, once and in order, whoever should have told it and did not."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.db import transaction
from django.utils import timezone

from supportbot.conversations import turns
from supportbot.conversations.models import Conversation, Message, Turn
from supportbot.conversations.realtime import broadcast, fragments
from supportbot.conversations.realtime.audiences import get_customer_audience
from supportbot.conversations.worker import housekeeping

from .rows import until


@sync_to_async
@transaction.atomic
def missed_by_all(chat: Conversation) -> None:
    """Something is stored of which nobody tells the pages."""
    Conversation.objects.filter(pk=chat.pk).update(revision=9, last_seq=99)
    turn = Turn.objects.create(conversation=chat, state="done", revision=9)
    Message.objects.create(conversation=chat, turn=turn, seq=99, role="customer", text="From elsewhere")


async def deliver(chat: Conversation, frame: str, revision: int, previous_revision: int = 0) -> None:
    """What another process tells the pages of this one."""
    frames = {get_customer_audience().key: frame}
    await broadcast._deliver_change(chat.pk, frames, previous_revision, revision)


@pytest.fixture
def often(monkeypatch):
    """Looks for what pages missed with every checkpoint."""
    monkeypatch.setattr(housekeeping, "RESYNC_INTERVAL_SECONDS", 0)


async def test_what_no_frame_told_is_told_by_looking_it_up(often, page, chat):
    await missed_by_all(chat)

    await page.until(lambda page: page.turns)

    assert "From elsewhere" in page.last.text


def test_what_lacks_nothing_costs_two_queries_and_a_running_turn_is_told_again(
    django_assert_num_queries, chat
):
    turn = Turn.objects.create(conversation=chat, state="done", revision=9)
    Conversation.objects.filter(pk=chat.pk).update(revision=9)

    with django_assert_num_queries(2):
        assert turns.load_changes.run_sync(chat.pk, 9).turns == ()
    assert [changed.row for changed in turns.load_changes.run_sync(chat.pk, 8).turns] == [turn]

    Turn.objects.filter(pk=turn.pk).update(state="running")
    assert [changed.row for changed in turns.load_changes.run_sync(chat.pk, 9).turns] == [turn]


async def test_what_a_page_missed_is_told_once(often, page, chat):
    await until(has_seen(chat, 0))
    await missed_by_all(chat)
    await page.until(lambda page: page.turns)

    await until(has_seen(chat, 9))

    assert await page.is_quiet()


async def test_what_was_lost_on_its_way_is_told_as_soon_as_the_next_change_comes(
    page, model, chat, monkeypatch
):
    monkeypatch.setattr(housekeeping, "RESYNC_INTERVAL_SECONDS", 3600)
    await missed_by_all(chat)  # as by a process that was killed before it could show what it had stored
    model.say("Hello.")

    await page.ask("Hello")
    await page.until(lambda page: any("From elsewhere" in turn.text for turn in page.turns.values()))

    async def lacks_nothing() -> bool:
        return (
            broadcast.get_watched_revisions().get(chat.pk)
            == (await Conversation.objects.aget(pk=chat.pk)).revision
        )

    await page.until(lambda page: any("Hello." in turn.text for turn in page.turns.values()))
    await until(lacks_nothing)


async def test_a_page_is_not_told_that_it_lacks_nothing_while_it_does(page, model, chat, monkeypatch):
    monkeypatch.setattr(housekeeping, "RESYNC_INTERVAL_SECONDS", 3600)
    model.say("Hello.")
    await page.ask("Hello")
    known = page.complete
    await missed_by_all(chat)

    newer = fragments.render_notice("From another process")
    await deliver(chat, newer, revision=11, previous_revision=10)
    await page.until(lambda page: page.notices)

    assert page.complete == known
    await page.until(lambda page: page.complete > known)
    assert any("From elsewhere" in turn.text for turn in page.turns.values())


async def test_a_page_that_opens_later_does_not_hide_what_an_older_one_missed(
    page, model, alices, chat, monkeypatch
):
    monkeypatch.setattr(housekeeping, "RESYNC_INTERVAL_SECONDS", 3600)
    await until(has_seen(chat, 0))
    await missed_by_all(chat)
    later = await alices.open(chat)
    await later.until(lambda later: later.turns)
    assert not page.turns

    monkeypatch.setattr(housekeeping, "RESYNC_INTERVAL_SECONDS", 0)
    await page.until(lambda page: page.turns)

    assert "From elsewhere" in page.last.text
    await later.close()


async def test_text_that_streams_in_another_process_is_brought_along(often, page, chat):
    await missed_by_all(chat)
    turn = await Turn.objects.aget()
    message = await Message.objects.acreate(
        conversation=chat, turn=turn, seq=2, role="assistant", status="streaming", text="It has "
    )
    # Within a minute: a lease further ahead is taken for that of a clock that was wrong, and ends.
    lease = timezone.now() + timedelta(seconds=30)
    await Turn.objects.aupdate(state="running", fencing_token=1, lease_until=lease)
    await page.until(lambda page: page.turns and page.last["data-state"] == "running")
    assert page.streamed() == "It has "

    message.text = "It has shipped"
    await message.asave()

    await page.until(lambda page: page.streamed() == "It has shipped")


def has_seen(chat: Conversation, revision: int) -> Callable:
    async def seen() -> bool:
        return broadcast.get_watched_revisions().get(chat.pk) == revision

    return seen


async def test_what_comes_late_does_not_take_the_place_of_what_is_newer(page, model, chat):
    model.say("Hello.")
    await page.ask("Hello")
    known = page.complete

    await deliver(chat, fragments.render_notice("What was so a moment ago"), known - 1)
    await deliver(chat, fragments.render_notice("What is so now"), known + 1, known)

    await page.until(lambda page: page.notices)
    assert page.notices[0].text == "What is so now"


async def test_pages_are_looked_after_even_when_the_housekeeping_has_failed(
    often, page, chat, monkeypatch, caplog
):
    """The one task that does so has no other one behind it."""
    await until(has_seen(chat, 0))
    found, failed = turns.load_missed_changes, asyncio.Event()

    async def fails_once(*args):
        failed.set()
        monkeypatch.setattr(turns, "load_missed_changes", found)
        raise AttributeError("a driver's own mistake")

    monkeypatch.setattr(turns, "load_missed_changes", fails_once)
    await asyncio.wait_for(failed.wait(), 10)
    await missed_by_all(chat)

    await page.until(lambda page: page.turns)
    assert "The housekeeping failed" in caplog.text
