"""A mail that comes in is posted where it belongs or kept for staff: in nobody else's chat, once, and never lost."""

import base64
import secrets
from collections import Counter
from email.message import EmailMessage
from itertools import combinations
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail

from supportbot.conversations import turns
from supportbot.conversations.models import Conversation, Message
from supportbot.jobs.models import Job
from supportbot.mail.incoming import MailPostponed, take_large_mail, take_mail
from supportbot.mail.models import IncomingMail
from supportbot.mail.reply_tokens import build_thread
from tests.mail.mails import build_answer, write_to_customer
from tests.pictures import encoded, scene

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mail_settings")]
ALICE = "Alice Archer <alice@example.com>"


@pytest.fixture
def chat(alice: User) -> Conversation:
    return Conversation.objects.create(user=alice)


@pytest.fixture
def sent(chat: Conversation, agent: User) -> Any:
    return write_to_customer(chat, agent, "Which lamp is it?")


def list_posted(chat: Conversation) -> list[str]:
    return list(chat.messages.filter(channel="mail").order_by("seq").values_list("text", flat=True))


def png(width: int, height: int) -> bytes:
    return encoded(scene(width, height), "PNG")


def take(message: EmailMessage) -> str:
    return take_mail(message.as_bytes()).outcome


@pytest.mark.parametrize("without", list(combinations(("address", "ids", "subject"), 2)), ids="+".join)
def test_an_answer_finds_its_conversation_with_any_two_of_three_marks_removed(chat, sent, without):
    assert take(build_answer(sent, ALICE, "The red one.", without=without)) == "posted"
    assert list_posted(chat) == ["The red one."]


def test_without_any_mark_it_is_nobody_s(chat, sent):
    assert take(build_answer(sent, ALICE, "Hi", without=("address", "ids", "subject"))) == "opened"
    assert not list_posted(chat)


def test_marks_in_capitals_and_behind_other_words_are_read(chat, sent):
    answer = build_answer(sent, ALICE.upper(), "The red one.", without=("ids", "subject"))
    answer.replace_header("To", f'"{sent.reply_to[0]}" <{sent.reply_to[0].upper()}>, other@example.com')
    assert take(answer) == "posted"


def test_the_same_mail_is_posted_once_whichever_way_it_comes(chat, sent):
    answer = build_answer(sent, ALICE, "The red one.")
    first = take_mail(answer.as_bytes())
    again = take_mail(b"Received: from elsewhere\r\n" + answer.as_bytes().replace(b"\n", b"\r\n"))

    assert (first.is_new, again.is_new, again.outcome) == (True, False, "posted")
    assert list_posted(chat) == ["The red one."]


def test_another_mail_with_the_same_id_is_another_one(chat, sent):
    answer = build_answer(sent, ALICE, "The red one.")
    take(answer)
    answer.set_content("The blue one.")
    take(answer)
    assert list_posted(chat) == ["The red one.", "The blue one."]


def test_a_person_who_has_the_conversation_gets_it(chat, sent, agent):
    take(build_answer(sent, ALICE, "The red one."))
    chat.refresh_from_db()
    assert (chat.owner, chat.assignee) == ("human", agent)
    assert not Job.objects.filter(kind="send_mail_answer").exists()


def test_a_closed_conversation_is_opened_again_and_the_assistants_answer_will_be_mailed(chat, sent, agent):
    turns.close_conversation.run_sync(chat.pk, agent.pk)
    take(build_answer(sent, ALICE, "The red one."))

    chat.refresh_from_db()
    assert (chat.owner, chat.turns.get(state="queued").messages.get().text) == ("bot", "The red one.")
    assert Job.objects.get(kind="send_mail_answer").last_turn_id == chat.turns.get(state="queued").pk


def test_a_long_mail_is_posted_in_parts_and_nothing_of_it_is_lost_without_a_word(chat, sent):
    words = [f"word{number}" for number in range(1500)]
    take(build_answer(sent, ALICE, " ".join(words)))
    assert " ".join(list_posted(chat)).split() == words

    take(build_answer(sent, ALICE, "x " * 15_000))
    assert "longer than what is shown" in Message.objects.filter(role="system").latest("pk").text
    assert len(IncomingMail.objects.latest("pk").text) == 20_000


def test_a_customer_who_writes_very_quickly_is_heard_later(chat, sent, settings):
    settings.CONVERSATION_MESSAGES_PER_MINUTE = 1
    take(build_answer(sent, ALICE, "One."))
    second = build_answer(sent, ALICE, "Two.")
    with pytest.raises(MailPostponed):
        take(second)
    assert IncomingMail.objects.count() == 1

    settings.CONVERSATION_MESSAGES_PER_MINUTE = 10
    assert take(second) == "posted"
    assert list_posted(chat) == ["One.", "Two."]


def test_a_card_number_is_hidden_before_it_is_stored(chat, sent):
    take(build_answer(sent, ALICE, "My card is 4111 1111 1111 1111."))
    take(build_answer(sent, "bob@example.com", "My card is 4111 1111 1111 1111."))
    assert "4111" not in list_posted(chat)[0] + IncomingMail.objects.latest("pk").text


class TestFiles:
    def attach(self, answer: EmailMessage, name: str, data: bytes, kind: str = "image/png") -> None:
        maintype, _, subtype = kind.partition("/")
        answer.add_attachment(data, maintype=maintype, subtype=subtype, filename=name)

    def test_photos_are_taken_as_those_of_the_chat_and_the_rest_is_named(self, chat, sent):
        answer = build_answer(sent, ALICE, "See here.")
        self.attach(answer, "lamp.png", png(200, 100))
        self.attach(answer, "logo.png", png(16, 16))
        self.attach(answer, "in\u202evoice\r\n.pdf", b"%PDF", "application/pdf")
        self.attach(answer, "bad.png", b"no picture")

        take(answer)

        message = chat.messages.get(channel="mail")
        assert [image.width for image in message.images] == [200]
        note = Message.objects.filter(role="system").latest("pk").text
        assert "in voice .pdf, bad.png" in note
        assert IncomingMail.objects.get().left_out == ["in voice .pdf", "bad.png", "logo.png"]

    def test_more_photos_than_a_message_holds_are_named(self, chat, sent):
        answer = build_answer(sent, ALICE, "")
        for number in range(5):
            self.attach(answer, f"{number}.png", png(100 + number, 100))

        assert take(answer) == "posted"

        assert len(chat.messages.get(channel="mail").images) == 3
        assert "3.png, 4.png" in Message.objects.filter(role="system").latest("pk").text

    def test_a_mail_of_a_file_alone_is_told_of(self, chat, sent):
        answer = build_answer(sent, ALICE, "")
        self.attach(answer, "invoice.pdf", b"%PDF", "application/pdf")
        assert take(answer) == "posted"
        assert "invoice.pdf" in list_posted(chat)[0]


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
        assert list_posted(chat) == ["One.", "Three.", "Four."]


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

    def test_they_are_limited_and_what_is_beyond_is_kept(self):
        outcomes = Counter(take(build_answer(None, "gus@example.org", f"{n}")) for n in range(8))
        assert outcomes == {"opened": 5, "limited": 3}
        assert IncomingMail.objects.filter(outcome="limited", text="7").exists()

    def test_all_of_them_together_are_limited(self, monkeypatch):
        monkeypatch.setattr("supportbot.mail.incoming.MAX_STRANGERS_PER_DAY", 3)
        outcomes = Counter(take(build_answer(None, f"s{n}@example.org", "Hi")) for n in range(5))
        assert outcomes == {"opened": 3, "limited": 2}

    def test_by_a_setting_they_are_kept_for_staff(self, mail_settings):
        mail_settings(mail_strangers="keep")
        assert take(build_answer(None, "gus@example.org", "Hi")) == "unknown"
        assert not Conversation.objects.exists()

    def test_spam_begins_nothing(self):
        spam = build_answer(None, "gus@example.org", "Buy!", headers={"X-Spam-Status": "Yes, score=9"})
        assert take(spam) == "unknown"


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
    def test_what_came_back_marks_the_address_and_is_told(self, chat, sent):
        assert take_mail(build_bounce(sent, "alice@example.com")).outcome == "bounce"
        chat.refresh_from_db()
        assert chat.mail_failed is not None
        assert "came back" in Message.objects.filter(role="system").latest("pk").text

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
        assert chat.mail_failed is None

    def test_one_that_is_made_up_does_not(self, chat, sent):
        sent.extra_headers["Message-ID"] = "<sb.aaaaaaaaaaaaaaaaaaa.reply-1@example.com>"
        sent.subject = "x"
        take_mail(build_bounce(sent, "alice@example.com"))
        chat.refresh_from_db()
        assert chat.mail_failed is None


def test_a_mail_that_is_too_large_is_refused_in_words_to_staff_and_customer(chat, sent):
    head = build_answer(sent, ALICE, "").as_bytes().partition(b"\n\n")[0]
    assert take_large_mail(head, 31_000_000, tells_sender=True).outcome == "too_large"
    assert take_large_mail(head, 31_000_000, tells_sender=True).is_new is False

    assert "30 MB" in Message.objects.filter(role="system").latest("pk").text
    assert Job.objects.filter(kind="send_size_refusal").count() == 1


BROKEN = {
    "nothing": b"",
    "no head": b"\n\n\n",
    "zero bytes": b"From: a@b.org\0\nSubject: \0\n\nHi\0",
    "no boundary": b"From: a@b.org\nContent-Type: multipart/mixed\n\nHi",
    "nested a thousand times": b"From: a@b.org\n"
    + b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(900)),
    "a report that is nested": b"From: a@b.org\n"
    + b"".join(b'Content-Type: multipart/report; boundary="%d"\n\n--%d\n' % (n, n) for n in range(300)),
    "a list's worth of parts": b'From: a@b.org\nContent-Type: multipart/mixed; boundary="x"\n\n'
    + b"--x\n\nHi\n" * 5000,
    "an encoding that is none": b"From: =?hex?q?abc?= <a@b.org>\nSubject: =?utf-8?b?!!!?=\n"
    b"Content-Type: text/plain; charset=\xff\xfe\n\nHi",
    "eight bits in the head": (
        "From: Grüße <a@b.org>\nSubject: Grüße\nContent-Disposition: inline; filename*=x''%FF\n\nHi"
    ).encode("latin-1"),
    "a long head": b"From: a@b.org\nSubject: "
    + b"x" * 500_000
    + b"\nReferences: "
    + b"<sb.a" * 100_000
    + b"\n\nHi",
    "many addresses": b"From: a@b.org\nTo: " + b"(((" * 30_000 + b"\n\nHi",
    "many senders": b"From: " + b"a@b.org, " * 20_000 + b"\n\nHi",
    "a broken picture": b"From: a@b.org\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\n"
    + base64.b64encode(b"x" * 99),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_mail_is_taken_somehow_and_once(name, mail_settings):
    mail_settings(mail_strangers="keep")
    first, again = take_mail(BROKEN[name]), take_mail(BROKEN[name])
    assert (first.is_new, again.is_new) == (True, False)
    assert IncomingMail.objects.count() == 1
