"""What programs send is told from what people write, and answered by nothing."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.urls import reverse

from supportbot.conversations import turns
from supportbot.conversations.models import Conversation, Message
from supportbot.jobs.models import Job
from supportbot.mail.incoming.intake import take_mail
from supportbot.mail.incoming.posting import post_kept_mail
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
    {"From": "shop-noreply@example.org"},
    {"From": "nicht-antworten@example.org"},
    {"X-Auto-Response-Suppress": "DR, RN, NRN, OOF, AutoReply"},
    {"X-MS-Exchange-Generated-Message-Source": "Mailbox Rules Agent"},
    {"X-Precedence": "auto_reply"},
    {"X-Mail-Autoreply": "yes"},
    {"X-OTRS-Loop": "yes"},
    {"X-SFDC-EmailCategory": "caseAutoResponse"},
    {"Delivered-To": "Autoresponder"},
    {"Mailing-List": "contact lamps-help@example.org; run by ezmlm"},
    {"List-Post": "<mailto:lamps@example.org>"},
    {"X-Mailing-List": "<lamps@example.org>"},
    {"Subject": "AUTO: Alice Archer is out of the office (returning 03/10/2026)"},
    {"Subject": "Alice Archer ist außer Haus."},
    {"Subject": "AUTO: Alice Archer est absent(e) (retour le 10/03/2026)"},
    {"Subject": "I am out of the office"},
    {"Subject": "Ich bin nicht im Büro bis Montag"},
    {"Subject": "[lamps #42] AutoReply: TechCorp"},
    {"Subject": "Automaattinen vastaus: TechCorp"},
    {"Subject": "Automatická odpověď: TechCorp"},
    {"Subject": "自動応答: TechCorp"},
    {"Subject": "自动答复: TechCorp"},
    {"Subject": "Your email requires verification verify#abc-123"},
    *(
        {"Subject": subject}
        for subject in (
            *(
                "Odpowiedź automatyczna: TechCorp",
                "Автоматична відповідь: TechCorp",
                "Trả lời tự động: TechCorp",
            ),
            *("Balasan otomatis: TechCorp", "תגובה אוטומטית: TechCorp", "Automatische reactie: TechCorp"),
            *("การตอบกลับอัตโนมัติ: TechCorp", "Automaatvastus: TechCorp", "स्वचालित उत्तर: TechCorp"),
            *(
                "OOO: TechCorp support has answered you [#abc]",
                "On vacation: Re: TechCorp",
                "Alice Archer is on leave until Monday",
                "Je suis en congé",
                "Absent jusqu'au 3 décembre",
                "Estoy de vacaciones",
            ),
            *(
                "Estou de férias",
                "Ik ben op vakantie",
                "Ich bin im Urlaub bis 5.12.",
                "Sono in ferie fino al 3/12",
            ),
            *("Fravær", "Frånvaro: TechCorp [#abc]", "Poissa toimistolta", "Nieobecność", "Mimo kancelář"),
            *("Nem vagyok az irodában", "В отпуске до 5.12.", "休假", "不在のお知らせ", "Ofis dışında"),
            *("Im Urlaub bis 12. Januar 2027", "On leave until 12 January", "in ferie fino al 12 gennaio"),
            *("OOO until Monday", "Ooo", "Im Urlaub bis zum 12. Januar 2027"),
            *("[OOO] Re: Your ticket", "OOO (Re: your order)", "OOO - back on Dec 1", "OOO, back Monday"),
            *("On holiday until Monday 5 December 2026", "On leave until the 5th of December 2026"),
            *("De vacaciones hasta el 12 de diciembre de 2026", "De férias até 12 de dezembro de 2026"),
            *("Op vakantie tot en met 12 december", "En congé jusqu'au lundi 12 décembre inclus"),
            *("Thank you for contacting us [auto-reply]", "We have your message - Autoreply"),
            *("Automatic reply from Alice Archer", "Vacation auto-responder", "Annual leave: Re: TechCorp"),
            *(
                "Away from my desk until Monday",
                "OOTO until Jan 3",
                "Abwesenheitsinfo",
                "Bin im Urlaub bis 7.1.",
            ),
            *("Absente du 2 au 12 décembre", "Afwezig van 2 t/m 12 december", "Ausente hasta el 5 de enero"),
            *("Jag är på semester 22 december - 7 januari", "Nieobecność w pracy", "Olen lomalla"),
            *("We have received your request (#48213)", "[Ticket#202612] Ihre Anfrage ist eingegangen"),
            *("Wir haben Ihre Nachricht erhalten", "Nous avons bien reçu votre demande.", "Ticket received"),
            *(
                "Hemos recibido tu consulta",
                "Abbiamo ricevuto la sua richiesta [#882]",
                "Uw bericht is ontvangen",
            ),
            *(
                "Otrzymaliśmy Państwa zgłoszenie nr 5512",
                "Recebemos a sua mensagem",
                "Thanks for contacting us!",
            ),
            *(
                "Vi har mottagit ditt ärende #3312",
                "Vi har modtaget din henvendelse",
                "Your e-mail was received",
            ),
            *("Abwesend: TechCorp [#abc]", "Absent : TechCorp [#abc]", "Out of office - back on 5 January"),
            *(
                "Out of Office AutoReply: TechCorp",
                "Abwesenheitsnotiz: TechCorp",
                "Out of office: AW: TechCorp",
            ),
            *(
                "Je suis absente (retour le 5 janvier)",
                "On leave until 2027-01-05",
                "Im Urlaub bis Mitte Januar",
            ),
        )
    ),
]
PEOPLE = [
    {"Auto-Submitted": "no"},
    {"Precedence": "normal"},
    {"Feedback-ID": "1.eu-west-1.abc:AmazonSES"},  # as of every mail by Amazon, also of people
    *(
        {"Subject": subject}
        for subject in (
            *("Out of stock?", "Out of office chairs?", "Auto: Lampe defekt", "Automatic lamp is broken"),
            *("Vacation order late", "Leave it at the door", "Urlaub und Lieferung", "Ooops, wrong lamp"),
            *(
                "In ferie, dov'è la lampada?",
                "Im Urlaub - bitte später liefern",
                "On holiday: please deliver later",
            ),
            *(
                "Im Urlaub bis 5.12., bitte danach liefern",
                "Ihr Shop ist nicht erreichbar",
                "En vacances: où est-elle ?",
            ),
            *("Absence of invoice", "In ferie senza lampada", "Autoreply in your shop is broken"),
            *(
                "Nicht im Haus am Freitag, bitte beim Nachbarn abgeben",
                "Abwesend ab 5.12.: bitte später liefern",
                "Abwesenheit am 24.12. bei Lieferung",
            ),
            *("Ooo! Love the lamp, but one is broken", "ooo... my lamp is broken"),
            *(
                "OOO, my lamp broke",
                "ooo - it broke",
                "OOO Lampe kaputt",
                "On vacation until Monday please hold",
            ),
            *(
                "Im Urlaub bis Montag - bitte später liefern",
                "On holiday until Monday please deliver later",
                "Im Urlaub bis Montag bitte lagern",
            ),
            *("Re: We have received your request (#48213)", "Fwd: Wir haben Ihre Nachricht erhalten"),
            *(
                "We have received your message, but no lamp",
                "We have received your parcel",
                "Ticket received?",
            ),
            *(
                "Wir haben Ihre Rechnung erhalten",
                "Nous avons bien reçu votre colis",
                "Hemos recibido su factura",
            ),
            *(
                "Empfangsbestätigung",
                "Ihre Nachricht erhalten",
                "Thank you for your message",
                "Delivery failed",
            ),
            *("Abwesend bis Montag, bitte später liefern", "Ich bin nicht im Haus, der Nachbar nimmt an"),
            *("Je suis absente, merci de livrer lundi", "Ik ben afwezig, graag bij de buren"),
            *("Abwesend - Lieferung verschieben?", "Abwesend vom 2. bis 12.12., Paket lagern"),
            *("Abwesend: Paket zum Nachbarn", "Nicht im Haus - Paket zum Nachbarn", "Abwesend. Paket lagern"),
            *(
                "Absent : colis au relais",
                "Fuori ufficio - consegnare a casa",
                "Afwezig: pakket bij de buren",
            ),
            *("Poza biurem: dostawa do domu", "Fora do escritório: entregar em casa", "Ausente: al vecino"),
            *("Nieobecność - paczka u sąsiada", "Frånvaro: paket", "Urlaubsabwesenheit: Lieferung später"),
            *(
                "Im Urlaub bis Montag Paket lagern",
                "On holiday until 5 December hold my parcel",
                "OOO: it broke",
            ),
            *("Nicht im Haus am Freitag, TechCorp [#abc]", "Absent at delivery of TechCorp [#abc]"),
            *("Wir haben Ihre Mail", "We hebben uw bericht", "Automatic answer. Nobody helps"),
            *("Her husband is on leave", "This shop is out of office", "Nobody is on holiday"),
            *("The driver is absent", "Votre livreur est absent", "Unser Nachbar ist nicht im Haus"),
            *("Automatic reply from your shop is rude", "Automatische Antwort - ist da jemand?"),
            *("Your email requires verification - what is this?", "Please confirm your message was received"),
            *("Abwesend bei Lieferung", "Afwezig bij levering", "On holiday lights", "It is out of stock"),
        )
    ),
]


class TestPrograms:
    @pytest.mark.parametrize("headers", AUTOMATIC, ids=lambda each: " ".join(each.values()))
    def test_what_a_program_sends_is_counted_and_not_posted(self, chat, sent, headers):
        answer = build_answer(sent, ALICE, "I am away.", headers=headers)
        assert take(answer) == "automatic"
        assert not list_posted(chat)

    @pytest.mark.parametrize("headers", PEOPLE, ids=lambda each: " ".join(each.values()))
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
        assert take_mail(build_bounce(sent, "alice@example.com")) == "bounce"
        chat.refresh_from_db()
        assert chat.is_undeliverable
        page = client.get(reverse("admin:conversations_conversation_change", args=[chat.pk])).content.decode()
        assert "not deliverable" in page
        assert "came back" in Message.objects.filter(role="system").latest("pk").text

    def test_an_address_from_which_the_customer_writes_or_another_one_is_written_to_again(
        self, chat, sent, alice, agent
    ):
        take_mail(build_bounce(sent, "alice@example.com"))
        take(build_answer(sent, ALICE, "I am here."))
        chat.refresh_from_db()
        assert not chat.is_undeliverable

        turns.note_undeliverable.run_sync(chat.pk, "Alice@example.com")
        take(build_answer(sent, "eve@example.org", "Post me."))
        IncomingMail.objects.filter(sender="eve@example.org").update(conversation=chat)
        post_kept_mail(IncomingMail.objects.get(sender="eve@example.org").pk, agent)
        chat.refresh_from_db()
        assert chat.is_undeliverable, "what staff post of somebody else proves nothing"

        User.objects.filter(pk=alice.pk).update(email="new@example.com")
        assert not Conversation.objects.get().is_undeliverable

    @pytest.mark.parametrize(
        ("recipient", "status", "action"),
        [
            ("bob@example.com", "5.1.1", "failed"),
            ("alice@example.com", "4.2.2", "delayed"),
            ("alice@example.com", "4.4.1", "failed"),
            ("alice@example.com", "5.2.2", "failed"),
        ],
    )
    def test_a_delay_or_somebody_else_s_does_not(self, chat, sent, recipient, status, action):
        take_mail(build_bounce(sent, recipient, status, action))
        chat.refresh_from_db()
        assert not chat.is_undeliverable

    def test_a_mail_that_a_server_has_given_up_on_though_the_address_is_right_is_told_of(self, chat, sent):
        """As of a full mailbox, or a server that was away for days."""
        take_mail(build_bounce(sent, "alice@example.com", "4.2.2", "delayed"))
        assert not chat.messages.filter(text__contains="couldn't be sent").exists()
        take_mail(build_bounce(sent, "alice@example.com", "5.2.2", "failed"))
        assert (
            "alice@example.com couldn't be sent"
            in chat.messages.get(role="system", text__contains="couldn't be").text
        )
        chat.refresh_from_db()
        assert not chat.is_undeliverable

    def test_one_that_is_made_up_does_not(self, chat, sent):
        sent.extra_headers["Message-ID"] = "<sb.aaaaaaaaaaaaaaaaaaa.reply-1@example.com>"
        sent.subject = "x"
        take_mail(build_bounce(sent, "alice@example.com"))
        chat.refresh_from_db()
        assert not chat.is_undeliverable

    def test_who_had_it_forwarded_is_marked_when_it_comes_back_from_there(self, chat, sent):
        raw = build_bounce(sent, "elsewhere@example.org").replace(
            b"Final-Recipient", b"Original-Recipient: rfc822;alice@example.com\nFinal-Recipient"
        )
        take_mail(raw)
        chat.refresh_from_db()
        assert chat.is_undeliverable

    def test_a_delay_is_none_also_where_the_head_names_the_address(self, chat, sent):
        raw = build_bounce(sent, "alice@example.com", "4.4.1", "delayed")
        take_mail(b"X-Failed-Recipients: alice@example.com\n" + raw)
        chat.refresh_from_db()
        assert not chat.is_undeliverable

    @pytest.mark.parametrize("count", [0, 1_000])
    def test_of_headers_that_came_back_nothing_but_headers_is_read(self, chat, sent, count):
        returned = sent.message().as_string()
        nested = "Content-Type: message/rfc822\n"
        headers = f"{nested}{returned.partition(chr(10) * 2)[0]}\n\n{(nested + chr(10)) * count}"
        raw = build_bounce(sent, "alice@example.com").decode()
        raw = raw.replace("message/rfc822", "text/rfc822-headers").replace(returned, headers)
        assert take_mail(raw.encode()) == "bounce"
        chat.refresh_from_db()
        assert chat.is_undeliverable

    @pytest.mark.parametrize("recipient", ["alice@example.com", "bob@example.com"])
    def test_one_that_is_text_alone_is_read_as_qmail_exim_yahoo_and_gmx_write_it(self, chat, sent, recipient):
        head = "From: MAILER-DAEMON@example.org\nSubject: failure notice\n"
        returned = f"--- Below this line is a copy of the message.\n\n{sent.message().as_string()}"
        qmail = f"Hi. This is the qmail program.\n\n<{recipient}>:\nNo mailbox. (#5.1.1)\n\n{returned}"
        exim = f"X-Failed-Recipients: {recipient}\n\nThis is a permanent error.\n\n{returned}"
        yahoo = f"Sorry, we couldn't.\n\n<{recipient}>:\n550: 5.1.1 User unknown\n\n{returned}"
        gmx = (
            f"This is a permanent error.\n\n{recipient}:\nSMTP error. reason: 550 No such user\n\n{returned}"
        )
        for raw in (f"{head}\n{qmail}", f"{head}{exim}", f"{head}\n{yahoo}", f"{head}\n{gmx}"):
            type(chat).objects.update(failed_email="")
            assert take_mail(raw.encode()) == "bounce"
            chat.refresh_from_db()
            assert chat.is_undeliverable is (recipient == "alice@example.com")
