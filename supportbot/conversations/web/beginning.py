"""A conversation begins with the first thing that its customer says or does, not with a look at the page.

Until then its page shows an id that the server has issued, and there is neither a conversation's row nor a guest's
session.
"""

from typing import Any
from uuid import UUID

from django.db import Error as DatabaseError
from django.db import transaction
from django.http import Http404

from supportbot.server.executors import on_database_thread
from supportbot.server.guest_sessions import SessionStore

from ..limits.rate_limits import check_network_rate
from ..models import Conversation
from ..new_ids import is_issued_id, issue_id
from ..realtime.socket_sessions import CLOSE_NOT_FOUND, CLOSE_RECONNECT, SessionEnded, SocketSession
from ..visitors import Visitor, get_or_create_visitor, get_visitor

NOT_BEGUN = 0  # in place of the primary key of a conversation in which nothing was said or done yet


def build_new_conversation(visitor: Visitor, public_id: UUID) -> Conversation:
    """The conversation that would begin under this id, not stored."""
    return Conversation(public_id=public_id, user_id=visitor.user_id, guest_key=visitor.guest_key)


def find_first_id(visitor: Visitor, session_key: str) -> UUID:
    """The id of the visitor's next conversation: the same for all pages on which they have said nothing yet."""
    first = issue_id(visitor.key if visitor.user_id else f"session:{session_key}")
    return issue_id() if Conversation.objects.filter(public_id=first).exists() else first


def reload_visitor(user: Any, session: Any) -> Visitor:
    """The visitor as the session is stored now: its guest may have got a key since this request began."""
    return get_visitor(user, session if user.is_authenticated else SessionStore(session.session_key))


def is_new_id(public_id: UUID) -> bool:
    """Whether a conversation may begin under this id."""
    return is_issued_id(public_id) and not Conversation.objects.filter(public_id=public_id).exists()


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


@on_database_thread(repeat=True)
def find_conversation(
    socket: SocketSession, public_id: UUID, *, may_begin: bool
) -> tuple[SocketSession, int]:
    """The conversation that a page shows: its primary key, or `NOT_BEGUN` of one that may begin.

    Raises `SessionEnded` for any other one. The session is returned too, for a guest may have begun to talk, on another
    page, since the socket's was loaded.
    """
    if not socket.is_stored:
        socket = socket.become_guest(get_visitor(None, SessionStore(socket.session_key)).guest_key)
    mine = Conversation.objects.visible_to(socket.visitor).filter(public_id=public_id)
    found = mine.values_list("pk", flat=True).first()
    if found is None and not (may_begin and socket.session_key and is_new_id(public_id)):
        raise SessionEnded(CLOSE_NOT_FOUND)
    return socket, found or NOT_BEGUN


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
        raise SessionEnded(
            CLOSE_RECONNECT
        )  # the cookie's session has ended: the page comes back with another one
    try:
        conversation = _get_or_create_conversation(visitor, public_id)
    except Http404:
        raise SessionEnded(CLOSE_NOT_FOUND) from None
    return socket.become_guest(visitor.guest_key), conversation.pk


def _check_guest(visitor: Visitor, public_id: UUID) -> None:
    """Raise `RequestRefused`, before anything is stored, where guests of this network begin too much."""
    if visitor.user_id is None and not Conversation.objects.filter(public_id=public_id).exists():
        check_network_rate()


def _get_or_create_conversation(visitor: Visitor, public_id: UUID) -> Conversation:
    """Raises Http404 for an id of somebody else's conversation."""
    made = {"user_id": visitor.user_id, "guest_key": visitor.guest_key}
    conversation, is_new = Conversation.objects.get_or_create(public_id=public_id, defaults=made)
    if not is_new and not Conversation.objects.visible_to(visitor).filter(pk=conversation.pk).exists():
        raise Http404
    return conversation
