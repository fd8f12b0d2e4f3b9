"""A mail that comes in is posted where it belongs, once, and nothing of it is lost without a word."""

import base64
from email.message import EmailMessage
from itertools import combinations
from unittest.mock import Mock

import pytest
from django.apps import apps
from django.core import mail

from supportbot.assistant.conversation_events import ConversationEvent, ConversationEventHandler
from supportbot.conversations import turns
from supportbot.conversations.models import Message
from supportbot.jobs.models import Job
from supportbot.mail.incoming.intake import MailPostponed, take_large_mail, take_mail
from supportbot.mail.models import IncomingMail
from tests.mail.mails import ALICE, build_answer, list_posted, mail_too_large, take
from tests.pictures import encoded, scene

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mail_settings")]


def png(width: int, height: int) -> bytes:
    return encoded(scene(width, height), "PNG")


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


BENT = {
    "its local part quoted": (
        "To",
        lambda sent: '"{}"@example.com'.format(sent.reply_to[0].partition("@")[0]),
    ),
    "its plus encoded": ("To", lambda sent: sent.reply_to[0].replace("+", "%2B")),
    "forwarded by a mailbox": ("X-Forwarded-For", lambda sent: f"{sent.reply_to[0]} shop@example.org"),
    "a tag with spaces": (
        "Subject",
        lambda sent: f"AW: {sent.subject.replace('[#', '[ #').replace(']', ' ]')}",
    ),
    "a tag far behind": ("Subject", lambda sent: f"RE[2]: {'x' * 200} {sent.subject}"),
    "an id without brackets": ("In-Reply-To", lambda sent: sent.message()["Message-ID"].strip("<>")),
    "ids behind many": (
        "References",
        lambda sent: f"{'<old.CAF@mail.example.net> ' * 1000}{sent.message()['Message-ID']}",
    ),
}


@pytest.mark.parametrize("name", BENT)
def test_a_mark_that_was_bent_on_its_way_is_read(chat, sent, name):
    header, bend = BENT[name]
    answer = build_answer(
        sent, ALICE, "The red one.", without=("address", "ids", "subject"), headers={header: bend(sent)}
    )
    assert take(answer) == "posted"


def test_the_same_mail_is_posted_once_whichever_way_it_comes(chat, sent):
    answer = build_answer(sent, ALICE, "The red one.")
    first = take_mail(answer.as_bytes())
    again = take_mail(b"Received: from elsewhere\r\n" + answer.as_bytes().replace(b"\n", b"\r\n"))

    assert (first, again) == ("posted", "posted")
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


def test_who_answers_within_unquoted_text_is_not_cut_without_a_word(chat, sent):
    block = (
        "From: TechCorp <support@example.com>\nSent: Tuesday, 3 March 2026 10:05\nTo: Alice\nSubject: Lamp"
    )
    old = "Which lamp is it?\nThe red one.\n" + "Anything else that you would like to know of us?\nNo.\n" * 3
    take(build_answer(sent, ALICE, f"Hello, see my answers below.\n\n{block}\n\n{old}"))

    assert list_posted(chat) == ["Hello, see my answers below."]
    assert "answer within the text" in Message.objects.filter(role="system").latest("pk").text
    assert "The red one." in IncomingMail.objects.get().text


def test_a_mail_at_which_an_app_fails_stays_where_it_is(chat, sent, monkeypatch, caplog):
    words = "My lamp is broken"

    def fail(_event: ConversationEvent) -> None:
        raise KeyError(words)

    app = apps.get_app_config("conversations")
    monkeypatch.setattr(app, "event_handlers", [ConversationEventHandler(ConversationEvent, fail)])
    answer = build_answer(sent, ALICE, "One.")

    with pytest.raises(MailPostponed):
        take(answer)

    assert list_posted(chat) == []
    assert words not in caplog.text
    monkeypatch.setattr(app, "event_handlers", [])
    take(answer)
    assert list_posted(chat) == ["One."]


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


def test_a_long_mail_comes_through_where_few_messages_a_minute_are_allowed(chat, sent, settings):
    settings.CONVERSATION_MESSAGES_PER_MINUTE = 2
    assert take(build_answer(sent, ALICE, "word " * 3_000)) == "posted"
    assert len(list_posted(chat)) == 2


def test_a_card_number_is_hidden_before_it_is_stored(chat, sent):
    take(build_answer(sent, ALICE, "My card is 4111 1111 1111 1111."))
    take(build_answer(sent, "bob@example.com", "My card is 4111 1111 1111 1111."))
    assert "4111" not in list_posted(chat)[0] + IncomingMail.objects.latest("pk").text


def test_a_card_number_across_the_parts_of_a_long_mail_is_hidden_too(chat, sent):
    for letters in range(3_960, 4_000, 8):
        take(build_answer(sent, ALICE, f"{'a' * letters} 4111 1111 1111 1111 end of it"))

    assert "4111" not in " ".join(list_posted(chat))
    assert "1111 end" not in " ".join(list_posted(chat))


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

    def test_a_photo_within_rich_text_is_taken_and_the_text_is_not_doubled(self, chat, sent):
        answer = build_answer(sent, ALICE, "See here.")
        answer.add_alternative("<p>See here.</p><img src='cid:x'>", subtype="html")
        answer.get_payload()[1].add_related(png(200, 100), "image", "png", cid="<x>")
        self.attach(answer, "lamp.JPG", encoded(scene(90, 90)), "application/octet-stream")

        take(answer)

        message = chat.messages.get(channel="mail")
        assert (message.text, [image.width for image in message.images]) == ("See here.", [200, 90])

    def test_more_photos_than_a_message_holds_are_named(self, chat, sent):
        answer = build_answer(sent, ALICE, "")
        for number in range(5):
            self.attach(answer, f"{number}.png", png(100 + number, 100))

        assert take(answer) == "posted"

        assert len(chat.messages.get(channel="mail").images) == 3
        assert "3.png, 4.png" in Message.objects.filter(role="system").latest("pk").text

    def test_logos_of_a_signature_keep_no_photo_out(self, chat, sent):
        answer = build_answer(sent, ALICE, "See here.")
        answer.add_alternative("<p>See here.</p>", subtype="html")
        for number in range(3):
            answer.get_payload()[1].add_related(png(200, 60), "image", "png", cid=f"<{number}>")
        self.attach(answer, "lamp.png", png(300, 200))

        take(answer)

        assert [image.width for image in chat.messages.get(channel="mail").images] == [200, 200, 300]

    def test_a_mail_of_a_file_alone_is_told_of(self, chat, sent):
        answer = build_answer(sent, ALICE, "")
        self.attach(answer, "invoice.pdf", b"%PDF", "application/pdf")
        assert take(answer) == "posted"
        assert "invoice.pdf" in list_posted(chat)[0]

    def test_the_key_that_a_program_adds_to_each_mail_is_not_named(self, chat, sent):
        answer = build_answer(sent, ALICE, "The red one.")
        self.attach(answer, "OpenPGP_0x12.asc", b"-----BEGIN", "application/pgp-keys")
        take(answer)
        assert not chat.messages.filter(text__contains="OpenPGP_0x12.asc").exists()

    @pytest.mark.parametrize("kind", ["kept", "foreign", "automatic"])
    def test_pictures_of_what_is_not_posted_are_not_looked_at(self, sent, mail_settings, monkeypatch, kind):
        mail_settings(mail_strangers="keep")
        monkeypatch.setattr(
            "supportbot.mail.incoming.intake.sort_attachments", Mock(side_effect=AssertionError)
        )
        of_sent, sender = (None, "gus@example.org") if kind == "kept" else (sent, "eve@example.org")
        headers = {"Auto-Submitted": "auto-replied"} if kind == "automatic" else {}
        answer = build_answer(of_sent, sender, "See here.", headers=headers)
        self.attach(answer, "lamp.png", png(200, 100))

        assert take(answer) == ("unknown" if kind == "kept" else kind)


def test_a_mail_that_is_too_large_is_refused_in_words_to_staff_and_customer(chat, sent, monkeypatch):
    head = build_answer(sent, ALICE, "").as_bytes().partition(b"\n\n")[0]
    assert take_large_mail(head, 31_000_000, tells_sender=True) == "too_large"
    assert take_large_mail(head, 31_000_000, tells_sender=True) == "too_large"
    assert IncomingMail.objects.count() == 1

    assert "30 MB" in Message.objects.filter(role="system").latest("pk").text
    assert Job.objects.filter(kind="send_size_refusal").count() == 1
    monkeypatch.setattr("supportbot.mail.size_limit.MAX_MAIL_BYTES", 9 * 1024 * 1024)
    mail_too_large(chat.pk, "key")
    assert "larger than 9 MB" in mail.outbox[-1].body


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
    "a long flowed text": b"From: a@b.org\nContent-Type: text/plain; format=flowed\n\n"
    + b"word \n" * 300_000,
    "many addresses": b"From: a@b.org\nTo: " + b"(((" * 30_000 + b"\n\nHi",
    "many senders": b"From: " + b"a@b.org, " * 20_000 + b"\n\nHi",
    "half a letter in utf-7": b"From: a@b.org\nContent-Type: text/plain; charset=utf-7\n\n+2AA- hello",
    "a broken picture": b"From: a@b.org\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\n"
    + base64.b64encode(b"x" * 99),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_mail_is_taken_somehow_and_once(name, mail_settings):
    mail_settings(mail_strangers="keep")
    first, again = take_mail(BROKEN[name]), take_mail(BROKEN[name])
    assert first == again
    assert IncomingMail.objects.count() == 1
