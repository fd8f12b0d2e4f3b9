"""The session that each open page was opened with. When that ends, the page's socket is closed."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.db.models import Exists
from django.utils import timezone

from supportbot.compiled_queries import CompiledRows
from supportbot.server.executors import on_database_thread
from supportbot.server.process import process

from ..answerers import list_permitted_staff
from ..models import Conversation
from ..visitors import Visitor, get_visitor
from . import process_messages

CloseSocket = Callable[[int], Awaitable[None]]


def _find_visible(pk: Any, session_key: Any, now: Any, visitor: Visitor) -> Any:
    """The conversation, if the visitor may see it and the session lives."""
    session = Session.objects.filter(session_key=session_key, expire_date__gt=now)
    return Conversation.objects.visible_to(visitor).filter(Exists(session), pk=pk)


# Looked at before whatever a page asks for, so their SQL is built once.
_SESSION_FIELDS = ("id", Session._meta.get_field("session_key"), Session._meta.get_field("expire_date"))
GUEST_ACCESS = CompiledRows(
    Conversation,
    [*_SESSION_FIELDS, "guest_key"],
    lambda pk, session_key, now, guest_key: _find_visible(
        pk, session_key, now, Visitor(guest_key=guest_key)
    ).values_list("pk"),
)
ACCOUNT_ACCESS = CompiledRows(
    Conversation,
    [*_SESSION_FIELDS, "user", get_user_model()._meta.get_field("password")],
    lambda pk, session_key, now, user, password: (
        _find_visible(pk, session_key, now, Visitor(user_id=user))
        .filter(user__is_active=True, user__password=password)
        .values_list("pk")
    ),
)
# Looked at for all pages of a process each second.
LIVING_SESSIONS = CompiledRows(
    Session,
    ["session_key__in", "expire_date"],
    lambda keys, now: Session.objects.filter(session_key__in=keys, expire_date__gt=now).values_list(
        "session_key"
    ),
)
PASSWORDS = CompiledRows(
    get_user_model(),
    ["id__in"],
    lambda ids: (
        get_user_model()._default_manager.filter(pk__in=ids, is_active=True).values_list("pk", "password")
    ),
)

# Codes with which a socket is closed.
CLOSE_SIGNED_OUT = 4401
CLOSE_NOT_FOUND = 4404
CLOSE_TOO_MANY = 4429
# A guest who signs in gets another session. The page comes back with its cookie.
CLOSE_RECONNECT = 4205


class SessionEnded(Exception):
    """The page may no longer be here. `code` is what its socket is closed with."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class SocketSession:
    """Who opened a socket, and with which session. Keys and passwords stay out of its repr, and so out of logs."""

    session_key: str = field(repr=False)
    user_id: int | None
    guest_key: str = field(repr=False)
    # The account's, as it is stored: whoever changes it ends all sessions that were begun with the old one.
    password: str = field(repr=False)
    # That its account must have, as a member of staff; empty for a customer's page.
    permission: str = ""

    @property
    def visitor(self) -> Visitor:
        return Visitor(self.user_id, self.guest_key)

    @property
    def is_stored(self) -> bool:
        """Not of a guest who has only looked so far."""
        return bool(self.user_id or self.guest_key)

    @property
    def key_digest(self) -> str:
        """The session's name among processes: nobody in between may learn what a session's cookie is."""
        return _digest_key(self.guest_key or self.session_key)

    @property
    def close_code(self) -> int:
        """How its sockets are closed when it ends."""
        return CLOSE_SIGNED_OUT if self.user_id or self.permission else CLOSE_RECONNECT

    @property
    def limit_key(self) -> str:
        """Whose open pages are counted together."""
        return self.visitor.key if self.is_stored else f"session:{self.session_key}"

    def require_living(self) -> None:
        """Raise `SessionEnded` unless the session lives, and its account may still sign in."""
        if find_expired_sessions.run_sync([self]):
            raise SessionEnded(self.close_code)

    def require_valid(self, conversation_id: int) -> None:
        """Raise `SessionEnded` unless the session lives and its visitor may see the conversation.

        One query, when all is well. It uses the database, so it is called on one of its threads.
        """
        if self.permission:
            self.require_permission(self.permission)
            return
        if not self._may_see(conversation_id):
            raise SessionEnded(self.close_code if find_expired_sessions.run_sync([self]) else CLOSE_NOT_FOUND)

    def _may_see(self, conversation_id: int) -> bool:
        asked = (conversation_id, self.session_key, timezone.now())
        if self.user_id:
            return bool(ACCOUNT_ACCESS.fetch_rows(*asked, self.user_id, self.password))
        return bool(self.guest_key and GUEST_ACCESS.fetch_rows(*asked, self.guest_key))

    def require_permission(self, permission: str) -> None:
        """Raise `SessionEnded` unless the session lives and its account has this right, as a member of staff."""
        if find_expired_sessions.run_sync([replace(self, permission=permission)]):
            raise SessionEnded(self.close_code)


@dataclass
class OpenSockets:
    """The sockets that are open in this process, by their visitor's key, and the session of each."""

    by_visitor: defaultdict[str, dict[CloseSocket, SocketSession]] = field(
        default_factory=lambda: defaultdict(dict)
    )

    def list_all(self) -> list[tuple[CloseSocket, SocketSession]]:
        return [socket for sockets in self.by_visitor.values() for socket in sockets.items()]


def build_socket_session(user: Any, session: Any, permission: str = "") -> SocketSession:
    visitor = get_visitor(user, session)
    password = user.password if visitor.user_id else ""
    key = session.session_key or ""
    return SocketSession(key, visitor.user_id, visitor.guest_key, password, permission)


def register_socket(session: SocketSession, close: CloseSocket, limit: int) -> bool:
    """Count one more socket of the visitor; False when they have `limit` already."""
    by_visitor = process.get(OpenSockets).by_visitor
    key = session.limit_key
    if len(by_visitor.get(key, ())) >= limit:
        return False
    by_visitor[key][close] = session
    return True


def unregister_socket(session: SocketSession, close: CloseSocket) -> None:
    """Count the socket no more. It may have been unregistered before."""
    by_visitor = process.get(OpenSockets).by_visitor
    key = session.limit_key
    by_visitor[key].pop(close, None)
    if not by_visitor[key]:
        del by_visitor[key]


def replace_session(session: SocketSession, new: SocketSession, close: CloseSocket) -> None:
    """The socket goes on with another session: that of a guest who has begun to talk."""
    unregister_socket(session, close)
    process.get(OpenSockets).by_visitor[new.limit_key][close] = new


@on_database_thread()
def find_expired_sessions(sessions: Collection[SocketSession]) -> set[SocketSession]:
    """Those that have ended.

    The session is gone, or the account may no longer sign in, or not with that password, or has lost its right.
    """
    keys = {each.session_key for each in sessions if each.is_stored}
    living = {key for (key,) in LIVING_SESSIONS.fetch_rows(keys, timezone.now())} if keys else set()
    user_ids = {each.user_id for each in sessions if each.user_id}
    passwords = dict(PASSWORDS.fetch_rows(user_ids)) if user_ids else {}
    passwords[None] = ""  # a guest has none
    permitted = {
        permission: list_permitted_staff(permission, user_ids)
        for permission in {each.permission for each in sessions if each.permission}
    }
    return {
        each
        for each in sessions
        if (each.is_stored and each.session_key not in living)
        or passwords.get(each.user_id) != each.password
        or (each.permission and each.user_id not in permitted[each.permission])
    }


async def close_expired_sockets() -> None:
    """Close the sockets here whose session has ended, wherever that was done."""
    sessions = {session for _close, session in process.get(OpenSockets).list_all()}
    if stored := {each for each in sessions if each.is_stored}:  # what was never stored does not end
        expired = await find_expired_sessions(stored)
        await _close_sockets(expired.__contains__)


async def end_session(key: str) -> None:
    """The session with this key, or of the guest with this one, ends now: close its sockets in every process."""
    digest = _digest_key(key)
    await _close_sockets_of_session(digest)
    await process_messages.send_to_group(process_messages.ALL_PROCESSES, "session_ended", key_digest=digest)


@process_messages.on_message("session_ended")
async def _close_sockets_of_session(key_digest: str) -> None:
    await _close_sockets(lambda session: session.key_digest == key_digest)


async def _close_sockets(is_ended: Callable[[SocketSession], bool]) -> None:
    for close, session in process.get(OpenSockets).list_all():
        if is_ended(session):
            await close(session.close_code)


def _digest_key(key: str) -> str:
    return sha256(key.encode()).hexdigest()
