"""Who opens a socket: the account or guest of the session whose cookie comes with the handshake."""

from collections.abc import Mapping
from typing import Any, cast

from channels.auth import get_user
from django.conf import settings

from supportbot.server.cookie_names import read_cookies
from supportbot.server.executors import on_database_thread
from supportbot.server.guest_sessions import SessionStore

from ..realtime.socket_sessions import SocketSession, build_socket_session

# The function that Channels would run on a thread of its own. Django's would give some sessions another key, which no
# socket can tell the browser.
load_user: Any = cast(Any, get_user).func


def read_session_key(scope: Mapping[str, Any]) -> str:
    """The session that the cookie of a handshake names, empty if it names none. It may have ended."""
    return read_cookies(scope).get(settings.SESSION_COOKIE_NAME, "")


@on_database_thread()
def load_socket_session(session_key: str, permission: str = "") -> tuple[Any, SocketSession]:
    """The account, or nobody's, and the session as it is stored now."""
    session = SessionStore(session_key or None)
    user = load_user({"session": session})
    return user, build_socket_session(user, session, permission)
