"""An order as an export has it, or as a platform tells of it: not saved yet, or refused with why."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from django.utils.translation import gettext as _

from .models import Order


class RefusedOrder(Exception):
    """An order that is not imported, and why, in plain words for whoever runs the import."""

    def __init__(self, line: int, number: str, why: str) -> None:
        shown = number or _("no number")
        super().__init__(f"line {line}, {shown}: {why}")
        self.line, self.number, self.why = line, number, why


class CellNote(NamedTuple):
    """A cell that could not be read and was left out of its order."""

    line: int
    number: str
    why: str


class ExportedItem(NamedTuple):
    name: str
    sku: str
    quantity: int | None
    price: Decimal | None
    state: str


@dataclass(frozen=True, slots=True)
class ExportedOrder:
    """An order and its items as the export has them, not saved yet. `line` is that of its first row."""

    order: Order
    items: list[ExportedItem]
    line: int = 0
    notes: list[CellNote] = field(default_factory=list)
    unknown: frozenset[str] = frozenset()  # the fields, and “items”, of which the file says nothing
