"""Calls whose arguments are pairs of a name and a value: with marks around text (Gemma), or around both (GLM)."""

import json
import re
from collections.abc import Collection, Iterator
from typing import Any

from ..json_text import is_json_object, load_json
from .json_calls import is_loose

# `lookup_order<arg_key>order_id</arg_key><arg_value>…</arg_value>` (GLM, LongCat)
KEYED_NAME = re.compile(r"\s*([\w-]+)\s*(?=<arg_key>|<|$)")
KEY_BEGINS = re.compile(r"<(?:longcat_)?arg_key>", re.IGNORECASE)
KEYED_VALUE_BEGINS = re.compile(r"</(?:longcat_)?arg_key>\s*<(?:longcat_)?arg_value>", re.IGNORECASE)
KEYED_VALUE_ENDS = re.compile(r"</(?:longcat_)?arg_value>", re.IGNORECASE)
# `call:lookup_order{order_id:<escape>…<escape>}` (Gemma)
ESCAPED_CALL_BEGINS = re.compile(r"call:([\w-]+)\s*\{")
ESCAPED_CALL_ENDS = re.compile(r"\}\s*(?=call:|<|$)")
ESCAPED_ARGUMENT = re.compile(
    r"(?<![\w-])([\w-]+):(?:(?P<mark><escape>|<\|\"\|?>)(?P<text>.*?)(?P=mark)|(?P<bare>[^,]*))", re.DOTALL
)
BARE_VALUE = re.compile(r"\s*(?:-?\d[\d.]*|true|false|null)\s*")


def iter_escaped_call(name: str, inner: str, *, may_be_loose: bool) -> Iterator[tuple[str, str]]:
    """The call with these arguments. Text stands between marks, and where it does not, it ends at any comma in it."""
    if is_json_object(in_braces := f"{{{inner}}}"):
        yield name, in_braces
        return
    found = list(ESCAPED_ARGUMENT.finditer(inner))
    has_other = ESCAPED_ARGUMENT.sub("", inner).strip(", \t\n") != ""
    is_exact = not has_other and all(each["mark"] or BARE_VALUE.fullmatch(each["bare"]) for each in found)
    if not may_be_loose and not is_exact:
        return
    values = {each[1]: each["text"] if each["mark"] else read_value(each["bare"]) for each in found}
    yield name, json.dumps(values, ensure_ascii=False)


def iter_keyed_call(body: str, loose_names: Collection[str]) -> Iterator[tuple[str, str]]:
    name = KEYED_NAME.match(body)
    if name is None:
        return
    values: dict[str, Any] = {}
    position, other = name.end(), []
    while (
        (key := KEY_BEGINS.search(body, position))
        and (value := KEYED_VALUE_BEGINS.search(body, key.end()))
        and (end := KEYED_VALUE_ENDS.search(body, value.end()))
    ):
        other.append(body[position : key.start()])
        values[body[key.end() : value.start()].strip()] = read_value(body[value.end() : end.start()])
        position = end.end()
    is_exact = not "".join([*other, body[position:]]).strip()
    if is_exact or is_loose(name[1], loose_names):
        yield name[1], json.dumps(values, ensure_ascii=False)


def read_value(text: str) -> Any:
    """An argument. Text stands without quotation marks, and so may a number that is meant as text."""
    text = text.strip()
    if text[:1] not in ("{", "[", '"') and text != "null":
        return text
    value = load_json(text)
    return text if value is None else value
