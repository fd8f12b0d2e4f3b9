"""`manage.py receive_mail`: take one mail from standard input, for the pipe of a mail server."""

import logging
import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import Error as DatabaseError

from supportbot.server.direct_connection import describe_unreachable

from ...cleanup import delete_old_mails
from ...incoming.intake import MailPostponed, take_large_mail, take_mail
from ...size_limit import MAX_MAIL_BYTES, describe_size_refusal

logger = logging.getLogger(__name__)

HEAD_BYTES = 256 * 1024  # of a mail that is too large


class Command(BaseCommand):
    help = (
        "Take one mail from standard input. Exit codes are those of sysexits: 0 when it was stored, 65 when it is too "
        "large and must be returned to its sender, 75 when the mail server is to bring it again."
    )
    # What a check complains of must not have a mail server return mails to their senders.
    requires_system_checks = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        if problems := settings.ENVIRONMENT_PROBLEMS:
            # What has its default instead decides where the mail would be stored, and what becomes of it.
            logger.error("A mail must wait until these settings can be read: %s", ", ".join(problems))
            sys.exit(os.EX_TEMPFAIL)
        try:
            code = self._take()
        except MailPostponed:
            code = os.EX_TEMPFAIL
        except DatabaseError as error:
            logger.error("A mail could not be stored: %s", describe_unreachable(error))
            code = os.EX_TEMPFAIL
        except Exception as error:  # noqa: BLE001 - whatever it is, the mail server keeps the mail and tries again
            logger.error("A mail could not be taken: %s", type(error).__name__)
            code = os.EX_TEMPFAIL
        if code:
            sys.exit(code)

    def _take(self) -> int:
        """Returns the exit code."""
        raw = sys.stdin.buffer.read(MAX_MAIL_BYTES + 1)
        if len(raw) <= MAX_MAIL_BYTES:
            take_mail(raw)
            delete_old_mails()
            return os.EX_OK
        size = len(raw)
        while more := sys.stdin.buffer.read(1024 * 1024):
            size += len(more)
        take_large_mail(raw[:HEAD_BYTES].partition(b"\n\n")[0], size, tells_sender=False)
        self.stderr.write(describe_size_refusal())
        return os.EX_DATAERR
