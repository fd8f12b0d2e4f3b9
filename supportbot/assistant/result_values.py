"""What a tool returned, as JSON can hold it: the model reads values, never how Python writes an object."""

from collections import UserString, deque
from collections.abc import Iterable, Iterator, Mapping, MappingView, Sequence, Set
from dataclasses import fields, is_dataclass
from enum import Enum
from inspect import isawaitable
from itertools import islice
from math import isfinite
from typing import Any

from pydantic import BaseModel

MAX_ITEMS = 100_000  # of an iterator, which may have no end
BYTES = (bytes, bytearray, memoryview)
PLAIN_TYPES = frozenset((str, int, bool, type(None)))
SCALARS = (str, int, float, *BYTES)
COLLECTIONS = (Sequence, Set, MappingView, deque, Iterator)


def build_json_value(value: Any, parents: tuple[int, ...] = ()) -> Any:
    """The value in dicts, lists, texts and numbers.

    Pydantic models, dataclasses and named tuples become dicts by their fields; sets, querysets and other collections
    lists; an Enum its value; what JSON has no number for (NaN) null; bytes their text. Anything else, such as a date,
    a Decimal or a row of the database, becomes its `str()`.

    Raises TypeError for what has no text of its own, such as a function, and ValueError for what contains itself.
    """
    if type(value) in PLAIN_TYPES:  # most values are, and need no more looks
        return value
    while isinstance(value, Enum):
        value = value.value
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json", fallback=build_json_value)
    if value is None or isinstance(value, SCALARS):
        return _build_scalar(value)
    if id(value) in parents:
        raise ValueError("Circular reference in what the tool returned")
    within = (*parents, id(value))
    members = _list_members(value)
    if members is not None:
        return {
            key if type(key) is str else _build_key(key): build_json_value(each, within)
            for key, each in members.items()
        }
    if _is_collection(value):
        return [build_json_value(each, within) for each in _read_items(value)]
    return _build_text(value)


def _build_scalar(value: Any) -> str | int | float | bool | None:
    if isinstance(value, BYTES):
        return bytes(value).decode(errors="replace")
    has_number = not isinstance(value, float) or isfinite(value)
    return value if has_number else None


def _list_members(value: Any) -> Mapping[Any, Any] | None:
    if isinstance(value, Mapping):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: getattr(value, each.name) for each in fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        named: dict[str, Any] = value._asdict()
        return named
    return None


def _build_key(key: Any) -> str | int | float | bool | None:
    """A key that JSON can have: a text, or what the encoder itself makes one of."""
    while isinstance(key, Enum):
        key = key.value
    if isinstance(key, tuple | frozenset):
        return ", ".join(str(_build_key(part)) for part in key)
    if isinstance(key, float) and not isfinite(key):
        return str(key)
    return _build_scalar(key) if key is None or isinstance(key, SCALARS) else _build_text(key)


def _is_collection(value: Any) -> bool:
    """A queryset is known by its method `iterator`. What else can be iterated may be a text, such as a lazy one."""
    if isinstance(value, UserString):
        return False
    return isinstance(value, COLLECTIONS) or (isinstance(value, Iterable) and hasattr(value, "iterator"))


def _read_items(collection: Any) -> list[Any]:
    """The items of a collection. Raises ValueError for an iterator without an end."""
    if not isinstance(collection, Iterator):
        return list(collection)
    items = list(islice(collection, MAX_ITEMS + 1))
    if len(items) > MAX_ITEMS:
        raise ValueError(f"The tool returned an iterator of more than {MAX_ITEMS:,} items")
    return items


def _build_text(value: Any) -> str:
    if not any("__str__" in vars(each) for each in type(value).__mro__[:-1]):
        kind = type(value)
        remedy = "await it" if isawaitable(value) else "return what it holds, or give it a __str__"
        raise TypeError(f"A tool cannot return {kind.__module__}.{kind.__qualname__}: {remedy}.")
    return str(value)
