"""Empties the database after a test that commits, as Django does, but keeps what every migration makes again.

Django's own flush also deletes all content types, permissions and groups and makes them anew, which takes longer than
most of the tests. Here they stay, unless a test has changed them: then Django's flush runs.
"""

from typing import Any

from django.core.management.color import no_style
from django.db import connection
from django.test import TransactionTestCase

# What the signal `post_migrate` fills.
MADE_BY_MIGRATE = (
    "django_content_type",
    "auth_permission",
    "auth_group",
    "auth_group_permissions",
    "conversations_grantedright",
)


def install_quick_flush() -> None:
    """Have the tests end with it from now on. The database was just migrated."""
    flush = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]
    made = _read_made()

    def empty_database(case: TransactionTestCase) -> None:
        nonlocal made
        if _read_made() == made:
            _empty_other_tables()
        else:
            flush(case)
            made = _read_made()

    TransactionTestCase._fixture_teardown = empty_database  # type: ignore[attr-defined]


def _empty_other_tables() -> None:
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    emptied = [table for table in tables if table not in MADE_BY_MIGRATE]
    connection.ops.execute_sql_flush(connection.ops.sql_flush(no_style(), emptied))


def _read_made() -> list[list[tuple[Any, ...]]]:
    with connection.cursor() as cursor:
        return [_read(cursor, table) for table in MADE_BY_MIGRATE]


def _read(cursor: Any, table: str) -> list[tuple[Any, ...]]:
    cursor.execute(f"SELECT * FROM {table} ORDER BY id")
    return list(cursor.fetchall())
