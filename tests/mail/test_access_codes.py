"""A guest goes on with a conversation on another device: by a code that is mailed to the address they gave."""

import asyncio
import re
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client
from django.utils import timezone

from supportbot.audit.models import AuditEvent
from supportbot.conversations import turns
from supportbot.conversations.models import Conversation
from supportbot.jobs.models import Job
from supportbot.jobs.worker import RunningJobs, run_due_jobs
from supportbot.mail.access_codes import MAX_ATTEMPTS_PER_CODE, MAX_CODES_PER_HOUR, mail_code
from supportbot.mail.models import AccessCode
from supportbot.server.process import process
from tests.mail.mails import mail_unread_reply

NUMERALS = {
    "ours": {},
    "Arabic": str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"),
    "full width": str.maketrans("0123456789", "０１２３４５６７８９"),
}
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _site(settings: Any) -> None:
    changes = {"site_url": "https://help.example.com", "smtp_url": "smtp://localhost"}
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update=changes)


@pytest.fixture
def chat(agent: User) -> Conversation:
    """A guest's, who left an address and was answered there."""
    chat = Conversation.objects.create(guest_key="laptop")
    turns.request_person.run_sync(chat.pk)
    turns.store_contact.run_sync(chat.pk, "Gus", "gus@example.org")
    turns.take_over.run_sync(chat.pk, agent.pk)
    answer = turns.post_staff_message.run_sync(chat.pk, agent.pk, "Hello Gus.", "s1")
    mail_unread_reply(chat.pk, answer.change.turns[0].row.pk)
    return chat


@pytest.fixture
def phone() -> Client:
    return Client()


def address_of(chat: Conversation) -> str:
    return f"/c/{chat.public_id}/continue/"


def ask_for_code(browser: Client, chat: Conversation) -> str:
    mail.outbox.clear()
    browser.post(address_of(chat))
    send_queued()
    (sent,) = mail.outbox
    assert sent.to == ["gus@example.org"]
    return re.search(r"\d{6}", sent.body)[0]


def send_queued() -> None:
    """What is due, as the jobs do it."""
    assert not mail.outbox, "no request waits for a mail"
    for queued in Job.objects.filter(kind="send_access_code"):
        mail_code(int(queued.key))
        queued.delete()


async def run_jobs() -> None:
    await run_due_jobs()
    await asyncio.gather(*process.get(RunningJobs).tasks)


def enter(browser: Client, chat: Conversation, code: str) -> Any:
    return browser.post(address_of(chat), {"code": code})


def may_read(browser: Client, chat: Conversation) -> bool:
    return browser.get(chat.get_absolute_url()).status_code == 200


def test_the_mail_with_the_answer_leads_to_the_page_that_sends_the_code(chat):
    assert f"https://help.example.com{address_of(chat)}" in mail.outbox[0].body


@pytest.mark.parametrize("numerals", NUMERALS)
def test_with_the_code_the_conversation_goes_on_on_the_other_device(chat, phone, numerals):
    code = ask_for_code(phone, chat)

    response = enter(phone, chat, f" {code[:3]} {code[3:]} ".translate(NUMERALS[numerals]))

    assert response.headers["location"] == chat.get_absolute_url()
    assert "Hello Gus." in phone.get(chat.get_absolute_url()).content.decode()
    assert AuditEvent.objects.filter(action="continued_elsewhere", conversation_id=chat.pk).count() == 1


def test_the_other_conversations_of_that_browser_stay_there(chat, phone):
    other = Conversation.objects.create(guest_key="laptop")

    enter(phone, chat, ask_for_code(phone, chat))

    assert not may_read(phone, other)


def test_who_has_an_account_has_it_there_from_then_on(chat, phone, alice):
    phone.force_login(alice)

    enter(phone, chat, ask_for_code(phone, chat))

    chat.refresh_from_db()
    assert (chat.user_id, chat.guest_key) == (alice.pk, "")


def test_where_it_can_be_read_already_there_is_nothing_to_prove(chat, phone):
    enter(phone, chat, ask_for_code(phone, chat))

    assert phone.get(address_of(chat)).headers["location"] == chat.get_absolute_url()


def test_a_code_works_once(chat, phone):
    code = ask_for_code(phone, chat)
    enter(phone, chat, code)

    enter(Client(), chat, code)

    assert may_read(phone, chat)


@pytest.mark.parametrize(
    "how", ["wrong", "empty", "late", "of an older mail", "of an address given since", "in words"]
)
def test_a_code_that_does_not_hold_is_refused_in_plain_words(chat, phone, how):
    code = ask_for_code(phone, chat)
    if how == "wrong":
        code = f"{(int(code) + 1) % 10**6:06}"
    elif how in ("empty", "in words"):
        code = "" if how == "empty" else "six"
    elif how == "late":
        AccessCode.objects.update(created=timezone.now() - timedelta(minutes=16))
    elif how == "of an older mail":
        assert ask_for_code(phone, chat) != code
    else:
        Conversation.objects.filter(pk=chat.pk).update(contact_email="late@example.org")

    response = enter(phone, chat, code)

    assert "That code is wrong or has expired." in response.content.decode()
    assert not Session.objects.exists(), "a guess leaves no session behind"
    assert not may_read(phone, chat)


def test_who_guesses_is_out_after_five_even_with_the_right_one(chat, phone):
    code = ask_for_code(phone, chat)
    for number in range(MAX_ATTEMPTS_PER_CODE):
        enter(phone, chat, f"{(int(code) + 1 + number) % 10**6:06}")

    enter(phone, chat, code)

    assert not may_read(phone, chat)


def test_an_address_gets_three_codes_an_hour(chat, phone):
    for _ in range(MAX_CODES_PER_HOUR):
        ask_for_code(phone, chat)
    mail.outbox.clear()

    phone.post(address_of(chat))

    send_queued()
    assert not mail.outbox


@pytest.mark.parametrize(
    "whose", ["nobody's", "an account's", "a guest's without an address", "not answered yet"]
)
def test_a_stranger_sees_no_difference_and_nothing_is_mailed(chat, phone, alice, whose):
    shown = phone.post(address_of(chat)).content
    mail.outbox.clear()
    if whose == "nobody's":
        address = "/c/00000000-0000-4000-8000-000000000000/continue/"
    else:
        owned = {"user": alice} if whose == "an account's" else {"guest_key": "tablet"}
        email = "" if whose == "a guest's without an address" else "victim@example.org"
        address = address_of(Conversation.objects.create(contact_email=email, **owned))

    Job.objects.all().delete()

    answer = phone.post(address).content

    send_queued()
    assert hide_token(answer) == hide_token(shown)
    assert not mail.outbox
    assert "wrong or has expired" in phone.post(address, {"code": "123456"}).content.decode()


def hide_token(page: bytes) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page.decode())


async def test_a_code_that_could_not_be_mailed_is_mailed_by_the_next_attempt(chat, phone, monkeypatch):
    def refuse(*_args: Any, **_kwargs: Any) -> None:
        raise ConnectionRefusedError

    await sync_to_async(phone.post)(address_of(chat))
    mail.outbox.clear()
    with monkeypatch.context() as patched:
        patched.setattr("supportbot.mail.access_codes.EmailMessage.send", refuse)
        await run_jobs()
    await Job.objects.filter(kind="send_access_code").aupdate(run_after=timezone.now())

    await run_jobs()

    code = next(
        found[1] for each in mail.outbox if (found := re.match(r"(\d{6}) is your code", each.subject))
    )
    await sync_to_async(enter)(phone, chat, code)
    assert await sync_to_async(may_read)(phone, chat)


def test_a_code_that_is_mailed_twice_is_the_same_and_works_from_both_mails(chat, phone):
    code = ask_for_code(phone, chat)
    request = AccessCode.objects.get()

    mail_code(request.pk)  # the server had taken the first one, and did not say so

    assert code in mail.outbox[-1].subject
    assert len(mail.outbox) == 2
    enter(phone, chat, code)
    assert may_read(phone, chat)
    mail_code(request.pk)
    assert len(mail.outbox) == 2, "it is of no use any more"


def test_another_request_has_another_code_and_the_older_one_is_not_mailed_behind_it(chat, phone):
    codes = {ask_for_code(phone, chat) for _ in range(MAX_CODES_PER_HOUR)}
    assert len(codes) > 1
    mail.outbox.clear()

    mail_code(AccessCode.objects.earliest("pk").pk)

    assert not mail.outbox


@pytest.mark.parametrize("since", ["late", "another address", "an account"])
def test_a_code_that_nobody_waits_for_is_not_mailed(chat, phone, alice, since):
    mail.outbox.clear()
    phone.post(address_of(chat))
    if since == "late":
        AccessCode.objects.update(created=timezone.now() - timedelta(minutes=16))
    else:
        change = {"user": alice} if since == "an account" else {"contact_email": "new@example.org"}
        Conversation.objects.filter(pk=chat.pk).update(**change)

    send_queued()

    assert not mail.outbox


def test_signing_in_for_a_conversation_offers_the_code_to_who_has_no_account(chat, phone):
    sign_in = phone.get("/accounts/login/", {"next": chat.get_absolute_url()}).content.decode()

    assert address_of(chat) in sign_in
    assert "continue/" not in phone.get("/accounts/login/", {"next": "/conversations/"}).content.decode()
