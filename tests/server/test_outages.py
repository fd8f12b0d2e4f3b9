"""When the database is away or full, whatever is asked for gets an honest answer, and the log has one line of it."""

import json
import logging
import logging.config
import re
import sqlite3
from collections.abc import Iterator
from typing import Any
from unittest.mock import Mock

import pytest
from django.core import management
from django.db import InterfaceError, OperationalError, connection
from django.test import Client
from django.urls import get_resolver

from supportbot.server import command_line
from supportbot.server.close_codes import CLOSE_TRY_AGAIN
from supportbot.server.guest_sessions import SessionStore
from supportbot.server.outage_responses import close_sockets_in_outages
from supportbot.server.outages import describe_outage
from supportbot.settings import LOGGING

SECRET = "what a customer wrote"
# What needs no database, and answers as ever.
INDEPENDENT = {"/healthz", "/readyz", "/favicon.ico"}
CHAT = "7f3a2b10-0000-4000-8000-000000000000"
PATHS = [
    *("/", "/conversations/", f"/c/{CHAT}/", f"/c/{CHAT}/earlier/?before=3", f"/c/{CHAT}/transcript.json"),
    *(f"/c/{CHAT}/transcript.txt", f"/c/{CHAT}/images/{CHAT}/", f"/c/{CHAT}/frames/?seen=1"),
    *("/accounts/login/", "/admin/", "/admin/login/", "/admin/desk/", "/admin/auth/user/"),
    *("/admin/conversations/conversation/", "/admin/tickets/ticket/add/", "/admin/orders/order/1/change/"),
]
POSTED = [
    "/new/",
    "/accounts/login/",
    "/accounts/logout/",
    "/admin/login/",
    f"/c/{CHAT}/images/",
    f"/c/{CHAT}/continue/",
]


def make_error(kind: type[Exception]) -> Exception:
    cause = sqlite3.OperationalError(SECRET)
    cause.sqlite_errorname = "SQLITE_FULL"  # type: ignore[misc]
    error = kind(SECRET)
    error.__cause__ = cause
    return error


@pytest.fixture(params=[OperationalError, InterfaceError], ids=lambda kind: kind.__name__)
def away(request: Any, db: None) -> Iterator[Any]:
    """Switches the database off."""

    def fail(*_args: Any) -> None:
        raise make_error(request.param)

    def switch_off() -> Any:
        return connection.execute_wrapper(fail)

    return switch_off


def make_client(user: Any) -> Client:
    client = Client(raise_request_exception=False)
    if user is None:
        client.get("/")  # a guest gets a session
    else:
        client.force_login(user)
    return client


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("who", ["a guest", "staff"])
@pytest.mark.parametrize("debug", [False, True], ids=["deployed", "with DEBUG"])
def test_every_page_says_so_and_comes_back_by_itself(path, who, debug, away, admin_user, settings, caplog):
    settings.DEBUG = debug
    client = make_client(admin_user if who == "staff" else None)
    caplog.clear()

    with away():
        response = client.get(path)

    page = response.content.decode()
    assert response.status_code == 503, page
    assert "We can't reach our own data right now." in page.replace("&#x27;", "'")
    assert 5 <= int(response["Retry-After"]) <= 12
    assert f'<meta http-equiv="refresh" content="{response["Retry-After"]}">' in page
    assert "no-store" in response["Cache-Control"]
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert SECRET not in page
    (record,) = caplog.records
    assert record.exc_info is None
    assert re.fullmatch(
        r"The database is out of reach: \w+Error, SQLITE_FULL: the disk is full", record.getMessage()
    )
    assert client.get("/healthz").status_code == 200


def test_it_is_logged_once_also_when_logging_was_set_up_twice(away, alice, caplog):
    logging.config.dictConfig({**LOGGING, "root": {}})
    client = make_client(alice)
    caplog.clear()

    with away():
        client.get("/")

    assert len(caplog.records) == 1


@pytest.mark.parametrize("path", POSTED)
def test_what_was_sent_is_said_not_to_have_been_taken(path, away, admin_user):
    client = make_client(admin_user)

    with away():
        response = client.post(path, {"username": "a", "password": "b"}, headers={"Accept": "text/html"})

    assert response.status_code == 503
    assert "was not taken. Please go back and send it again" in response.content.decode()
    assert "refresh" not in response.content.decode()  # it would ask for what can only be sent


@pytest.mark.parametrize("accepted", ["application/json", "*/*"])
def test_a_script_is_told_in_json(accepted, away, alice):
    client = make_client(alice)

    with away():
        response = client.post(f"/c/{CHAT}/images/", headers={"Accept": accepted})

    assert (response.status_code, response["Content-Type"]) == (503, "application/json")
    assert "try again in a moment" in json.loads(response.content)["error"]


def test_a_session_that_cannot_be_saved_is_not_said_to_have_been_deleted(away, db):
    session = SessionStore()
    session["seen"] = 1
    session.save(must_create=True)
    session["seen"] = 2

    with away(), pytest.raises((OperationalError, InterfaceError)):
        session.save()

    session.save()
    assert SessionStore(session.session_key)["seen"] == 2


def test_a_guest_whose_first_message_cannot_be_stored_is_told_so_and_may_send_it_again(db, caplog):
    client = Client(raise_request_exception=False)
    path = client.get("/", follow=True).request["PATH_INFO"]
    form = {"text": "Hello?", "client_id": "first", "action": "send"}

    def refuse(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith('INSERT INTO "conversations_conversation"'):
            raise make_error(OperationalError)
        return execute(sql, *rest)

    with connection.execute_wrapper(refuse):
        response = client.post(path, form)

    assert response.status_code == 422
    assert "Please try again in a moment." in response.content.decode()
    assert not [record for record in caplog.records if record.exc_info]


def test_it_is_well_again_when_the_database_is_back(away, alice):
    client = make_client(alice)
    with away():
        assert client.get("/").status_code == 503

    assert client.get("/").status_code == 302


def test_what_is_wrong_for_another_reason_is_logged_whole(db, alice, monkeypatch, caplog, settings):
    def fail(*_args: Any) -> None:
        raise ValueError("a bug")

    settings.DEBUG = False
    client = make_client(alice)
    caplog.clear()

    with connection.execute_wrapper(fail):
        response = client.get("/")

    assert response.status_code == 500
    assert any(record.exc_info for record in caplog.records if record.levelno == logging.ERROR)


def list_addresses() -> list[str]:
    routes = [str(each.pattern) for each in get_resolver().url_patterns if not hasattr(each, "url_patterns")]
    filled = (re.sub(r"<int:\w+>", "1", re.sub(r"<uuid:\w+>", CHAT, route)) for route in routes)
    return sorted({f"/{each}" for each in filled} - INDEPENDENT)


@pytest.mark.parametrize("address", list_addresses())
def test_every_address_of_the_site_is_honest_by_whichever_method(address, away, admin_user):
    client = make_client(admin_user)

    with away():
        answers = {method(address).status_code for method in (client.get, client.post)}

    assert 503 in answers
    assert answers <= {503, 405}


@pytest.mark.parametrize("is_accepted", [False, True], ids=["in the handshake", "later"])
async def test_a_socket_is_closed_so_that_its_page_comes_back(is_accepted, caplog):
    sent: list[dict[str, Any]] = []

    async def fail(_scope: Any, _receive: Any, send: Any) -> None:
        if is_accepted:
            await send({"type": "websocket.accept"})
        raise make_error(OperationalError)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await close_sockets_in_outages(fail)({"type": "websocket"}, None, send)

    assert sent[-1] == {"type": "websocket.close", "code": CLOSE_TRY_AGAIN}
    assert [record.getMessage() for record in caplog.records] == [
        "The database is out of reach: OperationalError, SQLITE_FULL: the disk is full"
    ]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("SQLITE_BUSY_SNAPSHOT", "another process holds it"),
        ("SQLITE_IOERR_WRITE", "its file cannot be read or written"),
        ("53100", "the disk is full"),
        ("57P01", "its server was shut down"),
    ],
)
def test_the_reason_is_told_in_words(code: str, reason: str):
    error = OperationalError(SECRET)
    error.__cause__ = sqlite3.OperationalError(SECRET)
    error.__cause__.sqlite_errorname = code  # type: ignore[misc]
    assert describe_outage(error) == f"OperationalError, {code}: {reason}"


def test_a_command_tells_the_reason_in_words_and_a_fault_of_ours_with_its_traceback(monkeypatch, db):
    full, fault = make_error(OperationalError), OperationalError("no such table: orders_order")
    monkeypatch.setattr(management, "execute_from_command_line", Mock(side_effect=[full, fault]))
    monkeypatch.setattr(command_line, "find_connection_problem", lambda: "")

    with pytest.raises(SystemExit, match=r"^The database cannot be used: the disk is full$"):
        command_line.execute_command(["manage.py", "migrate"])
    with pytest.raises(OperationalError, match="no such table"):
        command_line.execute_command(["manage.py", "migrate"])
