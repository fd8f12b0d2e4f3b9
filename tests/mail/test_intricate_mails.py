"""Mails that are made to take minutes are given up in time, and whatever can be read of others is."""

from time import thread_time

import pytest

from supportbot.mail.incoming.intake import take_mail
from supportbot.mail.incoming.reply_text import extract_reply, html_to_text
from supportbot.mail.models import IncomingMail

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mail_settings")]

PART = b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n'
ALTERNATIVE = b"Content-Type: multipart/alternative; boundary=%d\r\n\r\n--%d\r\n"
FILE = b"--x\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\nx\r\n"
INTRICATE = {
    "lines": (b"\r\n\r\nHi" + b"\r\n" * 3_100_000, "unreadable"),
    "headers": (b"\r\n" + b"X: y\r\n" * 200_000 + b"\r\nHi", "unreadable"),
    "parts": (b"\r\n" + PART % (1, 1) + b"\r\nx\r\n--1\r\n" * 40_000, "unreadable"),
    "lines in deep parts": (
        b"\r\n" + b"".join(PART % (n, n) for n in range(200)) + b"\r\nHi" + b"\r\nx" * 150_000,
        "unreadable",
    ),
    "deep parts": (b"\r\n" + b"".join(PART % (n, n) for n in range(200)) + b"\r\nHi", "unknown"),
    "a text behind files": (
        b"\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n" + FILE * 500 + b"--x\r\n\r\nHi",
        "unknown",
    ),
    "HTML without words": (
        b"\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nHi\r\n"
        + (b"--x\r\nContent-Type: text/html\r\n\r\n" + b"<b></b>" * 45_000 + b"\r\n") * 9,
        "unknown",
    ),
    "semicolons in a parameter": (
        b'\r\nContent-Type: text/plain; a="' + b";" * 40_000 + b"\r\n\r\nHi",
        "unreadable",
    ),
    "digits in a parameter": (
        b"\r\nContent-Type: multipart/report; a*" + b"1" * 5_000 + b"=b\r\n\r\nHi",
        "unreadable",
    ),
    "parameters in all parts": (
        b"\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nHi\r\n"
        + (b"--x\r\nContent-Type: application/pdf; a=" + b'";"' * 99 + b"a" * 7_000 + b"\r\n\r\nx\r\n") * 490,
        "unknown",
    ),
    "nested alternatives": (
        b"\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nHi\r\n--x\r\n"
        + b"".join(ALTERNATIVE % (n, n) for n in range(20))
        + b"Content-Type: text/html\r\n\r\n"
        + b"<p></p>" * 50_000,
        "unknown",
    ),
    "alternatives without words": (
        b"\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\n\r\nHi\r\n--y\r\n"
        + ALTERNATIVE % (1, 1)
        + (b"Content-Type: text/html\r\n\r\n" + b"<b></b>" * 45_000 + b"\r\n--1\r\n") * 9,
        "unknown",
    ),
}
INTRICATE_TEXTS = {
    "lines as above a signature": "Hi\n" + "--\n" * 33_000,
    "spaced lines as above a signature": "Hi\n" + "--\n\n\n\n" * 16_000,
}


@pytest.mark.parametrize("name", INTRICATE)
def test_an_intricate_mail_is_taken_in_two_seconds_and_its_words_are_read(name, mail_settings):
    mail_settings(mail_strangers="keep")
    rest, outcome = INTRICATE[name]
    begun = thread_time()
    assert take_mail(b"From: a@b.org" + rest) == outcome
    assert thread_time() - begun < 2
    assert outcome == "unreadable" or IncomingMail.objects.get().text.strip() == "Hi"


@pytest.mark.parametrize("name", INTRICATE_TEXTS)
def test_the_new_words_of_an_intricate_text_are_found_in_two_seconds(name):
    begun = thread_time()
    assert extract_reply(INTRICATE_TEXTS[name]).startswith("Hi\n--")
    assert thread_time() - begun < 2


def test_half_a_million_ampersands_of_html_are_read_in_a_second():
    begun = thread_time()
    assert html_to_text("<p>" + "&" * 499_000).strip(" \n&") == ""
    assert thread_time() - begun < 1
