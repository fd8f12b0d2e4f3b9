"""Sends mails by SMTP as Django does, but waits long for the answer of a server that has a mail.

EMAIL_TIMEOUT is for all that comes before: what fails there was not sent, and is soon tried again. A server that has
the text may take minutes to say so (RFC 5321, 4.5.3.2.6), and a mail that is sent again meanwhile arrives twice.
"""

import smtplib
from typing import Any

from django.core.mail.backends import smtp

from supportbot.jobs.mail_jobs import ANSWER_SECONDS
from supportbot.jobs.registry import JobFailed


class TLSNotOffered(JobFailed, smtplib.SMTPNotSupportedError):
    """The mail server would take everything in clear, and we give it nothing."""

    def __init__(self) -> None:
        super().__init__("TLSNotOffered", "the mail server of SMTP_URL offers no STARTTLS")


class UTF8Text(str):
    """Text that `smtplib` sends as UTF-8 (RFC 4616) where it would fail at letters beyond ASCII."""

    __slots__ = ()

    def encode(self, *_args: Any, **_kwargs: Any) -> bytes:
        return super().encode("utf-8")


class PatientConnection(smtplib.SMTP):
    """A connection with one limit for all steps, and another one for the last: that the server has taken the text.

    Name and password may have letters beyond ASCII, and a server without TLS is told of in words.
    """

    def starttls(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        try:
            return super().starttls(*args, **kwargs)
        except smtplib.SMTPNotSupportedError:
            raise TLSNotOffered from None

    def login(self, user: str, password: str, **kwargs: Any) -> tuple[int, bytes]:
        return super().login(UTF8Text(user), UTF8Text(password), **kwargs)

    def auth_plain(self, challenge: Any = None) -> str:
        return UTF8Text(super().auth_plain(challenge))

    def auth_cram_md5(self, challenge: Any = None) -> Any:
        answer = super().auth_cram_md5(challenge)
        return None if answer is None else UTF8Text(answer)

    def send(self, s: Any) -> None:
        super().send(s)
        if isinstance(s, bytes) and self.sock is not None:  # commands are strings
            self.sock.settimeout(ANSWER_SECONDS)

    def data(self, msg: Any) -> tuple[int, bytes]:
        limit = self.sock.gettimeout() if self.sock is not None else None
        try:
            return super().data(msg)
        finally:
            if self.sock is not None:
                self.sock.settimeout(limit)


class PatientTLSConnection(PatientConnection, smtplib.SMTP_SSL):
    """The same over TLS from its first byte."""


class EmailBackend(smtp.EmailBackend):
    """Django's backend with such connections."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return PatientTLSConnection if self.use_ssl else PatientConnection
