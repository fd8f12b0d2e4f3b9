"""Answers to one of our mails, as programs lay them out, in six languages, and the right text of each."""

from collections.abc import Callable, Iterator
from email.message import EmailMessage
from html import escape

from supportbot.mail.markers import get_marker
from tests.mail.mail_words import WORDS, Words

US = "support+token@example.com"


OUR_NAME = "TechCorp support"
SUBJECT = "TechCorp support has answered you [#aftoken]"


def build_corpus() -> Iterator[tuple[str, bytes, str]]:
    """(name, the mail, its right text), sixty of them."""
    for client, build in CLIENTS.items():
        for words in WORDS:
            mail = EmailMessage()
            mail["From"], mail["To"] = "Alice Archer <alice@example.org>", US
            mail["Subject"] = f"Re: {SUBJECT}"
            mail["Message-ID"] = f"<{client}.{words.language}@client.example>"
            build(mail, words)
            yield f"{client}-{words.language}", mail.as_bytes(), "\n\n".join(words.said)


def list_our_lines(words: Words) -> list[str]:
    """The mail that is answered."""
    lines = [
        get_marker(words.language),
        "",
        "Anna (TechCorp support)",
        "I'm sorry to hear that. Which lamp is it?",
        "",
    ]
    return [*lines, "Read and answer it in the chat: https://help.example.com/c/1/", "", "-- ", OUR_NAME]


def quote(words: Words) -> str:
    return "\n".join(f"> {line}".rstrip() for line in list_our_lines(words))


def introduce(words: Words, pattern: str) -> str:
    return pattern.format(date=words.date, name=OUR_NAME, address=US)


def as_divs(words: Words, tag: str = "div") -> str:
    """The customer's paragraphs as rich text."""
    paragraphs = [f"<{tag}>{escape(each).replace(chr(10), '<br>')}</{tag}>" for each in words.said]
    return "<div><br></div>".join(paragraphs) if tag == "div" else "".join(paragraphs)


def our_html(words: Words) -> str:
    return "<br>\n".join(escape(line) for line in list_our_lines(words))


def header_block(words: Words, start: str = "<b>{}:</b> {}<br>") -> str:
    values = (f"{OUR_NAME} <{US}>", words.date, "alice@example.org", SUBJECT)
    return "\n".join(
        start.format(each, escape(value)) for each, value in zip(words.labels, values, strict=True)
    )


def gmail_web(mail: EmailMessage, words: Words) -> None:
    """Both parts; the plain one wraps the line above the quotation."""
    introduction = introduce(words, words.wrote)
    wrapped = introduction.replace(f" <{US}", f"\n<{US}").replace(f" (<{US}", f"\n(<{US}")
    mail.set_content("\n\n".join(words.said) + f"\n\n{wrapped}\n\n{quote(words)}\n")
    mail.add_alternative(
        f'<div dir="ltr">{as_divs(words)}</div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" '
        f'class="gmail_attr">{escape(introduction)}<br></div><blockquote class="gmail_quote" style="margin:0px 0px 0px '
        f'0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex">{our_html(words)}</blockquote></div>',
        subtype="html",
    )


def gmail_html_with_signature(mail: EmailMessage, words: Words) -> None:
    """The app for Android, where only the HTML says something, and a signature stands above the quotation."""
    mail.set_content(
        f'<div dir="auto">{as_divs(words)}</div><br clear="all"><span class="gmail_signature_prefix">-- </span><br>'
        f'<div dir="ltr" class="gmail_signature" data-smartmail="gmail_signature"><div>Alice Archer</div><div>Tel. 030 '
        f'1234</div></div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">'
        f"{escape(introduce(words, words.wrote))}<br></div>"
        f'<blockquote class="gmail_quote">{our_html(words)}</blockquote></div>',
        subtype="html",
    )


def outlook_desktop(mail: EmailMessage, words: Words) -> None:
    """Word's HTML alone: no quotation, a ruled line, and a block of header lines."""
    said = "".join(
        f'<p class="MsoNormal">{escape(each).replace(chr(10), "<br>")}<o:p></o:p></p>'
        '<p class="MsoNormal"><o:p>&nbsp;</o:p></p>'
        for each in words.said
    )
    mail.set_content(
        '<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style><!-- p.MsoNormal {} --></style>'
        f'</head><body lang="EN-GB"><div class="WordSection1">{said}<div><div style="border:none;border-top:solid '
        f'#E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal">{header_block(words)}</p></div></div>'
        f'<p class="MsoNormal">{our_html(words)}</p></div></body></html>',
        subtype="html",
    )


def outlook_desktop_plain(mail: EmailMessage, words: Words) -> None:
    """Outlook set to plain text: the old mail stands below, as it is."""
    block = header_block(words, "{}: {}").replace("&lt;", "<").replace("&gt;", ">")
    mail.set_content("\n\n".join(words.said) + f"\n\n{block}\n\n" + "\n".join(list_our_lines(words)) + "\n")


def outlook_web(mail: EmailMessage, words: Words) -> None:
    mail.set_content(
        f'<html><body dir="ltr"><div class="elementToProof" style="font-size:12pt">{as_divs(words)}</div>'
        '<div id="appendonsend"></div><hr style="display:inline-block;width:98%"><div id="divRplyFwdMsg" dir="ltr">'
        f'<font face="Calibri">{header_block(words)}</font><div>&nbsp;</div></div>'
        f"<div>{our_html(words)}</div></body></html>",
        subtype="html",
    )


def outlook_mobile(mail: EmailMessage, words: Words) -> None:
    mail.set_content(
        f'<html><body>{as_divs(words)}<div><br></div><div id="ms-outlook-mobile-signature"><div><br></div>'
        f'{escape(words.outlook_mobile)}</div><hr style="display:inline-block;width:98%" tabindex="-1"><div '
        f'id="divRplyFwdMsg" dir="ltr">{header_block(words)}</div><div>{our_html(words)}</div></body></html>',
        subtype="html",
    )


def apple_mail(mail: EmailMessage, words: Words) -> None:
    """On an iPhone: its line, then the introduction, then the quotation; quoted-printable as all of its mails."""
    text = (
        "\n\n".join(words.said)
        + f"\n\n{words.iphone}\n\n> {introduce(words, words.wrote)}\n> \n{quote(words)}\n"
    )
    mail.set_content(text, cte="quoted-printable")


def thunderbird(mail: EmailMessage, words: Words) -> None:
    """Text in format=flowed, with the signature below the quotation or none."""
    flowed = "\n\n".join(words.said).replace(", ", ",  \n", 1).replace(",  \n", ", \n")
    mail.set_content(
        f"{flowed}\n\n{introduce(words, words.wrote_short)}\n{quote(words)}\n\n-- \nAlice Archer\nBerlin\n"
    )
    mail.set_param("format", "flowed")


def yahoo(mail: EmailMessage, words: Words) -> None:
    mail.set_content(
        f'<html><body><div class="ydp1yahoo-style-wrap"><div dir="ltr">{as_divs(words)}</div><div><br></div></div>'
        f'<div id="ydp2yahoo_quoted_1" class="ydp2yahoo_quoted"><div><div>{escape(introduce(words, words.wrote_short))}'
        f"</div><div><br></div><div>{our_html(words)}</div></div></div></body></html>",
        subtype="html",
    )


def gmx(mail: EmailMessage, words: Words) -> None:
    """Also Web.de and mail.com: the block begins with the date."""
    sender, sent, to, subject = words.labels
    block = "".join(
        f"<b>{label}:</b>&nbsp;{escape(value)}<br/>"
        for label, value in (
            (sent, words.date),
            (sender, f'"{OUR_NAME}" <{US}>'),
            (to, "alice@example.org"),
            (subject, SUBJECT),
        )
    )
    mail.set_content(
        f'<html><head></head><body><div style="font-family: Verdana;">{as_divs(words)}<div>&nbsp;<div>&nbsp;'
        '<div name="quote" style="margin:10px 5px 5px 10px; padding: 10px 0 10px 10px; border-left:2px solid #C3D9E5;">'
        f'<div style="margin:0 0 10px 0;">{block}</div><div name="quoted-content">{our_html(words)}</div></div></div>'
        "</div></div></body></html>",
        subtype="html",
    )


def proton(mail: EmailMessage, words: Words) -> None:
    mail.set_content(
        f'<div style="font-family: Arial;">{as_divs(words)}</div><div class="protonmail_signature_block"><div '
        f'class="protonmail_signature_block-proton">{escape(words.proton)}</div></div><div class="protonmail_quote">'
        f'{escape(introduce(words, words.wrote))}<br><blockquote class="protonmail_quote" type="cite">{our_html(words)}'
        "</blockquote><br></div>",
        subtype="html",
    )


CLIENTS: dict[str, Callable[[EmailMessage, Words], None]] = {
    "gmail": gmail_web,
    "gmail-android": gmail_html_with_signature,
    "outlook": outlook_desktop,
    "outlook-plain": outlook_desktop_plain,
    "outlook-web": outlook_web,
    "outlook-ios": outlook_mobile,
    "apple": apple_mail,
    "thunderbird": thunderbird,
    "yahoo": yahoo,
    "gmx": gmx,
    "proton": proton,
}
