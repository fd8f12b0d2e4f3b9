"""What one process does again and again: where one thing cannot be done, all others are."""

import asyncio
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.apps import apps
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.utils import timezone

from supportbot.conversations import turns
from supportbot.conversations.models import Conversation, Message, Turn
from supportbot.conversations.realtime import broadcast, socket_sessions
from supportbot.conversations.turns import app_events, changes, submit
from supportbot.conversations.worker import housekeeping, runner
from supportbot.jobs.models import Job
from supportbot.jobs.registry import ClaimedJob, job
from supportbot.jobs.worker import RunningJobs
from supportbot.server import guest_sessions
from supportbot.server.process import process

from .rows import until
from .test_abandoned_turns import let_lease_run_out
from .test_resync import has_seen, missed_by_all
from .test_socket_sessions import is_closed, session_of


class Broken(Exception):
    pass


def break_for(monkeypatch, owner, name: str, chat: Conversation) -> None:
    """What this function does fails in one conversation."""
    function = getattr(owner, name)

    async def fail_in_one(change):
        if change.conversation_id == chat.pk:
            raise Broken
        await function(change)

    monkeypatch.setattr(owner, name, fail_in_one)


@sync_to_async
def abandon_turns(*chats: Conversation) -> None:
    """A process that died had begun to answer in each."""
    for number, chat in enumerate(chats):
        submit.submit_message.run_sync(chat.pk, "Where is my order?", f"a{number}")
    let_lease_run_out()


async def test_abandoned_turns_are_run_though_one_cannot_be_shown(model, chat, of_bob, monkeypatch, caplog):
    model.otherwise(lambda request: model.say("It has shipped."))
    break_for(monkeypatch, broadcast, "publish_change", chat)
    await abandon_turns(chat, of_bob)

    await housekeeping._recover_turns()

    await until(lambda: are_done(2))
    assert await Message.objects.filter(role="assistant", text="It has shipped.").acount() == 2
    assert "Broken" in caplog.text


@pytest.mark.django_db(transaction=True)
async def test_no_job_waits_for_as_long_as_the_clock_was_set_back(monkeypatch, clock):
    """What was to wait for a while waits for that while."""
    done: list[str] = []

    @job()
    async def send_mail(claimed: ClaimedJob) -> None:
        done.append(claimed.key)

    monkeypatch.setitem(apps.get_app_config("jobs").kinds, "send_mail", send_mail)
    for key, minutes in (("now", 0), ("in 5 minutes", 5)):
        due = clock.wall + timedelta(minutes=minutes)
        await Job.objects.acreate(kind="send_mail", key=key, created=clock.wall, run_after=due)

    clock.set_by(-3600)
    for wait_seconds, expected in ((1, ["now"]), (280, ["now"]), (20, ["now", "in 5 minutes"])):
        clock.advance(wait_seconds)
        for _ in range(2):
            await housekeeping._run_due_actions({})
            await asyncio.gather(*process.get(RunningJobs).tasks)
        assert done == expected


@pytest.mark.django_db(transaction=True)
async def test_what_a_job_does_is_left_to_the_process_that_does_it(monkeypatch):
    """It sends a mail, say, and the mail server takes its time."""
    hanging = asyncio.get_running_loop().create_future()

    @job()
    async def send_mail(_claimed: ClaimedJob) -> None:
        await hanging

    monkeypatch.setitem(apps.get_app_config("jobs").kinds, "send_mail", send_mail)
    await Job.objects.acreate(kind="send_mail", key="1")
    await housekeeping._run_due_actions({})
    await Job.objects.aupdate(run_after=timezone.now())

    await housekeeping._run_due_actions({})

    assert await Job.objects.filter(attempts=1, run_after__gt=timezone.now()).aexists()
    hanging.set_result(None)
    await asyncio.gather(*process.get(RunningJobs).tasks)


@pytest.mark.django_db(transaction=True)
async def test_sessions_that_have_ended_are_deleted_a_few_at_a_time(monkeypatch):
    monkeypatch.setattr(guest_sessions, "SESSIONS_A_STATEMENT", 2)
    now = timezone.now()
    for number, ends in enumerate([now - timedelta(days=30)] * 5 + [now + timedelta(days=1)]):
        await Session.objects.acreate(session_key=f"s{number}", session_data="", expire_date=ends)

    await housekeeping._delete_old_rows()

    assert [each.session_key async for each in Session.objects.all()] == ["s5"]


async def are_done(count: int) -> bool:
    return await Turn.objects.filter(state="done").acount() == count


async def test_abandoned_turns_are_run_though_one_cannot_be_begun(model, chat, of_bob, monkeypatch, caplog):
    model.say("It has shipped.")
    break_for(monkeypatch, runner, "start_turn", chat)
    start = runner.start_turn

    async def start_turn(lease, on_event=None):
        return await start(lease)

    monkeypatch.setattr(runner, "start_turn", start_turn)
    await abandon_turns(chat, of_bob)

    await housekeeping._recover_turns()

    await until(lambda: are_done(1))
    assert await Turn.objects.filter(conversation=of_bob, state="done").aexists()
    assert "Broken" in caplog.text


async def test_a_turn_of_which_nothing_can_be_shown_is_run_to_its_end(model, chat, monkeypatch):
    break_for(monkeypatch, broadcast, "publish_change", chat)
    model.call("create_ticket", issue="The lamp is late", priority="high")
    model.say("I have opened a ticket.")

    await runner.publish_and_start(await turns.submit_message(chat.pk, "A ticket, please", "a1"))

    await until(lambda: are_done(1))
    assert (await Message.objects.filter(role="assistant").alast()).text == "I have opened a ticket."


async def test_pages_are_shown_what_they_missed_though_one_cannot_be(
    model, alices, bobs, chat, of_bob, monkeypatch
):
    monkeypatch.setattr(housekeeping, "RESYNC_INTERVAL_SECONDS", 0)
    break_for(monkeypatch, broadcast, "deliver_missed", chat)
    first, page = await alices.open(chat), await bobs.open(of_bob)
    for each in (chat, of_bob):
        await until(has_seen(each, 0))
    for each in (chat, of_bob):
        await missed_by_all(each)

    await page.until(lambda page: page.turns)

    assert "From elsewhere" in page.last.text
    assert not first.turns
    for each in (first, page):
        await each.close()


async def test_pages_are_shown_what_they_missed_though_one_conversation_cannot_be_loaded(
    model, alices, bobs, chat, of_bob, monkeypatch, caplog
):
    monkeypatch.setattr(housekeeping, "RESYNC_INTERVAL_SECONDS", 0)
    load = changes._load_turns_after

    def fail_in_one(conversation, revision):
        if conversation.pk == chat.pk:
            raise OperationalError("could not read block 7")
        return load(conversation, revision)

    first, page = await alices.open(chat), await bobs.open(of_bob)
    for each in (chat, of_bob):
        await until(has_seen(each, 0))
    monkeypatch.setattr(changes, "_load_turns_after", fail_in_one)
    for each in (chat, of_bob):
        await missed_by_all(each)

    await page.until(lambda page: page.turns)

    assert not first.turns
    assert f"missed of conversation {chat.pk} could not be finished" in caplog.text
    for each in (first, page):
        await each.close()


@pytest.mark.django_db(transaction=True)
async def test_old_sessions_are_deleted_though_an_old_photo_cannot_be(monkeypatch, caplog):
    async def fail():
        raise Broken

    monkeypatch.setattr(housekeeping, "delete_orphans", fail)
    await Session.objects.acreate(session_key="s", session_data="", expire_date=timezone.now())

    await housekeeping._delete_old_rows()

    assert not await Session.objects.aexists()
    assert "Broken" in caplog.text


@sync_to_async
def lose_person(agent: User, *chats: Conversation) -> None:
    """Each customer has written to a member of staff who may no longer answer."""
    for chat in chats:
        turns.request_person.run_sync(chat.pk, "The lamp is late")
        turns.take_over.run_sync(chat.pk, agent.pk)
        turns.submit_message.run_sync(chat.pk, "Is anybody there?", "c1", can_start=False)
    User.objects.filter(pk=agent.pk).update(is_active=False)


async def test_another_person_is_found_though_an_app_fails_in_one_conversation(
    model, chat, of_bob, agent, monkeypatch
):
    await lose_person(agent, chat, of_bob)
    ask = app_events.notify_of_person_request

    def fail_in_one(conversation, *args, **kwargs):
        if conversation.pk == chat.pk:
            raise Broken
        return ask(conversation, *args, **kwargs)

    monkeypatch.setattr("supportbot.conversations.turns.ownership.notify_of_person_request", fail_in_one)

    await housekeeping._find_other_persons()

    assert [each.owner async for each in Conversation.objects.order_by("pk")] == ["human", "waiting"]


@pytest.fixture
def full(monkeypatch):
    """Nothing that streams can be stored."""

    async def checkpoint(*args):
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(turns, "checkpoint", checkpoint)


async def test_a_socket_whose_session_ends_is_closed_while_nothing_can_be_stored(page, model, alices, full):
    model.say("It has shipped.", hold_after=1)
    await page.say("Where is my order?")
    await page.until(lambda page: page.has_words)

    await sync_to_async(session_of(alices).delete)()

    await is_closed(page)


async def test_turns_that_run_here_are_not_taken_for_abandoned_while_nothing_can_be_stored(
    page, model, full, frequent_sweeps, monkeypatch
):
    rounds = []

    async def count_round():
        rounds.append(1)

    monkeypatch.setattr(socket_sessions, "close_expired_sockets", count_round)
    monkeypatch.setattr(housekeeping, "SESSION_CHECK_INTERVAL_SECONDS", 0)
    reply = model.say("It has shipped.", hold_after=1)
    await page.say("Where is my order?")
    await page.until(lambda page: page.has_words)
    await sync_to_async(let_lease_run_out)()
    rounds.clear()

    async def has_gone_on() -> bool:
        return len(rounds) > 5

    await until(has_gone_on)
    reply.release()

    assert "It has shipped." in (await page.settled("done")).text


async def test_what_fails_keeps_nothing_else_of_its_round_from_being_done(model, chat, monkeypatch, caplog):
    async def close_no_sockets():
        raise Broken

    async def recover_nothing():
        raise OperationalError("the connection is lost")

    monkeypatch.setattr(socket_sessions, "close_expired_sockets", close_no_sockets)
    monkeypatch.setattr(housekeeping, "_recover_turns", recover_nothing)
    await turns.request_person(chat.pk)

    await housekeeping._run_due_actions({})

    async def nothing_waits() -> bool:
        return not await Job.objects.aexists()

    await until(nothing_waits)
    assert "The housekeeping failed" in caplog.text
    assert "out of reach: OperationalError" in caplog.text
