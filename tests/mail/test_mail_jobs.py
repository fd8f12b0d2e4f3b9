"""What all kinds of jobs that mail have in common: patience, and one Message-ID for a mail that is sent twice."""

from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core import mail
from django.utils import timezone

from supportbot.conversations import turns
from supportbot.conversations.models import Conversation, TokenBudget
from supportbot.jobs.mail_jobs import ANSWER_SECONDS
from supportbot.jobs.registry import ClaimedJob, get_job_kinds
from supportbot.mail.models import AccessCode, IncomingMail, TicketNotice
from supportbot.usage.models import Outage

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("mail_settings", "agent")]
# To a customer: its Message-ID says which mail of the conversation it is.
IN_THREADS = {
    *("send_unread_reply", "send_mail_answer", "send_ticket_numbers"),
    *("send_transcript", "send_size_refusal"),
}
Prepare = Callable[[Conversation], str]


def prepare_waiting(chat: Conversation) -> str:
    turns.request_person.run_sync(chat.pk)
    return str(chat.pk)


def prepare_ticket(chat: Conversation) -> str:
    return TicketNotice.objects.create(number="TKT-00000042", conversation=chat).number


def prepare_kept(chat: Conversation) -> str:
    IncomingMail.objects.create(key="k", outcome="unknown")
    return "all"


def prepare_code(chat: Conversation) -> str:
    Conversation.objects.filter(pk=chat.pk).update(contact_email="gus@example.org")
    return str(AccessCode.objects.create(conversation=chat, email="gus@example.org").pk)


def prepare_outage(chat: Conversation) -> str:
    return str(Outage.objects.create(code="timeout").pk)


def prepare_budget(chat: Conversation) -> str:
    budget = TokenBudget.objects.create(scope="site", day=timezone.localdate(), exhausted=timezone.now())
    return f"{budget.scope}:{budget.day}"


OF_JOBS: dict[str, Prepare] = {
    "send_waiting_alert": prepare_waiting,
    "send_ticket_alert": prepare_ticket,
    "send_kept_alert": prepare_kept,
    "send_access_code": prepare_code,
    "send_outage_alert": prepare_outage,
    "send_budget_alert": prepare_budget,
}


def test_every_kind_that_mails_is_known_here_and_waits_as_long_as_its_mail_may_take():
    kinds = {name: kind for name, kind in get_job_kinds().items() if name.startswith("send_")}
    assert kinds.keys() == OF_JOBS.keys() | IN_THREADS
    assert all(kind.timeout_seconds > ANSWER_SECONDS for kind in kinds.values())


@pytest.mark.parametrize("kind", OF_JOBS)
def test_each_attempt_sends_a_mail_of_the_same_id_and_each_job_another_one(settings: Any, kind: str):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"alert_emails": ("lead@example.com",)})
    chat = Conversation.objects.create(guest_key="g")
    key = OF_JOBS[kind](chat)

    for job_id in (7, 7, 8):
        async_to_sync(get_job_kinds()[kind].function)(ClaimedJob(job_id, kind, key, 1, chat.pk))

    first, again, other = (sent.message()["Message-ID"] for sent in mail.outbox)
    assert first == again != other
    assert first.endswith("@example.com>")
