"""Every way to a person, in every circumstance: a true sentence, a note and an alert for staff, and a next step."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.core import mail
from django.db import IntegrityError
from django.utils import timezone

from supportbot.assistant.messages import Answer, Message, ToolCall
from supportbot.assistant.person_requests import PersonRequestHandler
from supportbot.assistant.tools import ToolError
from supportbot.conversations import turns
from supportbot.conversations.models import Conversation, StaffPresence, Turn
from supportbot.conversations.turns import TurnChange, handoff_sentences
from supportbot.conversations.turns.recovery import QUEUED_GRACE_PERIOD
from supportbot.jobs.models import Job
from supportbot.mail.outgoing.staff_mails import mail_waiting_alert
from tests.mail.mails import mail_unread_reply
from tickets.models import Ticket

from .rendering import render

REQUEST = ToolCall("c1", "request_human", '{"reason": "The parcel arrived wet."}')
ASKED = Answer(Message("assistant", "", (REQUEST,)), "tool_calls")
FRIDAY_NOON = datetime(2026, 12, 4, 12, tzinfo=UTC)
SATURDAY = datetime(2026, 12, 5, 12, tzinfo=UTC)
CHRISTMAS_DAY = datetime(2026, 12, 25, 12, tzinfo=UTC)  # a Friday


# Ways that need no page: each returns what pages are shown.


def press_button(chat: Conversation) -> TurnChange:
    return turns.request_person.run_sync(chat.pk, text="I'd like to talk to a person.", client_id="p1")


def press_button_after_a_question(chat: Conversation) -> TurnChange:
    lease = turns.submit_message.run_sync(chat.pk, "My parcel arrived wet.", "a1").lease
    turns.finish_turn.run_sync(lease, Turn.State.FAILED, "")
    return press_button(chat)


def let_model_call_tool(chat: Conversation) -> TurnChange:
    lease = turns.submit_message.run_sync(chat.pk, "My parcel arrived wet. A person, please!", "a1").lease
    return _run_requested_calls(lease)


def let_process_die_before_tool(chat: Conversation) -> TurnChange:
    """It had stored the call and not run it: another process runs it."""
    lease = turns.submit_message.run_sync(chat.pk, "My parcel arrived wet. A person, please!", "a1").lease
    turns.store_requested_calls.run_sync(lease, ASKED)
    Turn.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    (recovered,) = turns.recover_abandoned_turns.run_sync(9)
    assert recovered.lease.pending_calls == (REQUEST,)
    return _complete_requested_calls(recovered.lease)


def let_process_die_after_tool(chat: Conversation) -> TurnChange:
    """It had run the call and not ended the turn: another process shows what was done."""
    lease = turns.submit_message.run_sync(chat.pk, "My parcel arrived wet. A person, please!", "a1").lease
    turns.store_requested_calls.run_sync(lease, ASKED)
    turns.run_tool(lease, REQUEST, turns.get_tool_registry()["request_human"])
    Turn.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    (recovered,) = turns.recover_abandoned_turns.run_sync(9)
    assert recovered.lease is None
    assert turns.recover_abandoned_turns.run_sync(9) == []
    return recovered


def _run_requested_calls(lease: turns.TurnLease) -> TurnChange:
    turns.store_requested_calls.run_sync(lease, ASKED)
    return _complete_requested_calls(lease)


def _complete_requested_calls(lease: turns.TurnLease) -> TurnChange:
    result = turns.run_tool(lease, REQUEST, turns.get_tool_registry()["request_human"])
    completed = turns.complete_call.run_sync(lease, result)
    assert completed.is_turn_over
    return completed.change


WAYS: list[Callable[[Conversation], TurnChange]] = [
    press_button,
    press_button_after_a_question,
    let_model_call_tool,
    let_process_die_before_tool,
    let_process_die_after_tool,
]


@dataclass(frozen=True)
class Circumstance:
    """What is the case when a person is asked for, and what the customer must read then."""

    name: str
    says: tuple[str, ...]
    never_says: tuple[str, ...] = ()
    now: datetime = FRIDAY_NOON
    is_staff_here: bool = True
    waiting_before: int = 0
    is_guest: bool = False
    guest_email: str = ""
    has_smtp: bool = True
    has_ticket: bool = False
    has_tickets_app: bool = True


OPENS_ON_MONDAY = "We'll answer from Monday, {} December at 09:00."
CIRCUMSTANCES = [
    Circumstance("a colleague is here", ("You're next in line", "e-mail to alice@example.com")),
    Circumstance("one waits already", ("There is 1 person before you.",), waiting_before=1),
    Circumstance("two wait already", ("There are 2 people before you.",), waiting_before=2),
    Circumstance(
        "all are away", ("away right now", "as soon as they are back"), ("next in line",), is_staff_here=False
    ),
    Circumstance("closed", ("Monday–Friday 09:00–17:00", OPENS_ON_MONDAY.format(7)), ("next",), now=SATURDAY),
    Circumstance("a holiday", ("isn't here", OPENS_ON_MONDAY.format(28)), ("next",), now=CHRISTMAS_DAY),
    Circumstance("a guest", ("Leave your e-mail address below",), is_guest=True),
    Circumstance(
        "a guest with e-mail", ("by e-mail to gus@example.org",), is_guest=True, guest_email="gus@example.org"
    ),
    Circumstance("no mail", ("here, in this chat",), ("e-mail",), has_smtp=False),
    Circumstance("a guest, no mail", ("here, in this chat",), ("e-mail",), is_guest=True, has_smtp=False),
    Circumstance(
        "a guest with e-mail, no mail",
        ("here, in this chat",),
        ("e-mail",),
        is_guest=True,
        guest_email="gus@example.org",
        has_smtp=False,
    ),
    Circumstance("a ticket is there", ("Your reference is TKT-",), has_ticket=True),
    Circumstance("no tickets app", ("You're next in line",), ("reference",), has_tickets_app=False),
    Circumstance(
        "nobody, nowhere",
        ("isn't here", "here, in this chat"),
        ("e-mail", "reference"),
        now=SATURDAY,
        is_staff_here=False,
        is_guest=True,
        has_smtp=False,
        has_tickets_app=False,
    ),
]


@pytest.fixture
def prepare(transactional_db, alices, guests, agent, settings, monkeypatch):
    """Make a circumstance the case. Returns the conversation."""

    def prepare(case: Circumstance) -> Conversation:
        changes = {
            "opening_hours": "Mon-Fri 09:00-17:00",
            "holidays": "DE",
            "smtp_url": "smtp://localhost" if case.has_smtp else "",
        }
        settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update=changes)
        monkeypatch.setattr(handoff_sentences, "timezone", SimpleNamespace(now=lambda: case.now))
        for number in range(case.waiting_before):
            waiting = {"owner": "waiting", "waiting_since": timezone.now() - timedelta(minutes=1 + number)}
            Conversation.objects.create(guest_key=f"before{number}", **waiting)
        StaffPresence.objects.create(user=agent, is_here=case.is_staff_here, last_seen=case.now)
        chat = (guests if case.is_guest else alices).begin()
        Conversation.objects.filter(pk=chat.pk).update(contact_email=case.guest_email)
        if case.has_ticket:
            Ticket.objects.create(issue="The lamp is broken.", conversation=chat)
        if not case.has_tickets_app:
            monkeypatch.setattr(apps.get_app_config("conversations"), "person_request_handlers", [])
        return chat

    return prepare


@pytest.mark.parametrize("case", CIRCUMSTANCES, ids=lambda case: case.name)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_no_way_to_a_person_is_silent(way, case, prepare, agent):
    chat = prepare(case)

    change = way(chat)

    chat.refresh_from_db()
    sentence = _check_sentence(chat, change, case)
    _check_staff_are_told(chat, change, case)
    _check_next_step(chat, change, sentence, case, agent)


@pytest.mark.parametrize(
    "error", [KeyError("My lamp is broken"), ToolError("Not now."), IntegrityError("lamp")]
)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_an_apps_bug_keeps_nobody_from_a_person(way, error, prepare, monkeypatch, caplog):
    def fail(_request: Any) -> str:
        raise error

    chat = prepare(CIRCUMSTANCES[0])
    others = apps.get_app_config("conversations").person_request_handlers
    monkeypatch.setattr(
        apps.get_app_config("conversations"), "person_request_handlers", [PersonRequestHandler(fail), *others]
    )

    way(chat)

    chat.refresh_from_db()
    assert chat.owner == "waiting"
    assert Ticket.objects.filter(conversation=chat).exists()  # the other apps did what they do
    assert ("requests for a person failed" in caplog.text) is not isinstance(error, ToolError)
    assert "lamp" not in caplog.text


def _check_sentence(chat: Conversation, change: TurnChange, case: Circumstance) -> str:
    """The customer is told once, by the server, what happens now."""
    (sentence,) = chat.messages.filter(role="system").values_list("text", flat=True)
    assert [words for words in case.says if words not in sentence] == [], sentence
    assert [words for words in case.never_says if words in sentence] == [], sentence
    html = render(change)
    assert "Waiting for a person" in html
    assert sentence.partition("'")[0] in html
    return sentence


def _check_staff_are_told(chat: Conversation, change: TurnChange, case: Circumstance) -> None:
    """A note of what it is about, a mail to each of the staff, and the desk at once."""
    assert (chat.owner, chat.assignee) == ("waiting", None)
    assert chat.waiting_since is not None
    has_matter = chat.messages.filter(role="customer", text__contains="wet").exists()
    assert ("wet" in chat.waiting_reason) if has_matter else (chat.waiting_reason == "No reason was given.")
    assert Ticket.objects.filter(conversation=chat).count() == case.has_tickets_app
    assert change.notifies_desk
    assert Job.objects.filter(kind="send_waiting_alert", conversation=chat).count() == 1
    mail_waiting_alert(chat.pk)
    assert [sent.recipients() for sent in mail.outbox] == [["agent@example.com"]] * case.has_smtp
    assert [chat.waiting_reason in sent.body for sent in mail.outbox] == [True] * case.has_smtp


def _check_next_step(
    chat: Conversation, change: TurnChange, sentence: str, case: Circumstance, agent: object
) -> None:
    """What the sentence says comes true: the answer arrives, and where it was promised."""
    assert change.owner.takes_contact == (case.is_guest and case.has_smtp)
    assert ("data-contact" in render(change)) == change.owner.takes_contact
    if "below" in sentence:
        turns.store_contact.run_sync(chat.pk, "", "late@example.org")
    mail.outbox.clear()
    assert turns.take_over.run_sync(chat.pk, agent.pk).is_done
    answer = turns.post_staff_message.run_sync(chat.pk, agent.pk, "How can I help?", "s1")
    mail_unread_reply(chat.pk, answer.change.turns[0].row.pk)

    assert "How can I help?" in render(answer.change)
    assert len(mail.outbox) == case.has_smtp
    for sent in mail.outbox:
        address = "late@example.org" if "below" in sentence else sent.to[0]
        assert sent.to == [address]
        assert address == "late@example.org" or f"by e-mail to {address}" in sentence


def test_what_was_said_behind_the_wish_waits_for_the_person(transactional_db, chat, agent):
    """It was said while the tool ran: no model answers it, not even after the conversation was handed back."""
    lease = turns.submit_message.run_sync(chat.pk, "A person, please", "a1").lease
    turns.store_requested_calls.run_sync(lease, ASKED)
    turns.submit_message.run_sync(chat.pk, "It is urgent!", "a2")

    change = _complete_requested_calls(lease)

    assert [turn.row.state for turn in change.turns] == ["done", "done"]
    turns.take_over.run_sync(chat.pk, agent.pk)
    turns.hand_back.run_sync(chat.pk, agent.pk)
    Turn.objects.update(created=timezone.now() - 2 * QUEUED_GRACE_PERIOD)
    assert turns.recover_abandoned_turns.run_sync(9) == []
    assert set(chat.turns.values_list("state", flat=True)) == {"done"}
