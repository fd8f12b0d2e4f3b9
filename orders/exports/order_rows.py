"""Gathers the rows of an order export by order: a row for each line item, the order's own fields on the first alone."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from ..numbers import join_tracking_numbers
from .archives import Table
from .cells import UnreadableCell, read_quantity, strip_empty_decimals
from .files import FileRow
from .foreign_rows import translate_rows
from .formats import COLUMNS, ITEM_COLUMNS, NotAnExportError
from .repeated_rows import begins_order, drop_repeats
from .times import guess_day_first

IDENTIFYING_COLUMNS = ("Id", "Email", "Total", "Created at")
MAX_SPREAD_ROWS = 300_000  # of orders whose rows stand apart; they are kept until the end of the file
MAX_SAMPLED_TIMES = 10_000
# By which people sort items, each with how often it changes at least in rows that are sorted: two prices are in order
# by chance. So are quantities, of which nearly all are one.
SORTABLE_COLUMNS = {"Lineitem name": 1, "Lineitem sku": 1, "Lineitem price": 2}
# What people, and filters of spreadsheets, call a row with the sum of those above.
WORD_FOR_SUM = re.compile(
    r"(?:(?:grand )?totals?|total (?:général|general|geral)|sum|gesamt|(?:gesamt)?summe|somme|suma|totale|somma|totaal"
    r"|som|razem|soma|итого|合計|总计)[ :]*",
    re.IGNORECASE,
)
# Of those with one number, to which a row may belong beside the first: a spreadsheet may have made all numbers one.
MAX_COMPARED_ORDERS = 20


@dataclass(slots=True)
class Survey:
    """What was seen on the first way through a file: how it is written, and which orders' rows stand apart."""

    spread: set[str] = field(default_factory=set)
    is_day_first: bool | None = None
    has_decimal_commas: bool = False
    # Whether an item without its order's number belongs to the order above it, see `_has_item_alone`.
    has_orders_in_blocks: bool = False
    last_item_line: int = 0  # below it are sums alone


class ItemSorting:
    """Whether somebody has sorted the rows by their items: then a row has nothing to do with the one above it."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[bool, float, str]] = {}
        self._steps: dict[str, Counter[bool]] = {column: Counter() for column in SORTABLE_COLUMNS}

    def add_row(self, row: FileRow) -> None:
        for column, steps in self._steps.items():
            text = row.cells.get(column, "").casefold()
            if not text:
                continue
            key = _build_sort_key(text)
            if (last := self._last.get(column, key)) != key:
                steps[last < key] += 1
            self._last[column] = key

    def is_sorted(self) -> bool:
        """Nearly so is enough: a spreadsheet has an order of its own for letters with marks."""
        return any(
            steps.total() >= SORTABLE_COLUMNS[column] and min(steps[True], steps[False]) * 20 <= steps.total()
            for column, steps in self._steps.items()
        )


def _build_sort_key(text: str) -> tuple[bool, float, str]:
    """Numbers by their size, and before all else."""
    try:
        return False, float(text.replace(",", ".")), ""
    except ValueError:
        return True, 0.0, text


def get_number(row: FileRow) -> str:
    """The order's number, in the one form by which rows are gathered and orders are stored."""
    return strip_empty_decimals(row.cells.get("Name", ""))


def read_rows(export: Table, wanted: Collection[str]) -> Iterator[FileRow]:
    """The rows with these columns of Shopify's form, whatever form the file has."""
    form = export.header.format
    if not form.columns:
        return export.read_rows(wanted)
    sources = [column for column in export.header.columns if form.is_read(column)]
    return translate_rows(export.read_rows(sources), form, wanted)


def survey_file(export: Table) -> Survey:
    survey, seen, previous = Survey(), set[str](), ""
    times: list[str] = []
    sorting = ItemSorting()
    commas = points = block_count = 0
    for row in read_rows(export, ("Name", "Total", "Created at", *SORTABLE_COLUMNS)):
        number = get_number(row)
        if row.cells.get("Lineitem name") and not _has_word_for_sum(row):
            survey.last_item_line = row.line
        if number != previous:
            block_count += not number
            if number in seen:
                survey.spread.add(number)
            seen.add(number)
            previous = number
        if block_count:  # else nobody asks: most exports name the order in each row
            sorting.add_row(row)
        total, time = row.cells.get("Total", ""), row.cells.get("Created at", "")
        commas += "," in total[-3:]
        points += "." in total[-3:]
        if time and not time[:4].isdigit() and len(times) < MAX_SAMPLED_TIMES:
            times.append(time)
    survey.spread.discard("")
    # Who has sorted the rows by the orders has put all those without a number in one place.
    is_sorted = block_count < 2 or sorting.is_sorted()
    survey.has_orders_in_blocks = not is_sorted or len(seen - {""}) == 1
    survey.is_day_first, survey.has_decimal_commas = guess_day_first(times), commas > points
    return survey


def gather_rows(export: Table, survey: Survey) -> Iterator[list[FileRow]]:
    """The rows of each order together, those of orders whose rows stand apart at the end."""
    apart: dict[str, list[FileRow]] = {}
    apart_count = 0
    group: list[FileRow] = []
    number = ""
    for row in read_rows(export, COLUMNS):
        may_continue = survey.has_orders_in_blocks and number and _has_item_alone(row)
        if not may_continue or _is_sum(row, apart.get(number, group), survey.last_item_line):
            number = get_number(row)
        if number:
            row.cells["Name"] = number  # so that a row and its repeat are alike, whichever of them has a mark
        if number in survey.spread:
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


def _has_item_alone(row: FileRow) -> bool:
    """Whether the row has an item and nothing of an order: cells that were merged have their text in the first row."""
    filled = {column for column, text in row.cells.items() if text}
    return "Lineitem name" in filled and filled <= ITEM_COLUMNS and not row.problem


def _has_word_for_sum(row: FileRow) -> bool:
    is_word = WORD_FOR_SUM.fullmatch(row.cells.get("Lineitem name", ""))
    return is_word is not None and not row.cells.get("Lineitem sku")


def _is_sum(row: FileRow, above: Sequence[FileRow], last_item_line: int) -> bool:
    """Whether it is no item, but what somebody has summed up: all of the file above it, or an order's items."""
    if not _has_word_for_sum(row):
        return False
    is_below_all = row.line > last_item_line
    return is_below_all or not row.cells.get("Lineitem quantity") or has_quantity_of(row, above)


def has_quantity_of(row: FileRow, others: Sequence[FileRow]) -> bool:
    """Whether the row has as many pieces as the others together."""
    try:
        count, *counts = (read_quantity(each.cells.get("Lineitem quantity", "")) for each in (row, *others))
    except UnreadableCell:
        return False
    return count == sum(counts)


def split_orders(rows: list[FileRow], *, may_look_alike: bool) -> list[list[FileRow]]:
    """The rows with one number, by order: two orders may have been given the same one. See `drop_repeats`."""
    orders: list[list[FileRow]] = []
    for row in rows:
        begins = begins_order(row)
        compared = (*orders[:1], *orders[max(1, len(orders) - MAX_COMPARED_ORDERS) :])
        same = [each for each in compared if _is_same_order(each[0], row)]
        if same and begins and not begins_order(same[-1][0]):
            same[-1].insert(0, row)  # somebody has sorted the rows
        elif orders and (same or not begins):
            (same[-1] if same else orders[-1]).append(row)
        else:
            orders.append([row])
    return [drop_repeats(each, may_look_alike=may_look_alike) for each in orders]


def combine_rows(rows: Sequence[FileRow]) -> FileRow:
    """The first row, with what only later ones say of the order: some platforms tell of a parcel beside its items."""
    first, *others = rows
    if not others:
        return first
    cells = dict(first.cells)
    for row in others:
        for column in row.cells.keys() - ITEM_COLUMNS:
            cells[column] = cells.get(column) or row.cells[column]
    if cells.get("Tracking number"):
        cells["Tracking number"] = join_tracking_numbers(row.cells.get("Tracking number", "") for row in rows)
    return FileRow(first.line, cells, first.problem)


def _is_same_order(first: FileRow, row: FileRow) -> bool:
    pairs = [(first.cells.get(column, ""), row.cells.get(column, "")) for column in IDENTIFYING_COLUMNS]
    return all(one.lower() == other.lower() for one, other in pairs if one and other)
