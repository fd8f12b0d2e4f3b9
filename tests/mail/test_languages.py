"""A customer is mailed in the language of their pages, or of their mails; staff in the site's."""

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.utils.translation import override

from supportbot.conversations.models import Conversation, Message
from supportbot.mail.access_codes import mail_code, request_code
from supportbot.mail.incoming.intake import take_large_mail
from supportbot.mail.models import AccessCode

from .mails import ALICE, build_answer, take, write_to_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mail_settings")]


@pytest.fixture
def chat(alice: User) -> Conversation:
    return Conversation.objects.create(user=alice, language="de")


def list_notices(conversation: Conversation) -> list[str]:
    said = conversation.messages.filter(role=Message.Role.SYSTEM).order_by("seq")
    return list(said.values_list("text", flat=True))


def test_an_answer_of_staff_comes_in_the_customers_language(chat, agent):
    with override("en"):
        sent = write_to_customer(chat, agent, "Welche Lampe ist es?")

    assert sent.subject.startswith("Der Kundenservice von TechCorp hat Ihnen geantwortet")
    assert "has answered" not in sent.body


def test_a_code_comes_in_the_customers_language(db):
    guest = Conversation.objects.create(
        guest_key="g",
        contact_email="gus@example.org",
        language="fr",
        replies_mailed_until="2026-01-01T00:00Z",
    )
    request_code.run_sync(guest.public_id)

    mail_code(AccessCode.objects.get().pk)

    assert "votre code" in mail.outbox[0].subject
    assert "minutes" in mail.outbox[0].body


def test_what_is_said_of_a_mail_is_in_the_customers_language(chat, agent):
    sent = write_to_customer(chat, agent, "Welche Lampe ist es?")

    take_large_mail(build_answer(sent, ALICE, "Hier").as_bytes(), 99_000_000, tells_sender=False)

    assert "95 MB" in list_notices(chat)[-1]
    assert "too large" not in list_notices(chat)[-1]


def test_who_only_writes_mails_is_answered_in_the_language_of_their_words(db):
    take(build_answer(None, "gus@example.org", "Guten Tag, wo ist meine Bestellung? Ich warte noch auf sie."))

    begun = Conversation.objects.get()
    assert begun.language == "de"
    assert list_notices(begun)[0].startswith("Aus unserem Team ist gerade niemand da.")


def test_a_language_that_the_first_mail_did_not_tell_is_taken_from_the_next_one(chat, agent):
    Conversation.objects.update(language="")
    sent = write_to_customer(chat, agent, "Which lamp?")

    take(build_answer(sent, ALICE, "Hallo"))
    take(build_answer(sent, ALICE, "Guten Tag, wo ist meine Bestellung? Ich warte noch auf sie."))

    chat.refresh_from_db()
    assert chat.language == "de"


def test_a_language_of_a_page_is_not_changed_by_mails(chat, agent):
    sent = write_to_customer(chat, agent, "Welche Lampe?")

    take(build_answer(sent, ALICE, "Hello, where is my order? I am still waiting for it."))

    chat.refresh_from_db()
    assert chat.language == "de"
