"""Fetches the mails of a mailbox over IMAP. One is marked as read only after it was stored, so none is lost.

Nor does any mail, whatever is wrong with it, keep another one from being taken: one that cannot be fetched or stored
waits behind all others, and after a day it is kept as one that could not be read.
"""

import imaplib
import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from imap_tools import AND, MailBox, MailMessage, MailMessageFlags
from imap_tools.errors import ImapToolsError, MailboxLoginError

from ..size_limit import MAX_MAIL_BYTES
from .delays import Delays
from .intake import MailPostponed, keep_unreadable, take_large_mail, take_mail

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 60.0
MAX_MAILS_PER_ROUND = 200
DEFAULT_PORT, DEFAULT_FOLDER = 993, "INBOX"


class MailboxUnreachable(Exception):
    """The mailbox cannot be read now. Its text says why, without the address."""


class _MailGone(Exception):
    """Somebody has deleted it meanwhile."""


@dataclass(frozen=True, slots=True)
class Round:
    """How many mails were taken, and how many are left for the next round."""

    taken: int
    postponed: int


class RawMail(MailMessage):
    """A mail as the server sent it, byte for byte, which nobody has read yet.

    The library would read it at once with Python's reader, which has no end for mails that are made to be endless.
    """

    def __init__(self, fetch_data: list[Any]) -> None:
        self.raw: bytes
        self.raw, self._raw_uid_data, self._raw_flag_data = self._get_message_data_parts(fetch_data)


def fetch_new_mails(imap_url: str) -> Round:
    """Take the unread mails, the oldest first. Raises `MailboxUnreachable`, and `OperationalError` in mid-round."""
    taken = postponed = 0
    try:
        with _open_mailbox(imap_url) as mailbox:
            delays = Delays(_describe_mailbox(imap_url, mailbox))
            # Some servers refuse a search that names its character set, also the only one they know.
            for uid in delays.sort_uids(mailbox.uids(AND(seen=False), charset=None)):
                # Some that stay unread keep no newer ones from being taken; so many are no trouble of single mails.
                if MAX_MAILS_PER_ROUND in (taken, postponed):
                    break
                if _take(mailbox, uid, delays):
                    mailbox.flag([uid], [MailMessageFlags.SEEN], True)
                    delays.remove_mail(uid)
                    taken += 1
                else:
                    postponed += 1
    except (OSError, ImapToolsError, imaplib.IMAP4.error) as error:
        raise MailboxUnreachable(type(error).__name__) from error
    return Round(taken, postponed)


def _take(mailbox: MailBox, uid: str, delays: Delays) -> bool:
    """Whether the mail was stored. One over which our code, the mail server or the database stumbles stays unread.

    It is logged, and noted. Raises `OperationalError` or `InterfaceError` where the database does not take that either.
    """
    if delays.is_given_up(uid):
        logger.error("A mail that could not be taken for a day is kept as one that could not be read")
        keep_unreadable(delays.build_key(uid), size=0)
        return True
    try:
        _fetch_and_store(mailbox, uid)
    except MailboxUnreachable:
        delays.add_mail(uid)
        raise
    except (MailPostponed, _MailGone):
        delays.add_mail(uid)
        return False
    except Exception as error:  # noqa: BLE001 - what it says may hold what the customer says
        logger.error("A mail could not be taken and stays unread: %s", type(error).__name__)
        # A disk without room is no fault of the mail.
        delays.add_mail(uid, has_failed=not isinstance(error, (OSError, MemoryError)))
        return False
    return True


def _fetch_and_store(mailbox: MailBox, uid: str) -> None:
    """Of a mail that is too large only the head is fetched. Raises whatever goes wrong."""
    head = _fetch_one(mailbox, uid, headers_only=True)
    if head.size_rfc822 > MAX_MAIL_BYTES:
        take_large_mail(head.raw, head.size_rfc822, tells_sender=True)
    else:
        take_mail(_fetch_one(mailbox, uid).raw)


def _fetch_one(mailbox: MailBox, uid: str, *, headers_only: bool = False) -> RawMail:
    """Raises `_MailGone`, `MailboxUnreachable` where the connection broke, and what the library says of a refusal."""
    try:
        found = list(mailbox.fetch(uid_list=[uid], mark_seen=False, headers_only=headers_only))
    except (OSError, imaplib.IMAP4.abort) as error:
        raise MailboxUnreachable(type(error).__name__) from error
    if not found:
        raise _MailGone
    return cast(RawMail, found[0])


def _describe_mailbox(imap_url: str, mailbox: MailBox) -> str:
    """What no other mailbox has, as long as its mails keep their numbers (RFC 3501, UIDVALIDITY)."""
    parts = urlsplit(imap_url)
    validity = mailbox.client.response("UIDVALIDITY")[1]
    return f"{parts.username}@{parts.hostname}:{parts.port}{parts.path} {validity}"


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
