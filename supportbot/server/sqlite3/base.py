"""SQLite as Django knows it, but for how a statement's placeholders become SQLite's own.

Django does that anew for each statement that is run, which takes longer than SQLite itself with the small ones.
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
    def create_cursor(self, name: str | None = None) -> Any:
        return self.connection.cursor(factory=CachingCursor)


@lru_cache(maxsize=MAX_KEPT_STATEMENTS)
def _convert_placeholders(query: str) -> str:
    return base.FORMAT_QMARK_REGEX.sub("?", query).replace("%%", "%")
