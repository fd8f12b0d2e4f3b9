"""What stands in a statement that is built once for the values that are given when it runs."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import models
from django.db.models.expressions import Expression

Fields = Sequence["str | models.Field[Any, Any]"]
# For each place in the SQL: which of the given values, and its parameter; or -1 and a constant.
Arguments = Sequence[tuple[int, Any]]
LIST_SUFFIX = "__in"  # of the name of a field that is compared with any number of values


class Parameter(Expression):
    """Stands in a query for a value that is given when it runs: the one at `place`, which is compared with `field`."""

    def __init__(self, place: int, field: Any) -> None:
        super().__init__(output_field=field)
        self.place = place

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        return "%s", [self]

    def prepare_value(self, value: Any, database: Any) -> Any:
        """The value as the database takes it."""
        return self.output_field.get_db_prep_value(value, database)


class ListParameter(Parameter):
    """Stands behind `__in` for any number of values, given as one array: so the SQL does not depend on how many."""

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        return "SELECT value FROM json_each(%s)", [self]

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        field: Any = self.output_field
        kind = field.cast_db_type(connection).partition("(")[0]  # a length would cut values off
        return f"SELECT unnest(%s::{kind}[])", [self]

    def prepare_value(self, value: Any, database: Any) -> Any:
        values = [super(ListParameter, self).prepare_value(each, database) for each in value]
        return json.dumps(values) if database.vendor == "sqlite" else values


def build_parameters(model: type[models.Model], fields: Fields) -> list[Parameter]:
    """One for each value that is given, by the field that it is compared with; see `CompiledRows`."""
    return [_build_parameter(model, place, field) for place, field in enumerate(fields)]


def _build_parameter(model: type[models.Model], place: int, field: Any) -> Parameter:
    if not isinstance(field, str):
        return Parameter(place, field)
    kind = ListParameter if field.endswith(LIST_SUFFIX) else Parameter
    return kind(place, model._meta.get_field(field.removesuffix(LIST_SUFFIX)))


def place_arguments(arguments: Iterable[Any]) -> Arguments:
    """What stands for each argument of a statement."""
    return [(each.place, each) if isinstance(each, Parameter) else (-1, each) for each in arguments]


def fill_arguments(arguments: Arguments, values: Sequence[object], database: Any) -> list[Any]:
    """The arguments of a statement for these values, as the database takes them."""
    return [each if place < 0 else each.prepare_value(values[place], database) for place, each in arguments]
