"""Reads a Shopify order export: a row for each line item, with the order's own fields on its first row only.

The file is read as a stream, so its size does not matter, and the database is not used.
"""

import codecs
import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from itertools import groupby
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone

from .models import Order
from .numbers import normalise_number

REQUIRED_COLUMNS = (
    *("Name", "Email", "Financial Status", "Fulfillment Status", "Currency", "Total", "Created at"),
    *("Lineitem quantity", "Lineitem name", "Lineitem price"),
)


class NotAnExportError(Exception):
    """The file is not CSV, or lacks columns of an order export."""


class RefusedOrder(Exception):
    """An order that is not imported, and why, in plain words for whoever runs the import."""

    def __init__(self, line: int, number: str, why: str) -> None:
        super().__init__(f"line {line}, {number or 'no number'}: {why}")
        self.line, self.number, self.why = line, number, why


@dataclass(frozen=True, slots=True)
class ExportRow:
    """A row of the file.

    `line` is its first line there, counted from 1, and `values` its cells by column. `problem` says why the row
    cannot be read at all, empty if it can. The methods raise `RefusedOrder` for a value that is not what they read.
    """

    line: int
    values: dict[str, str]
    problem: str = ""

    @property
    def number(self) -> str:
        return self.values.get("Name", "").strip()

    def build_refusal(self, why: str) -> RefusedOrder:
        return RefusedOrder(self.line, self.number, why)

    def read_text(self, column: str, max_chars: int) -> str:
        text = self.values.get(column, "").strip()
        if len(text) > max_chars:
            raise self.build_refusal(f"{column} is longer than {max_chars} characters.")
        return text

    def read_amount(self, column: str, default: str = "") -> Decimal:
        text = self.read_text(column, 40) or default
        try:
            amount = Decimal(text)
            rounded = amount.quantize(Decimal("0.01"))
        except InvalidOperation:
            raise self.build_refusal(f"{column} is {text!r}, not an amount such as 12.50.") from None
        if not amount.is_finite() or amount != rounded or not 0 <= amount < 10**10:
            raise self.build_refusal(f"{column} is {text!r}, not an amount such as 12.50.")
        return rounded

    def read_quantity(self, column: str) -> int:
        text = self.read_text(column, 40)
        if not re.fullmatch("[0-9]{1,6}", text) or int(text) == 0:
            raise self.build_refusal(f"{column} is {text!r}, not a number of pieces.")
        return int(text)

    def read_time(self, column: str) -> datetime:
        """A time with its zone. One that is written without an offset is in the shop's own time zone."""
        text = self.read_text(column, 40)
        try:
            moment = datetime.fromisoformat(
                re.sub(r"\s+(?=[+-]\d\d:?\d\d$)", "", text.replace(" UTC", "+00:00"))
            )
        except ValueError:
            raise self.build_refusal(
                f"{column} is {text!r}, not a time such as 2026-09-01 09:00:00 -0500."
            ) from None
        if not 1990 <= moment.year < 2100:
            raise self.build_refusal(f"{column} is in the year {moment.year}.")
        return moment.astimezone(UTC) if moment.tzinfo else timezone.make_aware(moment)


class ExportedItem(NamedTuple):
    name: str
    sku: str
    quantity: int
    price: Decimal


@dataclass(frozen=True, slots=True)
class ExportedOrder:
    """An order and its items as the export has them, not saved yet."""

    order: Order
    items: list[ExportedItem]


def read_orders(lines: Iterable[bytes]) -> Iterator[ExportedOrder | RefusedOrder]:
    """The orders of an export, one after the other, or the reason why one is refused.

    Raises `NotAnExportError` before the first one.
    """
    seen: set[str] = set()
    for _, group in groupby(_read_rows(lines), key=lambda row: row.number or row.line):
        rows = list(group)
        try:
            if rows[0].number in seen:
                raise rows[0].build_refusal(
                    "It came before in this file; an order's rows must follow each other."
                )
            # A refused one counts too: rows of it further down would be only a part of the order.
            seen.update({rows[0].number} - {""})
            yield _build_order(rows)
        except RefusedOrder as refusal:
            yield refusal


def _read_rows(lines: Iterable[bytes]) -> Iterator[ExportRow]:
    reader = csv.reader(_decode_lines(lines))
    try:
        columns = [column.strip() for column in next(reader, [])]
    except csv.Error:
        raise NotAnExportError("It is not a CSV file.") from None
    missing = [column for column in REQUIRED_COLUMNS if column not in columns]
    if missing:
        raise NotAnExportError(f"These columns of a Shopify order export are missing: {', '.join(missing)}.")
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield ExportRow(line, {}, f"The row cannot be read: {error}.")
            continue
        if any(cells):
            yield ExportRow(line, dict(zip(columns, cells, strict=False)), _find_problem(columns, cells))


def _decode_lines(lines: Iterable[bytes]) -> Iterator[str]:
    """Bytes that are not UTF-8 become surrogates, which refuse the one order that has them."""
    for number, line in enumerate(lines):
        yield (line if number else line.removeprefix(codecs.BOM_UTF8)).decode("utf-8", "surrogateescape")


def _find_problem(columns: list[str], cells: list[str]) -> str:
    if len(cells) != len(columns):
        return (
            f"The row has {len(cells)} cells, but the header has {len(columns)}. Is a quotation mark missing?"
        )
    if re.search("[\x00\ud800-\udfff]", "".join(cells)):
        return "The row has characters that are not UTF-8 text."
    return ""


def _build_order(rows: list[ExportRow]) -> ExportedOrder:
    first = rows[0]
    for row in rows:
        if row.problem:
            raise row.build_refusal(row.problem)
    number = first.read_text("Name", 40)
    if not normalise_number(number):
        raise first.build_refusal("The row has no order number (column Name).")
    if not first.read_text("Created at", 40):
        raise first.build_refusal(
            "The order's first row is missing: this one has no time (column Created at)."
        )
    order = Order(
        number=number,
        email=_read_email(first),
        name=first.read_text("Billing Name", 200) or first.read_text("Shipping Name", 200),
        status=_derive_status(first),
        ordered_at=first.read_time("Created at"),
        carrier=_find_note(first, "carrier", 80),
        tracking=_find_note(first, "tracking", 200),
        currency=_read_currency(first),
        subtotal=first.read_amount("Subtotal", "0"),
        shipping=first.read_amount("Shipping", "0"),
        taxes=first.read_amount("Taxes", "0"),
        total=first.read_amount("Total"),
    )
    order.normalise_fields()
    return ExportedOrder(order, [_build_item(row) for row in rows])


def _build_item(row: ExportRow) -> ExportedItem:
    name = row.read_text("Lineitem name", 500)
    if not name:
        raise row.build_refusal("Lineitem name is empty.")
    return ExportedItem(
        name=name,
        sku=row.read_text("Lineitem sku", 100),
        quantity=row.read_quantity("Lineitem quantity"),
        price=row.read_amount("Lineitem price"),
    )


def _derive_status(row: ExportRow) -> str:
    """The order's status as far as Shopify knows it: what was sent, not what has arrived. Staff set «delivered»."""
    paid = row.read_text("Financial Status", 40).lower()
    sent = row.read_text("Fulfillment Status", 40).lower()
    if row.read_text("Cancelled at", 40) or paid == "voided":
        return Order.Status.CANCELLED
    if sent == "restocked" or (paid == "refunded" and sent == "fulfilled"):
        return Order.Status.RETURNED
    if paid == "refunded":
        return Order.Status.CANCELLED
    return Order.Status.SHIPPED if sent == "fulfilled" else Order.Status.PROCESSING


def _read_email(row: ExportRow) -> str:
    """The order's e-mail address. Orders from a till have none, so a guest cannot look them up."""
    email = row.read_text("Email", 254)
    try:
        if email:
            validate_email(email)
    except ValidationError:
        raise row.build_refusal(f"Email is {email!r}, not an e-mail address.") from None
    return email


def _read_currency(row: ExportRow) -> str:
    currency = row.read_text("Currency", 40).upper()
    if not re.fullmatch("[A-Z]{3}", currency):
        raise row.build_refusal(f"Currency is {currency!r}, not a code such as USD.")
    return currency


def _find_note(row: ExportRow, name: str, max_chars: int) -> str:
    """The value of a note such as «tracking: 1234», one of the lines of the column Note Attributes."""
    for line in row.values.get("Note Attributes", "").splitlines():
        key, _, value = line.partition(":")
        if key.strip().lower() in (name, f"{name} number", f"{name}_number"):
            return value.strip()[:max_chars]
    return ""
