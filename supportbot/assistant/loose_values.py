"""Values that are not of the type that is wanted, and yet say clearly which one is meant."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from pydantic_core import ErrorDetails

Convert = Callable[[Any], Any]


def write_numbers_as_text(values: Any, errors: Sequence[ErrorDetails]) -> bool:
    """Put its digits in the place of each whole number that should be a text. True if there are such ones."""
    return _convert_values(
        values, errors, ("string_type",), lambda value: str(value) if type(value) is int else value
    )


def write_choices_exactly(values: Any, errors: Sequence[ErrorDetails], schema: dict[str, Any]) -> bool:
    """Put the choice of the schema in the place of each that is written in other capitals, or with spaces around it.

    True if there are such ones.
    """
    choices = set(_iter_choices(schema))

    def find_choice(value: Any) -> Any:
        meant = [each for each in choices if isinstance(value, str) and _fold(each) == _fold(value)]
        return meant[0] if len(meant) == 1 else value

    return _convert_values(values, errors, ("literal_error", "enum"), find_choice)


def _convert_values(
    values: Any, errors: Sequence[ErrorDetails], kinds: Sequence[str], convert: Convert
) -> bool:
    has_changed = False
    for *path, last in [error["loc"] for error in errors if error["type"] in kinds and error["loc"]]:
        parent = values
        with suppress(LookupError, TypeError):  # a name in the place may be that of a branch of a union
            for name in path:
                parent = parent[name]
            old, parent[last] = parent[last], convert(parent[last])
            has_changed = has_changed or parent[last] is not old
    return has_changed


def _iter_choices(schema: Any) -> Iterator[str]:
    """The texts of all enumerations in a schema, at any depth."""
    if isinstance(schema, dict):
        choices = [*schema.get("enum", ()), schema.get("const")]
        yield from (each for each in choices if isinstance(each, str))
        schema = list(schema.values())
    for part in schema if isinstance(schema, list) else ():
        yield from _iter_choices(part)


def _fold(choice: str) -> str:
    return choice.strip().casefold()
