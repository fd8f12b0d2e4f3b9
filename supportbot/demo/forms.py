"""Fills in a form that is given as a JSON schema: with what is known of the conversation, else with the least.

What nobody said is null where that is allowed, else the default, empty, or the value nearest to zero.
"""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from .facts import Finding, Findings
from .values import BLANKS, CannotFill, Schema, different, matches, number, of_length

DEEPEST = 12
UNDECIDED = ("other", "unknown", "general", "neutral", "none", "normal", "medium", "misc")


class Form:
    def __init__(self, schema: Schema, findings: Findings) -> None:
        self._whole = schema
        self._findings = findings

    def fill(self) -> Any:
        """A value that the schema allows. Raises `CannotFill`."""
        return self._value(self._whole, "", 0)

    def _value(self, schema: Any, name: str, depth: int) -> Any:
        if depth > DEEPEST:
            raise CannotFill("It has no end.")
        schema = self._resolved(schema)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self._choice(schema, name)
        if options := self._options(schema):
            return self._one_of(options, name, depth)
        return self._of_kind(schema, name, depth)

    def _of_kind(self, schema: Schema, name: str, depth: int) -> Any:
        known = self._findings.about(name)
        kind = schema.get("type")
        value: Any = known.text if known else None
        if kind == "object":
            value = self._object(schema, depth)
        elif kind == "array":
            value = self._array(schema, name, depth)
        elif kind == "string":
            value = self._string(schema, known)
        elif kind == "boolean":
            value = bool(known.flag if known else schema.get("default"))
        elif kind in ("integer", "number"):
            value = number(schema, whole=kind == "integer")
        return None if kind == "null" else value

    def _resolved(self, schema: Any) -> dict[str, Any]:
        """The schema with what it refers to, and with all that must hold at once, in one."""
        found = dict(schema) if isinstance(schema, Mapping) else {}
        for _step in range(DEEPEST):
            if "$ref" in found:
                found = {**self._target(found.pop("$ref")), **found}
            elif "allOf" in found:
                parts = [self._resolved(part) for part in found.pop("allOf")]
                for part in parts:
                    merged = {**found.get("properties", {}), **part.get("properties", {})}
                    required = [*found.get("required", ()), *part.get("required", ())]
                    found |= part | ({"properties": merged, "required": required} if merged else {})
            else:
                break
        if "type" not in found and ("properties" in found or "items" in found):
            found["type"] = "object" if "properties" in found else "array"
        return found

    def _target(self, reference: str) -> Schema:
        place: Any = self._whole
        for step in reference.removeprefix("#").strip("/").split("/"):
            if step:
                place = place.get(step.replace("~1", "/").replace("~0", "~")) if place else None
        if not isinstance(place, Mapping):
            raise CannotFill(f"There is nothing at {reference}.")
        return place

    def _options(self, schema: Schema) -> list[dict[str, Any]]:
        """The kinds of value to choose from, where there are several."""
        kinds = schema.get("type")
        if isinstance(kinds, list):
            return [{**schema, "type": kind} for kind in kinds]
        rest = {key: value for key, value in schema.items() if key not in ("anyOf", "oneOf")}
        options = schema.get("anyOf") or schema.get("oneOf") or ()
        return [{**rest, **self._resolved(option)} for option in options]

    def _one_of(self, options: list[dict[str, Any]], name: str, depth: int) -> Any:
        known = self._findings.about(name)
        # A decimal is a number, or else a text of digits.
        is_number = options[0].get("type") in ("number", "integer")

        def rank(option: Schema) -> int:
            if option.get("type") == "null":
                return 1
            return 0 if (known and not is_number and _takes(option, known)) or self._knows_part(option) else 2

        for option in sorted(options, key=rank):
            try:
                return self._value(option, name, depth + 1)
            except CannotFill:
                continue
        raise CannotFill("None of the ways fits.")

    def _knows_part(self, schema: Schema) -> bool:
        return any(self._findings.about(each) for each in schema.get("properties", {}))

    def _choice(self, schema: Schema, name: str) -> Any:
        members = list(schema["enum"])
        by_words = {str(member): member for member in members if member is not None}
        found = self._findings.choose(name, list(by_words))
        if found is not None:
            return by_words[found]
        if None in members:
            return None
        if schema.get("default") in members:
            return schema["default"]
        undecided = (member for each in UNDECIDED for member in members if str(member).lower() == each)
        return next(undecided, members[0])

    def _object(self, schema: Schema, depth: int) -> dict[str, Any]:
        filled: dict[str, Any] = {}
        required = schema.get("required", ())
        for name, part in schema.get("properties", {}).items():
            if name in required or self._findings.about(name) or self._knows_part(self._resolved(part)):
                filled[name] = self._value(part, name, depth + 1)
        for place in range(len(filled), schema.get("minProperties", 0)):
            filled[f"field_{place + 1}"] = self._value(schema.get("additionalProperties"), "", depth + 1)
        return filled

    def _array(self, schema: Schema, name: str, depth: int) -> list[Any]:
        items = self._resolved(schema.get("items"))
        filled = [self._value(part, "", depth + 1) for part in schema.get("prefixItems", ())]
        least, most = schema.get("minItems", 0), schema.get("maxItems", math.inf)
        for value in self._items(items, name, depth):
            if len(filled) >= most:
                break
            if value not in filled:
                filled.append(value)
        while len(filled) < least and not schema.get("uniqueItems"):
            filled.append(self._value(items, "", depth + 1))
        for value in different(items) if len(filled) < least else ():
            if len(filled) < least and value not in filled:
                filled.append(value)
        if len(filled) < least:
            raise CannotFill("There are not enough different values.")
        return filled

    def _items(self, items: Schema, name: str, depth: int) -> Iterator[Any]:
        """What is known for a list of that name, each once."""
        if "enum" in items:
            yield from self._findings.choose_all(
                name, [each for each in items["enum"] if isinstance(each, str)]
            )
        elif items.get("type") == "string" and (known := self._findings.about(name)):
            for each in known.sentences or known.choices[:1]:
                yield self._string(items, Finding(sentences=(each,)))

    def _string(self, schema: Schema, known: Finding | None) -> str:
        pattern, form = schema.get("pattern"), schema.get("format")
        said = [known.text, *known.choices, *known.sentences] if known else []
        if re.search(r"\bcode\b|\b639\b", str(schema.get("description"))):
            said.sort(key=len)
        if pattern is None and form is None:
            text = said[0] if said else str(schema.get("default") or "")
            return next((each for each in said if of_length(schema, each) == each), of_length(schema, text))
        if pattern is None:
            return BLANKS.get(str(form), "") if form != "email" or not said else said[0]
        for each in [*said, *self._findings.words, *BLANKS.values(), "", "A", "a", "0", "AA", "aa", "00"]:
            if matches(pattern, each) and of_length(schema, each) == each:
                return each
        raise CannotFill("Nothing that was said has this form.")


def _takes(option: Schema, known: Finding) -> bool:
    """Whether what is known can be said in this kind of value."""
    if "pattern" in option:
        return any(matches(option["pattern"], each) for each in (known.text, *known.choices))
    return option.get("type") in ("string", "array", "boolean") or "enum" in option
