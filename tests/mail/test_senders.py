"""Nobody gets into another's chat by mail, and what strangers write is kept for staff or waits for a person."""

import secrets
from collections import Counter
from email.message import EmailMessage

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.utils import timezone

from supportbot.conversations.models import Conversation, Message
from supportbot.jobs.models import Job
from supportbot.mail.incoming.intake import take_mail
from supportbot.mail.incoming.senders import is_forged
from supportbot.mail.models import IncomingMail
from supportbot.mail.outgoing.staff_mails import mail_kept_alert
from supportbot.mail.reply_tokens import build_thread
from tests.mail.mails import ALICE, build_answer, list_posted, take, write_to_customer
from tests.mail.test_mail_kinds import build_bounce

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mail_settings")]


@pytest.mark.parametrize("stored", ["gus@müller.example", "gus@xn--mller-kva.example"])
def test_who_has_a_domain_with_an_umlaut_is_known_by_what_programs_make_of_it(agent, stored):
    chat = Conversation.objects.create(guest_key="g", contact_email=stored)
    sent = write_to_customer(chat, agent, "Which lamp is it?")
    written = sent.message()["To"]
    assert written == "gus@xn--mller-kva.example"
    assert take(build_answer(sent, f"Gus <{written}>", "The red one.")) == "posted"
    assert take_mail(build_bounce(sent, written)) == "bounce"
    chat.refresh_from_db()
    assert chat.is_undeliverable


class TestForgery:
    """Whoever is not the one that we wrote to gets into nobody's chat, whatever they write into the head."""

    def test_a_token_serves_its_recipient_alone(self, chat, sent, bob):
        assert take(build_answer(sent, "bob@example.com", "Hi")) == "foreign"
        row = IncomingMail.objects.get()
        assert (row.conversation, row.sender, row.text, row.needs_staff) == (
            chat,
            "bob@example.com",
            "Hi",
            True,
        )
        assert not list_posted(chat)

    def test_an_address_that_the_customer_has_changed_is_no_longer_theirs(self, chat, sent, alice):
        User.objects.filter(pk=alice.pk).update(email="new@example.com")
        assert take(build_answer(sent, ALICE, "Hi")) == "foreign"
        assert not list_posted(chat)

    def test_a_closed_account_cannot_write(self, chat, sent, alice):
        User.objects.filter(pk=alice.pk).update(is_active=False)
        assert take(build_answer(sent, ALICE, "Hi")) == "foreign"

    def test_fifty_forged_mails_are_in_no_chat(self, chat, sent, bob):
        own = build_thread(Conversation.objects.create(user=bob).pk, bob.email)
        token = sent.reply_to[0].partition("+")[2].partition("@")[0]
        near = "abcdefghijklmnopqrstuvwxyz234567"
        guesses = [
            *(token[:-1] + letter for letter in near if letter != token[-1]),
            *(
                token[:-16] + own.token[-16:],
                own.token[:-16] + token[-16:],
                token[:-1],
                f"{token}a",
                token[:-16],
            ),
            *(secrets.token_hex(10).translate(str.maketrans("0189", "abcd")) for _ in range(15)),
        ]
        before = set(Message.objects.values_list("pk", flat=True))
        outcomes = Counter()
        for number, guess in enumerate(guesses):
            place = ("address", "ids", "subject")[number % 3]
            forged = build_answer(None, ALICE, f"forged {number}")
            if place == "address":
                forged.replace_header("To", f"support+{guess}@example.com")
            elif place == "ids":
                forged["References"] = f"<sb.{guess}.root@example.com>"
            else:
                forged.replace_header("Subject", f"Re: [#{guess}]")
            outcomes[take(forged)] += 1
        for sender in (
            "bob@example.com",
            f"{ALICE}, bob@example.com",
            "alice@example.com.evil.org",
            '"alice@example.com" <eve@example.org>',
            "",
        ):
            outcomes[take(build_answer(sent, sender, "forged"))] += 1

        assert sum(outcomes.values()) >= 50
        new = Message.objects.exclude(pk__in=before)
        assert not new.filter(conversation__user__isnull=False).exists()
        assert not new.filter(conversation=chat).exists()

    def test_what_our_own_mail_server_says_counts_and_what_others_claim_does_not(
        self, chat, sent, mail_settings
    ):
        fails = "mx.example.com; dmarc=fail header.from=example.com; spf=pass"
        claimed = {"Authentication-Results": fails}
        assert take(build_answer(sent, ALICE, "One.", headers=claimed)) == "posted"

        mail_settings(mail_authserv_id="mx.example.com")
        assert take(build_answer(sent, ALICE, "Two.", headers=claimed)) == "forged"
        evil = {"Authentication-Results": fails.replace("mx.example.com;", "mx.evil.org;")}
        assert take(build_answer(sent, ALICE, "Three.", headers=evil)) == "posted"
        passes = {"Authentication-Results": "mx.example.com 1; dmarc=pass; spf=fail"}
        assert take(build_answer(sent, ALICE, "Four.", headers=passes)) == "posted"
        weak = {"Authentication-Results": "mx.example.com; spf=fail; dkim=none"}
        assert take(build_answer(None, "eve@example.org", "Five.", headers=weak)) == "forged"
        quoted = {
            "Authentication-Results": "mx.example.com; arc=pass (i=1 (of c.example) dmarc=pass dkim=pass); dmarc=fail"
        }
        assert take(build_answer(sent, ALICE, "Six.", headers=quoted)) == "forged"
        assert list_posted(chat) == ["One.", "Three.", "Four."]

    def test_what_our_own_mail_server_says_in_several_lines_counts_together(self, mail_settings):
        mail_settings(mail_authserv_id="mx.example.com")
        lines = ("mx.example.com; dkim=pass header.d=evil.example", "mx.example.com; dmarc=fail")
        forged, genuine = EmailMessage(), EmailMessage()
        for line in lines:
            forged["Authentication-Results"] = line
        for line in ("mx.example.com; spf=fail", "mx.example.com; dkim=pass; dmarc=pass"):
            genuine["Authentication-Results"] = line

        assert (is_forged(forged), is_forged(genuine)) == (True, False)


class TestStrangers:
    def test_a_strangers_mail_begins_a_conversation_that_waits_for_a_person(self):
        stranger = build_answer(None, "Gus <gus@example.org>", "Do you sell lamps?")
        assert take(stranger) == "opened"

        chat = Conversation.objects.get()
        assert (chat.owner, chat.user, chat.customer_name, chat.reply_email) == (
            "waiting",
            None,
            "Gus",
            "gus@example.org",
        )
        assert (chat.title, list_posted(chat)) == ("A question", ["Do you sell lamps?"])
        assert Job.objects.filter(kind="send_waiting_alert").count() == 1
        assert not mail.outbox  # a forged sender is answered nothing

    def test_their_answer_to_staff_comes_into_that_conversation(self, agent):
        take(build_answer(None, "Gus <gus@example.org>", "Do you sell lamps?"))
        chat = Conversation.objects.get()
        sent = write_to_customer(chat, agent, "We do.")
        assert sent.message()["In-Reply-To"] == IncomingMail.objects.get().message_id

        assert take(build_answer(sent, "Gus <gus@example.org>", "Good.")) == "posted"
        assert list_posted(chat) == ["Do you sell lamps?", "Good."]

    @pytest.mark.parametrize(
        "sender", ["Shop <support@example.com>", "noreply@example.com", "Shop <mailer@shops.example>"]
    )
    def test_who_writes_by_a_contact_form_is_answered_and_not_the_form(self, sender, agent):
        form = build_answer(None, sender, "Do you sell lamps?", headers={"Reply-To": "Gus <gus@example.org>"})
        assert take(form) == "opened"
        chat = Conversation.objects.get()
        assert (chat.customer_name, chat.reply_email) == ("Gus", "gus@example.org")
        answer = build_answer(write_to_customer(chat, agent, "We do."), "Gus <gus@example.org>", "Good.")
        assert take(answer) == "posted"

    @pytest.mark.parametrize(
        ("sender", "reply_to", "outcome"),
        [
            ("noreply@carrier.example", "service@carrier.example", "automatic"),
            ("Shop <support@example.com>", "support+x@example.com", "own"),
            ("mailer-daemon@example.com", "gus@example.org", "automatic"),
            ("Gus <gus@example.org>", "support@example.com", "opened"),
            ("Gus <gus@example.org>", "a@example.org, b@example.org", "opened"),
        ],
    )
    def test_of_other_mails_the_sender_counts(self, sender, reply_to, outcome):
        assert take(build_answer(None, sender, "Hi", headers={"Reply-To": reply_to})) == outcome
        assert IncomingMail.objects.get().sender in sender

    def test_an_answer_to_a_conversation_that_was_deleted_meanwhile_begins_one_of_its_customer_alone(
        self, chat, sent
    ):
        Conversation.objects.all().delete()
        assert take(build_answer(sent, "eve@example.org", "Hi")) == "foreign"
        assert take(build_answer(sent, ALICE, "The lamp broke again.")) == "opened"
        assert list_posted(Conversation.objects.get(contact_email="alice@example.com")) == [
            "The lamp broke again."
        ]

    def test_mails_of_a_stranger_are_limited_and_what_is_beyond_is_kept(self):
        outcomes = Counter(take(build_answer(None, "gus@example.org", f"{n}")) for n in range(8))
        assert outcomes == {"opened": 5, "limited": 3}
        assert IncomingMail.objects.filter(outcome="limited", text="7").exists()

    def test_all_of_them_together_are_limited(self, monkeypatch):
        monkeypatch.setattr("supportbot.mail.incoming.outcomes.MAX_STRANGERS_PER_DAY", 3)
        outcomes = Counter(take(build_answer(None, f"s{n}@example.org", "Hi")) for n in range(5))
        assert outcomes == {"opened": 3, "limited": 2}

    def test_by_a_setting_they_are_kept_for_staff(self, mail_settings):
        mail_settings(mail_strangers="keep")
        assert take(build_answer(None, "gus@example.org", "Hi")) == "unknown"
        assert not Conversation.objects.exists()

    def test_who_of_the_staff_answers_an_alert_begins_no_conversation(self, agent):
        assert take(build_answer(None, agent.email.upper(), "I take it.")) == "unknown"

    def test_staff_are_told_once_of_all_that_is_kept(self, agent, mail_settings):
        mail_settings(mail_strangers="keep")
        for number in range(3):
            take(build_answer(None, "gus@example.org", f"{number}"))
        assert Job.objects.filter(kind="send_kept_alert").count() == 1

        mail_kept_alert()
        IncomingMail.objects.update(handled=timezone.now())
        mail_kept_alert()

        (sent,) = mail.outbox
        assert sent.subject == "3 e-mails must be looked at"
        assert "/admin/mail/incomingmail/?open=1" in sent.body

    def test_spam_begins_nothing(self):
        spam = build_answer(None, "gus@example.org", "Buy!", headers={"X-Spam-Status": "Yes, score=9"})
        assert take(spam) == "unknown"
