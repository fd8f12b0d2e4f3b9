"""What customers are mailed besides answers of staff: ticket numbers, transcripts, and what the assistant answers."""

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from supportbot.conversations import turns
from supportbot.conversations.models import Conversation, Message
from supportbot.jobs.models import Job
from supportbot.mail.models import IncomingMail, MailPreference, SentMail
from supportbot.mail.outgoing.customer_mails import AnswerNotReady, is_address_proven
from supportbot.mail.outgoing.limits import MAX_PER_DAY, MAX_PER_HOUR
from supportbot.mail.outgoing.staff_mails import mail_new_ticket
from tests.mail.mails import mail_answer, mail_ticket_numbers, mail_transcript, mail_unread_reply

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mail_settings")]


@pytest.fixture
def guest_chat(db: None) -> Conversation:
    return Conversation.objects.create(guest_key="g", contact_email="gus@example.org")


def announce(chat: Conversation, number: str) -> None:
    apps.get_app_config("mail").announce_ticket(number, chat.pk, "/admin/tickets/ticket/1/change/")


def test_a_mail_holds_what_threads_it_in_every_client_and_says_where_to_write(chat, agent):
    turns.take_over.run_sync(chat.pk, agent.pk)
    Message.objects.create(
        conversation=chat, turn=chat.turns.create(), seq=90, role="customer", text="Wo ist meine Lampe bitte?"
    )
    answer = turns.post_staff_message.run_sync(chat.pk, agent.pk, "Hello Alice.", "s1")

    mail_unread_reply(chat.pk, answer.change.turns[0].row.pk)

    (sent,) = mail.outbox
    head = sent.message()
    token = sent.reply_to[0].partition("@")[0].removeprefix("support+")
    assert head["Message-ID"].startswith(f"<sb.{token}.reply-")
    assert head["References"] == head["In-Reply-To"] == f"<sb.{token}.root@example.com>"
    assert sent.subject.endswith(f"[#{token}]")
    assert head["From"] == "TechCorp support <support@example.com>"
    assert sent.body.startswith("##- Bitte antworten Sie oberhalb dieser Zeile -##\n")
    assert head["Auto-Submitted"] is None  # a person wrote it


def test_a_photo_of_staff_is_told_of(chat, agent):
    turns.take_over.run_sync(chat.pk, agent.pk)
    answer = turns.post_staff_message.run_sync(chat.pk, agent.pk, "Like this:", "s1")
    Message.objects.filter(client_id="s1").update(has_images=True)

    mail_unread_reply(chat.pk, answer.change.turns[0].row.pk)

    assert "Like this:\n(With a photo: open the chat to see it.)" in mail.outbox[0].body


def test_two_recipients_of_one_conversation_have_different_tokens(chat, agent):
    turns.take_over.run_sync(chat.pk, agent.pk)
    tokens = set()
    for number, email in enumerate(("alice@example.com", "new@example.com")):
        User.objects.filter(pk=chat.user_id).update(email=email)
        answer = turns.post_staff_message.run_sync(chat.pk, agent.pk, "Hello.", f"s{number}")
        mail_unread_reply(chat.pk, answer.change.turns[0].row.pk)
        tokens.add(mail.outbox[-1].reply_to[0])

    assert len(tokens) == 2


def test_a_guest_gets_the_numbers_of_all_new_tickets_in_one_mail_that_says_it_is_automatic(guest_chat):
    announce(guest_chat, "TKT-00000001")
    announce(guest_chat, "TKT-00000002")
    announce(guest_chat, "TKT-00000002")

    mail_ticket_numbers(guest_chat.pk)
    mail_ticket_numbers(guest_chat.pk)

    (sent,) = mail.outbox
    assert sent.to == ["gus@example.org"]
    assert "TKT-00000001, TKT-00000002" in sent.body
    assert sent.message()["Auto-Submitted"] == "auto-generated"
    assert sent.message()["X-Auto-Response-Suppress"] == "All"
    assert "Our team isn't here" not in sent.body
    assert Job.objects.filter(kind="send_ticket_numbers").count() == 2


def test_a_guest_who_is_told_the_number_at_night_is_told_when_the_team_answers(guest_chat, settings):
    announce(guest_chat, "TKT-00000001")
    in_three_days = f"{timezone.now() + timedelta(days=3):%a}"
    changes = {"opening_hours": f"{in_three_days} 09:00-17:00"}
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update=changes)

    mail_ticket_numbers(guest_chat.pk)

    assert "Our team isn't here right now." in mail.outbox[0].body
    assert "We'll answer from" in mail.outbox[0].body


def test_a_guest_who_gives_an_address_later_gets_the_number_then(guest_chat):
    Conversation.objects.update(contact_email="")
    announce(guest_chat, "TKT-00000001")
    mail_ticket_numbers(guest_chat.pk)
    assert not mail.outbox

    turns.request_person.run_sync(guest_chat.pk)
    turns.store_contact.run_sync(guest_chat.pk, "Gus", "gus@example.org")
    assert Job.objects.filter(kind="send_ticket_numbers", key__startswith=f"{guest_chat.pk}:").count() == 1
    mail_ticket_numbers(guest_chat.pk)

    assert "TKT-00000001" in mail.outbox[0].subject


def test_an_address_is_sent_only_so_many_ticket_numbers_a_day(guest_chat):
    for number in range(MAX_PER_DAY["ticket"] + 3):
        announce(guest_chat, f"TKT-{number:08}")
        mail_ticket_numbers(guest_chat.pk)

    assert len(mail.outbox) == MAX_PER_DAY["ticket"]


def test_staff_are_told_of_a_new_ticket_as_each_wants_it(chat, agent):
    other = User.objects.create_user("sam", "sam@example.com", is_staff=True)
    other.groups.set(agent.groups.all())
    MailPreference.objects.create(user=other, tickets=False)
    announce(chat, "TKT-00000001")

    mail_new_ticket("TKT-00000001")

    (sent,) = mail.outbox
    assert sent.recipients() == ["agent@example.com"]
    assert "https://help.example.com/admin/tickets/ticket/1/change/" in sent.body


def test_of_a_customer_who_waits_staff_get_one_mail_and_not_a_second_one_for_the_ticket(chat, agent):
    turns.request_person.run_sync(chat.pk)
    announce(chat, "TKT-00000001")

    mail_new_ticket("TKT-00000001")

    assert not mail.outbox


class TestTranscript:
    @pytest.fixture
    def browser(self, client: Client, alice: User) -> Client:
        client.force_login(alice)
        return client

    @pytest.fixture(autouse=True)
    def _said(self, chat: Conversation) -> None:
        turns.submit_message.run_sync(chat.pk, "Where is my lamp?", "c1", can_start=False)

    def send_due(self) -> None:
        for job in Job.objects.filter(kind="send_transcript"):
            mail_transcript(job.conversation_id, job.key)
            job.delete()

    def test_it_is_mailed_to_the_accounts_own_address(self, browser, chat):
        page = browser.get(reverse("transcript-mail", args=[chat.public_id])).content.decode()
        browser.post(reverse("transcript-mail", args=[chat.public_id]))
        browser.post(reverse("transcript-mail", args=[chat.public_id]))
        self.send_due()

        assert "alice@example.com" in page
        (sent,) = mail.outbox
        assert sent.to == ["alice@example.com"]
        assert "Where is my lamp?" in sent.body

    def test_transcripts_are_limited(self, browser, chat):
        for _ in range(MAX_PER_HOUR["transcript"]):
            browser.post(reverse("transcript-mail", args=[chat.public_id]))
            self.send_due()

        refused = browser.post(reverse("transcript-mail", args=[chat.public_id]))

        assert refused.status_code == 422
        assert "already sent you several transcripts" in refused.content.decode()
        assert not Job.objects.filter(kind="send_transcript").exists()

    def test_an_address_that_a_guest_typed_gets_none_before_it_has_answered_one_of_our_mails(
        self, guest_chat
    ):
        assert not is_address_proven(guest_chat)
        IncomingMail.objects.create(
            key="k", outcome="posted", sender="Gus@example.org", conversation=guest_chat
        )
        assert is_address_proven(guest_chat)


class TestAnswerOfTheAssistant:
    def end(self, chat: Conversation, state: str, text: str) -> int:
        turn = chat.turns.create(state=state)
        Message.objects.create(conversation=chat, turn=turn, seq=50, role="assistant", text=text)
        return turn.pk

    def test_it_is_mailed_and_says_whose_it_is(self, chat):
        mail_answer(chat.pk, self.end(chat, "done", "It comes on **Monday**: [your order](https://e.org/1)."))

        (sent,) = mail.outbox
        assert "AI assistant" in sent.body
        assert "It comes on Monday: your order (https://e.org/1)." in sent.body
        assert sent.message()["Auto-Submitted"] == "auto-generated"

    def test_an_answer_that_is_not_ready_is_waited_for(self, chat):
        with pytest.raises(AnswerNotReady):
            mail_answer(chat.pk, self.end(chat, "running", ""))

    @pytest.mark.parametrize("state", ["failed", "stopped"])
    def test_where_there_is_none_a_person_is_asked_for(self, chat, state):
        mail_answer(chat.pk, self.end(chat, state, ""))

        chat.refresh_from_db()
        assert (chat.owner, len(mail.outbox)) == ("waiting", 0)

    def test_beyond_a_days_limit_a_person_is_asked_for(self, chat):
        for _ in range(MAX_PER_DAY["answer"]):
            SentMail.objects.create(conversation=chat, email="alice@example.com", kind="answer")

        mail_answer(chat.pk, self.end(chat, "done", "It comes on Monday."))

        chat.refresh_from_db()
        assert (chat.owner, len(mail.outbox)) == ("waiting", 0)


def test_an_address_that_came_back_is_not_written_to_until_another_one_is_given(guest_chat: Any, agent):
    turns.take_over.run_sync(guest_chat.pk, agent.pk)
    turns.note_undeliverable.run_sync(guest_chat.pk, "gus@example.org")
    answer = turns.post_staff_message.run_sync(guest_chat.pk, agent.pk, "Hello.", "s1")
    mail_unread_reply(guest_chat.pk, answer.change.turns[0].row.pk)
    assert not mail.outbox
    assert "couldn't be delivered" in Message.objects.filter(role="system").latest("pk").text

    turns.store_contact.run_sync(guest_chat.pk, "Gus", "gus@example.net")
    mail_unread_reply(guest_chat.pk, answer.change.turns[0].row.pk)

    assert mail.outbox[0].to == ["gus@example.net"]
