"""A conversation begins with the first thing that its customer says or does, not with a look at the page.

Until then its page shows an id that the server has issued, and there is neither a conversation's row nor a guest's
session.
"""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db import Error as DatabaseError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import get_language

from supportbot.compiled_queries import CompiledInsert, CompiledQuery, CompiledRows
from supportbot.server.executors import on_database_thread
from supportbot.server.guest_sessions import SessionStore
from supportbot.server.outages import OUTAGE_ERRORS, log_outage

from ..limits.rate_limits import check_network_rate
from ..models import Conversation
from ..new_ids import is_issued_id, issue_id
from ..realtime.socket_sessions import CLOSE_NOT_FOUND, CLOSE_RECONNECT, SessionEnded, SocketSession
from ..visitors import Visitor, get_or_create_visitor, get_visitor
from .socket_login import load_socket_session

NOT_BEGUN = 0  # in place of the primary key of a conversation in which nothing was said or done yet
# Every page and every socket begins with these, so their SQL is built once.
WITH_PUBLIC_ID = CompiledRows(
    Conversation,
    ["public_id"],
    lambda public_id: Conversation.objects.filter(public_id=public_id).order_by().values_list("pk"),
)
OF_ACCOUNT = CompiledQuery(
    Conversation,
    ["user", "public_id"],
    lambda user, public_id: _find_own_rows(Visitor(user_id=user), public_id),
)
OF_GUEST = CompiledQuery(
    Conversation,
    ["guest_key", "public_id"],
    lambda guest_key, public_id: _find_own_rows(Visitor(guest_key=guest_key), public_id),
)
LATEST_OF_ACCOUNT = CompiledQuery(
    Conversation, ["user"], lambda user: Conversation.objects.visible_to(Visitor(user_id=user))[:1]
)
LATEST_OF_GUEST = CompiledQuery(
    Conversation,
    ["guest_key"],
    lambda guest_key: Conversation.objects.visible_to(Visitor(guest_key=guest_key))[:1],
)

NEW_CONVERSATION = CompiledInsert(Conversation)


def find_latest_conversation(visitor: Visitor) -> Conversation | None:
    if visitor.user_id:
        return LATEST_OF_ACCOUNT.fetch_first(visitor.user_id)
    return LATEST_OF_GUEST.fetch_first(visitor.guest_key) if visitor.guest_key else None


def find_own_conversation(visitor: Visitor, public_id: UUID) -> Conversation | None:
    """The conversation of this id, with its people, if it is the visitor's own."""
    if visitor.user_id:
        return OF_ACCOUNT.fetch_first(visitor.user_id, public_id)
    return OF_GUEST.fetch_first(visitor.guest_key, public_id) if visitor.guest_key else None


def _find_own_rows(visitor: Visitor, public_id: Any) -> QuerySet[Conversation]:
    own = Conversation.objects.visible_to(visitor).filter(public_id=public_id)
    return own.select_related("user", "assignee")


def _is_stored(public_id: UUID) -> bool:
    return bool(WITH_PUBLIC_ID.fetch_rows(public_id))


def build_new_conversation(visitor: Visitor, public_id: UUID) -> Conversation:
    """The conversation that would begin under this id, not stored."""
    return Conversation(
        public_id=public_id,
        user_id=visitor.user_id,
        guest_key=visitor.guest_key,
        language=get_language() or "",
    )


def find_first_id(visitor: Visitor, session_key: str) -> UUID:
    """The id of the visitor's next conversation: the same for all pages on which they have said nothing yet."""
    first = issue_id(visitor.key if visitor.user_id else f"session:{session_key}")
    return issue_id() if _is_stored(first) else first


def reload_visitor(user: Any, session: Any) -> Visitor:
    """The visitor as the session is stored now: its guest may have got a key since this request began."""
    return get_visitor(user, session if user.is_authenticated else SessionStore(session.session_key))


def note_language(conversation: Conversation) -> None:
    """What is written to the customer from now on is in the language of the page that is shown.

    It is shown whether that can be noted or not.
    """
    language = get_language() or ""
    if conversation.pk is None or conversation.language == language:
        return
    try:
        Conversation.objects.filter(pk=conversation.pk).update(language=language)
    except OUTAGE_ERRORS as error:
        log_outage(error)


def is_new_id(public_id: UUID) -> bool:
    """Whether a conversation may begin under this id."""
    return is_issued_id(public_id) and not _is_stored(public_id)


def ensure_begun(user: Any, session: Any, conversation: Conversation) -> Conversation:
    """The conversation as it is stored, which happens now if it was not. A guest's session is stored with it."""
    if conversation.pk is not None:
        return conversation
    _check_guest(get_visitor(user, session), conversation.public_id)
    was_stored = session.is_stored
    try:
        with transaction.atomic():
            return _get_or_create_conversation(get_or_create_visitor(user, session), conversation.public_id)
    except DatabaseError:
        session.is_stored = was_stored  # its row was rolled back
        raise


@on_database_thread()
def find_conversation(session_key: str, public_id: UUID, *, may_begin: bool) -> tuple[SocketSession, int]:
    """The session of a socket, and the conversation that its page shows.

    That is its primary key, or `NOT_BEGUN` of one that may begin. Raises `SessionEnded` for any other one.
    """
    # Twice, for another page of the same guest may have begun it between the look at the session and the last one.
    for _look in range(2):
        _user, socket = load_socket_session.run_sync(session_key)
        if found := find_own_conversation(socket.visitor, public_id):
            return socket, found.pk
        if may_begin and socket.session_key and is_new_id(public_id):
            return socket, NOT_BEGUN
    raise SessionEnded(CLOSE_NOT_FOUND)


@on_database_thread(repeat=True)
@transaction.atomic
def begin_from_socket(socket: SocketSession, public_id: UUID) -> tuple[SocketSession, int]:
    """Begin the conversation of an empty page. Returns the socket's session as it is now, and the conversation's id.

    Raises `SessionEnded`.
    """
    if socket.is_stored:
        socket.require_living()
    _check_guest(socket.visitor, public_id)
    session = SessionStore(socket.session_key)
    visitor = socket.visitor if socket.user_id else get_or_create_visitor(None, session)
    if not socket.user_id and session.session_key != socket.session_key:
        # The cookie's session has ended: the page comes back with another one.
        raise SessionEnded(CLOSE_RECONNECT)
    try:
        conversation = _get_or_create_conversation(visitor, public_id)
    except Http404:
        raise SessionEnded(CLOSE_NOT_FOUND) from None
    return replace(socket, guest_key=visitor.guest_key), conversation.pk


def _check_guest(visitor: Visitor, public_id: UUID) -> None:
    """Raise `RequestRefused`, before anything is stored, where guests of this network begin too much."""
    if visitor.user_id is None and not _is_stored(public_id):
        check_network_rate()


def _get_or_create_conversation(visitor: Visitor, public_id: UUID) -> Conversation:
    """Raises Http404 for an id of somebody else's conversation."""
    conversation = None if _is_stored(public_id) else _create_conversation(visitor, public_id)
    conversation = conversation or find_own_conversation(visitor, public_id)
    if conversation is None:
        raise Http404
    return conversation


def _create_conversation(visitor: Visitor, public_id: UUID) -> Conversation | None:
    """None where another page has begun it at the same moment."""
    conversation = build_new_conversation(visitor, public_id)
    try:
        with transaction.atomic():
            NEW_CONVERSATION.save(conversation)
    except IntegrityError:
        if _is_stored(public_id):
            return None
        raise
    return conversation
