"""A ticket that is opened in a conversation is told of by mail, to staff and to its customer."""

import json
from typing import Any

import pytest
from django.apps import apps
from django.core import mail

from supportbot.assistant.messages import ToolCall
from supportbot.assistant.tools import ToolContext
from supportbot.conversations import turns
from supportbot.conversations.models import Conversation
from supportbot.jobs.models import Job
from supportbot.mail.outgoing.staff_mails import mail_new_ticket
from tests.mail.mails import mail_ticket_numbers
from tickets.models import Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mail_settings", "agent")]


@pytest.fixture
def guest_chat() -> Conversation:
    return Conversation.objects.create(guest_key="g", contact_email="gus@example.org")


def open_by_assistant(chat: Conversation) -> None:
    tools = apps.get_app_config("conversations").tools
    call = ToolCall("c1", "create_ticket", json.dumps({"issue": "The lamp is broken", "priority": "low"}))
    turn = chat.turns.create(state="running")
    context = ToolContext(chat.pk, chat.visitor.key, None, f"turn:{turn.pk}", lambda *_args: None)
    tools["create_ticket"].run(context, call)


@pytest.mark.parametrize("who", ["the assistant", "the customer"])
def test_a_new_ticket_is_told_of_once(guest_chat: Any, who: str) -> None:
    if who == "the assistant":
        open_by_assistant(guest_chat)
    else:
        turns.request_person.run_sync(guest_chat.pk, "The lamp is broken")
    number = Ticket.objects.get().number

    for job in Job.objects.filter(kind="send_ticket_numbers"):
        mail_ticket_numbers(job.conversation_id)
    mail_new_ticket(number)

    to_customer, *to_staff = mail.outbox
    assert (to_customer.to, number in to_customer.body) == (["gus@example.org"], True)
    # Of who waits, staff are told by another mail.
    assert [sent.subject for sent in to_staff] == ([f"New ticket {number}"] if who == "the assistant" else [])
    assert "lamp" not in to_customer.body  # nobody has us mail their words to strangers
