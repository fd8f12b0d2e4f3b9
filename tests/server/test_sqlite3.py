"""The database is SQLite as Django knows it: its placeholders mean the same, the first time and the next."""

import pytest
from django.db import connection, reset_queries
from django.db.backends.sqlite3.base import SQLiteCursorWrapper
from django.test.utils import CaptureQueriesContext

from supportbot.conversations.models import Conversation

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "sqlite", reason="It is about SQLite"),
]


@pytest.mark.parametrize(
    ("query", "values", "found"),
    [
        ("SELECT %s, '%%s', '100 %%', %s", [1, "%s"], (1, "%s", "100 %", "%s")),
        ("SELECT %s", ("twice",), ("twice",)),
        ("SELECT %(one)s, '%%', %(two)s, %(one)s", {"one": 1, "two": 2}, (1, "%", 2, 1)),
        ("SELECT '%s', '%%'", None, ("%s", "%%")),
    ],
    ids=["a list", "a tuple", "names", "none"],
)
def test_placeholders_are_filled_as_django_says_each_time(query, values, found):
    for _time in range(2):
        with connection.cursor() as cursor:
            cursor.execute(query, values)
            assert cursor.fetchone() == found


def test_a_statement_is_converted_once(monkeypatch: pytest.MonkeyPatch):
    list(Conversation.objects.filter(title="%s"))

    def fail(*_args: object, **_options: object) -> str:
        raise AssertionError("converted again")

    monkeypatch.setattr(SQLiteCursorWrapper, "convert_query", fail)
    monkeypatch.setattr("supportbot.server.sqlite3.base.base.FORMAT_QMARK_REGEX", None)
    assert not list(Conversation.objects.filter(title="something else"))


def test_statements_are_kept_for_a_test_that_counts_them_and_not_because_of_debug(settings):
    settings.DEBUG = True
    reset_queries()
    assert not Conversation.objects.exists()
    assert not connection.queries_log

    with CaptureQueriesContext(connection) as captured:
        assert not Conversation.objects.exists()
    assert len(captured) == 1
