"""What a customer has read on an open page is not mailed, also when that page could not be noted for a while."""

from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.core import mail
from django.utils import timezone

from supportbot.conversations import turns
from supportbot.conversations.models import Conversation
from supportbot.conversations.turns.presence_grace import PRESENCE_TIMEOUT
from supportbot.jobs.models import Job
from supportbot.jobs.registry import ClaimedJob, JobPostponed, get_job_kinds
from tests.conversations.clock import Clock

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("mail_settings")]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(timezone, "now", clock.now)
    return clock


@pytest.fixture
def answered(chat: Conversation, agent: User, clock: Clock) -> Conversation:
    """The customer was there just before staff answered; then nothing has run for two minutes."""
    turns.take_over.run_sync(chat.pk, agent.pk)
    turns.note_customers_here.run_sync([chat.pk])
    clock.advance(5)
    turns.post_staff_message.run_sync(chat.pk, agent.pk, "Send it back, please.", "s1")
    answered_at = clock.wall
    clock.advance(120)
    turns.begin_presence_grace(answered_at)
    return chat


def note_customer(chat: Conversation) -> Any:
    """Their page is open now. When they were seen last, as it is stored."""
    turns.note_customers_here.run_sync([chat.pk])
    chat.refresh_from_db()
    return chat.customer_last_seen


def test_who_is_there_is_noted_at_once_with_each_reply_and_else_now_and_then(chat, agent, clock):
    turns.take_over.run_sync(chat.pk, agent.pk)
    assert note_customer(chat) == clock.wall
    clock.advance(2)
    assert note_customer(chat) < clock.wall
    turns.post_staff_message.run_sync(chat.pk, agent.pk, "Send it back, please.", "s1")
    Job.objects.filter(kind="send_unread_reply").update(created=clock.wall)
    clock.advance(2)

    assert note_customer(chat) == clock.wall

    clock.advance(18)
    assert note_customer(chat) < clock.wall
    clock.advance(3)
    assert note_customer(chat) == clock.wall


def test_a_clock_that_was_set_back_leaves_nobody_noted_ahead_of_time(chat, agent, clock):
    turns.take_over.run_sync(chat.pk, agent.pk)
    note_customer(chat)
    clock.advance(-3600)

    assert note_customer(chat) == clock.wall


def send_reply() -> Any:
    """The job runs."""
    kind, row = get_job_kinds()["send_unread_reply"], Job.objects.get(kind="send_unread_reply")
    claimed = ClaimedJob(row.pk, row.kind, row.key, 1, row.conversation_id, row.last_turn_id)
    return async_to_sync(kind.function)(claimed)


def test_who_comes_back_after_an_outage_is_not_mailed_what_they_have_read(answered, clock):
    with pytest.raises(JobPostponed) as postponed:
        send_reply()
    assert postponed.value.run_after == clock.wall + PRESENCE_TIMEOUT

    turns.note_customers_here.run_sync([answered.pk])
    clock.advance(60)
    send_reply()

    assert not mail.outbox


def test_who_does_not_come_back_is_mailed_it_then(answered, clock):
    clock.advance(60)

    send_reply()

    assert len(mail.outbox) == 1


def test_who_had_left_before_it_is_mailed_at_once(answered, clock):
    Conversation.objects.update(customer_last_seen=clock.wall - timedelta(minutes=10))

    send_reply()

    assert len(mail.outbox) == 1


def test_who_has_come_back_and_left_again_is_mailed_at_once(answered, clock):
    clock.advance(1)
    turns.note_customers_here.run_sync([answered.pk])
    clock.advance(1)
    answered.messages.update(created=clock.wall)

    send_reply()

    assert len(mail.outbox) == 1
