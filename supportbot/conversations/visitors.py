"""Who a request comes from, from what the server itself knows: the account or the session, never the request's text."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import time
from typing import Any

# In the session.
GUEST_KEY_NAME = "guest_key"
RENEWED_AT_NAME = "renewed_at"  # seconds since the epoch
RENEWAL_INTERVAL_SECONDS = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Visitor:
    """An account, or a guest, who is known by a random key in the session."""

    user_id: int | None = None
    guest_key: str = field(default="", repr=False)

    @property
    def key(self) -> str:
        """Tells this visitor from every other one, in limits and budgets."""
        return f"user:{self.user_id}" if self.user_id else f"guest:{self.guest_key}"


def get_visitor(user: Any, session: Mapping[str, Any]) -> Visitor:
    """The visitor of a request or socket with this user and session."""
    if user is not None and user.is_authenticated:
        return Visitor(user_id=user.pk)
    return Visitor(guest_key=session.get(GUEST_KEY_NAME, ""))


def get_or_create_visitor(user: Any, session: Any) -> Visitor:
    """The same for somebody who does something: a guest's session is stored with a key in it, if it has none."""
    if (user is None or not user.is_authenticated) and GUEST_KEY_NAME not in session:
        session[GUEST_KEY_NAME] = secrets.token_urlsafe(24)
        session.save()  # of two requests at once, both have the key of the first one after this
    return get_visitor(user, session)


def create_mail_key() -> str:
    """The key of a guest who is known by an address alone: no session has it, and no other conversation shares it."""
    return f"mail:{secrets.token_hex(16)}"


def renew_session(user: Any, session: Any, *, is_new_visit: bool = False) -> None:
    """Have the visitor's session end its whole time from now, so that who comes back keeps the conversation.

    That writes the session, so it is done when somebody comes to the site, and once a day while they stay. Of a guest
    who has said nothing yet there is only the cookie.
    """
    if not user.is_authenticated and GUEST_KEY_NAME not in session:
        session.modified = session.modified or bool(session.session_key and not session.is_stored)
        return
    now = int(time())
    if is_new_visit or not 0 <= now - session.get(RENEWED_AT_NAME, 0) < RENEWAL_INTERVAL_SECONDS:
        session[RENEWED_AT_NAME] = now
