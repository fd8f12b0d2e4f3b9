"""Single values for a JSON schema: a text or a number that is within its limits and claims as little as possible."""

import math
import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

# A value that claims nothing for each format, for a field that may be neither null nor empty.
BLANK_VALUES = {
    "date": "1970-01-01",
    "date-time": "1970-01-01T00:00:00Z",
    "time": "00:00:00Z",
    "duration": "PT0S",
    "email": "unknown@example.com",
    "idn-email": "unknown@example.com",
    "uri": "https://example.com/",
    "hostname": "example.com",
    "ipv4": "0.0.0.0",  # noqa: S104 - not an address to bind to
    "ipv6": "::",
    "uuid": "00000000-0000-0000-0000-000000000000",
}
BOUND_KEYWORDS = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")
Schema = Mapping[str, Any]


class CannotFill(Exception):
    """The schema asks for a value that the dialogue does not give. Its text says which, to the developer."""


def matches_pattern(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return False


def fit_length(schema: Schema, text: str) -> str:
    """The text, cut at a word or padded with dots to the lengths that the schema allows."""
    most = schema.get("maxLength", math.inf)
    if len(text) > most:
        whole = text[: most - 1].rsplit(" ", 1)[0] if " " in text[: most - 1] else text[: most - 1]
        text = f"{whole}…"[:most]
    least = schema.get("minLength", 0)
    if len(text) < least:
        text = (text or "not known"[: min(most, 9)]).ljust(least, ".")
    return text


def choose_number(schema: Schema, *, whole: bool) -> int | float:
    """The number nearest to zero that the schema allows. Raises `CannotFill` if it allows none."""
    step = schema.get("multipleOf") or (1 if whole else 0.5)
    tries: list[float] = [schema.get("default") or 0, 0]
    bounds = [schema[each] for each in BOUND_KEYWORDS if each in schema]
    for bound in bounds:
        tries += [bound, math.ceil(bound / step) * step, math.floor(bound / step) * step]
        tries += [(math.floor(bound / step) + 1) * step, (math.ceil(bound / step) - 1) * step]
    for each in [*tries, sum(bounds) / max(1, len(bounds))]:
        if isinstance(each, int | float) and allows_number(schema, each, whole=whole):
            return int(each) if each == int(each) else each
    raise CannotFill("No number is within these bounds.")


def allows_number(schema: Schema, value: float, *, whole: bool) -> bool:
    step = schema.get("multipleOf")
    return (
        schema.get("minimum", -math.inf) <= value <= schema.get("maximum", math.inf)
        and schema.get("exclusiveMinimum", -math.inf) < value < schema.get("exclusiveMaximum", math.inf)
        and (not whole or value == int(value))
        and (not step or Fraction(str(value)) % Fraction(str(step)) == 0)
    )


def generate_values(items: Schema) -> Iterator[Any]:
    """Up to a few hundred different values that the schema allows."""
    if "enum" in items:
        yield from items["enum"]
    elif items.get("type") == "boolean":
        yield from (False, True)
    elif items.get("type") in ("integer", "number"):
        whole, step = items["type"] == "integer", items.get("multipleOf") or 1
        first = choose_number(items, whole=whole)
        numbers = (first + sign * count * step for count in range(100) for sign in (1, -1))
        yield from (each for each in numbers if allows_number(items, each, whole=whole))
    elif items.get("type") == "string":
        yield from (fit_length(items, f"not known {count}") for count in range(1, 100))
