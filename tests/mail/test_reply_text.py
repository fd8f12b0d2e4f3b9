"""What is new in a mail is found in the layouts of the programs that people use, in their languages."""

from time import process_time

import pytest

from supportbot.mail.incoming.parsing import parse_mail
from supportbot.mail.incoming.reply_text import extract_reply, html_to_text
from tests.mail.mail_clients import CLIENTS, build_corpus
from tests.mail.mail_words import WORDS

CORPUS = list(build_corpus())


@pytest.mark.parametrize(("raw", "right"), [each[1:] for each in CORPUS], ids=[each[0] for each in CORPUS])
def test_the_new_text_of_an_answer_is_right(raw: bytes, right: str) -> None:
    assert parse_mail(raw).text == right


def test_the_corpus_is_of_ten_programs_and_six_languages() -> None:
    assert len(CLIENTS) >= 10
    assert len(WORDS) == 6
    assert len(CORPUS) >= 60


INTRODUCTION = "On Tue, 3 Mar 2026 at 10:05, TechCorp support <support@example.com> wrote:"
CASES = {
    "answers between quotes": (
        f"{INTRODUCTION}\n> Which colour?\n\nBlue.\n\n> And which size?\n\nLarge.\n",
        "Blue.\n\nLarge.",
    ),
    "an answer below": (f"{INTRODUCTION}\n\n> Which lamp is it?\n> Anna\n\nThe red one.\n", "The red one."),
    "an introduction of three lines": (
        "Yes.\n\nOn Tue, 3 Mar 2026 at 10:05, TechCorp\nsupport <support24@example.com>\nwrote:\n\n> Is it red?\n",
        "Yes.",
    ),
    "a signature": ("Yes.\n\n-- \nAlice Archer\nTel. 030 1234\n", "Yes."),
    "a list by dashes": ("I ordered:\n- one lamp\n- two bulbs\n", "I ordered:\n- one lamp\n- two bulbs"),
    "thanks in the middle": ("Thanks,\nbut it is still broken.\n", "Thanks,\nbut it is still broken."),
    "a way from and to": (
        "From: Berlin\nTo: Hamburg\nDate: 3.3.2026 10:00\n",
        "From: Berlin\nTo: Hamburg\nDate: 3.3.2026 10:00",
    ),
    "somebody who wrote": (
        "On Monday your colleague wrote:\n\nWe refund you.\n\nNothing came.",
        "On Monday your colleague wrote:\n\nWe refund you.\n\nNothing came.",
    ),
    "a desk": (
        "Sent from my desk, it is easier than by mail.",
        "Sent from my desk, it is easier than by mail.",
    ),
    "our line without marks of quotation": (
        "Yes.\n\n##- Please write your reply\nabove this line -##\n\nAnna\nIs it red?\n",
        "Yes.",
    ),
    "an old mail below a line": ("Yes.\n\n-----Original Message-----\nFrom: TechCorp\nIs it red?", "Yes."),
    "right to left": (
        "نعم، وصلت.\n\nفي الثلاثاء، 3 مارس 2026 في 10:05 كتب TechCorp <support@example.com>:\n> متى؟",
        "نعم، وصلت.",
    ),
    "a date and an address": (
        "Order 12345 is late.\nOrdered on 3.3.2026 10:05 by max@example.org:\n- lamp\n",
        "Order 12345 is late.\nOrdered on 3.3.2026 10:05 by max@example.org:\n- lamp",
    ),
    "two dashes in a text": (
        "Item\n--\n" + "The bulb is broken. " * 9,
        "Item\n--\n" + ("The bulb is broken. " * 9).strip(),
    ),
    "two dashes above a name": ("Yes.\n--\nAlice\nBerlin", "Yes."),
    "an introduction without a verb": (
        "Да.\n\nвт, 3 мар. 2026 г. в 10:05, TechCorp support <support@example.com>:\n\n> Is it red?\n",
        "Да.",
    ),
    "header lines in Polish": (
        "Tak.\n\nOd: TechCorp <support@example.com>\nWysłano: wtorek, 3 marca 2026 10:05\nDo: Max\nTemat: x\n\nHello",
        "Tak.",
    ),
    "two header lines": (
        "Yes.\n\nFrom: TechCorp <support@example.com>\nDate: Tue, 3 Mar 2026 10:05\n\nHello",
        "Yes.",
    ),
    "two header lines, of which one is wrapped": (
        "Yes.\n\nFrom: TechCorp <support@example.com>\nDate: Tue, 3 Mar 2026\n at 10:05\n\nHello",
        "Yes.",
    ),
    "two header lines in Chinese": (
        "好。\n\n发件人: TechCorp <support@example.com>\n发送时间: 2026年3月3日 10:05\n\nHello",
        "好。",
    ),
    "an introduction in Japanese above what is not quoted": (
        "はい。\n\n2026年3月3日(火) 10:05 TechCorp support <support@example.com>:\n\nIs it red?",
        "はい。",
    ),
    "an introduction in Polish": (
        "Tak.\n\nW dniu 3.03.2026 o 10:05, TechCorp pisze:\n> Is it red?\n",
        "Tak.",
    ),
    "a line of Notes": (
        'Ja.\n\n-----"TechCorp" <support@example.com> schrieb: -----\nAn: Max\nVon: TechCorp\nIs it red?',
        "Ja.",
    ),
    "a line of Zoho": (
        "Yes.\n\n---- On Tue, 03 Mar 2026 10:05:00 +0100 TechCorp <support@example.com> wrote ---\n\nIs it red?",
        "Yes.",
    ),
    "a line of Zimbra": ("Oui.\n\n----- Mail original -----\nDe: TechCorp\nIs it red?", "Oui."),
    "a line of QQ": ("是\n\n------------------ 原始邮件 ------------------\n发件人: TechCorp", "是"),
    "what the customer wrote before": (
        f"On 3 March 2026 at 10:05 I wrote to support@example.com:\n\nIt broke.\n\n{INTRODUCTION}\n> Is it red?",
        "On 3 March 2026 at 10:05 I wrote to support@example.com:\n\nIt broke.",
    ),
    "what the customer wrote before, in German": (
        "Am 03.03.2026 um 10:05 schrieb ich Ihnen:\nSie ist kaputt.",
        "Am 03.03.2026 um 10:05 schrieb ich Ihnen:\nSie ist kaputt.",
    ),
    "a line of their own that looks quoted": (
        f"> 3 weeks and no lamp!\nWhere is it?\n\n{INTRODUCTION}\n\n> Is it red?\n",
        "> 3 weeks and no lamp!\nWhere is it?",
    ),
    "a quoted introduction above an older mail": (
        "Yes.\n\n> On 3 Mar 2026, at 10:05, TechCorp <support@example.com> wrote:\n> Is it red?\n\n"
        "-----Original Message-----\nMy lamp broke.",
        "Yes.",
    ),
    "our line in a sentence": (
        f"What does “##- Please write your reply above this line -##” mean?\n\n{INTRODUCTION}\n> Is it red?\n",
        "What does “##- Please write your reply above this line -##” mean?",
    ),
    "where an iPhone has a photo": (f"\ufffc\n\nSent from my iPhone\n\n> {INTRODUCTION}\n> Is it red?\n", ""),
    "where Gmail and Outlook have pictures": (
        "See here:\n\n[image: image.png]\n\nBest\nAlice\n[cid:image001.png@01DB.A0]\n",
        "See here:\n\nBest\nAlice",
    ),
    "a photo alone": (f"[image: IMG_1.jpg]\n\n{INTRODUCTION}\n> Is it red?\n", ""),
    "nothing": (f"{INTRODUCTION}\n> Is it red?\n", ""),
    "a lone marker": ("##-", "##-"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_was_written_is_kept_and_nothing_else(case: str) -> None:
    text, right = CASES[case]
    assert extract_reply(text) == right


SIGNATURES = (
    *("Sent from my Verizon, Samsung Galaxy smartphone", "Get BlueMail for Android", "Sent with Tuta"),
    *("Sent via Superhuman ( https://sprh.example/?vip=a )", "Yahoo Mail: Search, Organize, Conquer"),
    *("Sent from Mailspring (https://getmailspring.com/), the best free email app for work",),
    *(
        "Outlook voor Android downloaden<https://aka.ms/x>",
        "Skaffa Outlook för iOS",
        "Von Samsung Mobile gesendet",
    ),
    *(
        "Pobierz aplikację Outlook dla systemu iOS",
        "Provenance : Courrier pour Windows",
        "Lähetetty iPhonesta",
    ),
    *(
        "Diese E-Mail wurde von meinem Handy gesendet.",
        "Verzonden vanuit Mail voor Windows",
        "Odesláno z iPhonu",
    ),
    *(
        "Získat Outlook pro iOS",
        "iOS için Outlook'u edinin",
        "Outlook for iOS を入手",
        "获取 Outlook for iOS",
    ),
    *(
        "Установить Outlook для iOS",
        "Wysłane ze smartfona Samsung Galaxy.",
        "Отправлено со смартфона Samsung Galaxy.",
    ),
    *(
        "Yahoo Mail: suchen, organisieren, erobern",
        "Skickat med Proton Mail säker e-post.",
        "发自我的小米手机",
    ),
    *(
        "Sent with AquaMail for Android\nhttp://www.aqua-mail.com",
        "Vom Handy gesendet",
        "Inviato dal cellulare",
    ),
    "<https://www.avast.com/sig-email>\nVirus-free.www.avast.com\n<https://www.avast.com/sig-email>\n<#DAB4FAD8-2DD7>",
    *("Outlook für iOS<https://aka.ms/o0ukef> beziehen", "Mit der WEB.DE iPhone App gesendet"),
    *("iPhone'umdan gönderildi", "iPhoneから送信", "发自我的iPhone", "Trimis de pe iPhone-ul meu"),
)


@pytest.mark.parametrize("line", SIGNATURES)
def test_what_a_program_writes_below_by_itself_is_left_out(line: str) -> None:
    assert extract_reply(f"The red one.\n\n{line}\n") == "The red one."


@pytest.mark.parametrize(
    "line",
    [
        *("Sent from the shop on Tuesday, it never arrived.", "Mit GMX Mail habe ich es nicht gesendet"),
        *("Von meinem Handy habe ich das Foto schon geschickt", "Vom Handy-Shop wurde die falsche geschickt"),
        *(
            "Outlook für Android stürzt immer ab",
            "See https://shop.example.com/lamp",
            "https://shop.example.com/lamp",
        ),
        *("Vom Lager noch keine E-Mail gesendet.", "Vom Händler wird mir das Handy nicht geschickt"),
        *("Send via email please", "Sent with the wrong mobile case", "Verzonden met de verkeerde telefoon"),
        *("Enviado con el cargador del celular roto", "Envoyé avec un chargeur portable défectueux"),
        *("Skickat med PostNord utan mail", "Sendt med feil telefon", "Spedito con il cellulare rotto"),
        *("Wysłane z poczty w Krakowie", "Отправлено через Почту России", "包裹发自上海，至今没收到"),
        *("Yahoo mail: I can't log in, please change my address", "Outlook for Windows"),
        "The page of Outlook for iOS <https://aka.ms/o0ukef> was not found",
        *("iOS için Outlook çalışmıyor", "Sent from my iPhone\n#1001"),
        "The lamp [image: 5 cm] is broken",
    ],
)
def test_a_sentence_about_what_was_sent_is_kept(line: str) -> None:
    assert extract_reply(line) == line


def test_what_is_forwarded_is_kept() -> None:
    forwarded = "---------- Forwarded message ---------\nFrom: Shop <a@example.com>\nSubject: x\n\nHello"
    text = f"Please see below.\n\n{forwarded}"
    assert extract_reply(text, is_forward=True) == text
    assert extract_reply(text) == "Please see below."


def test_what_outlook_forwards_is_kept() -> None:
    rule = "border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"
    text = html_to_text(f"<p>See below.</p><div style='{rule}'><b>From:</b> Carrier</div><p>It is lost.</p>")
    assert extract_reply(text, is_forward=True) == "See below.\n\nFrom: Carrier\n\nIt is lost."
    assert extract_reply(text) == "See below."


@pytest.mark.parametrize(
    "bulk",
    [
        f"<style>{'.a{color:red}' * 50_000}</style>",
        f"<!-- {'x' * 600_000} -->",
        f'<img src="data:image/png;base64,{"iVBORw0KGgo" * 60_000}">',
    ],
    ids=["style", "comment", "picture"],
)
def test_what_stands_below_megabytes_of_no_words_is_read(bulk: str) -> None:
    assert extract_reply(html_to_text(f"<html>{bulk}<p>The red one.</p></html>")) == "The red one."


def test_html_keeps_its_empty_paragraphs() -> None:
    assert html_to_text("<div>One.</div><div>&nbsp;</div><div>Two.</div>") == "One.\n\nTwo."


def test_html_that_answers_between_quotes_is_kept_without_the_quotes() -> None:
    quote = "<blockquote type=cite>Which?</blockquote>"
    html = f"<div>On 3.3.2026 10:05, Anna wrote:{quote}<p>Blue</p>{quote}</div>"
    assert extract_reply(html_to_text(html)) == "Blue"


def test_a_list_of_rich_text_stays_a_list():
    html = "<p>I ordered:</p><ul><li>one lamp</li><li></li><li><div>two bulbs</div></li></ul><p>Thanks</p>"
    assert extract_reply(html_to_text(html)) == "I ordered:\n\n- one lamp\n- two bulbs\n\nThanks"


@pytest.mark.parametrize("hostile", ["<a ", "<!--", "<div>", "<p><b>", "&#"])
def test_broken_html_is_read_in_no_time(hostile: str) -> None:
    begun = process_time()
    html_to_text(hostile * 30_000)
    assert process_time() - begun < 3


@pytest.mark.parametrize("hostile", ["On ", "From: a\n", "> ", "##-", "_" * 40 + "\n", "x@y.de 10:00 2026 "])
def test_a_long_text_is_read_in_no_time(hostile: str) -> None:
    begun = process_time()
    extract_reply(hostile * 30_000)
    assert process_time() - begun < 3


def build_raw(headers: str, body: bytes) -> bytes:
    return f"From: alice@example.org\r\nMessage-ID: <1@x>\r\n{headers}\r\n\r\n".encode() + body


ENCODED = {
    "a wrong name": ("Content-Type: text/plain; charset=utf-8", "Grüße".encode("cp1252"), "Grüße"),
    "UTF-8 called Latin": ("Content-Type: text/plain; charset=iso-8859-1", "Grüße".encode(), "Grüße"),
    "HTML that names itself": (
        "Content-Type: text/html",
        "<meta http-equiv='Content-Type' content='text/html; charset=iso-8859-2'><p>Zażółć".encode(
            "iso-8859-2"
        ),
        "Zażółć",
    ),
    "an unknown name": ("Content-Type: text/plain; charset=klingon", "Grüße".encode(), "Grüße"),
    "no name": ("Content-Type: text/plain", "Grüße".encode(), "Grüße"),
    "Latin that is of Windows": (
        "Content-Type: text/plain; charset=iso-8859-1",
        "„5 €“".encode("cp1252"),
        "„5 €“",
    ),
    "Japanese": (
        "Content-Type: text/plain; charset=iso-2022-jp",
        "壊れました".encode("iso-2022-jp"),
        "壊れました",
    ),
    "Japanese with numbers in circles": (
        "Content-Type: text/plain; charset=Shift_JIS",
        "①番の電球が壊れました".encode("cp932"),
        "①番の電球が壊れました",
    ),
    "Japanese with an unknown letter": (
        "Content-Type: text/plain; charset=iso-2022-jp",
        "壊れました".encode("iso-2022-jp").replace(b"\x1b(B", b"-!\x1b(B") + b" TC-12",
        "壊れました\ufffd TC-12",
    ),
    "UTF-8 that is called Japanese": (
        "Content-Type: text/plain; charset=iso-2022-jp",
        "電球が壊れました".encode(),
        "電球が壊れました",
    ),
    "Chinese of Hong Kong": (
        "Content-Type: text/plain; charset=big5",
        "燈喺邊度".encode("big5hkscs"),
        "燈喺邊度",
    ),
    "Turkish of Windows": (
        "Content-Type: text/plain; charset=iso-8859-9",
        "kırık 5 €".encode("cp1254"),
        "kırık 5 €",
    ),
    "UTF-8 of which a byte was lost": (
        "Content-Type: text/plain; charset=utf-8",
        "Лампа не работает".encode()[:-1],
        "Лампа не работае\ufffd",
    ),
    "what was lost before": (
        "Content-Type: text/plain; charset=utf-8",
        "Gr\ufffd\ufffde".encode(),
        "Gr\ufffd\ufffde",
    ),
    "no text encoding": ("Content-Type: text/plain; charset=hex", b"abcd", "abcd"),
    "quoted-printable": (
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable",
        b"Gr=C3=BC=\r\n=C3=9Fe",
        "Grüße",
    ),
    "broken base64": (
        "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64",
        b"SGVsbG8gQW5uYQ=",
        "Hello Anna",
    ),
    "flowed": (
        "Content-Type: text/plain; format=flowed; delsp=no",
        b"The lamp \r\nis broken.\r\n\r\nYes.",
        "The lamp is broken.\n\nYes.",
    ),
    "zero bytes": ("Content-Type: text/plain", b"Hel\0lo", "Hello"),
}


@pytest.mark.parametrize("case", ENCODED)
def test_text_is_read_whatever_its_encoding_is_called(case: str) -> None:
    headers, body, right = ENCODED[case]
    assert parse_mail(build_raw(headers, body)).text == right


def test_headers_become_single_clean_lines() -> None:
    raw = build_raw(
        "Subject: =?utf-8?q?a=0AB=0DBcc=3A_x=E2=80=AE=07?=\r\nX: =?broken?=",
        b"Hi",
    ).replace(b"From: alice@example.org", b"From: =?utf-8?q?=E2=80=AEEve=0A?= <Eve@Example.org>")

    mail = parse_mail(raw)

    assert mail.subject == "a B Bcc: x"
    assert (mail.sender_name, mail.sender) == ("Eve", "eve@example.org")


@pytest.mark.parametrize("sender", ["Archer, Alice <a@x.org>", "a@x.org <A@x.org>", "'a@x.org' <a@x.org>"])
def test_a_sender_whose_name_is_written_carelessly_is_read(sender: str) -> None:
    raw = build_raw("Subject: x", b"Hi").replace(b"From: alice@example.org", f"From: {sender}".encode())
    assert parse_mail(raw).sender == "a@x.org"


@pytest.mark.parametrize(
    "sender",
    [
        *("a@x.org, b@y.org", "nobody", "", "a@x.org\r\nFrom: b@y.org", "a@b@c.org", "b@y.org <a@x.org>"),
        *("a@x.org\r\nFrom : b@y.org", "x, b@y.org <a@x.org>", "a@x.org <a@x.org> <b@y.org>"),
    ],
)
def test_who_names_several_senders_or_none_has_none(sender: str) -> None:
    raw = build_raw("Subject: x", b"Hi").replace(b"From: alice@example.org", f"From: {sender}".encode())
    assert parse_mail(raw).sender == ""
