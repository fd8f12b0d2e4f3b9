"""Builds orders of rows with the columns of a Shopify export, which `order_rows` has gathered.

The database is not used. What is read is told, and what is not is named by its line: nothing is made up.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from ..amounts import round_amount
from ..exported_orders import CellNote, ExportedItem, ExportedOrder, RefusedOrder
from ..models import Order, OrderItem
from ..numbers import MAX_TRACKING_CHARS, normalise_number
from .archives import Table
from .cells import (
    UnreadableCell,
    find_currency,
    has_lost_digits,
    read_amount,
    read_currency,
    read_email,
    read_quantity,
    read_url,
    strip_empty_decimals,
    unescape_entities,
)
from .files import FileRow
from .order_notes import read_parcel_notes
from .order_rows import (
    WORD_FOR_SUM,
    Survey,
    combine_rows,
    gather_rows,
    get_number,
    has_quantity_of,
    split_orders,
    survey_file,
)
from .repeated_rows import begins_order
from .status_words import find_item_state, find_status
from .times import has_time, read_day, read_time

T = TypeVar("T")

# By field of an order: the columns that say something of it.
FIELD_COLUMNS = {
    "platform_id": ("Id",),
    "email": ("Email",),
    "phone": ("Phone", "Billing phone", "Shipping phone"),
    "name": ("Billing name", "Shipping name"),
    "status": ("Status", "Fulfillment Status", "Fulfilled at", "Cancelled at"),
    "payment": ("Financial Status",),
    "ordered_at": ("Created at",),
    "shipped_at": ("Fulfilled at",),
    "shipping_method": ("Shipping method",),
    "carrier": ("Carrier", "Note attributes"),
    "tracking": ("Tracking number", "Note attributes"),
    "tracking_url": ("Tracking url", "Note attributes"),
    "expected_delivery": ("Expected delivery",),
    "delivered_at": ("Delivered at",),
    "currency": ("Currency", "Total"),
    "subtotal": ("Subtotal",),
    "shipping": ("Shipping",),
    "taxes": ("Taxes",),
    "total": ("Total",),
    "refunded": ("Refunded amount",),
    "items": ("Lineitem name", "Lineitem sku"),
}


def read_orders(export: Table, is_day_first: bool | None) -> Iterator[ExportedOrder | RefusedOrder]:
    """The orders of an export, one after the other, or the reason why one is refused.

    `is_day_first` says how 03/04/2026 is meant where the file does not show it. Raises `NotAnExportError`.
    """
    survey, form = survey_file(export), export.header.format
    if survey.is_day_first is None:
        survey.is_day_first = form.is_day_first if is_day_first is None else is_day_first
    unknown = _list_unknown_fields(export)
    for rows in gather_rows(export, survey):
        own, *others = split_orders(rows, may_look_alike="Lineitem name" in form.columns)
        for other in others:
            yield RefusedOrder(
                other[0].line,
                get_number(other[0]),
                _("Another order has this number, in line %(line)s; only that one is imported.")
                % {"line": own[0].line},
            )
        try:
            yield OrderBuilder(
                own, survey, form.platform, unknown, has_days_alone=form.has_days_alone
            ).build_order()
        except RefusedOrder as refusal:
            yield refusal


def _list_unknown_fields(export: Table) -> frozenset[str]:
    missing = export.header.format.list_unknown(export.header.columns)
    return frozenset(field for field, columns in FIELD_COLUMNS.items() if missing.issuperset(columns))


class OrderBuilder:
    """Builds one order of its rows, and notes the cells that it has to leave out."""

    def __init__(
        self,
        rows: Sequence[FileRow],
        survey: Survey,
        platform: str,
        unknown: frozenset[str] = frozenset(),
        *,
        has_days_alone: bool = False,
    ) -> None:
        self._rows, self._first, self._survey = rows, combine_rows(rows), survey
        self._platform, self._unknown, self._has_days_alone = platform, unknown, has_days_alone
        self._number = get_number(rows[0])
        self._notes: list[CellNote] = []
        self._currency = ""

    def build_order(self) -> ExportedOrder:
        """Raises `RefusedOrder`."""
        for row in self._rows:
            if row.problem:
                raise RefusedOrder(row.line, self._number, row.problem)
        if problem := self._find_refusal():
            raise RefusedOrder(self._first.line, self._number[:40], problem)
        self._currency = self._read("Currency", read_currency) or find_currency(
            self._first.cells.get("Total", "")
        )
        parcel = read_parcel_notes(self._first.cells.get("Note attributes", ""))
        items = [item for row in self._rows if (item := self._build_item(row))]
        order = Order(
            number=self._number,
            platform=self._platform,
            platform_id=strip_empty_decimals(self._read_text("Id", 40)),
            email=self._read("Email", read_email) or "",  # none in orders from a till
            phone=strip_empty_decimals(self._find_first(("Phone", "Billing phone", "Shipping phone"), 40)),
            name=self._find_first(("Billing name", "Shipping name"), 200),
            status=self._combine_states(items) or self._derive_status(),
            payment=self._read_text("Financial Status", 30).lower().replace("_", " "),
            ordered_at=self._read_time("Created at"),
            shipped_at=self._read_time("Fulfilled at"),
            shipping_method=self._read_text("Shipping method", 200),
            expected_delivery=self._read_day("Expected delivery"),
            delivered_at=self._read_time("Delivered at"),
            carrier=self._read_text("Carrier", 80) or parcel.carrier,
            tracking=self._read_text("Tracking number", MAX_TRACKING_CHARS) or parcel.tracking,
            tracking_url=self._read("Tracking url", read_url) or parcel.tracking_url,
            currency=self._currency,
            subtotal=self._read_amount("Subtotal"),
            shipping=self._read_amount("Shipping"),
            taxes=self._read_amount("Taxes"),
            total=self._read_amount("Total"),
            refunded=self._read_amount("Refunded amount"),
        )
        order.refunded = order.refunded and abs(order.refunded)  # bookkeepers write a negative amount
        order.normalise_fields()
        return ExportedOrder(order, items, self._first.line, self._notes, self._unknown)

    def _find_refusal(self) -> str:
        """Why these rows are no order, empty if they are."""
        if not self._is_order_number():
            return _("The row has no order number (column Name).")
        if not begins_order(self._first) and not self._first.cells.get("Status"):
            return _("The order's first row is missing.")
        if has_lost_digits(self._number):
            return _("This order number is not whole: a spreadsheet has cut its digits.")
        if self._is_unfinished():
            return _("This is a draft or an abandoned checkout, not an order.")
        return ""

    def _is_order_number(self) -> bool:
        """Some platforms' have no digits, but words such as “Total” are those of a row below all orders."""
        is_code = any(map(str.isdigit, self._number))
        if not is_code and self._platform != "shopify":
            is_code = len(self._number.split()) == 1 and not WORD_FOR_SUM.fullmatch(self._number)
        return is_code and bool(normalise_number(self._number)) and len(self._number) <= 40

    def _build_item(self, row: FileRow) -> ExportedItem | None:
        sku = self._read_text("Lineitem sku", 100, row)
        name = self._read_text("Lineitem name", 500, row) or sku
        if not name:
            has_item = any(row.cells.get(column) for column in ("Lineitem quantity", "Lineitem price"))
            if has_item and not self._sums_up_items(row):
                self._note(row, _("Lineitem name is empty, so the item is left out."))
            return None
        state = find_item_state(self._read_text("Lineitem fulfillment status", 40, row))
        has_commas = self._survey.has_decimal_commas
        quantity = self._read("Lineitem quantity", read_quantity, row, has_decimal_commas=has_commas)
        return ExportedItem(name, sku, quantity, self._find_price(row, quantity), state)

    def _find_price(self, row: FileRow, quantity: int | None) -> Decimal | None:
        """The price of one piece, where need be from that of all of them."""
        price = self._read_amount("Lineitem price", row)
        total = self._read_amount("Lineitem total", row) if price is None and quantity else None
        return price if total is None or not quantity else round_amount(total / quantity, self._currency)

    def _sums_up_items(self, row: FileRow) -> bool:
        """Whether it is no item, but the sum above those of the order, as eBay writes it where there are several."""
        others = self._rows[1:]
        return row is self._rows[0] and len(others) > 1 and has_quantity_of(row, others)

    def _combine_states(self, items: Sequence[ExportedItem]) -> str:
        """The order's status where the items alone tell what was sent; empty where they do not, or nothing was."""
        states = {item.state for item in items}
        if not self._has_days_alone or OrderItem.State.SHIPPED not in states:
            return ""
        is_partly = OrderItem.State.NOT_SHIPPED in states
        return Order.Status.PARTLY_SHIPPED if is_partly else Order.Status.SHIPPED

    def _is_unfinished(self) -> bool:
        """Whether it is in Shopify's export of abandoned checkouts or of drafts, which looks like that of orders.

        A checkout has its own id for a number, a draft one such as #D12, and neither says that anything was paid.
        """
        if self._platform != "shopify" or self._first.cells.get("Financial Status"):
            return False
        number = self._number.lstrip("#")
        return bool(re.fullmatch(r"D\d+", number)) or number == self._first.cells.get("Id", "")

    def _derive_status(self) -> str:
        """The status as far as Shopify knows it: what was sent, not what has arrived. Staff set «delivered».

        Money back says nothing of goods: a refund is no return, and is told beside the status.
        """
        if known := self._first.cells.get("Status"):
            if known in Order.Status.values:
                return known
            if status := find_status(known):
                return status
            self._note_unknown_state("Status", known, Order.Status.PROCESSING)
            return Order.Status.PROCESSING
        paid = self._read_text("Financial Status", 40).lower()
        sent = self._read_text("Fulfillment Status", 40)
        if has_time(self._first.cells.get("Cancelled at", "")):
            self._read_time("Cancelled at")  # what it says is not kept, but told if it is no time
            return Order.Status.CANCELLED
        is_over = paid in ("refunded", "voided")
        nothing_sent = Order.Status.CANCELLED if is_over else Order.Status.PROCESSING
        status = find_status(sent)
        if sent not in ("", "null") and status is None:
            self._note_unknown_state("Fulfillment Status", sent, nothing_sent)
        return nothing_sent if status in (None, Order.Status.PROCESSING) else status

    def _note_unknown_state(self, column: str, text: str, status: Order.Status) -> None:
        words = _("%(column)s is %(text)s, which is not known; it is taken for “%(status)s”.")
        self._note(self._first, words % {"column": column, "text": repr(text[:40]), "status": status.label})

    def _read_time(self, column: str) -> datetime | None:
        return self._read_moment(column, read_time)

    def _read_day(self, column: str) -> date | None:
        return self._read_moment(column, read_day)

    def _read_moment(self, column: str, read: Callable[..., T]) -> T | None:
        if not has_time(self._first.cells.get(column, "")):
            return None
        return self._read(column, read, is_day_first=self._survey.is_day_first)

    def _read_amount(self, column: str, row: FileRow | None = None) -> Decimal | None:
        has_commas = self._survey.has_decimal_commas
        return self._read(column, read_amount, row, currency=self._currency, has_decimal_commas=has_commas)

    def _read(
        self, column: str, read: Callable[..., T], row: FileRow | None = None, **options: Any
    ) -> T | None:
        """What a cell says; None for an empty one, and for one that cannot be read, which is noted."""
        row = row or self._first
        text = row.cells.get(column, "")
        try:
            return read(text, **options) if text else None
        except UnreadableCell as error:
            self._note(row, error.describe_cell(column))
            return None

    def _read_text(self, column: str, max_chars: int, row: FileRow | None = None) -> str:
        row = row or self._first
        text = unescape_entities(row.cells.get(column, ""))
        if has_lost_digits(text):
            words = _("%(column)s is %(text)s: a spreadsheet has cut its digits.")
            self._note(row, words % {"column": column, "text": repr(text)})
            return ""
        if len(text) > max_chars:
            words = _("%(column)s is longer than %(limit)s characters, and was cut.")
            self._note(row, words % {"column": column, "limit": max_chars})
        return text[:max_chars]

    def _find_first(self, columns: Sequence[str], max_chars: int) -> str:
        return next(filter(None, (self._read_text(column, max_chars) for column in columns)), "")

    def _note(self, row: FileRow, why: str) -> None:
        self._notes.append(CellNote(row.line, self._number, why))
