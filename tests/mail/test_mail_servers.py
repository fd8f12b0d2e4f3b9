"""A guest and staff write to each other by real mail servers, out by SMTP and in from a mailbox over TLS."""

from email import policy
from email.parser import BytesParser
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from supportbot.conversations import turns
from supportbot.conversations.models import Conversation
from supportbot.mail.models import IncomingMail
from tests.mail.mails import build_answer, mail_ticket_numbers, mail_unread_reply
from tests.servers.mail_servers import Mailbox, Outbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mail_settings")]


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
