"""Copies the rows of a filled database again and again inside of it, which is ten times as fast as to build each."""

from collections.abc import Callable, Sequence
from typing import Any

from django.core.management.color import no_style
from django.db import connection, models, transaction

UNIQUE_TEXT = ("username", "number", "key", "guest_key")


def copy_rows(copied: Sequence[Any], times: int, seconds: float) -> None:
    """Copy all rows of these models so many times, each copy so many seconds after the one before it.

    A model must come behind those that it points at.
    """
    strides = {model: model.objects.order_by("-pk").values_list("pk", flat=True)[0] for model in copied}
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # The copies point where they should.
            cursor.execute("SET LOCAL session_replication_role = replica")
        for number in range(1, times + 1):
            for model in copied:
                cursor.execute(_build_copy(model, strides, number, seconds * number))
        for statement in connection.ops.sequence_reset_sql(no_style(), list(copied)):
            cursor.execute(statement)


def _build_copy(model: Any, strides: dict[Any, int], number: int, seconds: float) -> str:
    quote = connection.ops.quote_name
    values = {
        quote(field.column): _choose_value(field)(quote(field.column), strides, number, seconds)
        for field in model._meta.concrete_fields
        if not field.generated  # the database works them out itself
    }
    table = quote(model._meta.db_table)
    # Names of our own models, and numbers.
    return (
        f"INSERT INTO {table} ({', '.join(values)}) SELECT {', '.join(values.values())} "
        f"FROM {table} WHERE {quote(model._meta.pk.column)} <= {strides[model]}"
    )


Value = Callable[[str, dict[Any, int], int, float], str]


def _choose_value(field: Any) -> Value:
    """What stands in a column of a copy."""
    if field.primary_key:
        return lambda column, strides, number, _: f"{column} + {number * strides[field.model]}"
    if isinstance(field, models.ForeignKey):
        return lambda column, strides, number, _: f"{column} + {number * strides.get(field.related_model, 0)}"
    if isinstance(field, models.DateTimeField):
        return _shift_time
    if isinstance(field, models.UUIDField):
        return _draw_uuid
    if field.name in UNIQUE_TEXT:
        return lambda column, _, number, __: f"CASE {column} WHEN '' THEN '' ELSE {column} || 'x{number}' END"
    return lambda column, *_: column


def _shift_time(column: str, _strides: dict[Any, int], _number: int, seconds: float) -> str:
    if connection.vendor == "postgresql":
        return f"{column} + {seconds} * interval '1 second'"
    return f"strftime('%Y-%m-%d %H:%M:%f', {column}, '+{seconds} seconds')"


def _draw_uuid(_column: str, *_: Any) -> str:
    return "gen_random_uuid()" if connection.vendor == "postgresql" else "lower(hex(randomblob(16)))"
