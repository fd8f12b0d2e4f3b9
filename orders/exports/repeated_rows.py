"""Leaves out what a table has twice of an order, as where two exports were put together, also of different days."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import pairwise

from ..models import STAGES
from .cells import UnreadableCell, read_amount
from .files import FileRow
from .status_words import find_status, simplify_state

# A row with one of these begins an order; the others are further items of it.
BEGINNING_COLUMNS = ("Financial Status", "Total", "Id")
# By these an item is told from the others of its order. Its state is none of them: it changes from day to day.
ITEM_KEY_COLUMNS = (
    *("Lineitem id", "Lineitem name", "Lineitem sku", "Lineitem quantity", "Lineitem price"),
    "Lineitem total",
)
# Later ones stand behind.
PAYMENTS = ("pending", "authorized", "partially paid", "paid", "partially refunded", "refunded", "voided")

Item = tuple[str, ...]


def begins_order(row: FileRow) -> bool:
    return any(row.cells.get(column) for column in BEGINNING_COLUMNS)


def drop_repeats(rows: list[FileRow], *, may_look_alike: bool) -> list[FileRow]:
    """An order's rows without those of its copies. Of copies from different days the newest one is taken.

    The first item tells how many copies there are, so that two equal items of one order stay two. Where the order's
    own columns are in each row, two items `may_look_alike`, unless they have ids. Where it is seen which rows are the
    newest copy's, they are all: what the shop has taken out of the order since is gone.
    """
    beginnings = [row for row in rows if begins_order(row)] if len(rows) > 1 else rows
    if len(beginnings) < 2 or (may_look_alike and not any(row.cells.get("Lineitem id") for row in rows)):
        return rows
    first = _identify_item(rows[0])
    copies = [row for row in beginnings if _identify_item(row) == first]
    if len(copies) < 2:
        return rows
    progress = [_rate_progress(copy.cells) for copy in copies]
    newest = progress.index(max(progress))
    begin = rows.index(copies[newest])
    begun = set(map(id, copies))
    further = [row for row in rows if id(row) not in begun]
    if progress.count(progress[newest]) == 1 and _is_behind_whole_copy(rows, begin, further):
        end = rows.index(copies[newest + 1]) if newest + 1 < len(copies) else len(rows)
        counts = Counter(map(_identify_item, rows[begin:end]))
        before = set(map(_identify_item, rows[:begin]))
        # Of rows that were sorted, an item that stands only here, and more than once, may be that of each copy.
        if all(count == 1 or item in before for item, count in counts.items()):
            return rows[begin:end]
    return [copies[newest], *_keep_rows_of_copy(further, newest, len(copies))]


def _is_behind_whole_copy(rows: list[FileRow], begin: int, further: list[FileRow]) -> bool:
    """Whether further items stand before this copy's beginning. Then nobody has sorted the rows by what begins one."""
    has_file_order = all(row.line <= following.line for row, following in pairwise(rows))
    return has_file_order and bool(further) and further[0].line < rows[begin].line


def _identify_item(row: FileRow) -> Item:
    return tuple(row.cells.get(column, "") for column in ITEM_KEY_COLUMNS)


def _keep_rows_of_copy(rows: list[FileRow], copy: int, copies: int) -> Iterator[FileRow]:
    """In the order of the file. Of an item that not all copies have, as many as the fullest of them may have."""
    places = defaultdict[Item, list[int]](list)
    for place, row in enumerate(rows):
        places[_identify_item(row)].append(place)
    kept = set[int]()
    for found in places.values():
        count = -(-len(found) // copies)
        begin = min(copy * count, len(found) - count)
        kept.update(found[begin : begin + count])
    return (rows[place] for place in sorted(kept))


def _rate_progress(cells: Mapping[str, str]) -> tuple[bool, int, Decimal, int, int]:
    """How far an order has come; a later state is larger."""
    paid, sent = simplify_state(cells.get("Financial Status", "")), cells.get("Fulfillment Status", "")
    try:
        refunded = read_amount(cells.get("Refunded amount", ""), "")
    except UnreadableCell:
        refunded = Decimal(0)
    return (
        bool(cells.get("Cancelled at")),
        PAYMENTS.index(paid) if paid in PAYMENTS else -1,
        refunded,
        # Nothing was sent, whether that is said or not.
        max(0, _find_stage(find_status(sent))),
        _find_stage(cells.get("Status")),
    )


def _find_stage(status: str | None) -> int:
    return STAGES.index(status) if status in STAGES else -1
