"""What lies in a real mailbox is taken once, and no mail is in the way of another."""

import imaplib
from contextlib import suppress
from datetime import timedelta
from typing import Any
from unittest.mock import Mock
from urllib.parse import quote

import pytest
from django.core.management import CommandError, call_command
from django.db import DataError, OperationalError
from django.utils import timezone
from imap_tools.errors import MailboxFetchError

from supportbot.conversations.models import Message
from supportbot.mail.incoming import intake, mailbox
from supportbot.mail.incoming.delays import GIVE_UP_HOURS, MAX_FAILURES
from supportbot.mail.incoming.mailbox import fetch_new_mails
from supportbot.mail.models import DelayedMail, IncomingMail
from tests.mail.mails import build_answer
from tests.servers.mail_servers import PASSWORD, SECOND_PASSWORD, Mailbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mail_settings")]


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
