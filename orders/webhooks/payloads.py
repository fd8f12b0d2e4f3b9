"""Takes values out of a message whose form nobody has checked, as the text of an export's cells."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from ..amounts import round_amount
from ..exported_orders import ExportedOrder
from ..exports.cells import UnreadableCell
from ..exports.files import FileRow, clean_unmarked_cell
from ..exports.order_rows import Survey
from ..exports.orders import OrderBuilder
from ..exports.times import read_time

# What a database or a browser cannot keep.
UNSTORABLE = dict.fromkeys([0, *range(0xD800, 0xE000)])


class UnreadableMessage(Exception):
    """What is wrong with a message, in plain words for whoever sends it."""


def parse_message(body: bytes) -> dict[str, Any]:
    """The JSON object of a body. Raises `UnreadableMessage`."""
    try:
        message = _load_json(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise UnreadableMessage(_("The body is not JSON in UTF-8.")) from None
    if not isinstance(message, dict):
        raise UnreadableMessage(_("The body is not a JSON object."))
    return message


def _load_json(text: str) -> Any:
    """With decimals as they are written, and no “NaN” or “Infinity”, which are no JSON."""
    return json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


MAX_ID_CHARS = 40
MAX_DIGITS = 40  # of a number: written out, 1e200000000 takes 200 MB


def get_text(part: Any, name: str) -> str:
    """The value as the text of a cell; empty for none, and for what is no text or number."""
    value = part.get(name) if isinstance(part, Mapping) else None
    if isinstance(value, Decimal):
        return f"{value:f}" if abs(value.adjusted()) < MAX_DIGITS else ""
    is_text = isinstance(value, str | int) and not isinstance(value, bool)
    return str(value).translate(UNSTORABLE).strip() if is_text else ""


def get_part(part: Any, name: str) -> Mapping[str, Any]:
    value = part.get(name) if isinstance(part, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def get_parts(part: Any, name: str) -> list[Mapping[str, Any]]:
    """The objects of a list, also where PHP has written it as {"1": {…}} or a plugin as its text, or one alone."""
    value = part.get(name) if isinstance(part, Mapping) else None
    if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        value = _parse_list(value)
    if isinstance(value, Mapping):
        is_list = all(isinstance(each, Mapping) for each in value.values())
        value = list(value.values()) if is_list else [value]
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _parse_list(text: str) -> Any:
    try:
        return _load_json(text)
    except (ValueError, RecursionError):
        return None


def get_order_id(message: Mapping[str, Any]) -> str:
    """Raises `UnreadableMessage`."""
    platform_id = get_text(message, "id")
    if not platform_id or len(platform_id) > MAX_ID_CHARS:
        raise UnreadableMessage(_("The order has no id."))
    return platform_id


def parse_time(text: str, name: str) -> datetime | None:
    """The time in the field of this name, None if it is empty. Raises `UnreadableMessage`."""
    try:
        return read_time(text) if text else None
    except UnreadableCell:
        problem = _("%(field)s is no time such as 2026-09-01T09:00:00Z.") % {"field": name}
        raise UnreadableMessage(problem) from None


def find_text(parts: list[Any], *names: str) -> str:
    """The first that is not empty, by name and then by part."""
    return next((text for name in names for part in parts if (text := get_text(part, name))), "")


def add_amounts(parts: list[Mapping[str, Any]], name: str) -> Decimal | None:
    """The sum of these amounts; None if there are none, or one cannot be read."""
    try:
        amounts = [Decimal(get_text(part, name)) for part in parts]
        return sum(amounts, Decimal(0)) if amounts else None
    except ArithmeticError:  # no number, or one that no sum can hold
        return None


def get_amount(part: Any, name: str, currency: str) -> str:
    """The amount as the text of a cell, with as many decimals as the currency has; what is none as it stands there.

    A platform's full stop always stands before decimals, which nobody knows of what a person has written.
    """
    text = get_text(part, name)
    try:
        return write_amount(Decimal(text), currency) or text
    except InvalidOperation:
        return text


def write_amount(amount: Decimal | None, currency: str) -> str:
    """As the text of a cell, empty for none."""
    if amount is None or not amount.is_finite() or abs(amount) > Decimal(10) ** 12:
        return ""
    return f"{round_amount(amount, currency):f}"


def build_order(platform: str, cells: dict[str, str], items: Iterator[dict[str, str]]) -> ExportedOrder:
    """The order with these cells, named as in a Shopify export. Raises `RefusedOrder`."""
    clean = {column: clean_unmarked_cell(text) for column, text in cells.items()}
    rows = [FileRow(0, clean | item) for item in items] or [FileRow(0, clean)]
    return OrderBuilder(rows, Survey(), platform).build_order()
