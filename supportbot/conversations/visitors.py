"""Who sits at the browser, from what the server knows alone."""

import secrets
from typing import Any

GUEST_KEY_NAME = "guest_key"  # in the session


class Visitor:
    """Who sits at the browser: an account, or a guest known by a random key kept in the session."""

    def __init__(self, user_id: int | None = None, guest_key: str = "") -> None:
        self.user_id = user_id
        self.guest_key = guest_key

    @property
    def key(self) -> str:
        return f"user:{self.user_id}" if self.user_id else f"guest:{self.guest_key}"


def get_visitor(user: Any, session: Any) -> Visitor:
    """The visitor of a request or socket."""
    if user is not None and user.is_authenticated:
        return Visitor(user_id=user.pk)
    return Visitor(guest_key=session.get(GUEST_KEY_NAME, ""))


def get_or_create_visitor(request: Any) -> Visitor:
    """The request's visitor; a guest without a key gets one."""
    if not request.user.is_authenticated and GUEST_KEY_NAME not in request.session:
        request.session[GUEST_KEY_NAME] = secrets.token_urlsafe(24)
    return get_visitor(request.user, request.session)
