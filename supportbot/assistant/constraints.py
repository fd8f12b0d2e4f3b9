"""Constraints of arguments that nobody could keep: pydantic tells of them with the first call, if ever.

They are looked for in what pydantic has built of the annotations, where each stands at the type that it is of.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic_core import SchemaValidator

from .declarations import DeclarationError

# One value of each type, to try a constraint on that pydantic has left to a function of its own.
SAMPLES: dict[str, Any] = {
    "bool": False,
    "date": date.min,
    "datetime": datetime.min,  # noqa: DTZ901 - of no zone
    "decimal": Decimal(0),
    "dict": {},
    "float": 0.0,
    "int": 0,
    "list": [],
    "set": set(),
    "str": "",
    "time": time.min,
    "timedelta": timedelta(0),
    "uuid": UUID(int=0),
}
# The lower bound, the upper one, and whether a value may be both.
BOUNDS = (
    ("ge", "le", True),
    ("ge", "lt", False),
    ("gt", "le", False),
    ("gt", "lt", False),
    ("min_length", "max_length", True),
)
MISFIT = re.compile(r"Unable to apply constraint '(\w+)'")
ANY_TYPE = {"type": "any"}
# Where pydantic has the functions that check a constraint, and none that calls one of the app's.
CONSTRAINT_MODULES = {
    "function-after": "pydantic._internal._validators",
    "function-wrap": "pydantic._internal._known_annotated_metadata",  # of a pattern and the like
}
# In which no types stand.
OTHER_PARTS = ("default", "metadata", "serialization")

Schema = Mapping[str, Any]  # of pydantic_core


def require_possible_constraints(schema: Schema, owner: str) -> None:
    """Raises TypeError for bounds between which there is nothing, and for a constraint that a type cannot have."""
    for name, part in list_parts(schema):
        for low, high, may_be_equal in BOUNDS:
            if _excludes_all(part.get(low), part.get(high), may_be_equal=may_be_equal):
                raise DeclarationError(
                    f"{owner}: no value of {name} can have {low}={part[low]!r} and {high}={part[high]!r}."
                )
        for check in _list_checks(part):
            for kind in _list_types(part):
                _require_type(check, kind, f"{owner}: {name}")


def list_parts(schema: Any, name: str = "") -> Iterator[tuple[str, Schema]]:
    """All that has a type, with the name of its argument, such as “parcel.order_id”."""
    if isinstance(schema, list | tuple):
        for each in schema:
            yield from list_parts(each, name)
    if not isinstance(schema, dict):
        return
    if isinstance(schema.get("type"), str):
        yield name, schema
    for key, part in schema.items():
        if key == "fields" and isinstance(part, dict):
            for field, each in part.items():
                yield from list_parts(each, f"{name}.{field}".lstrip("."))
        elif key == "definitions":  # models that stand in several places, as “shop.tools.Item:94065”
            for each in part:
                yield from list_parts(each, each["ref"].partition(":")[0].rpartition(".")[2])
        elif key not in OTHER_PARTS:
            yield from list_parts(part, name)


def _require_type(check: Any, kind: str, owner: str) -> None:
    with suppress(ValueError):  # the sample is not long enough, or the like
        try:
            SchemaValidator(check).validate_python(SAMPLES[kind])
        except TypeError as error:
            if misfit := MISFIT.match(str(error)):
                raise DeclarationError(f"{owner} may be {kind}, which has no {misfit[1]}.") from error


def _excludes_all(low: Any, high: Any, *, may_be_equal: bool) -> bool:
    if low is None or high is None:
        return False
    with suppress(TypeError):  # two types that pydantic makes one of, such as a text and a day
        return bool(high < low or (high == low and not may_be_equal))
    return False


def _list_checks(part: Schema) -> list[Schema]:
    """What pydantic checks behind a type that has no such constraint itself, for a value of any type."""
    if part["type"] == "chain":
        return [each for each in part["steps"][1:] if _is_pydantics(each)]
    return [{**part, "schema": ANY_TYPE}] if _is_constraint(part) else []


def _is_constraint(part: Schema) -> bool:
    return part["type"] == "function-after" and _is_pydantics(part)


def _is_pydantics(part: Schema) -> bool:
    """Whether a function there is a constraint of pydantic's, and runs none of the app's, which may do anything."""
    function = part.get("function", {}).get("function")
    return getattr(getattr(function, "func", function), "__module__", "") == CONSTRAINT_MODULES.get(
        part["type"]
    )


def _list_types(part: Schema) -> list[str]:
    """The types with a sample that a value there may have, unless a function of the app has changed it before."""
    if part["type"] == "union":
        choices = [each[0] if isinstance(each, tuple) else each for each in part["choices"]]
        return [kind for each in choices for kind in _list_types(each)]
    if part["type"] == "chain":
        return _list_types(part["steps"][0])
    if part["type"] in ("nullable", "default") or _is_constraint(part):
        return _list_types(part["schema"])
    return [part["type"]] if part["type"] in SAMPLES else []
