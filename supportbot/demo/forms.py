"""Fills in a JSON schema with what is known about a dialogue.

What nobody said is null where that is allowed, else the default, empty, or the value nearest to zero.
"""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from . import values
from .facts import DialogueFacts, Fact
from .values import BLANK_VALUES, CannotFill, Schema, fit_length, matches_pattern

MAX_DEPTH = 12
UNDECIDED_MEMBERS = ("other", "unknown", "general", "neutral", "none", "normal", "medium", "misc")
SHORT_TEXTS = ("", "A", "a", "0", "AA", "aa", "00")  # for a pattern that nothing else matches


class SchemaFiller:
    def __init__(self, schema: Schema, facts: DialogueFacts) -> None:
        self._root = schema
        self._facts = facts

    def fill_schema(self) -> Any:
        """A value that the schema allows. Raises `CannotFill` if nothing true fits."""
        return self._fill_value(self._root, "", 0)

    def _fill_value(self, schema: Any, name: str, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise CannotFill("The schema is nested too deeply, or without end.")
        schema = self._resolve_schema(schema)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self._choose_enum_member(schema, name)
        if options := self._list_alternatives(schema):
            return self._fill_alternative(options, name, depth)
        return self._fill_by_type(schema, name, depth)

    def _fill_by_type(self, schema: Schema, name: str, depth: int) -> Any:
        fact = self._facts.find_fact(name)
        kind = schema.get("type")
        value: Any = fact.text if fact else None
        if kind == "object":
            value = self._fill_object(schema, depth)
        elif kind == "array":
            value = self._fill_array(schema, name, depth)
        elif kind == "string":
            value = self._fill_string(schema, fact)
        elif kind == "boolean":
            value = bool(fact.flag if fact else schema.get("default"))
        elif kind in ("integer", "number"):
            value = values.choose_number(schema, whole=kind == "integer")
        return None if kind == "null" else value

    def _resolve_schema(self, schema: Any) -> dict[str, Any]:
        """The schema with its references and its `allOf` merged into it."""
        found = dict(schema) if isinstance(schema, Mapping) else {}
        for _step in range(MAX_DEPTH):
            if "$ref" in found:
                found = {**self._follow_reference(found.pop("$ref")), **found}
            elif "allOf" in found:
                parts = [self._resolve_schema(part) for part in found.pop("allOf")]
                for part in parts:
                    merged = {**found.get("properties", {}), **part.get("properties", {})}
                    required = [*found.get("required", ()), *part.get("required", ())]
                    found |= part | ({"properties": merged, "required": required} if merged else {})
            else:
                break
        if "type" not in found and ("properties" in found or "items" in found):
            found["type"] = "object" if "properties" in found else "array"
        return found

    def _follow_reference(self, reference: str) -> Schema:
        place: Any = self._root
        for step in reference.removeprefix("#").strip("/").split("/"):
            if step:
                place = place.get(step.replace("~1", "/").replace("~0", "~")) if place else None
        if not isinstance(place, Mapping):
            raise CannotFill(f"The schema has nothing at {reference}.")
        return place

    def _list_alternatives(self, schema: Schema) -> list[dict[str, Any]]:
        """The alternatives of `type`, `anyOf` or `oneOf`, each as a schema of its own; empty if there is no choice."""
        kinds = schema.get("type")
        if isinstance(kinds, list):
            return [{**schema, "type": kind} for kind in kinds]
        rest = {key: value for key, value in schema.items() if key not in ("anyOf", "oneOf")}
        options = schema.get("anyOf") or schema.get("oneOf") or ()
        return [{**rest, **self._resolve_schema(option)} for option in options]

    def _fill_alternative(self, options: list[dict[str, Any]], name: str, depth: int) -> Any:
        fact = self._facts.find_fact(name)
        # The schema of a decimal is a number, or else a text of digits: there the number comes first.
        if options[0].get("type") in ("number", "integer"):
            fact = None

        def rank(option: Schema) -> int:
            if option.get("type") == "null":
                return 1
            fits = (fact and _accepts_fact(option, fact)) or self._has_known_property(option)
            return 0 if fits else 2

        for option in sorted(options, key=rank):
            try:
                return self._fill_value(option, name, depth + 1)
            except CannotFill:
                continue
        raise CannotFill("None of the alternatives can be filled in.")

    def _has_known_property(self, schema: Schema) -> bool:
        return any(self._facts.find_fact(each) for each in schema.get("properties", {}))

    def _choose_enum_member(self, schema: Schema, name: str) -> Any:
        members = list(schema["enum"])
        by_words = {str(member): member for member in members if member is not None}
        if fitting := self._facts.choose_members(name, list(by_words)):
            return by_words[fitting[0]]
        if None in members:
            return None
        if schema.get("default") in members:
            return schema["default"]
        by_lower_case = {str(member).lower(): member for member in reversed(members)}
        return next((by_lower_case[each] for each in UNDECIDED_MEMBERS if each in by_lower_case), members[0])

    def _fill_object(self, schema: Schema, depth: int) -> dict[str, Any]:
        filled: dict[str, Any] = {}
        required = schema.get("required", ())
        for name, part in schema.get("properties", {}).items():
            is_known = self._facts.find_fact(name) or self._has_known_property(self._resolve_schema(part))
            if name in required or is_known:
                filled[name] = self._fill_value(part, name, depth + 1)
        for place in range(len(filled), schema.get("minProperties", 0)):
            filled[f"field_{place + 1}"] = self._fill_value(schema.get("additionalProperties"), "", depth + 1)
        return filled

    def _fill_array(self, schema: Schema, name: str, depth: int) -> list[Any]:
        items = self._resolve_schema(schema.get("items"))
        filled = [self._fill_value(part, "", depth + 1) for part in schema.get("prefixItems", ())]
        least, most = schema.get("minItems", 0), schema.get("maxItems", math.inf)
        for value in self._list_known_items(items, name):
            if len(filled) >= most:
                break
            if value not in filled:
                filled.append(value)
        while len(filled) < least and not schema.get("uniqueItems"):
            filled.append(self._fill_value(items, "", depth + 1))
        for value in values.generate_values(items) if len(filled) < least else ():
            if len(filled) < least and value not in filled:
                filled.append(value)
        if len(filled) < least:
            raise CannotFill("There are not enough different values.")
        return filled

    def _list_known_items(self, items: Schema, name: str) -> Iterator[Any]:
        """What is known for a list of that name."""
        if "enum" in items:
            members = [each for each in items["enum"] if isinstance(each, str)]
            yield from self._facts.choose_members(name, members)
        elif items.get("type") == "string" and (fact := self._facts.find_fact(name)):
            for each in fact.sentences or fact.choices[:1]:
                yield self._fill_string(items, Fact(sentences=(each,)))

    def _fill_string(self, schema: Schema, fact: Fact | None) -> str:
        pattern, form = schema.get("pattern"), schema.get("format")
        texts = [fact.text, *fact.choices, *fact.sentences] if fact else []
        if re.search(r"\bcode\b|\b639\b", str(schema.get("description"))):
            texts.sort(key=len)  # the code of a language, rather than its name
        if pattern is None and form is None:
            text = fit_length(schema, texts[0] if texts else str(schema.get("default") or ""))
            return next((each for each in texts if fit_length(schema, each) == each), text)
        if pattern is None:
            return texts[0] if form == "email" and texts else BLANK_VALUES.get(str(form), "")
        for each in [*texts, *self._facts.customer_words, *BLANK_VALUES.values(), *SHORT_TEXTS]:
            if matches_pattern(pattern, each) and fit_length(schema, each) == each:
                return each
        raise CannotFill("Nothing that the customer wrote matches this pattern.")


def _accepts_fact(option: Schema, fact: Fact) -> bool:
    """Whether the fact can be expressed in a value of this schema."""
    if "pattern" in option:
        return any(matches_pattern(option["pattern"], each) for each in (fact.text, *fact.choices))
    return option.get("type") in ("string", "array", "boolean") or "enum" in option
