"""A mail server that takes what is sent, and a mailbox that is read: both real, and gone afterwards."""

import asyncio
import imaplib
import logging
import os
import pwd
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage, Message
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from .processes import Process, as_user, free_port
from .programs import need
from .stores import give_away, make_folder

USER, PASSWORD = "support", "only-for-tests"
SECOND_PASSWORD = "schlüssel-für-tests"  # of the same mailbox


@dataclass
class Outbox:
    """What was sent, by SMTP to `url`."""

    url: str = ""
    sent: list[Message] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)  # each with its password
    refusal: str = ""  # of every recipient
    refusal_of_text: str = ""
    seconds_before_recipients: float = 0
    seconds_after_answer: float = 0  # before it answers that the client leaves
    before_answer: Callable[[], None] = lambda: None  # called once it has a mail, before it says so

    def let_in(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=True)

    async def handle_RCPT(  # noqa: N802 - of aiosmtpd
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        await asyncio.sleep(self.seconds_before_recipients)
        envelope.rcpt_tos.append(address)
        return self.refusal or "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - of aiosmtpd
        if self.refusal_of_text:
            return self.refusal_of_text
        self.sent.append(message_from_bytes(envelope.content))
        await asyncio.to_thread(self.before_answer)
        return "250 OK"

    async def handle_QUIT(self, _server: Any, _session: Any, _envelope: Any) -> str:  # noqa: N802 - of aiosmtpd
        await asyncio.sleep(self.seconds_after_answer)
        return "221 Bye"


@contextmanager
def smtp_server(**options: Any) -> Iterator[Outbox]:
    """With options of `aiosmtpd`. Whoever logs in is let in, where the options let anybody."""
    logging.getLogger("mail.log").setLevel(logging.WARNING)  # of the server itself
    outbox = Outbox()
    controller = Controller(
        outbox, hostname="127.0.0.1", port=free_port(), authenticator=outbox.let_in, **options
    )
    controller.start()
    outbox.url = f"smtp://127.0.0.1:{controller.port}"
    try:
        yield outbox
    finally:
        controller.stop()


@dataclass(frozen=True)
class Mailbox:
    """A mailbox over TLS. Who reads it must trust `certificate`."""

    port: int
    certificate: Path

    @property
    def url(self) -> str:
        return f"imaps://{USER}:{PASSWORD}@127.0.0.1:{self.port}/INBOX"

    def deliver(self, mail: EmailMessage | bytes) -> None:
        raw = mail if isinstance(mail, bytes) else mail.as_bytes()
        with self._open() as imap:
            status, _ = imap.append("INBOX", "", "", raw)
            assert status == "OK"

    def count_unread(self) -> int:
        with self._open() as imap:
            imap.select("INBOX", readonly=True)
            return len(imap.search(None, "UNSEEN")[1][0].split())

    def empty(self) -> None:
        with self._open() as imap:
            _, (count, *_rest) = imap.select("INBOX")
            if int(count or 0):
                imap.store("1:*", "+FLAGS", "\\Deleted")
                imap.expunge()

    def _open(self) -> imaplib.IMAP4_SSL:
        trusted = ssl.create_default_context(cafile=str(self.certificate))
        imap = imaplib.IMAP4_SSL("127.0.0.1", self.port, ssl_context=trusted)
        imap.login(USER, PASSWORD)
        return imap


@contextmanager
def dovecot() -> Iterator[Mailbox]:
    """Dovecot 2.3 as whoever runs the tests; root lets somebody else run it."""
    program = need("dovecot")
    with make_folder("imap-") as folder:
        certificate = _make_certificate(folder)
        user = give_away(folder)
        account = pwd.getpwnam(user) if user else pwd.getpwuid(os.getuid())
        port = free_port()
        configuration = folder / "dovecot.conf"
        configuration.write_text(_write_configuration(folder, port, account))
        for each in (configuration, folder / "key.pem"):
            each.chmod(0o644)
        log = folder / "dovecot.out"
        with Process([program, "-F", "-c", str(configuration)], log, folder=folder, user=user) as process:
            mailbox = Mailbox(port, certificate)
            process.wait_until(lambda: _answers(mailbox))
            yield mailbox


def _answers(mailbox: Mailbox) -> bool:
    try:
        mailbox.count_unread()
    except (OSError, imaplib.IMAP4.error):
        return False
    return True


def _make_certificate(folder: Path) -> Path:
    certificate = folder / "certificate.pem"
    arguments = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
    ]
    arguments += ["-addext", "subjectAltName=IP:127.0.0.1"]
    arguments += ["-keyout", str(folder / "key.pem"), "-out", str(certificate)]
    subprocess.run(arguments, check=True, capture_output=True, **as_user(None))
    return certificate


def _write_configuration(folder: Path, port: int, account: pwd.struct_passwd) -> str:
    group = account.pw_gid
    return f"""
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{folder}/certificate.pem
ssl_key = <{folder}/key.pem
default_internal_user = {account.pw_name}
default_login_user = {account.pw_name}
default_internal_group = #{group}
first_valid_uid = 0
auth_failure_delay = 0
mail_location = maildir:{folder}/mail
passdb {{
  driver = static
  args = password={PASSWORD}
}}
passdb {{
  driver = static
  args = password={SECOND_PASSWORD}
}}
userdb {{
  driver = static
  args = uid={account.pw_uid} gid={group} home={folder}/home
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
  }}
}}
service anvil {{
  chroot =
}}
"""
