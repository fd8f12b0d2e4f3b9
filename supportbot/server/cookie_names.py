"""Cookies that no other site can plant: over HTTPS their names begin with `__Host-`, which browsers hold to this host.

Cookies had plain names before. Who comes with one of those keeps it under its new name, so nobody is signed out and no
guest loses a conversation by an update.
"""

from collections.abc import Callable, Mapping
from datetime import date
from http.cookies import SimpleCookie
from typing import Any

from django.conf import settings
from django.http.cookie import parse_cookie

HOST_PREFIX = "__Host-"
SESSION_COOKIE, CSRF_COOKIE = "sessionid", "csrftoken"
# From then on plain names count for nothing, or the prefix would protect nobody. A session lasts two weeks, so whoever
# updates a fortnight before that loses none.
PLAIN_NAMES_UNTIL = date(2027, 6, 30)


def adopt_plain_cookies(application: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap an ASGI application: requests and sockets with the plain cookies are taken as if these had the new names."""

    async def serve_with_renamed_cookies(scope: dict[str, Any], receive: Any, send: Any) -> None:
        renamed = _find_renamed(scope) if settings.SESSION_COOKIE_NAME.startswith(HOST_PREFIX) else {}
        if not renamed:
            await application(scope, receive, send)
            return

        async def send_with_cookies(message: Any) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *_build_headers(message, renamed)]}
            await send(message)

        headers = [*scope["headers"], *((b"cookie", _format(name, value)) for name, value in renamed.items())]
        await application({**scope, "headers": _join_cookies(headers)}, receive, send_with_cookies)

    return serve_with_renamed_cookies


def read_cookies(scope: Mapping[str, Any]) -> dict[str, str]:
    """The cookies of a request or a handshake."""
    return parse_cookie(
        "; ".join(value.decode("latin1") for name, value in scope["headers"] if name == b"cookie")
    )


def _find_renamed(scope: Mapping[str, Any]) -> dict[str, str]:
    """The values of plain cookies that have no namesake with the prefix, by their new names."""
    if date.today() >= PLAIN_NAMES_UNTIL:  # noqa: DTZ011 - a day more or less is no matter
        return {}
    cookies = read_cookies(scope)
    names = {settings.SESSION_COOKIE_NAME: SESSION_COOKIE, settings.CSRF_COOKIE_NAME: CSRF_COOKIE}
    return {new: cookies[old] for new, old in names.items() if old in cookies and new not in cookies}


def _build_headers(message: Mapping[str, Any], renamed: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """Give the browser its cookies under their new names, unless the response sets them, and take the plain ones."""
    headers = [value for name, value in message["headers"] if name.lower() == b"set-cookie"]
    cookies: list[str] = []
    for name, value in renamed.items():
        if not any(header.startswith(f"{name}=".encode()) for header in headers):
            cookies.append(_build_cookie(name, value))
        cookies.append(f"{name.removeprefix(HOST_PREFIX)}=; Path=/; Max-Age=0")
    return [(b"set-cookie", cookie.encode("latin1")) for cookie in cookies]


def _build_cookie(name: str, value: str) -> str:
    is_session = name == settings.SESSION_COOKIE_NAME
    cookie: SimpleCookie = SimpleCookie({name: value})
    cookie[name]["path"] = "/"
    cookie[name]["secure"] = True
    cookie[name]["httponly"] = is_session
    cookie[name]["samesite"] = settings.SESSION_COOKIE_SAMESITE
    cookie[name]["max-age"] = settings.SESSION_COOKIE_AGE if is_session else settings.CSRF_COOKIE_AGE
    return cookie[name].OutputString()


def _join_cookies(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers with one for all cookies, as applications expect it."""
    cookies = b"; ".join(value for name, value in headers if name == b"cookie")
    return [*((name, value) for name, value in headers if name != b"cookie"), (b"cookie", cookies)]


def _format(name: str, value: str) -> bytes:
    return f"{name}={value}".encode("latin1")
