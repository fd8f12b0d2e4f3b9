"""Why the database cannot be reached is said at once, in its own words and without the password."""

import io
import os
from collections.abc import Iterator
from typing import Any
from unittest.mock import Mock

import dj_database_url
import pytest
from django.core.management import CommandError, call_command
from django.core.management.base import SystemCheckError
from django.db import OperationalError, connections
from django.db.utils import ConnectionHandler

from supportbot.conversations.checks import check_connection
from supportbot.conversations.management.database_check import check_database
from supportbot.server.command_line import execute_command
from supportbot.server.direct_connection import find_connection_problem
from supportbot.server.outages import describe_database_error, log_outage

NOBODY = "postgres://shop:s3cret@127.0.0.1:1/shop"  # where nobody listens
REFUSED = 'connection to server at "127.0.0.1", port 1 failed: Connection refused'


@pytest.fixture
def pool_timeout() -> float:
    return 60


@pytest.fixture
def _unreachable(
    monkeypatch: pytest.MonkeyPatch, django_db_blocker: Any, pool_timeout: float
) -> Iterator[None]:
    """The site's database is a PostgreSQL that is not there, which the pool would try again and again to reach."""
    before = connections["default"]
    monkeypatch.setattr("django.db.backends.postgresql.base.DatabaseWrapper._connection_pools", {})
    pool = {"min_size": 1, "max_size": 2, "timeout": pool_timeout}
    handler = ConnectionHandler({"default": dj_database_url.parse(NOBODY) | {"OPTIONS": {"pool": pool}}})
    connections["default"] = handler["default"]
    monkeypatch.setattr("supportbot.conversations.management.database_check.connection", handler["default"])
    with django_db_blocker.unblock():
        yield
    handler["default"].close_pool()
    connections["default"] = before


@pytest.mark.usefixtures("_unreachable")
class TestUnreachable:
    def test_a_command_says_why_the_database_cannot_be_reached(self):
        with pytest.raises(CommandError, match=f"cannot be reached: connection failed: {REFUSED}"):
            check_database()

    def test_the_check_of_the_database_says_why_it_cannot_be_reached(self):
        [error] = check_connection(None, databases=["default"])
        assert error.id == "supportbot.E009"
        assert REFUSED in error.msg
        assert "s3cret" not in error.msg

    def test_migrate_says_it_before_it_tries_anything(self):
        with pytest.raises(SystemCheckError, match=REFUSED):
            call_command("migrate", skip_checks=False)

    @pytest.mark.parametrize("pool_timeout", [0.5])
    def test_other_commands_say_it_when_they_have_waited_for_it(self):
        command = "createsuperuser --skip-checks --noinput --username=ann --email=ann@example.com"
        with pytest.raises(SystemExit, match=f"The database cannot be used: connection failed: {REFUSED}"):
            execute_command(["manage.py", *command.split()])
        with pytest.raises(OperationalError):
            execute_command(["manage.py", *command.split(), "--traceback"])

    @pytest.mark.parametrize("pool_timeout", [0.5])
    def test_a_server_logs_it_in_one_line_though_it_waited_for_the_pool_alone(self, caplog):
        with pytest.raises(OperationalError) as raised:
            connections["default"].ensure_connection()
        log_outage(raised.value)
        [record] = caplog.records
        said = "The database is out of reach: OperationalError, PoolTimeout: connection failed: "
        assert record.getMessage() == f"{said}{REFUSED}"

    def test_a_mail_that_must_wait_for_it_is_logged_with_the_reason(self, monkeypatch, caplog):
        monkeypatch.setattr("sys.stdin", Mock(buffer=io.BytesIO(b"From: a@b.org\n\nHi")))
        away = Mock(side_effect=OperationalError("secret words"))
        monkeypatch.setattr("supportbot.mail.management.commands.receive_mail.take_mail", away)
        with pytest.raises(SystemExit) as ended:
            call_command("receive_mail")
        assert ended.value.code == os.EX_TEMPFAIL
        assert REFUSED in caplog.text
        assert "secret" not in caplog.text

    def test_a_mailbox_that_is_left_unread_is_logged_with_the_reason(self, monkeypatch, settings):
        settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"imap_url": "imaps://u:p@h"})
        away = Mock(side_effect=OperationalError("secret words"))
        monkeypatch.setattr("supportbot.mail.management.commands.fetch_mail.fetch_new_mails", away)
        with pytest.raises(CommandError, match=f"The database is away: connection failed: {REFUSED}"):
            call_command("fetch_mail", "--once")

    def test_who_asks_after_no_database_is_told_nothing_of_it(self):
        assert check_connection(None, databases=None) == []


@pytest.mark.django_db
def test_of_a_database_that_is_there_nothing_is_said():
    assert find_connection_problem() == ""
    assert check_connection(None, databases=["default"]) == []


@pytest.mark.parametrize(
    ("text", "told"), [("", "OperationalError"), ("\n", "OperationalError"), ("no room\nmore", "no room")]
)
def test_an_error_is_told_by_its_first_line(text: str, told: str):
    error: Any = OperationalError(text)
    assert describe_database_error(error) == told
