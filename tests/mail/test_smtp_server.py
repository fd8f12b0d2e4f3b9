"""What a real SMTP server answers decides whether a mail was sent, is tried again, or is given up aloud."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from threading import Event
from time import monotonic, sleep
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth.models import User
from django.db import connections
from django.utils import timezone

from supportbot.conversations import turns
from supportbot.conversations.models import Conversation, Turn
from supportbot.conversations.worker import runner
from supportbot.jobs.models import Job
from supportbot.jobs.worker import RunningJobs, run_due_jobs
from supportbot.mail.incoming import intake
from supportbot.mail.jobs import MAX_ATTEMPTS
from supportbot.server.process import process
from tests.conversations.rows import until
from tests.disk import Disk, watch_disk
from tests.mail.mails import build_answer
from tests.servers.mail_servers import Outbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mail_settings")]


def answer_guest(agent: User) -> Conversation:
    """Staff have answered a guest who has left."""
    chat = Conversation.objects.create(guest_key="g", contact_email="secret@example.org")
    turns.take_over.run_sync(chat.pk, agent.pk)
    turns.post_staff_message.run_sync(chat.pk, agent.pk, "Hello.", "s1")
    return chat


def keep_mail(text: str) -> None:
    """One of a stranger is kept for staff; on whichever thread."""
    assert intake.take_mail(build_answer(None, "gus@example.org", text).as_bytes()) == "unknown"
    connections.close_all()


def count_notices(chat: Conversation, words: str) -> int:
    return chat.messages.filter(role="system", text__contains=words).count()


async def run_due_mail_jobs() -> None:
    await Job.objects.all().aupdate(run_after=timezone.now())
    await run_due_jobs()
    await finish_mail_jobs()


async def finish_mail_jobs() -> None:
    await asyncio.gather(*process.get(RunningJobs).tasks, return_exceptions=True)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("when", ["refusal", "refusal_of_text"])
@pytest.mark.parametrize(
    ("status", "is_tried_again"),
    [
        *(("550 no such user", False), ("554 5.7.1 policy", False), ("550 5.4.1 Access denied", False)),
        *(("451 try later", True), ("550 5.4.5 Daily user sending limit exceeded", True)),
        *(("552 5.2.2 mailbox full", True), ("554 5.3.2 not accepting messages", True)),
    ],
)
def test_an_address_that_the_server_refuses_is_marked_and_in_no_log(
    outbox: Outbox, agent: User, caplog: Any, when: str, status: str, is_tried_again: bool
):
    setattr(outbox, when, status)
    chat = answer_guest(agent)

    async_to_sync(run_due_mail_jobs)()

    chat.refresh_from_db()
    assert chat.is_undeliverable != is_tried_again
    assert count_notices(chat, "couldn't be delivered") == (not is_tried_again)
    assert chat.replies_mailed_until is None, "what was not taken was not mailed"
    assert Job.objects.filter(kind="send_unread_reply").exists() == is_tried_again
    assert "secret@example.org" not in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_server_that_answers_late_that_it_has_a_mail_is_given_it_once(
    outbox: Outbox, agent: User, settings: Any
):
    settings.EMAIL_TIMEOUT = 0.2
    chat = answer_guest(agent)
    outbox.before_answer = lambda: sleep(0.5)

    for _attempt in range(2):
        async_to_sync(run_due_mail_jobs)()

    assert len(outbox.sent) == 1
    assert not Job.objects.filter(kind="send_unread_reply").exists()
    chat.refresh_from_db()
    assert chat.replies_mailed_until is not None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("step", ["before_recipients", "after_answer"])
def test_what_is_no_answer_to_a_mail_is_not_waited_for(outbox: Outbox, agent: User, settings: Any, step: str):
    settings.EMAIL_TIMEOUT = 0.2
    answer_guest(agent)
    setattr(outbox, f"seconds_{step}", 0.9)
    begun = monotonic()

    async_to_sync(run_due_mail_jobs)()

    assert monotonic() - begun < 0.9
    assert len(outbox.sent) == (step == "after_answer")
    assert Job.objects.filter(kind="send_unread_reply").exists() == (step != "after_answer")


@pytest.mark.django_db(transaction=True)
async def test_a_mail_that_is_being_sent_when_the_process_ends_is_sent_once(outbox: Outbox, agent: User):
    await sync_to_async(answer_guest)(agent)
    has_begun = Event()

    def answer_late() -> None:
        has_begun.set()
        sleep(0.3)

    outbox.before_answer = answer_late
    await Job.objects.all().aupdate(run_after=timezone.now())
    await run_due_jobs()
    assert await asyncio.to_thread(has_begun.wait, 10)

    await runner.drain()
    await run_due_mail_jobs()

    assert len(outbox.sent) == 1
    assert not await Job.objects.filter(kind="send_unread_reply").aexists()


@pytest.fixture
async def disk(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Disk]:
    async with watch_disk(monkeypatch) as disk:
        yield disk


@pytest.mark.django_db(transaction=True)
async def test_a_mail_that_is_sent_while_nothing_can_be_stored_is_sent_once(
    outbox: Outbox, agent: User, disk: Disk
):
    chat = await sync_to_async(answer_guest)(agent)
    await Job.objects.all().aupdate(run_after=timezone.now())

    def fill_disk() -> None:
        disk.is_full = True

    outbox.before_answer = fill_disk
    await run_due_jobs()

    async def has_refused() -> bool:
        return disk.refused > 5

    await until(has_refused)
    disk.is_full = False
    outbox.before_answer = lambda: None
    await finish_mail_jobs()
    await run_due_mail_jobs()

    assert len(outbox.sent) == 1
    assert not await Job.objects.filter(kind="send_unread_reply").aexists()
    await chat.arefresh_from_db()
    assert chat.replies_mailed_until is not None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_read", [False, True])
def test_when_the_last_attempt_has_failed_the_conversation_says_so_unless_it_was_read(
    outbox: Outbox, agent: User, is_read: bool
):
    outbox.refusal = "451 try later"
    chat = answer_guest(agent)
    if is_read:
        Conversation.objects.filter(pk=chat.pk).update(customer_last_seen=timezone.now())
    for attempts in (MAX_ATTEMPTS - 2, MAX_ATTEMPTS - 1):
        assert count_notices(chat, "couldn't be sent") == 0
        Job.objects.filter(kind="send_unread_reply").update(attempts=attempts)
        async_to_sync(run_due_mail_jobs)()

    assert count_notices(chat, "couldn't be sent") == (not is_read)
    chat.refresh_from_db()
    assert not chat.is_undeliverable, "the server may be ours that was away"
    assert not Job.objects.filter(kind="send_unread_reply").exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["send_mail_answer", "send_transcript"])
def test_what_a_customer_waits_for_is_not_given_up_in_silence(outbox: Outbox, alice: User, kind: str):
    chat = Conversation.objects.create(user=alice, last_seq=1)
    turn = Turn.objects.create(conversation=chat, state="done")
    chat.messages.create(turn=turn, seq=1, role="assistant", text="On Monday.", status="complete")
    about = {"conversation": chat, "last_turn": turn, "attempts": MAX_ATTEMPTS - 1}
    Job.objects.create(kind=kind, key=f"{chat.pk}:1", **about)
    outbox.refusal = "451 try later"

    async_to_sync(run_due_mail_jobs)()

    assert count_notices(chat, "couldn't be sent") == 1
    assert not Job.objects.filter(kind=kind).exists()


@pytest.mark.django_db(transaction=True)
def test_an_address_that_was_corrected_while_the_old_one_is_refused_gets_the_answer(
    outbox: Outbox, agent: User, monkeypatch: pytest.MonkeyPatch
):
    chat = answer_guest(agent)
    note_undeliverable = turns.note_undeliverable.run_sync

    def correct_first(*args: Any) -> bool:
        turns.store_contact.run_sync(chat.pk, "Gus", "gus@example.org")
        return note_undeliverable(*args)

    outbox.refusal = "550 no such user"
    with monkeypatch.context() as patched:
        patched.setattr(turns.note_undeliverable, "run_sync", correct_first)
        async_to_sync(run_due_mail_jobs)()
    outbox.refusal = ""
    async_to_sync(run_due_mail_jobs)()

    chat.refresh_from_db()
    assert not chat.is_undeliverable
    assert count_notices(chat, "couldn't be delivered") == 0
    assert [sent["To"] for sent in outbox.sent] == ["gus@example.org"]


@pytest.mark.django_db(transaction=True)
def test_of_a_mail_that_is_kept_while_staff_are_told_of_others_they_are_told_next(
    outbox: Outbox, agent: User, mail_settings: Any
):
    mail_settings(mail_strangers="keep")
    for text in ("first", "second"):
        keep_mail(text)
    outbox.before_answer = lambda: keep_mail("meanwhile")
    async_to_sync(run_due_mail_jobs)()
    outbox.before_answer = lambda: None
    assert Job.objects.get(kind="send_kept_alert").run_after > timezone.now() + timedelta(minutes=50)

    for _attempt in range(2):
        async_to_sync(run_due_mail_jobs)()

    subjects = [sent["Subject"] for sent in outbox.sent]
    assert subjects == ["2 e-mails must be looked at", "3 e-mails must be looked at"]
    assert not Job.objects.filter(kind="send_kept_alert").exists()


@pytest.mark.django_db(transaction=True)
def test_two_jobs_that_are_due_at_once_mail_a_ticket_number_once(outbox: Outbox):
    chat = Conversation.objects.create(guest_key="g")
    turns.request_person.run_sync(chat.pk, text="My lamp is broken")
    turns.store_contact.run_sync(chat.pk, "Gus", "gus@example.org")
    assert Job.objects.filter(kind="send_ticket_numbers").count() == 2

    for _attempt in range(2):
        async_to_sync(run_due_mail_jobs)()

    assert [sent["To"] for sent in outbox.sent] == ["gus@example.org"]
    assert not Job.objects.filter(kind="send_ticket_numbers").exists()
