"""The forms of the platforms' exports: by which columns one is recognised, and which of them stands for what.

Shopify's is the one that orders are read in. Those of others are small files in `platforms/`, or one of the shop's own.
"""

import re
import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError, model_validator

from ..models import Order
from .status_words import simplify_status

FORMATS_DIR = Path(__file__).with_name("platforms")
REQUIRED_COLUMNS = (
    *("Name", "Email", "Financial Status", "Fulfillment Status", "Currency", "Total", "Created at"),
    *("Lineitem quantity", "Lineitem name", "Lineitem price"),
)
OPTIONAL_COLUMNS = (
    *("Id", "Phone", "Billing phone", "Shipping phone", "Billing name", "Shipping name", "Fulfilled at"),
    *("Shipping method", "Note attributes", "Subtotal", "Shipping", "Taxes", "Refunded amount"),
    *("Cancelled at", "Lineitem sku", "Lineitem fulfillment status", "Lineitem id"),
    # These are in no export of Shopify's, but other sources have them.
    *("Status", "Carrier", "Tracking number", "Tracking url", "Delivered at", "Expected delivery"),
    "Lineitem total",
)
COLUMNS = frozenset((*REQUIRED_COLUMNS, *OPTIONAL_COLUMNS))
ITEM_COLUMNS = frozenset(column for column in COLUMNS if column.startswith("Lineitem"))
# What a status of another platform may stand for, beside those of our own: paid back, or nothing known. Such an order
# was sent if the export says when.
REFUNDED, BY_DATE = "refunded", "by date"
ITEM_GROUPS = ("name", "sku", "quantity", "price", "total")


class NotAnExportError(Exception):
    """The file is no table, or lacks columns of an order export."""


class BrokenMapError(Exception):
    """What is wrong with a file that describes a form of exports, in plain words."""


@dataclass(frozen=True, slots=True)
class ItemCells:
    """Cells that hold several items each: those of these columns, in which this pattern finds each of the items."""

    columns: re.Pattern[str]
    pattern: re.Pattern[str]


@dataclass(frozen=True)
class ExportFormat:
    """One form. Without `columns` they are Shopify's own.

    `columns` has, for each of our columns, those that may stand for it: the first one that is filled, of several that
    stand together one after the other.
    """

    name: str
    platform: str
    recognised_by: tuple[str, ...]
    columns: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    statuses: Mapping[str, str] = field(default_factory=dict)
    payments: Mapping[str, str] = field(default_factory=dict)
    item_cells: ItemCells | None = None
    currency: str = ""
    is_day_first: bool | None = None

    @cached_property
    def source_columns(self) -> frozenset[str]:
        return frozenset(part for choices in self.columns.values() for parts in choices for part in parts)

    @cached_property
    def has_days_alone(self) -> bool:
        """Whether nothing but the day on which it was sent tells the state of an order, or of each of its items."""
        states = {"Status", "Fulfillment Status", "Lineitem fulfillment status"}
        return "Fulfilled at" in self.columns and self.columns.keys().isdisjoint(states)

    def is_read(self, column: str) -> bool:
        """Whether this column of a file is read."""
        return column in self.source_columns or self.has_items(column)

    def has_items(self, column: str) -> bool:
        """Whether this column of a file holds several items."""
        return bool(self.item_cells and self.item_cells.columns.fullmatch(column))

    def list_unknown(self, columns: Collection[str]) -> frozenset[str]:
        """Those of our columns of which a file with these columns says nothing."""
        if not self.columns:
            return COLUMNS.difference(columns)
        known = {
            ours for ours, choices in self.columns.items() if any({*parts} & {*columns} for parts in choices)
        }
        if any(map(self.has_items, columns)):
            known |= ITEM_COLUMNS
        if self.payments:
            known.add("Financial Status")
        return COLUMNS - known


SHOPIFY = ExportFormat("Shopify", "shopify", REQUIRED_COLUMNS)


@dataclass(frozen=True, slots=True)
class Header:
    """Where the columns are named, and in which form."""

    format: ExportFormat
    columns: tuple[str, ...]
    line: int
    separator: str = ""


OWN_COLUMNS = {column.replace(" ", "").lower(): column for column in COLUMNS}
# Also where a program took it for text of the first cell.
BYTE_ORDER_MARK = re.compile(r'(?:\ufeff|ï»¿)+"?([^"]*)"?')


def simplify_column(column: str) -> str:
    """“ORDER_NAME ” may stand for “Order name”, and “FinancialStatus” for “Financial status”."""
    if marked := BYTE_ORDER_MARK.fullmatch(column):
        column = marked[1]
    words = re.sub(r"[_\s\ufeff]+", " ", column).split()
    return OWN_COLUMNS.get("".join(words).lower(), " ".join(words)).capitalize()


def find_header(
    candidates: Iterable[tuple[int, str, Sequence[str]]], formats: Sequence[ExportFormat]
) -> Header:
    """The header among (line, separator, cells). Raises `NotAnExportError`, which names what is missing."""
    best, best_rank = None, (False, 0, 0)
    for line, separator, cells in candidates:
        simple = [simplify_column(cell) for cell in cells]
        for each in formats:
            known = {simplify_column(column): column for column in each.recognised_by}
            columns = tuple(known.get(column, column) for column in simple)
            matches = len({*columns} & {*each.recognised_by})
            rank = (matches == len(each.recognised_by), matches, -line)
            if rank > best_rank:
                best, best_rank = Header(each, columns, line, separator), rank
    if best is None or not best_rank[0]:
        raise NotAnExportError(_describe_missing(best, formats))
    return best


def _describe_missing(best: Header | None, formats: Sequence[ExportFormat]) -> str:
    matches = len({*best.columns} & {*best.format.recognised_by}) if best else 0
    form = best.format if best and matches * 2 > len(best.format.recognised_by) else formats[0]
    missing = [column for column in form.recognised_by if best is None or column not in best.columns]
    words = f"These columns of an order export are missing: {', '.join(missing)}. "
    words += f"These are all that it takes: {', '.join(form.recognised_by)}."
    if len(formats) == 1:
        return words
    names = ", ".join(dict.fromkeys(each.name for each in formats))
    return (
        f"{words} Exports of {names} are recognised by their columns; for others see --map in docs/orders.md."
    )


@cache
def load_formats() -> tuple[ExportFormat, ...]:
    """Shopify's, and those in `platforms/`."""
    return (SHOPIFY, *(load_format(path) for path in sorted(FORMATS_DIR.glob("*.toml"))))


class _ItemsTable(BaseModel):
    columns: str
    pattern: str


class _MapFile(BaseModel, extra="forbid"):
    """What a file says that describes a form of exports, see docs/orders.md."""

    name: str = Field("", coerce_numbers_to_str=True)
    platform: str = Field("", coerce_numbers_to_str=True)
    recognised_by: list[str] = []
    columns: dict[str, str | list[str]] = {}
    status: dict[str, str] = {}
    payment: dict[str, str] = {}
    items: _ItemsTable | None = None
    currency: str = ""
    days: Literal["day first", "month first"] | None = None

    @model_validator(mode="before")
    @classmethod
    def _leave_out_empty(cls, described: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in described.items() if value not in ("", [], {})}


def load_format(path: Path) -> ExportFormat:
    """The form that a file describes. Raises `BrokenMapError` and OSError."""
    try:
        described = _MapFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8-sig")))
        return _read_format(described, path.stem)
    except ValidationError as error:
        problem = "; ".join(dict.fromkeys(map(_describe_fault, error.errors())))
    except (ValueError, re.error) as error:
        problem = str(error)
    raise BrokenMapError(f"It is no map as docs/orders.md describes it: {problem}.")


def _describe_fault(fault: Any) -> str:
    # Behind the name in a table stands which one of the types that a value may have it was compared with.
    name, kind = ".".join(map(str, fault["loc"][:2])), fault["type"]
    if kind == "extra_forbidden":
        return f"{name} is not known, these are: {', '.join(_MapFile.model_fields)}"
    if kind == "missing":
        return f"{name} is missing"
    if kind == "literal_error":
        return f"{name} must be {fault['ctx']['expected']}"
    if kind in {"dict_type", "model_type"}:
        return f"{name} must be a table, which begins with a line [{name}]"
    if name == "recognised_by":
        return f'{name} must be a list of columns, such as ["Order", "Total"]'
    return f"{name} must be text between quotation marks"


def _read_format(described: _MapFile, name: str) -> ExportFormat:
    columns = {
        OWN_COLUMNS.get(ours.replace(" ", "").lower(), ours): _read_choices(theirs)
        for ours, theirs in described.columns.items()
    }
    _refuse_unknown("columns", columns, (*REQUIRED_COLUMNS, *OPTIONAL_COLUMNS))
    if "Name" not in columns:
        raise BrokenMapError('[columns] does not say which one is the order\'s number: Name = "…".')
    statuses = _read_words(described.status)
    _refuse_unknown("status", statuses.values(), (*Order.Status.values, REFUNDED, BY_DATE))
    required = described.recognised_by or [parts[0] for parts in columns["Name"]]
    return ExportFormat(
        described.name or name,
        described.platform[:20],
        tuple(simplify_column(column) for column in required),
        columns,
        statuses,
        _read_words(described.payment),
        _read_item_cells(described.items) if described.items else None,
        described.currency,
        described.days == "day first" if described.days else None,
    )


def _refuse_unknown(table: str, used: Iterable[str], known: Sequence[str]) -> None:
    if unknown := ", ".join(sorted({*used}.difference(known))):
        raise BrokenMapError(f"Not known in [{table}]: {unknown}. These are: {', '.join(known)}.")


def _read_item_cells(described: _ItemsTable) -> ItemCells:
    pattern = re.compile(described.pattern, re.DOTALL)
    if not {"name", "sku"} & pattern.groupindex.keys():
        raise BrokenMapError(f"[items] pattern has none of these groups: {', '.join(ITEM_GROUPS)}.")
    return ItemCells(re.compile(described.columns, re.IGNORECASE), pattern)


def _read_choices(theirs: str | list[str]) -> tuple[tuple[str, ...], ...]:
    """“first + last” stand together; of several in a list, the first one that is filled."""
    choices = [theirs] if isinstance(theirs, str) else theirs
    return tuple(tuple(simplify_column(part) for part in choice.split(" + ")) for choice in choices)


def _read_words(table: Mapping[str, str]) -> dict[str, str]:
    return {simplify_status(theirs): ours for theirs, ours in table.items()}
