"""Sends mails by SMTP as Django does, but waits long for the answer of a server that has a mail.

EMAIL_TIMEOUT is for all that comes before: what fails there was not sent, and is soon tried again. A server that has
the text may take minutes to say so (RFC 5321, 4.5.3.2.6), and a mail that is sent again meanwhile arrives twice.
"""

import smtplib
from typing import Any

from django.core.mail.backends import smtp

from supportbot.jobs.mail_jobs import ANSWER_SECONDS


class PatientConnection(smtplib.SMTP):
    """A connection with one limit for all steps, and another one for the last: that the server has taken the text."""

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
