"""Gathers the rows of an order export by order: a row for each line item, the order's own fields on the first alone."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from .cells import guess_day_first
from .export_files import ExportFile, FileRow, NotAnExportError

REQUIRED_COLUMNS = (
    *("Name", "Email", "Financial Status", "Fulfillment Status", "Currency", "Total", "Created at"),
    *("Lineitem quantity", "Lineitem name", "Lineitem price"),
)
OPTIONAL_COLUMNS = (
    *(
        "Id",
        "Phone",
        "Billing phone",
        "Shipping phone",
        "Billing name",
        "Shipping name",
        "Fulfilled at",
        "Shipping method",
    ),
    *("Note attributes", "Subtotal", "Shipping", "Taxes", "Refunded amount", "Cancelled at"),
    *("Lineitem sku", "Lineitem fulfillment status"),
    # These are in no export of Shopify's, but other sources have them.
    *("Status", "Carrier", "Tracking number", "Tracking url", "Delivered at", "Expected delivery"),
)
COLUMNS = frozenset((*REQUIRED_COLUMNS, *OPTIONAL_COLUMNS))
# A row with one of these begins an order; the others are further items of it.
BEGINNING_COLUMNS = ("Financial Status", "Total", "Id")
IDENTIFYING_COLUMNS = ("Id", "Email", "Total", "Created at")
MAX_SPREAD_ROWS = 300_000  # of orders whose rows stand apart; they are kept until the end of the file
MAX_SAMPLED_TIMES = 10_000


@dataclass(slots=True)
class Survey:
    """What was seen on the first way through a file: how it is written, and which orders' rows stand apart."""

    spread: set[str] = field(default_factory=set)
    is_day_first: bool | None = None
    has_decimal_commas: bool = False


def get_number(row: FileRow) -> str:
    return row.cells.get("Name", "")


def survey_file(export: ExportFile) -> Survey:
    survey, seen, previous = Survey(), set[str](), ""
    times: list[str] = []
    commas = points = 0
    for row in export.read_rows(("Name", "Total", "Created at")):
        number = get_number(row)
        if number != previous:
            if number in seen:
                survey.spread.add(number)
            seen.add(number)
            previous = number
        total, time = row.cells.get("Total", ""), row.cells.get("Created at", "")
        commas += "," in total[-3:]
        points += "." in total[-3:]
        if "/" in time and len(times) < MAX_SAMPLED_TIMES:
            times.append(time)
    survey.spread.discard("")
    survey.is_day_first, survey.has_decimal_commas = guess_day_first(times), commas > points
    return survey


def gather_rows(export: ExportFile, spread: set[str]) -> Iterator[list[FileRow]]:
    """The rows of each order together, those of orders whose rows stand apart at the end."""
    apart: dict[str, list[FileRow]] = {}
    apart_count = 0
    group: list[FileRow] = []
    for row in export.read_rows(COLUMNS):
        number = get_number(row)
        if number in spread:
            apart.setdefault(number, []).append(row)
            apart_count += 1
            if apart_count > MAX_SPREAD_ROWS:
                raise NotAnExportError(
                    "The rows of too many orders stand apart. Sort the file by order first."
                )
            continue
        if group and (not number or number != get_number(group[0])):
            yield group
            group = []
        group.append(row)
    if group:
        yield group
    yield from apart.values()


def split_orders(rows: list[FileRow]) -> list[list[FileRow]]:
    """The rows with one number, by order: two orders may have been given the same one."""
    orders: list[list[FileRow]] = []
    for row in rows:
        if orders and row.cells and row.cells == orders[-1][0].cells:
            continue  # the same order once more, as in two exports that were put together
        begins = any(row.cells.get(column) for column in BEGINNING_COLUMNS)
        same = [each for each in orders if _is_same_order(each[0], row)]
        if orders and (same or not begins):
            (same[-1] if same else orders[-1]).append(row)
        else:
            orders.append([row])
    return orders


def _is_same_order(first: FileRow, row: FileRow) -> bool:
    pairs = [(first.cells.get(column, ""), row.cells.get(column, "")) for column in IDENTIFYING_COLUMNS]
    return all(one.lower() == other.lower() for one, other in pairs if one and other)
