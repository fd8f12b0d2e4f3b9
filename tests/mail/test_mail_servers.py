"""Mails go out by a real SMTP server and come in from a real mailbox over TLS."""

import asyncio
import imaplib
import importlib.util
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from email import policy
from email.parser import BytesParser
from threading import Event
from time import monotonic, sleep
from typing import Any
from unittest.mock import Mock
from urllib.parse import quote

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.apps import apps
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import DataError, OperationalError, connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from imap_tools.errors import MailboxFetchError

from supportbot.conversations import turns
from supportbot.conversations.models import Conversation, Message, Turn
from supportbot.conversations.worker import runner
from supportbot.jobs.models import Job
from supportbot.jobs.worker import RunningJobs, run_due_jobs
from supportbot.mail.incoming import intake, mailbox
from supportbot.mail.incoming.delays import GIVE_UP_HOURS, MAX_FAILURES
from supportbot.mail.incoming.mailbox import fetch_new_mails
from supportbot.mail.jobs import MAX_ATTEMPTS
from supportbot.mail.models import DelayedMail, IncomingMail
from supportbot.server.process import process
from tests.conversations.rows import until
from tests.disk import Disk, watch_disk
from tests.mail.mails import build_answer, mail_ticket_numbers, mail_unread_reply
from tests.servers.mail_servers import PASSWORD, SECOND_PASSWORD, Mailbox, Outbox, dovecot, smtp_server

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mail_settings")]


@pytest.fixture(scope="module")
def box() -> Any:
    with dovecot() as running:
        yield running


@pytest.fixture
def imap(box: Mailbox, mail_settings: Any, monkeypatch: pytest.MonkeyPatch) -> Mailbox:
    monkeypatch.setenv("SSL_CERT_FILE", str(box.certificate))
    mail_settings(imap_url=box.url)
    box.empty()
    return box


def read_settings() -> dict[str, Any]:
    """As a process that begins now reads them from its environment."""
    spec = importlib.util.find_spec("supportbot.settings")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return vars(module)


@pytest.fixture
def outbox(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What is sent with the settings that its SMTP_URL makes."""
    with smtp_server() as running:
        monkeypatch.setenv("SMTP_URL", running.url)
        for name, value in read_settings().items():
            if name.startswith("EMAIL_"):
                setattr(settings, name, value)
        yield running


def answer(outbox: Outbox, text: str) -> Any:
    """The guest's answer to the newest mail, as a program reads it."""
    got = BytesParser(policy=policy.default).parsebytes(outbox.sent[-1].as_bytes())
    reply = build_answer(
        None, "Gus <gus@example.org>", f"{text}\n\n> " + got.get_content().replace("\n", "\n> ")
    )
    for name, value in (("To", got["Reply-To"]), ("Subject", f"Re: {got['Subject']}")):
        reply.replace_header(name, value)
    reply["In-Reply-To"] = got["Message-ID"]
    return reply


def test_a_guest_asks_is_mailed_answers_by_mail_and_staff_read_it(
    outbox: Outbox, imap: Mailbox, agent: User, client: Client
):
    chat = Conversation.objects.create(guest_key="g")
    turns.request_person.run_sync(chat.pk, text="My lamp is broken")
    turns.store_contact.run_sync(chat.pk, "Gus", "gus@example.org")
    apps.get_app_config("mail").announce_ticket("TKT-00000042", chat.pk)
    mail_ticket_numbers(chat.pk)
    assert "TKT-00000042" in outbox.sent[-1]["Subject"]

    imap.deliver(answer(outbox, "It is the red one."))
    call_command("fetch_mail", "--once")

    turns.take_over.run_sync(chat.pk, agent.pk)
    client.force_login(agent)
    page = client.get(reverse("admin:conversations_conversation_change", args=[chat.pk])).content.decode()
    assert "It is the red one." in page
    assert "by e-mail" in page

    reply = turns.post_staff_message.run_sync(chat.pk, agent.pk, "A new one is on its way.", "s1")
    mail_unread_reply(chat.pk, reply.change.turns[0].row.pk)
    assert "A new one is on its way." in outbox.sent[-1].get_payload()
    assert outbox.sent[-1]["In-Reply-To"] == IncomingMail.objects.get().message_id

    imap.deliver(answer(outbox, "Thank you!"))
    call_command("fetch_mail", "--once")
    said = chat.messages.filter(channel="mail").order_by("seq")
    assert list(said.values_list("text", flat=True)) == ["It is the red one.", "Thank you!"]
    assert imap.count_unread() == 0


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


def test_a_crash_between_storing_and_marking_doubles_nothing(imap: Mailbox, monkeypatch: Any):
    stranger = build_answer(None, "gus@example.org", "Do you sell lamps?")
    imap.deliver(stranger)
    with monkeypatch.context() as patched:
        patched.setattr("imap_tools.MailBox.flag", Mock(side_effect=ConnectionResetError))
        with pytest.raises(mailbox.MailboxUnreachable):
            fetch_new_mails(imap.url)
    assert imap.count_unread() == 1

    assert fetch_new_mails(imap.url).taken == 1

    assert Message.objects.filter(text="Do you sell lamps?").count() == 1
    assert imap.count_unread() == 0


@pytest.mark.parametrize("error", [ValueError, OSError, DataError, OperationalError])
def test_what_cannot_be_stored_stays_unread_and_holds_up_nothing_else(
    imap: Mailbox, monkeypatch: Any, caplog: Any, error: type[Exception]
):
    for text in ("stumble", "walk"):
        imap.deliver(build_answer(None, f"{text}@example.org", text))
    take = intake.take_mail

    def stumble(raw: bytes) -> Any:
        if b"stumble" in raw:
            raise error(raw.decode())
        return take(raw)

    with monkeypatch.context() as patched:
        patched.setattr(mailbox, "take_mail", stumble)
        assert fetch_new_mails(imap.url).taken == 1
        assert imap.count_unread() == 1
    with monkeypatch.context() as patched:
        patched.setattr(mailbox, "take_mail", Mock(side_effect=OperationalError))
        patched.setattr(mailbox.Delays, "add_mail", Mock(side_effect=OperationalError))
        with pytest.raises(OperationalError):
            fetch_new_mails(imap.url)
    assert fetch_new_mails(imap.url).taken == 1
    assert "stumble" not in caplog.text


def test_a_mail_of_a_thousand_nested_parts_is_kept_and_the_next_one_taken(imap: Mailbox):
    imap.deliver(b"From: a@b.org\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * 1000 + b"\r\nHi\r\n")
    imap.deliver(build_answer(None, "gus@example.org", "Do you sell lamps?"))

    assert fetch_new_mails(imap.url) == mailbox.Round(taken=2, postponed=0)

    assert set(IncomingMail.objects.values_list("outcome", flat=True)) == {"unreadable", "opened"}
    assert imap.count_unread() == 0


@pytest.mark.parametrize(
    ("error", "fails"), [(MailboxFetchError(("NO", b""), "OK"), True), (ConnectionResetError(), False)]
)
def test_a_mail_that_cannot_be_fetched_waits_behind_all_others_and_is_given_up_after_a_day(
    imap: Mailbox, monkeypatch: Any, error: Exception, fails: bool
):
    for text in ("stumble", "walk", "run"):
        imap.deliver(build_answer(None, f"{text}@example.org", text))
    fetch, tried = mailbox.MailBox.fetch, []

    def stumble(box: Any, **options: Any) -> Any:
        found = list(fetch(box, **options))
        tried.append(options["uid_list"][0])
        if b"stumble" in found[0].raw:
            raise error
        return found

    def fetch_round() -> None:
        tried.clear()
        with suppress(mailbox.MailboxUnreachable):
            fetch_new_mails(imap.url)

    monkeypatch.setattr(mailbox.MailBox, "fetch", stumble)
    fetch_round()
    first = tried[0]
    fetch_round()
    assert imap.count_unread() == 1
    assert set(IncomingMail.objects.values_list("sender", flat=True)) == {
        "walk@example.org",
        "run@example.org",
    }

    imap.deliver(build_answer(None, "jump@example.org", "jump"))
    for _round in range(MAX_FAILURES):
        fetch_round()
    assert tried == [first]
    DelayedMail.objects.update(created=timezone.now() - timedelta(hours=GIVE_UP_HOURS, minutes=1))
    fetch_round()
    assert tried == ([] if fails else [first])
    assert IncomingMail.objects.filter(outcome="unreadable").exists() is fails
    assert imap.count_unread() == (0 if fails else 1)
    assert DelayedMail.objects.exists() is not fails


def test_of_a_mail_that_is_too_large_the_head_alone_is_fetched(imap: Mailbox, monkeypatch: Any):
    monkeypatch.setattr(mailbox, "MAX_MAIL_BYTES", 100)
    monkeypatch.setattr(mailbox, "take_mail", Mock(side_effect=AssertionError))
    imap.deliver(build_answer(None, "gus@example.org", "x" * 500))

    assert fetch_new_mails(imap.url).taken == 1

    row = IncomingMail.objects.get()
    assert (row.outcome, row.sender, row.text) == ("too_large", "gus@example.org", "")


def test_a_server_that_takes_no_character_set_in_a_search_is_read(imap: Mailbox, monkeypatch: Any):
    send = imaplib.IMAP4.uid

    def refuse_charset(client: imaplib.IMAP4, command: str, *args: Any) -> Any:
        if "CHARSET" in args:
            return "NO", [b"[BADCHARSET] The specified charset is not supported."]
        return send(client, command, *args)

    monkeypatch.setattr(imaplib.IMAP4, "uid", refuse_charset)
    imap.deliver(build_answer(None, "gus@example.org", "Hi"))
    assert fetch_new_mails(imap.url).taken == 1


def test_a_mailbox_that_is_away_or_not_trusted_is_said_without_its_password(
    box: Mailbox, mail_settings: Any, caplog: Any
):
    mail_settings(imap_url=box.url)  # whose certificate nobody has signed
    with pytest.raises(CommandError, match="The mailbox could not be read: SSLCertVerificationError"):
        call_command("fetch_mail", "--once")
    assert "only-for-tests" not in caplog.text


def test_a_password_may_have_letters_of_any_script(imap: Mailbox):
    imap.deliver(build_answer(None, "gus@example.org", "Hi"))
    url = imap.url.replace(PASSWORD, quote(SECOND_PASSWORD))
    assert fetch_new_mails(url).taken == 1


@pytest.mark.parametrize("password", ["wrong", "fälsch"])
def test_a_password_that_is_refused_is_said(imap: Mailbox, mail_settings: Any, password: str):
    mail_settings(imap_url=imap.url.replace(PASSWORD, quote(password)))
    with pytest.raises(
        CommandError, match="could not be read: the mail server refuses this name or password"
    ):
        call_command("fetch_mail", "--once")


def test_a_folder_that_is_not_there_is_said(imap: Mailbox, mail_settings: Any):
    mail_settings(imap_url=f"{imap.url}/nowhere")
    with pytest.raises(CommandError, match="The mailbox could not be read: MailboxFolderSelectError"):
        call_command("fetch_mail", "--once")
