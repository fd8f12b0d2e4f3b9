"""Turns rows of another platform's export into rows of Shopify's form: a row for each item."""

from collections.abc import Collection, Iterator, Mapping

from ..models import Order
from .cells import find_currency
from .files import FileRow
from .formats import BY_DATE, ITEM_COLUMNS, REFUNDED, ExportFormat, ItemCells
from .status_words import REFUND_WORDS, simplify_status
from .times import has_time


def translate_rows(rows: Iterator[FileRow], form: ExportFormat, wanted: Collection[str]) -> Iterator[FileRow]:
    """The rows in Shopify's columns, as far as they are wanted. A row with several items becomes several."""
    for row in rows:
        cells = _translate_cells(row.cells, form)
        items = list(_split_items(row.cells, form.item_cells)) if form.item_cells else []
        first, *others = items or [{}]
        for each in (cells | first, *({"Name": cells.get("Name", "")} | item for item in others)):
            picked = {column: text for column, text in each.items() if column in wanted}
            yield FileRow(row.line, picked, row.problem)


def _translate_cells(theirs: Mapping[str, str], form: ExportFormat) -> dict[str, str]:
    cells = {}
    for ours, choices in form.columns.items():
        joined = (" ".join(filter(None, (theirs.get(part, "") for part in parts))) for parts in choices)
        cells[ours] = next(filter(None, joined), "")
    own = form.columns.keys() - ITEM_COLUMNS - {"Name"}
    if own and not any(cells[column] for column in own):
        return cells  # a further item of an order
    if not cells.get("Currency"):
        is_known = form.currency or "Currency" in form.columns
        cells["Currency"] = form.currency if is_known else find_currency(cells.get("Total", ""))
    status = simplify_status(cells.get("Status", ""))
    if status in REFUND_WORDS and status not in form.statuses:
        status = cells["Status"] = REFUNDED
    if not cells.get("Financial Status"):
        cells["Financial Status"] = form.payments.get(status, "")
    if "Status" in form.columns or "Fulfillment Status" not in form.columns:
        cells["Status"] = _translate_status(form.statuses.get(status, cells.get("Status", "")), cells)
    if form.has_days_alone:
        cells["Lineitem fulfillment status"] = cells["Status"]
    return cells


def _translate_status(status: str, cells: Mapping[str, str]) -> str:
    """An order without a status was sent if the export says when."""
    if status in ("", BY_DATE, REFUNDED):
        nothing_sent = Order.Status.CANCELLED if status == REFUNDED else Order.Status.PROCESSING
        return Order.Status.SHIPPED if has_time(cells.get("Fulfilled at", "")) else nothing_sent
    return status


def _split_items(theirs: Mapping[str, str], cells: ItemCells) -> Iterator[dict[str, str]]:
    """The items that one cell holds together. A cell in which none is found is told."""
    for column, text in theirs.items():
        if not text or not cells.columns.fullmatch(column):
            continue
        found = list(cells.pattern.finditer(text))
        for match in found:
            item = {name: (value or "").strip() for name, value in match.groupdict().items()}
            yield {
                "Lineitem name": item.get("name", ""),
                "Lineitem sku": item.get("sku", ""),
                "Lineitem quantity": item.get("quantity", ""),
                "Lineitem price": item.get("price", ""),
                "Lineitem total": item.get("total", ""),
            }
        if not found:
            yield {"Lineitem quantity": text[:200]}
