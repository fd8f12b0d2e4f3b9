"""SQLite as Django knows it, but for what it does beside each statement.

Django makes SQLite's placeholders anew each time, and with `DEBUG` it asks SQLite how the statement would be written
out, for a list of queries that nobody reads. Both take longer than SQLite itself with the small ones.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django.db.backends.sqlite3 import base

MAX_KEPT_STATEMENTS = 500


class CachingCursor(base.SQLiteCursorWrapper):
    """Converts each statement once in a process, as long as it is among the last ones."""

    def convert_query(self, query: str, *, param_names: Iterable[str] | None = None) -> str:
        if param_names is not None:
            converted: str = super().convert_query(query, param_names=param_names)  # type: ignore[misc]
            return converted
        return _convert_placeholders(query)


class DatabaseWrapper(base.DatabaseWrapper):
    @property
    def queries_logged(self) -> bool:
        """Whether the statements are kept, as a test that counts them asks for; not because of `DEBUG`."""
        return bool(self.force_debug_cursor)

    def create_cursor(self, name: str | None = None) -> Any:
        return self.connection.cursor(factory=CachingCursor)


@lru_cache(maxsize=MAX_KEPT_STATEMENTS)
def _convert_placeholders(query: str) -> str:
    return base.FORMAT_QMARK_REGEX.sub("?", query).replace("%%", "%")
