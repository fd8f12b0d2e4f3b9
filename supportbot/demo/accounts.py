"""The demo shop's accounts. Their passwords are known to everybody, so they open nothing where strangers come."""

from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

DEMO_STAFF = ("agent", "sam")
DEMO_ACCOUNTS = ("alice", "bob", *DEMO_STAFF, "admin")  # each has its name for a password


class DemoAccountBackend:
    """Lets nobody in, and ends the log-in of a demo account with its demo password unless DEBUG=1.

    A database that `make run` has filled may be served to strangers later. It stands before the backend that compares
    passwords, so it holds for the site's page, for admin, and for whatever else asks Django who somebody is.
    """

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **_: Any
    ) -> None:
        if not settings.ENVIRONMENT.debug and username in DEMO_ACCOUNTS and password == username:
            raise PermissionDenied
