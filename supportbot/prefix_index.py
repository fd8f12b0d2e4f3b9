"""An index by which texts are found by their beginning, whatever their case, as Django's `istartswith` asks for it."""

from typing import Any

from django.db import models
from django.db.backends.ddl_references import Columns


class PrefixIndex(models.Index):
    """An index of one text field. Another index serves exact comparisons alone on SQLite, and mostly on PostgreSQL too.

    SQLite folds the case of ASCII letters and of no others.
    """

    def create_sql(self, model: Any, schema_editor: Any, using: str = "", **kwargs: Any) -> Any:
        statement: Any = super().create_sql(model, schema_editor, using, **kwargs)
        (field,) = self.fields
        column, quote = model._meta.get_field(field).column, schema_editor.quote_name
        if schema_editor.connection.vendor == "postgresql":
            columns = Columns(
                model._meta.db_table, [column], lambda name: f"UPPER({quote(name)})", ("text_pattern_ops",)
            )
        else:
            columns = Columns(model._meta.db_table, [column], quote, ("COLLATE NOCASE",))
        statement.parts["columns"] = columns
        return statement
