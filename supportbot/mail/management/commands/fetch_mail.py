"""`manage.py fetch_mail`: take the answers that came into the mailbox IMAP_URL, again and again or once."""

import logging
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, close_old_connections, connection

from supportbot.server.direct_connection import describe_unreachable

from ...cleanup import delete_old_mails
from ...incoming.mailbox import MailboxUnreachable, fetch_new_mails

logger = logging.getLogger(__name__)

DEFAULT_PAUSE_SECONDS = 60


class Command(BaseCommand):
    help = "Take the mails that came into the mailbox IMAP_URL, and post them in the conversations they belong to."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--once", action="store_true", help="Fetch once and end, as for cron.")
        parser.add_argument(
            "--every",
            type=int,
            default=DEFAULT_PAUSE_SECONDS,
            metavar="SECONDS",
            help=f"The pause between two looks into the mailbox. Without: {DEFAULT_PAUSE_SECONDS}.",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        if not settings.ENVIRONMENT.imap_url:
            raise CommandError("IMAP_URL is not set: there is no mailbox to read.")
        if options["every"] < 1:
            raise CommandError("--every takes a number of seconds, 1 or more.")
        while True:
            problem = self._fetch()
            if options["once"]:
                if problem:
                    raise CommandError(problem)
                return
            time.sleep(options["every"])

    def _fetch(self) -> str:
        """Returns why it could not be done, in words; empty if it was."""
        if not connection.in_atomic_block:
            close_old_connections()  # one that broke since the last round is replaced
        try:
            done = fetch_new_mails(settings.ENVIRONMENT.imap_url)
            delete_old_mails()
        except MailboxUnreachable as error:
            problem = f"The mailbox could not be read: {error}"
        except DatabaseError as error:
            problem = f"The database is away: {describe_unreachable(error)}"
        else:
            if done.taken or done.postponed:
                logger.info("Mails taken: %s, left for later: %s", done.taken, done.postponed)
            return ""
        logger.warning("%s", problem)
        return problem
