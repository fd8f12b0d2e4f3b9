"""What programs send is told from what people write, and answered by nothing."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.urls import reverse

from supportbot.conversations import turns
from supportbot.conversations.models import Conversation, Message
from supportbot.jobs.models import Job
from supportbot.mail.incoming import take_mail
from supportbot.mail.models import IncomingMail
from tests.mail.mails import ALICE, build_answer, list_posted, take

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mail_settings")]


AUTOMATIC = [
    {"Auto-Submitted": "auto-replied"},
    {"Precedence": "bulk"},
    {"X-Autoreply": "yes"},
    {"Return-Path": "<>"},
    {"List-Id": "<news.example.org>"},
    {"Subject": "Out of Office: Re: TechCorp"},
    {"Subject": "Automatische Antwort: Ihre Anfrage"},
    {"Subject": "Réponse automatique : absence"},
    {"Subject": "Respuesta automática: vacaciones"},
    {"Subject": "Risposta automatica: ferie"},
    {"Subject": "Resposta automática: férias"},
    {"Subject": "Automatisch antwoord: afwezig"},
    {"From": "no-reply@example.org"},
]


class TestPrograms:
    @pytest.mark.parametrize("headers", AUTOMATIC, ids=lambda each: " ".join(each.values()))
    def test_what_a_program_sends_is_counted_and_not_posted(self, chat, sent, headers):
        answer = build_answer(sent, ALICE, "I am away.", headers=headers)
        assert take(answer) == "automatic"
        assert not list_posted(chat)

    @pytest.mark.parametrize(
        "headers", [{"Auto-Submitted": "no"}, {"Subject": "Out of stock?"}, {"Precedence": "normal"}]
    )
    def test_what_a_person_writes_is_posted(self, chat, sent, headers):
        assert take(build_answer(sent, ALICE, "Hi", headers=headers)) == "posted"

    def test_two_hundred_automatic_replies_make_no_loop(self, chat, sent, agent):
        """Each of our mails would be answered at once, by a program that says what it is or one that does not."""
        turns.hand_back.run_sync(chat.pk, agent.pk)
        mail.outbox.clear()
        for number in range(200):
            take(build_answer(sent, ALICE, f"Away {number}", headers=AUTOMATIC[number % len(AUTOMATIC)]))
        assert not mail.outbox
        assert not Job.objects.filter(kind="send_mail_answer").exists()
        assert IncomingMail.objects.filter(outcome="automatic").count() == 200

    def test_our_own_mails_are_left_alone(self, chat, sent):
        assert take(build_answer(sent, "support+x@example.com", "Hi")) == "own"


def build_bounce(sent: Any, recipient: str, status: str = "5.1.1", action: str = "failed") -> bytes:
    returned = sent.message().as_string()
    return (
        "From: MAILER-DAEMON@mx.example.org\nTo: support@example.com\nSubject: Undelivered\nMessage-ID: <b@mx>\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nSorry.\n--b\nContent-Type: message/delivery-status\n\n"
        "Reporting-MTA: dns; mx.example.org\n\n"
        f"Final-Recipient: rfc822; {recipient}\nAction: {action}\nStatus: {status}\n\n"
        f"--b\nContent-Type: message/rfc822\n\n{returned}\n--b--\n"
    ).encode()


class TestBounces:
    def test_what_came_back_marks_the_address_and_is_told(self, chat, sent, client, agent):
        client.force_login(agent)
        assert take_mail(build_bounce(sent, "alice@example.com")).outcome == "bounce"
        chat.refresh_from_db()
        assert chat.is_undeliverable
        page = client.get(reverse("admin:conversations_conversation_change", args=[chat.pk])).content.decode()
        assert "not deliverable" in page
        assert "came back" in Message.objects.filter(role="system").latest("pk").text

    def test_an_address_from_which_the_customer_writes_or_another_one_is_written_to_again(
        self, chat, sent, alice
    ):
        take_mail(build_bounce(sent, "alice@example.com"))
        take(build_answer(sent, ALICE, "I am here."))
        chat.refresh_from_db()
        assert not chat.is_undeliverable

        turns.note_undeliverable.run_sync(chat.pk)
        User.objects.filter(pk=alice.pk).update(email="new@example.com")
        assert not Conversation.objects.get().is_undeliverable

    @pytest.mark.parametrize(
        ("recipient", "status", "action"),
        [
            ("bob@example.com", "5.1.1", "failed"),
            ("alice@example.com", "4.2.2", "delayed"),
            ("alice@example.com", "4.4.1", "failed"),
        ],
    )
    def test_a_delay_or_somebody_else_s_does_not(self, chat, sent, recipient, status, action):
        take_mail(build_bounce(sent, recipient, status, action))
        chat.refresh_from_db()
        assert not chat.is_undeliverable

    def test_one_that_is_made_up_does_not(self, chat, sent):
        sent.extra_headers["Message-ID"] = "<sb.aaaaaaaaaaaaaaaaaaa.reply-1@example.com>"
        sent.subject = "x"
        take_mail(build_bounce(sent, "alice@example.com"))
        chat.refresh_from_db()
        assert not chat.is_undeliverable
