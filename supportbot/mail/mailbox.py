"""Fetches the mails of a mailbox over IMAP. One is marked as read only after it was stored, so none is lost."""

import imaplib
import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from django.db import InterfaceError, OperationalError
from imap_tools import AND, MailBox, MailMessage, MailMessageFlags
from imap_tools.errors import ImapToolsError, MailboxFetchError, MailboxLoginError

from .incoming import MailPostponed, take_large_mail, take_mail
from .message_parts import MAX_MAIL_BYTES

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 60.0
MAX_MAILS_PER_ROUND = 200
DEFAULT_PORT, DEFAULT_FOLDER = 993, "INBOX"


class MailboxUnreachable(Exception):
    """The mailbox cannot be read now. Its text says why, without the address."""


@dataclass(frozen=True, slots=True)
class Round:
    """How many mails were taken, and how many are left for the next round."""

    taken: int
    postponed: int


class RawMail(MailMessage):
    """A mail as the server sent it, byte for byte."""

    def __init__(self, fetch_data: list[Any]) -> None:
        super().__init__(fetch_data)
        self.raw: bytes = self._get_message_data_parts(fetch_data)[0]


def fetch_new_mails(imap_url: str) -> Round:
    """Take the unread mails, the oldest first. Raises `MailboxUnreachable`, and `OperationalError` in mid-round."""
    taken = postponed = 0
    try:
        with _open_mailbox(imap_url) as mailbox:
            for uid in mailbox.uids(AND(seen=False)):
                # Some that stay unread keep no newer ones from being taken; so many are no trouble of single mails.
                if MAX_MAILS_PER_ROUND in (taken, postponed):
                    break
                if _take(mailbox, uid):
                    mailbox.flag([uid], [MailMessageFlags.SEEN], True)
                    taken += 1
                else:
                    postponed += 1
    except (OSError, ImapToolsError, imaplib.IMAP4.error) as error:
        raise MailboxUnreachable(type(error).__name__) from error
    return Round(taken, postponed)


def _take(mailbox: MailBox, uid: str) -> bool:
    """Whether the mail was stored. Of one that is too large only the head is fetched.

    A mail over which our code stumbles, or for which the disk has no room, keeps none of the others from being taken:
    it stays unread, and is logged.
    """
    head = _fetch_one(mailbox, uid, headers_only=True)
    is_large = head.size_rfc822 > MAX_MAIL_BYTES
    raw = head.raw if is_large else _fetch_one(mailbox, uid).raw
    try:
        if is_large:
            take_large_mail(raw, head.size_rfc822, tells_sender=True)
        else:
            take_mail(raw)
    except MailPostponed:
        return False
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001 - what it says may hold what the customer says
        logger.error("A mail could not be taken and stays unread: %s", type(error).__name__)
        return False
    return True


def _fetch_one(mailbox: MailBox, uid: str, *, headers_only: bool = False) -> RawMail:
    """Raises `MailboxFetchError` for a mail that somebody has deleted meanwhile."""
    found = list(mailbox.fetch(uid_list=[uid], mark_seen=False, headers_only=headers_only))
    if not found:
        raise MailboxFetchError(("NO", b""), "OK")
    return cast(RawMail, found[0])


@contextmanager
def _open_mailbox(imap_url: str) -> Iterator[MailBox]:
    parts = urlsplit(imap_url)
    mailbox = MailBox(
        parts.hostname or "",
        parts.port or DEFAULT_PORT,
        timeout=TIMEOUT_SECONDS,
        ssl_context=ssl.create_default_context(),
    )
    mailbox.email_message_class = RawMail
    folder = unquote(parts.path.strip("/")) or DEFAULT_FOLDER
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    # The usual command takes ASCII alone; the other one is not known to every server.
    login = mailbox.login if (user + password).isascii() else mailbox.login_utf8
    try:
        opened = login(user, password, folder)
    except imaplib.IMAP4.abort:
        raise
    except (MailboxLoginError, imaplib.IMAP4.error):
        raise MailboxUnreachable("the mail server refuses this name or password.") from None
    with opened:
        yield mailbox
