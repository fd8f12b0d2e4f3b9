"""Who is told by mail: staff of a customer who waits, and a customer who left before the answer came."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.utils import timezone

from supportbot.conversations import turns
from supportbot.conversations.limits.rate_limits import MAX_CONTACTS_PER_DAY, RequestRefused
from supportbot.conversations.models import Conversation, Message
from supportbot.jobs.models import Job
from supportbot.jobs.queue import complete_job
from supportbot.jobs.registry import ClaimedJob
from supportbot.mail.models import MailPreference, SentMail
from supportbot.mail.outgoing import customer_mails
from supportbot.mail.outgoing.sending import note_deliveries
from supportbot.mail.outgoing.staff_mails import mail_waiting_alert
from tests.mail import mails

pytestmark = pytest.mark.django_db


@pytest.fixture
def chat(alice: User) -> Conversation:
    return Conversation.objects.create(user=alice)


@pytest.fixture
def guest_chat(db: None) -> Conversation:
    return Conversation.objects.create(guest_key="g")


@pytest.fixture(autouse=True)
def _site(settings: Any) -> None:
    changes = {"site_url": "https://help.example.com", "smtp_url": "smtp://localhost"}
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update=changes)


def mail_unread_reply(conversation_id: int) -> None:
    """As the job of the newest reply does it."""
    newest = Message.objects.filter(conversation=conversation_id, role="staff").order_by("pk").last()
    mails.mail_unread_reply(conversation_id, newest.turn_id if newest else None)


def reply(chat: Conversation, agent: User, text: str, client_id: str) -> None:
    turns.post_staff_message.run_sync(chat.pk, agent.pk, text, client_id)


def test_staff_are_told_of_a_customer_who_waits_with_the_way_to_the_chat(chat, agent):
    turns.request_person.run_sync(chat.pk, "The lamp is broken")

    mail_waiting_alert(chat.pk)

    (sent,) = mail.outbox
    assert sent.recipients() == ["agent@example.com"]
    assert sent.subject == "Alice Archer is waiting for a person"
    assert "The lamp is broken" in sent.body
    assert f"https://help.example.com/admin/conversations/conversation/{chat.pk}/change/" in sent.body


def test_one_mail_tells_all_of_the_staff_and_none_of_them_learns_the_others_addresses(chat, agent):
    sam = User.objects.create_user("sam", "sam@example.com", is_staff=True)
    sam.groups.set(agent.groups.all())
    turns.request_person.run_sync(chat.pk)

    mail_waiting_alert(chat.pk)

    (sent,) = mail.outbox
    assert sent.recipients() == ["agent@example.com", "sam@example.com"]
    assert "@example.com" not in str(sent.message()["To"])


def test_nobody_is_told_who_does_not_want_to_be_or_may_not_answer(chat, agent, bob):
    MailPreference.objects.create(user=agent, waiting=False)
    User.objects.create_user("trainee", "trainee@example.com", is_staff=True)
    turns.request_person.run_sync(chat.pk)

    mail_waiting_alert(chat.pk)

    assert not mail.outbox


def test_nobody_is_told_of_one_that_somebody_has_taken_meanwhile(chat, agent):
    turns.request_person.run_sync(chat.pk)
    turns.take_over.run_sync(chat.pk, agent.pk)

    mail_waiting_alert(chat.pk)

    assert not mail.outbox


def test_a_customer_who_left_gets_all_answers_in_one_mail(chat, agent):
    turns.take_over.run_sync(chat.pk, agent.pk)
    reply(chat, agent, "Hello Alice.", "s1")
    reply(chat, agent, "A new lamp is on its way.", "s2")

    mail_unread_reply(chat.pk)
    mail_unread_reply(chat.pk)

    (sent,) = mail.outbox
    assert sent.to == ["alice@example.com"]
    assert "Hello Alice." in sent.body
    assert "A new lamp is on its way." in sent.body
    assert f"https://help.example.com/c/{chat.public_id}/" in sent.body


def test_two_jobs_that_run_at_once_do_not_mail_the_same_words_twice(chat, agent):
    """Each reply has a job. Only that of the newest one mails, and it mails them all."""
    turns.take_over.run_sync(chat.pk, agent.pk)
    reply(chat, agent, "Hello Alice.", "s1")
    reply(chat, agent, "A new lamp is on its way.", "s2")
    queued = Job.objects.filter(kind="send_unread_reply").order_by("pk")

    mailed = []
    for job in queued:
        mails.mail_unread_reply(chat.pk, job.last_turn_id)
        mailed.append(len(mail.outbox))

    assert mailed == [0, 1]


def test_words_that_were_mailed_while_an_earlier_mail_was_still_being_sent_are_not_mailed_again(chat, agent):
    turns.take_over.run_sync(chat.pk, agent.pk)
    reply(chat, agent, "Hello Alice.", "s1")
    slow = customer_mails.mail_unread_reply(chat.pk, None)
    reply(chat, agent, "A new lamp is on its way.", "s2")
    note_deliveries(customer_mails.mail_unread_reply(chat.pk, None))

    note_deliveries(slow)
    mails.mail_unread_reply(chat.pk, None)

    assert len(mail.outbox) == 2


def test_a_mail_that_was_queued_before_jobs_knew_their_turn_is_sent(chat, agent):
    turns.take_over.run_sync(chat.pk, agent.pk)
    reply(chat, agent, "Hello Alice.", "s1")

    mails.mail_unread_reply(chat.pk, None)
    assert [sent.to for sent in mail.outbox] == [["alice@example.com"]]

    mails.mail_unread_reply(chat.pk, None)
    assert len(mail.outbox) == 1


def test_an_account_s_own_address_goes_before_one_that_was_typed(chat, agent):
    """As when a guest who had left an address signs in."""
    Conversation.objects.filter(pk=chat.pk).update(contact_email="stranger@example.org")
    turns.take_over.run_sync(chat.pk, agent.pk)
    reply(chat, agent, "Hello Alice.", "s1")

    mail_unread_reply(chat.pk)

    assert mail.outbox[0].to == ["alice@example.com"]


def test_a_customer_who_is_there_gets_no_mail(chat, agent):
    turns.take_over.run_sync(chat.pk, agent.pk)
    reply(chat, agent, "Hello Alice.", "s1")
    turns.note_customers_here.run_sync([chat.pk])

    mail_unread_reply(chat.pk)

    assert not mail.outbox


@pytest.mark.parametrize("end", [turns.close_conversation, turns.hand_back])
def test_a_customer_who_is_still_there_gets_no_mail_though_staff_have_left_after_the_reply(chat, agent, end):
    turns.take_over.run_sync(chat.pk, agent.pk)
    reply(chat, agent, "It is on its way.", "s1")
    end.run_sync(chat.pk, agent.pk)
    turns.note_customers_here.run_sync([chat.pk])

    mail_unread_reply(chat.pk)

    assert not mail.outbox
    Job.objects.all().delete()
    chat.refresh_from_db()
    seen = chat.customer_last_seen
    turns.note_customers_here.run_sync([chat.pk])
    chat.refresh_from_db()
    assert chat.customer_last_seen == seen, "nothing is to be mailed any more, so nothing is written"


def test_only_what_was_written_after_the_customer_left_is_mailed(chat, agent):
    turns.take_over.run_sync(chat.pk, agent.pk)
    reply(chat, agent, "Hello Alice.", "s1")
    turns.note_customers_here.run_sync([chat.pk])
    Message.objects.filter(text="Hello Alice.").update(created=timezone.now() - timedelta(minutes=5))
    reply(chat, agent, "Are you still there?", "s2")

    mail_unread_reply(chat.pk)

    (sent,) = mail.outbox
    assert "Are you still there?" in sent.body
    assert "Hello Alice." not in sent.body


def test_the_mail_waits_some_minutes_in_which_staff_may_write_more(chat, agent):
    turns.take_over.run_sync(chat.pk, agent.pk)
    reply(chat, agent, "Hello Alice.", "s1")

    queued = Job.objects.get(kind="send_unread_reply")
    assert queued.run_after > timezone.now() + timedelta(minutes=1)


def test_what_is_counted_of_sent_mails_is_deleted_where_no_mail_ever_comes_in(chat, agent):
    turns.take_over.run_sync(chat.pk, agent.pk)
    reply(chat, agent, "Hello Alice.", "s1")
    mail_unread_reply(chat.pk)
    planned = Job.objects.get(kind="delete_mail_rows")
    claimed = ClaimedJob(planned.pk, planned.kind, planned.key, 0)

    assert complete_job.run_sync(claimed)

    assert SentMail.objects.count() == 1  # it still counts
    again = Job.objects.get(kind="delete_mail_rows")
    SentMail.objects.update(created=timezone.now() - timedelta(days=3))
    assert complete_job.run_sync(ClaimedJob(again.pk, again.kind, again.key, 0))
    assert not SentMail.objects.exists()
    assert not Job.objects.filter(kind="delete_mail_rows").exists()


def test_a_guest_is_asked_for_an_address_and_reached_there(guest_chat, agent):
    asked = turns.request_person.run_sync(guest_chat.pk)
    assert asked.owner.takes_contact

    thanked = turns.store_contact.run_sync(guest_chat.pk, "Gus", "gus@example.org")
    turns.take_over.run_sync(guest_chat.pk, agent.pk)
    reply(guest_chat, agent, "Hello Gus.", "s1")
    mail_unread_reply(guest_chat.pk)

    assert thanked.owner.contact_email == "gus@example.org"
    assert [sent.to for sent in mail.outbox] == [["gus@example.org"]]


def test_a_guest_corrects_the_address_and_a_second_click_changes_nothing(guest_chat, agent):
    turns.request_person.run_sync(guest_chat.pk)
    turns.store_contact.run_sync(guest_chat.pk, "Gus", "gsu@example.org")
    turns.store_contact.run_sync(guest_chat.pk, "Gus", "gus@example.org")
    turns.store_contact.run_sync(guest_chat.pk, "Gus", "gus@example.org")
    turns.take_over.run_sync(guest_chat.pk, agent.pk)
    reply(guest_chat, agent, "Hello Gus.", "s1")

    mail_unread_reply(guest_chat.pk)

    assert [sent.to for sent in mail.outbox] == [["gus@example.org"]]
    assert Message.objects.filter(role="system", text__startswith="Thank you.").count() == 2


def test_nobody_has_us_write_to_one_stranger_after_the_other(guest_chat):
    other = Conversation.objects.create(guest_key="g")
    for chat in (guest_chat, other):
        turns.request_person.run_sync(chat.pk)
    for number in range(MAX_CONTACTS_PER_DAY):
        turns.store_contact.run_sync(guest_chat.pk, "", f"stranger{number}@example.org")

    for chat in (guest_chat, other):
        with pytest.raises(RequestRefused, match="several times today"):
            turns.store_contact.run_sync(chat.pk, "", "one-more@example.org")

    assert not mail.outbox


def test_until_staff_have_answered_nothing_is_mailed_to_the_address_of_a_guest(guest_chat, agent):
    turns.request_person.run_sync(guest_chat.pk, text="Buy at evil.example!", client_id="p1")
    turns.store_contact.run_sync(guest_chat.pk, "Buy at evil.example!", "stranger@example.org")
    mail_unread_reply(guest_chat.pk)
    assert not mail.outbox

    turns.take_over.run_sync(guest_chat.pk, agent.pk)
    reply(guest_chat, agent, "How can I help?", "s1")
    mail_unread_reply(guest_chat.pk)

    (sent,) = mail.outbox
    assert "How can I help?" in sent.body
    assert "evil" not in sent.body + sent.subject


def test_an_account_is_reached_at_its_own_address_alone(chat):
    turns.request_person.run_sync(chat.pk)

    with pytest.raises(RequestRefused, match="No e-mail address is needed"):
        turns.store_contact.run_sync(chat.pk, "", "stranger@example.org")


def test_an_address_is_taken_only_while_a_person_is_wanted_or_there(guest_chat):
    with pytest.raises(RequestRefused, match="No e-mail address is needed"):
        turns.store_contact.run_sync(guest_chat.pk, "", "gus@example.org")


def test_nothing_is_printed_into_the_log_where_no_mail_can_be_sent(chat, agent, settings):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"smtp_url": ""})
    turns.request_person.run_sync(chat.pk)
    mail_waiting_alert(chat.pk)
    turns.take_over.run_sync(chat.pk, agent.pk)
    reply(chat, agent, "Hello Alice.", "s1")
    mail_unread_reply(chat.pk)

    assert not mail.outbox


def test_mail_is_promised_only_where_it_can_be_sent(chat, guest_chat, settings):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"smtp_url": ""})

    for conversation in (chat, guest_chat):
        change = turns.request_person.run_sync(conversation.pk)
        assert not change.owner.takes_contact
    assert not Message.objects.filter(role="system", text__contains="e-mail").exists()


def test_a_customer_s_name_cannot_put_lines_into_a_mail_s_head(guest_chat, agent):
    Conversation.objects.filter(pk=guest_chat.pk).update(contact_name="Gus\nBcc: all@example.com")
    turns.request_person.run_sync(guest_chat.pk)

    mail_waiting_alert(guest_chat.pk)

    assert "\n" not in mail.outbox[0].subject
