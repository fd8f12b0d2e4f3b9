"""What pydantic takes for a type when an app is imported, and would fail of with each customer.

It meets a limit that a type cannot have, such as the length of a number, at the first value, and checks no default. So
each is tried once on what pydantic has made of the types.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError
from pydantic_core import SchemaValidator

from .declarations import DeclarationError

# Types that take any limit until it is used, each with a value to try it with.
SAMPLES = {
    "int": 1,
    "float": 1.0,
    "bool": True,
    "str": "",
    "date": date.min,
    "datetime": datetime.min.replace(tzinfo=UTC),
    "time": time.min,
}


class Trial(NamedTuple):
    """A value to be checked by a part of pydantic's schema, which stands in a field of this name."""

    field: str
    schema: dict[str, Any]
    value: Any
    is_default: bool


def require_sound_types(model: type[BaseModel], owner: str) -> None:
    """Raises DeclarationError for a limit that its type cannot have, and for a default that its type refuses."""
    schema: Any = model.__pydantic_core_schema__
    for trial in _list_trials(schema, ""):
        part: Any = {**schema, "schema": trial.schema} if schema["type"] == "definitions" else trial.schema
        try:
            SchemaValidator(part).validate_python(trial.value)
        except ValidationError as error:
            if trial.is_default:
                (problem, *_rest) = error.errors()
                raise DeclarationError(
                    f"{owner}: the default of {trial.field} cannot be {trial.value!r}: {problem['msg']}."
                ) from error
        except TypeError as error:
            raise DeclarationError(
                f"{owner}: {trial.field} has a limit that its type cannot have: {error}."
            ) from error


def _list_trials(part: Any, field: str) -> Iterator[Trial]:
    if isinstance(part, list):
        for each in part:
            yield from _list_trials(each, field)
    if not isinstance(part, dict):
        return
    if part.get("type") == "default" and "default" in part:
        yield Trial(field, part["schema"], part["default"], is_default=True)
    limited = _find_limited_type(part)
    if limited in SAMPLES:
        yield Trial(field, part, SAMPLES[limited], is_default=False)
    for key, each in part.items():
        if key == "fields" and isinstance(each, dict):
            for name, inner in each.items():
                yield from _list_trials(inner, name)
        elif key not in ("default", "metadata"):
            yield from _list_trials(each, field)


def _find_limited_type(part: dict[str, Any]) -> str:
    """The type beneath a limit for which pydantic calls a function of its own; empty for any other part."""
    match part:
        case {"type": "function-after", "schema": {"type": inner}, "function": {"function": function}}:
            pass
        case {"type": "chain", "steps": [{"type": inner}, {"function": {"function": function}}]}:
            pass
        case _:
            return ""
    is_own = str(getattr(getattr(function, "func", function), "__module__", "")).startswith("pydantic.")
    return inner if is_own else ""
