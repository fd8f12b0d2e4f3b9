"""Over HTTPS cookies have names that no other site can plant, and an update of the site signs nobody out."""

from datetime import date, timedelta
from http.cookies import SimpleCookie
from types import SimpleNamespace
from typing import Any

import pytest

from supportbot.server import cookie_names
from supportbot.server.cookie_names import PLAIN_NAMES_UNTIL, adopt_plain_cookies
from tests.server.environments import read_settings

HTTPS = {
    "DEBUG": "0",
    "SECRET_KEY": "x" * 50,
    "ALLOWED_HOSTS": "help.example.com",
    "CSRF_TRUSTED_ORIGINS": "https://help.example.com",
}


@pytest.mark.parametrize(
    ("environment", "names"),
    [
        (HTTPS, ("__Host-sessionid", "__Host-csrftoken")),
        ({**HTTPS, "CSRF_TRUSTED_ORIGINS": "http://help.example.com"}, ("sessionid", "csrftoken")),
        ({"DEBUG": "1"}, ("sessionid", "csrftoken")),
    ],
    ids=["https", "http", "development"],
)
def test_the_prefix_is_there_where_browsers_take_it(environment, names):
    found = read_settings(
        environment, "SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SESSION_COOKIE_PATH", "SESSION_COOKIE_DOMAIN"
    )

    assert found == [*names, "/", None]


def set_day(monkeypatch: pytest.MonkeyPatch, day: date) -> None:
    monkeypatch.setattr(cookie_names, "date", SimpleNamespace(today=lambda: day))


@pytest.fixture
def https(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the last day on which plain names count."""
    set_day(monkeypatch, PLAIN_NAMES_UNTIL - timedelta(days=1))
    settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"


async def call(cookies: list[str], *set_cookies: str, kind: str = "http") -> tuple[dict[str, str], list[str]]:
    """What the application is given as cookies, and what the browser is told to keep."""
    seen: dict[str, str] = {}
    sent: list[Any] = []

    async def application(scope: Any, _receive: Any, send: Any) -> None:
        text = "; ".join(value.decode() for name, value in scope["headers"] if name == b"cookie")
        seen.update({name: each.value for name, each in SimpleCookie(text).items()})
        headers = [(b"Set-Cookie", each.encode()) for each in set_cookies]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def keep(message: Any) -> None:
        sent.append(message)

    headers = [(b"cookie", each.encode()) for each in cookies]
    await adopt_plain_cookies(application)({"type": kind, "headers": headers}, None, keep)
    return seen, [value.decode() for name, value in sent[0]["headers"] if name.lower() == b"set-cookie"]


async def test_who_comes_with_the_plain_cookies_keeps_the_session(https):
    seen, told = await call(["sessionid=abc; csrftoken=def"])

    assert (seen["__Host-sessionid"], seen["__Host-csrftoken"]) == ("abc", "def")
    session, gone, token, gone_too = told
    assert session.startswith("__Host-sessionid=abc; ")
    assert all(
        part in session for part in ("Path=/", "Secure", "HttpOnly", "SameSite=Lax", "Max-Age=1209600")
    )
    assert token.startswith("__Host-csrftoken=def; ")
    assert "HttpOnly" not in token
    assert "Domain" not in session + token
    assert (gone, gone_too) == ("sessionid=; Path=/; Max-Age=0", "csrftoken=; Path=/; Max-Age=0")


async def test_a_socket_of_a_page_that_was_open_meanwhile_keeps_it_too(https):
    seen, _ = await call(["sessionid=abc"], kind="websocket")

    assert seen["__Host-sessionid"] == "abc"


async def test_a_new_session_is_not_replaced_by_the_old_one(https):
    _, told = await call(["sessionid=abc"], "__Host-sessionid=new; Path=/; Secure")

    assert told == ["__Host-sessionid=new; Path=/; Secure", "sessionid=; Path=/; Max-Age=0"]


@pytest.mark.parametrize(
    "cookies",
    [["sessionid=planted; __Host-sessionid=own"], ["__Host-sessionid=own", "sessionid=planted"]],
)
async def test_a_plain_cookie_beside_the_own_one_counts_for_nothing(https, cookies):
    seen, told = await call([*cookies, "__Host-csrftoken=def"])

    assert (seen["__Host-sessionid"], told) == ("own", [])


async def test_one_day_plain_cookies_count_for_nothing(https, monkeypatch):
    set_day(monkeypatch, PLAIN_NAMES_UNTIL)
    assert await call(["sessionid=abc"]) == ({"sessionid": "abc"}, [])


async def test_where_names_are_plain_nothing_changes():
    assert await call(["sessionid=abc"]) == ({"sessionid": "abc"}, [])
