"""Statements whose SQL is built once: the few that every message of a customer runs, or every process again and again.

Django builds the SQL of a query or a `save` anew each time, which takes many times as long as the database takes to
run it. These are built once in a process. They read and write the same instances as the model's own methods;
they send no signals.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections, models
from django.db.models.query import get_related_populators  # type: ignore[attr-defined]
from django.db.models.sql import UpdateQuery
from django.db.transaction import TransactionManagementError

from .query_parameters import Arguments, Fields, build_parameters, fill_arguments, place_arguments

M = TypeVar("M", bound=models.Model)
Rows = Sequence[Any]  # of a sequence of values each
EMPTY_JSON: Mapping[Any, Callable[[], Any]] = {"{}": dict, "[]": list}
# As `ListParameter` is written for PostgreSQL.
ARRAY_ROWS = re.compile(r"IN \(SELECT unnest\((%s::[^)]+\[\])\)\)")


@dataclass(frozen=True, slots=True)
class _Statement:
    """A query as it is run, on any connection to this kind of database.

    arguments: for each place in the SQL (which of the given values, its parameter), or (-1, a constant).
    converters: by column, what makes Python's values of the database's, and the expression that it was selected by.
    columns, names: those of an instance, and of its fields; empty where values are read.
    populators: what makes the instances that are joined, and gives them to it.
    is_locking: whether it locks its rows, which holds until the end of a transaction. Django asks for one only when it
        builds the SQL.
    """

    sql: str
    arguments: Arguments
    converters: Mapping[int, tuple[Sequence[Callable[..., Any]], Any]]
    columns: slice
    names: Sequence[str]
    populators: Sequence[Any]
    is_locking: bool

    def fetch_rows(self, values: Sequence[object], database: Any) -> Rows:
        """The rows for these values, as Python has them."""
        if self.is_locking and not database.in_atomic_block:
            raise TransactionManagementError("Rows are locked within a transaction only.")
        with database.cursor() as cursor:
            cursor.execute(self.sql, fill_arguments(self.arguments, values, database))
            rows = list(map(list, cursor.fetchall()))
        for column, (converters, expression) in self.converters.items():
            for row in rows:
                for convert in converters:
                    row[column] = convert(row[column], expression, database)
        return rows


class CompiledRows:
    """The rows of a `values_list` of which only some values change.

    model, fields: the field that each of the changing values is compared with; the model's own by their names, which
        end in `__in` where it is compared with any number of them.
    build: makes the queryset of a `Parameter` for each of `fields`.
    """

    def __init__(
        self,
        model: type[models.Model],
        fields: Fields,
        build: Callable[..., models.QuerySet[Any, Any]],
    ) -> None:
        self._model, self._fields, self._build = model, fields, build
        # By the kind of database, and whether it has words for locks, as SQLite has within a tool.
        self._statements: dict[tuple[str, bool], _Statement] = {}

    def fetch_rows(self, *values: object) -> Rows:
        """The rows for these values, in the order of `fields`."""
        database = _get_database()
        return self._get_statement(database).fetch_rows(values, database)

    def _get_statement(self, database: Any) -> _Statement:
        kind = database.vendor, database.features.has_select_for_update
        statement = self._statements.get(kind)
        if statement is None:
            statement = self._statements[kind] = self._compile(database)
        return statement

    def _compile(self, database: Any) -> _Statement:
        queryset = self._build(*build_parameters(self._model, self._fields))
        compiler: Any = queryset.query.get_compiler(connection=database)
        sql, arguments = _compile_sql(compiler)
        converters = compiler.get_converters([column for column, _sql, _name in compiler.select])
        return _Statement(
            sql,
            arguments,
            {
                column: (list(map(_hasten_converter, each)), part)
                for column, (each, part) in converters.items()
            },
            *_describe_instances(compiler, database),
            compiler.query.select_for_update,
        )


class CompiledQuery(CompiledRows, Generic[M]):
    """The same for a queryset of instances, which may join others by `select_related`, but has no annotations."""

    def __init__(self, model: type[M], fields: Fields, build: Callable[..., models.QuerySet[M]]) -> None:
        super().__init__(model, fields, build)
        self._instance_type = model

    def fetch_all(self, *values: object) -> list[M]:
        """The instances for these values, in the order of `fields`."""
        database = _get_database()
        statement = self._get_statement(database)
        instances = []
        for row in statement.fetch_rows(values, database):
            instance = self._instance_type.from_db(database.alias, statement.names, row[statement.columns])
            for populator in statement.populators:
                populator.populate(row, instance)
            instances.append(instance)
        return instances

    def fetch_first(self, *values: object) -> M | None:
        """The first of them, None if there is none."""
        return next(iter(self.fetch_all(*values)), None)


class CompiledInsert(Generic[M]):
    """Stores new instances of a model, each in a statement of its own."""

    def __init__(self, model: type[M]) -> None:
        self._key: Any = model._meta.pk
        self._fields: list[Any] = [
            field for field in model._meta.local_concrete_fields if field is not self._key
        ]
        quote = _get_database().ops.quote_name
        columns = ", ".join(quote(field.column) for field in self._fields)
        places = ", ".join(["%s"] * len(self._fields))
        self._sql = (
            f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES ({places}) "  # noqa: S608 - our own names
            f"RETURNING {quote(self._key.column)}"
        )

    def save(self, instance: M) -> None:
        """Store the instance and give it its key."""
        database = _get_database()
        with database.cursor() as cursor:
            cursor.execute(self._sql, _prepare_values(self._fields, instance, database, is_new=True))
            (key,) = cursor.fetchone()
        setattr(instance, self._key.attname, key)
        instance._state.adding, instance._state.db = False, database.alias


class CompiledUpdate(Generic[M]):
    """Writes the fields of these names of an instance, or all of them."""

    def __init__(self, model: type[M], fields: Sequence[str] = ()) -> None:
        self._key: Any = model._meta.pk
        every = [field for field in model._meta.local_concrete_fields if field is not self._key]
        self._fields: list[Any] = [field for field in every if not fields or field.name in fields]
        quote = _get_database().ops.quote_name
        places = ", ".join(f"{quote(field.column)} = %s" for field in self._fields)
        self._sql = (
            f"UPDATE {quote(model._meta.db_table)} SET {places} "  # noqa: S608 - our own names
            f"WHERE {quote(self._key.column)} = %s"
        )

    def save(self, instance: M) -> None:
        """Raises `DatabaseError` for a row that is not there."""
        database = _get_database()
        values = _prepare_values(self._fields, instance, database, is_new=False)
        with database.cursor() as cursor:
            cursor.execute(self._sql, [*values, instance.pk])
            if cursor.rowcount != 1:
                raise DatabaseError(f"There is no {instance._meta.label} of this key any more.")


class CompiledRowsUpdate:
    """A `QuerySet.update` of which only some values change.

    model, fields: the field that each of the changing values is compared with or written to, as `CompiledRows` has it.
    build: makes the queryset of a `Parameter` for each of `fields`, and what is written to its rows, by field.
    """

    def __init__(
        self,
        model: type[models.Model],
        fields: Fields,
        build: Callable[..., tuple[models.QuerySet[Any, Any], Mapping[str, Any]]],
    ) -> None:
        self._model, self._fields, self._build = model, fields, build
        self._statements: dict[str, tuple[str, Arguments]] = {}  # by the kind of database

    def update_rows(self, *values: object) -> int:
        """Change the rows for these values, in the order of `fields`. Returns how many there are."""
        database = _get_database()
        if database.vendor not in self._statements:
            self._statements[database.vendor] = self._compile(database)
        sql, arguments = self._statements[database.vendor]
        with database.cursor() as cursor:
            cursor.execute(sql, fill_arguments(arguments, values, database))
            changed: int = cursor.rowcount
        return changed

    def _compile(self, database: Any) -> tuple[str, Arguments]:
        queryset, written = self._build(*build_parameters(self._model, self._fields))
        query: Any = queryset.query.chain(UpdateQuery)
        query.add_update_values(written)
        return _compile_sql(query.get_compiler(connection=database))


def _compile_sql(compiler: Any) -> tuple[str, Arguments]:
    """The SQL of a query, and what stands in its places.

    PostgreSQL compares with an array itself: a join with its values would lock rows in any order, and two processes
    that update the same ones might wait for each other.
    """
    sql, arguments = compiler.as_sql()
    return ARRAY_ROWS.sub(r"= ANY(\1)", sql), place_arguments(arguments)


def _hasten_converter(convert: Callable[..., Any]) -> Callable[..., Any]:
    """The same converter; that of a `JSONField` decodes no empty value, as it is in most rows."""
    if not isinstance(getattr(convert, "__self__", None), models.JSONField):
        return convert

    def convert_json(value: Any, expression: Any, database: Any) -> Any:
        make_empty = EMPTY_JSON.get(value)
        return make_empty() if make_empty else convert(value, expression, database)

    return convert_json


def _describe_instances(compiler: Any, database: Any) -> tuple[slice, Sequence[str], Sequence[Any]]:
    """How instances are made of rows, as `_Statement` has it. Of a `values_list` none are."""
    info = compiler.klass_info
    if info is None:
        return slice(0), (), ()
    columns = slice(info["select_fields"][0], info["select_fields"][-1] + 1)
    names = [column.target.attname for column, _sql, _name in compiler.select[columns]]
    return columns, names, get_related_populators(info, compiler.select, database.alias)


def _get_database() -> Any:
    """This thread's connection."""
    return connections[DEFAULT_DB_ALIAS]


def _prepare_values(
    fields: Iterable[Any], instance: models.Model, database: Any, *, is_new: bool
) -> list[Any]:
    return [field.get_db_prep_save(field.pre_save(instance, is_new), database) for field in fields]
