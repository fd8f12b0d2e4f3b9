"""Sessions that take a row only when there is something to keep: a guest who only looks leaves nothing behind.

A guest's browser gets a cookie with its first page all the same, since a socket cannot set one. The key in it carries
a signature, so that the server knows its own keys again without having stored them. As long as nothing is kept under
such a key it stands for an empty session, and proves nothing.

A session that gets another key, as at a sign-in, is stored under it at the end of the request, in the transaction that
deletes the one that it replaces.
"""

import secrets
from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import VALID_KEY_CHARS, CreateError, UpdateError
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare, get_random_string, salted_hmac

from supportbot.compiled_queries import CompiledQuery

from .executors import on_database_thread
from .outages import OUTAGE_ERRORS

SESSIONS_A_STATEMENT = 500
KEY_CHARS = 32  # as Django's own, so that it is none that `issue_key` made
RANDOM_CHARS = 24
SIGNATURE_CHARS = 16  # together the length of the column
KEY_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
# Every request and every socket begins with it, so its SQL is built once.
LIVING_SESSION = CompiledQuery(
    Session,
    [Session._meta.pk, Session._meta.get_field("expire_date")],
    lambda key, now: Session.objects.filter(session_key=key, expire_date__gt=now),
)


def issue_key() -> str:
    """A new key for a session that is not stored."""
    # One number for all letters: Django asks the system for each of them, which takes five times as long.
    number = secrets.randbelow(len(KEY_ALPHABET) ** RANDOM_CHARS)
    letters = []
    for _place in range(RANDOM_CHARS):
        number, letter = divmod(number, len(KEY_ALPHABET))
        letters.append(KEY_ALPHABET[letter])
    random = "".join(letters)
    return random + _sign(random)


def is_issued_key(key: str | None) -> bool:
    """Whether `issue_key` made it, here or in another process of this site."""
    if key is None or len(key) != RANDOM_CHARS + SIGNATURE_CHARS:
        return False
    return constant_time_compare(key[RANDOM_CHARS:], _sign(key[:RANDOM_CHARS]))


def _sign(random: str) -> str:
    return salted_hmac("supportbot.guest_sessions", random, algorithm="sha256").hexdigest()[:SIGNATURE_CHARS]


class SessionStore(db.SessionStore):
    """Django's sessions in the database, but for those of guests of which there is nothing to keep yet."""

    is_stored = True
    _replaced_key: str | None = None

    def load(self) -> dict[str, Any]:
        key = self.session_key
        data: dict[str, Any] = super().load()
        if self.session_key is None and is_issued_key(key):
            self._session_key, self.is_stored = key, False
        return data

    def _get_session_from_db(self) -> Session | None:
        found = LIVING_SESSION.fetch_first(self.session_key, timezone.now())
        if found is None:
            self._session_key = None
        return found

    def begin_unstored(self) -> None:
        """Give the browser a cookie, and store nothing."""
        self._session_key = issue_key()
        self._session_cache: dict[str, Any] = {}
        self.is_stored = False
        self.modified = True  # so that the cookie is sent

    def cycle_key(self) -> None:
        """Give the session another key.

        Django deletes the old row at once. If the request failed after that, the browser would have the cookie of a
        session that is gone, and a guest could never again read what they said.
        """
        self._session_cache = dict(self.items())  # what is stored under the old key
        self._replaced_key = self._replaced_key or self.session_key
        self._session_key = get_random_string(KEY_CHARS, VALID_KEY_CHARS)
        self.is_stored = False
        self.modified = True

    def flush(self) -> None:
        super().flush()
        self._delete_replaced()

    def save(self, must_create: bool = False) -> None:
        if must_create or self.is_stored:
            self._save_row(must_create=must_create)
            self.is_stored = True
        elif self.keys():
            self._store_first_time()

    def _delete_replaced(self) -> None:
        if self._replaced_key:
            self.delete(self._replaced_key)
            self._replaced_key = None

    def _save_row(self, must_create: bool = False) -> None:
        try:
            super().save(must_create=must_create)
        except UpdateError as error:
            # Django takes every error of the database for a session that was deleted meanwhile.
            if isinstance(error.__context__, OUTAGE_ERRORS):
                raise error.__context__ from error.__context__.__cause__
            raise

    @transaction.atomic
    def _store_first_time(self) -> None:
        try:
            self._save_row(must_create=True)
        except CreateError:
            # Another request of this browser has stored it at the same moment, or an expired row has its key.
            other = type(self)(self.session_key)
            self._session_cache = {**dict(self.items()), **other.load()}
            self._save_row()
        self._delete_replaced()
        self.is_stored = True


async def delete_expired_sessions() -> None:
    """Django leaves them to `clearsessions`, which nobody calls, and which takes all of them in one transaction."""
    while await _delete_some_expired():
        pass


@on_database_thread()
def _delete_some_expired() -> int:
    expired = Session.objects.filter(expire_date__lt=timezone.now())
    keys = list(expired.values_list("pk", flat=True)[:SESSIONS_A_STATEMENT])
    # Asked again: Django stores one that was loaded just before its end for another while.
    return expired.filter(pk__in=keys).delete()[0] if keys else 0


def ensure_cookie(request: Any) -> None:
    """Have the response give a guest's browser a session cookie, if it has none that is of use."""
    if not request.user.is_authenticated and request.session.session_key is None:
        request.session.begin_unstored()
