"""`manage.py import_orders FILE`: imports a Shopify order export."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from ...importer import save_orders
from ...shopify import ExportedOrder, NotAnExportError, RefusedOrder, read_orders

ORDERS_PER_BATCH = 500
MAX_PRINTED_REFUSALS = 20

RefusedRows = list[tuple[int, str, str]]  # line, order number, reason


class Command(BaseCommand):
    help = "Import a Shopify order export (CSV). Importing it again changes nothing; a newer export updates."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the export, as Shopify writes it")
        parser.add_argument(
            "--refused", type=Path, metavar="FILE", help="also write the refused orders to FILE, as CSV"
        )

    def handle(self, *args: Any, file: Path, refused: Path | None, verbosity: int, **options: Any) -> None:
        try:
            counts, problems = _import_lines(_read_with_progress(file, quiet=verbosity == 0))
            if refused:
                _write_refused(refused, problems)
        except NotAnExportError as error:
            raise CommandError(f"{file}: {error}") from None
        except OSError as error:
            raise CommandError(f"{error.filename or file}: {error.strerror or error}") from None
        self._print_refusals(problems)
        counts["refused"] = len(problems)
        self._print_counts(counts)

    def _print_refusals(self, problems: RefusedRows) -> None:
        for line, number, why in problems[:MAX_PRINTED_REFUSALS]:
            self.stderr.write(f"Line {line}, {number or 'no number'}: {why}")
        unprinted = len(problems) - MAX_PRINTED_REFUSALS
        if unprinted > 0:
            self.stderr.write(f"… and {unprinted:,} more; --refused FILE writes them all.")

    def _print_counts(self, counts: Counter[str]) -> None:
        outcomes = ("new", "updated", "unchanged", "refused")
        sums = ", ".join(f"{counts[outcome]:,} {outcome}" for outcome in outcomes)
        nothing = "" if counts["new"] or counts["updated"] else " Nothing was changed."
        self.stdout.write(f"{counts.total():,} orders: {sums}.{nothing}")


def _import_lines(lines: Iterable[bytes]) -> tuple[Counter[str], RefusedRows]:
    """Import an export in batches; returns how many orders had each outcome, and the refused ones."""
    counts: Counter[str] = Counter()
    problems: RefusedRows = []
    batch: list[ExportedOrder] = []
    for found in read_orders(lines):
        if isinstance(found, RefusedOrder):
            problems.append((found.line, found.number, found.why))
            continue
        batch.append(found)
        if len(batch) == ORDERS_PER_BATCH:
            counts += save_orders(batch)
            batch = []
    return counts + save_orders(batch), problems


def _read_with_progress(file: Path, *, quiet: bool) -> Iterator[bytes]:
    # `disable=None` shows the bar to a person only, not in a log.
    with (
        file.open("rb") as lines,
        tqdm(total=file.stat().st_size, unit="B", unit_scale=True, disable=quiet or None) as bar,
    ):
        for line in lines:
            yield line
            bar.update(len(line))


def _write_refused(path: Path, problems: RefusedRows) -> None:
    with path.open("w", newline="", encoding="utf-8") as report:
        rows = csv.writer(report)
        rows.writerow(["line", "order", "reason"])
        for line, number, why in problems:
            # A spreadsheet must not take an order number for a formula.
            rows.writerow([line, f"'{number}" if number.startswith(("=", "+", "-", "@")) else number, why])
