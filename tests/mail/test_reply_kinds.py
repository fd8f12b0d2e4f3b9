"""What is new in mails of rarer kinds: heads of old mails in any language, signed texts, odd types of text."""

import pytest

from supportbot.conversations import turns
from supportbot.mail.customer_languages import detect_written_language
from supportbot.mail.incoming.kinds import find_kind
from supportbot.mail.incoming.parsing import parse_mail
from supportbot.mail.markers import SENTENCES, get_marker
from tests.mail.test_reply_text import build_raw

HEAD = "From: Ann <ann@example.org>\nTo: support@example.com\nSubject: Re: lamp\nMIME-Version: 1.0\n"
OURS = "\n\n##- Please write your reply above this line -##\n\nWhich lamp is it?\n"
# The lines that Outlook and others write above the mail that is answered: the sender, when, to whom, about what.
HEADER_BLOCKS = {
    "Romanian": ("De la", "Trimis: vineri, 27 noiembrie 2026 15:02", "Către", "Subiect"),
    "Greek": ("Από", "Στάλθηκε: Παρασκευή, 27 Νοεμβρίου 2026 3:02 μμ", "Προς", "Θέμα"),
    "Bulgarian": ("От", "Изпратено: петък, 27 ноември 2026 г. 15:02", "До", "Тема"),
    "Vietnamese": ("Từ", "Đã gửi: Thứ Sáu, 27 tháng 11, 2026 15:02", "Đến", "Chủ đề"),
    "Indonesian": ("Dari", "Dikirim: Jumat, 27 November 2026 15:02", "Kepada", "Subjek"),
    "Thai": ("จาก", "ส่ง: 27 พฤศจิกายน 2569 15:02", "ถึง", "เรื่อง"),
    "Catalan": ("De", "Enviat el: divendres, 27 de novembre de 2026 15:02", "Per a", "Assumpte"),
    "Slovenian": ("*Od", "*Poslano:* petek, 27. november 2026 15:02", "*Za", "*Zadeva"),
}

SIGNED = "-----BEGIN PGP SIGNED MESSAGE-----\n"
UNSIGNED = "\n-----BEGIN PGP SIGNATURE-----\n\niQEzBAEBCAAdFiEE\n-----END PGP SIGNATURE-----"


def read_plain(text: str) -> str:
    return parse_mail(build_raw("Content-Type: text/plain; charset=utf-8", text.encode())).text


def read_html(html: str) -> str:
    return parse_mail(build_raw("Content-Type: text/html; charset=utf-8", html.encode())).text


@pytest.mark.parametrize("language", HEADER_BLOCKS)
def test_an_old_mail_is_known_by_the_form_of_its_head_in_any_language(language):
    sender, sent, to, subject = HEADER_BLOCKS[language]
    block = f"{sender}: Shop <support@example.com>\n{sent}\n{to}: Ann <ann@example.org>\n{subject}: Lamp"
    assert read_plain(f"That one.\n\n{block}\n\nWhich lamp is it?") == "That one."


@pytest.mark.parametrize("title", ["Oprindelig besked", "元のメッセージ", "الرسالة الأصلية", "Original"])
def test_a_title_between_rules_goes_with_the_head_below_it_in_any_language(title):
    head = "From: Shop <support@example.com>\nDate: 27.11.2026 15:02\nTo: ann@example.org\nSubject: Lamp"
    assert read_plain(f"That one.\n\n-------- {title} --------\n{head}\n\nWhich lamp is it?") == "That one."
    address = f"-------- {title} --------\nAnn Archer\nBerlin"
    assert read_plain(f"Send it there:\n\n{address}") == f"Send it there:\n\n{address}"


@pytest.mark.parametrize(
    "introduction",
    [
        "Zitat von Shop <support@example.com>:",
        "Quoting Shop <support@example.com>:",
        "Shop <support@example.com> a écrit :",
        "Shop <support@example.com> writes:",
        "2026-11-27 오후 3:02에 Shop 이(가) 쓴 글:",
    ],
)
def test_what_introduces_a_quotation_is_known_also_without_a_date_or_an_address(introduction):
    assert read_plain(f"That one.\n\n{introduction}\n\n> Which lamp is it?\n") == "That one."


@pytest.mark.parametrize(
    "text",
    [
        "Name: Ann Archer\nMail: ann@example.org\nOrder: 4711\nDate: 27.11.2026 15:02",
        "Name: Ann <ann@example.org>\nOrder: 4711\nBought: 12.11.2026\nItem: a lamp",
        "Contact: Ann <ann@example.org>\nPhone: 0301234\nOpen until: 18:00\nSince: 2019",
        "Contact: Ann <ann@example.org>\nPlease call me tomorrow at 10:00.",
        "Hello, please help.\n\nCustomer: John Doe <john@x.com>\nOrdered: 12.11.2026 10:22\nItem: Lamp\n"
        "Problem: it is broken and I want money back\n\nThanks",
        "Hi,\n\nContact: Ann Lee <ann@x.org>\nDelivered: 2026-11-20 14:30\nOrder: ORD-123\nIssue: box was empty",
        "On Monday 23.11.2026 at 14:00 your colleague wrote to me:\nthe lamp comes on Tuesday. It did not.",
        "Am Montag, dem 23.11.2026 um 14:00 hat mir Ihr Kollege geschrieben:\nDie Lampe kommt am Dienstag.",
        "Le 23.11.2026 à 14:00 votre collègue m'a écrit :\nla lampe arrive mardi.",
        "Dnia 3 marca 2026 14:05 kurier nadesłał SMS:\npaczka doręczona. Nie ma jej.",
        "注文: 2026年3月3日、連絡先 <ann@example.org>：\n番号は1001です。",
        "De : Ann Archer, ann@example.org\nDate : 03/03/2026 14:05\nJe souhaite annuler ma commande.",
        "From: Ann <ann@example.org>\nDate: 03.03.2026 14:05\nMessage: My lamp is broken.",
        "Sent: 3 March 2026 14:05\nFrom: Berlin depot\nStatus: lost\nWhere is it? ann@example.org",
        "Von: Berlin\nAn: Hamburg\nDatum: 03.03.2026 14:05\nBitte buchen Sie um. ann@example.org",
    ],
)
def test_what_a_customer_lists_or_tells_is_kept(text):
    assert read_plain(text) == text


def test_a_signed_text_is_posted_without_its_signature():
    signed = (
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nThe red one.\n- -- two lamps\n"
        "-----BEGIN PGP SIGNATURE-----\n\niQEzBAEBCAAdFiEE\n=abcd\n-----END PGP SIGNATURE-----\n"
    )
    assert read_plain(signed) == "The red one.\n-- two lamps"
    assert read_plain(f"{signed}{OURS}") == "The red one.\n-- two lamps"
    assert (
        read_plain("-----BEGIN PGP SIGNED MESSAGE-----\nhalf") == "-----BEGIN PGP SIGNED MESSAGE-----\nhalf"
    )


@pytest.mark.parametrize(
    ("text", "right"),
    [
        (f"{SIGNED}The red one.\n\nThanks{UNSIGNED}", "The red one.\n\nThanks"),
        (f"Hello,\n{SIGNED}Hash: SHA256\nCharset: utf-8\n\nThe red one.{UNSIGNED}", "Hello,\nThe red one."),
        (f"{SIGNED}Order: 4711\n\nThe red one.{UNSIGNED}\nBye", "Order: 4711\n\nThe red one.\nBye"),
        (f"It is{UNSIGNED}\n{SIGNED}\nThe red one.{UNSIGNED}", f"It is{UNSIGNED}\nThe red one."),
        (f"{SIGNED}\nThe red one.\n-----BEGIN PGP SIGNATURE-----\n\niQEzBAEBCAAdFiEE", "The red one."),
    ],
    ids=["no headers", "words above", "words that look like headers", "an end above", "cut off"],
)
def test_the_words_around_the_marks_of_a_signature_are_kept(text, right):
    assert read_plain(text) == right


def test_cells_of_a_table_stand_apart():
    table = "<table><tr><th>Order</th><th>Days</th></tr><tr><td>ORD-123</td><td> 2 </td></tr></table>"
    assert read_html(table) == "Order Days\nORD-123 2"


@pytest.mark.parametrize("style", ["display:none", "color:red; display : none", "visibility:hidden"])
def test_what_no_reader_shows_is_not_read(style):
    assert read_html(f'<div style="{style}">Newsletter words</div><div>The red one.</div>') == "The red one."
    for shown in ("display:block", "mso-hide:all"):  # the latter hides in one program alone
        assert read_html(f'<div style="{shown}">The red one.</div>') == "The red one."


@pytest.mark.parametrize(
    ("kind", "body", "right"),
    [
        ("multipart/mixed", "The red one.", "The red one."),
        ("multipart/alternative; boundary=gone", "The red one.", "The red one."),
        ("text/markdown; charset=utf-8", "The **red** one.", "The **red** one."),
        ("text/enriched", "The <bold>red</bold> one.", "The red one."),
        (
            "text/enriched",
            "<color><param>red</param>Hello</color>,\n\nwhich is\nmine?\n\n\nA << B & C\n\n\n\nAnn",
            "Hello,\nwhich is mine?\n\nA < B & C\n\nAnn",
        ),
        ("text/enriched", "The red one.\n\n<Excerpt>Which one?</Excerpt>", "The red one."),
        ("text/richtext", "The red one.<nl>A <lt> B", "The red one.\nA < B"),
        ("application/xhtml+xml", "<p>The red one.</p>", "The red one."),
    ],
)
def test_a_text_is_read_whatever_its_type_is_called(kind, body, right):
    assert parse_mail(build_raw(f"Content-Type: {kind}", body.encode())).text == right


@pytest.mark.parametrize("kind", ["text/markdown", "text/x-markdown", "text/enriched", "text/richtext"])
def test_of_alternatives_the_words_are_read_once(kind):
    html = "--r\nContent-Type: text/html\n\n<p>The <b>red</b> one.</p>\n--r--"
    other = f"--b\nContent-Type: {kind}\n\nThe red one.\n"
    both = f"{other}--b\nContent-Type: multipart/related; boundary=r\n\n{html}\n--b--\n"
    for body in (both, f"{other}--b--\n"):
        raw = build_raw("Content-Type: multipart/alternative; boundary=b", body.encode())
        assert parse_mail(raw).text == "The red one."


@pytest.mark.parametrize("html", ["\n\n<p></p>", "\nContent-Disposition: attachment\n\n<p>A page</p>"])
def test_words_beside_html_without_any_are_kept(html):
    other = "--b\nContent-Type: text/markdown\n\nThe red one.\n"
    body = f"{other}--b\nContent-Type: text/html{html}\n--b--\n"
    raw = build_raw("Content-Type: multipart/alternative; boundary=b", body.encode())
    assert parse_mail(raw).text == "The red one."


@pytest.mark.parametrize("charset", ["utf-8", "latin-1"])
def test_headers_in_which_letters_stand_as_they_are_are_read(charset):
    head = (
        HEAD.replace("Ann", "Jürgen")
        .replace("lamp", "Küchenlampe")
        .replace("@example.org", "@münchen.example")
    )
    mail = parse_mail(head.encode(charset) + b"\nThe red one.")
    assert (mail.sender_name, mail.sender, mail.subject) == (
        "Jürgen",
        "ann@münchen.example",
        "Re: Küchenlampe",
    )


def test_a_file_is_named_by_letters_as_they_are():
    file = "Content-Type: application/pdf\nContent-Disposition: attachment; filename=Grüße.pdf\n\nx"
    body = f"--b\n\nHi\n--b\n{file}\n--b--\n".encode()
    mail = parse_mail(build_raw("Content-Type: multipart/mixed; boundary=b", body))
    assert [each.name for each in mail.attached] == ["Grüße.pdf"]


@pytest.mark.parametrize(("words", "kind"), [("", "automatic"), ("I am on holiday then, please call.", "")])
def test_who_accepts_an_invitation_writes_nothing_unless_they_do(words, kind):
    event = "Content-Type: text/calendar; method=REPLY\n\nBEGIN:VCALENDAR"
    body = f"--b\nContent-Type: text/plain\n\n{words}\n--b\n{event}\n--b--\n"
    mail = parse_mail(build_raw("Content-Type: multipart/alternative; boundary=b", body.encode()))
    assert find_kind(mail) == kind


def test_a_file_without_a_name_is_called_by_its_type_without_what_no_database_stores():
    mail = parse_mail(build_raw("Content-Type: application/\0x-lamp", b"x"))
    assert [each.name for each in mail.attached] == ["application/ x-lamp"]


@pytest.mark.parametrize("language", SENTENCES)
def test_what_stands_below_our_line_is_ours_in_every_language(language):
    marker = get_marker(language)
    first, _, rest = marker.partition(" ")
    for old in (
        f"{marker}\n\nWhich lamp?",
        f"{first}\n{rest}\n\nWhich lamp?",
        f"> {marker}\n>\n> Which lamp?",
    ):
        assert read_plain(f"That one.\n\n{old}") == "That one."


def test_the_line_is_in_the_language_in_which_the_customer_wrote(mail_settings, chat, agent):
    turns.take_over.run_sync(chat.pk, agent.pk)
    for said, sentence in (
        ("壊れたランプを交換してください", "この行より上に"),
        ("Kde je moje objednávka, už není na cestě?", "Svou odpověď"),
    ):
        turns.submit_message.run_sync(chat.pk, said, said, can_start=False)
        assert get_marker(detect_written_language(chat)).removeprefix("##- ").startswith(sentence)
        chat.messages.all().delete()
