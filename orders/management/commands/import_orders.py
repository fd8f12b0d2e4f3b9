"""`manage.py import_orders FILE …`: imports Shopify order exports."""

import csv
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from ...export_files import ExportFile, NotAnExportError, open_export
from ...importer import save_orders
from ...order_rows import REQUIRED_COLUMNS
from ...shopify import CellNote, ExportedOrder, RefusedOrder, read_orders

ORDERS_PER_BATCH = 500
MAX_PRINTED_PROBLEMS = 20


@dataclass
class Report:
    """What became of the orders, and what was refused or left out: (line, order number, reason)."""

    counts: Counter[str] = field(default_factory=Counter)
    refused: list[RefusedOrder] = field(default_factory=list)
    notes: list[CellNote] = field(default_factory=list)

    def list_problems(self) -> list[tuple[int, str, str]]:
        refused = [(each.line, each.number, each.why) for each in self.refused]
        left_out = [(each.line, each.number, each.why) for each in self.notes]
        return sorted([*refused, *left_out])


class Command(BaseCommand):
    help = (
        "Import Shopify order exports: CSV, also as spreadsheets write it, or packed by zip or gzip. Importing one "
        "again changes nothing; a newer export updates."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", type=Path, nargs="+", metavar="file", help="an export")
        parser.add_argument(
            "--refused",
            type=Path,
            metavar="FILE",
            help="also write what was refused or left out to FILE, as CSV",
        )
        days = parser.add_mutually_exclusive_group()
        days.add_argument("--day-first", action="store_true", help="03/04/2026 is the third of April")
        days.add_argument("--month-first", action="store_true", help="03/04/2026 is the fourth of March")

    def handle(
        self, *args: Any, files: list[Path], refused: Path | None, verbosity: int, **options: Any
    ) -> None:
        is_day_first = True if options["day_first"] else False if options["month_first"] else None
        report = Report()
        for file in files:
            try:
                for export in open_export(file, REQUIRED_COLUMNS):
                    _import_file(export, is_day_first, report, quiet=verbosity == 0)
            except NotAnExportError as error:
                raise CommandError(f"{file}: {error}") from None
            except (EOFError, zipfile.BadZipFile, zlib.error):
                raise CommandError(f"{file}: It is packed, and damaged.") from None
            except OSError as error:
                raise CommandError(f"{error.filename or file}: {error.strerror or error}") from None
        if refused:
            _write_problems(refused, report.list_problems())
        self._print_problems(report.list_problems())
        self._print_counts(report)

    def _print_problems(self, problems: list[tuple[int, str, str]]) -> None:
        for line, number, why in problems[:MAX_PRINTED_PROBLEMS]:
            self.stderr.write(f"Line {line}, {number or 'no number'}: {why}")
        unprinted = len(problems) - MAX_PRINTED_PROBLEMS
        if unprinted > 0:
            self.stderr.write(f"… and {unprinted:,} more; --refused FILE writes them all.")

    def _print_counts(self, report: Report) -> None:
        counts = report.counts | Counter(refused=len(report.refused))
        outcomes = ("new", "updated", "unchanged", "refused")
        sums = ", ".join(f"{counts[outcome]:,} {outcome}" for outcome in outcomes)
        nothing = "" if counts["new"] or counts["updated"] else " Nothing was changed."
        self.stdout.write(f"{counts.total():,} orders: {sums}.{nothing}")
        if report.notes:
            self.stdout.write(f"{len(report.notes):,} cells could not be read and were left out.")


def _import_file(export: ExportFile, is_day_first: bool | None, report: Report, *, quiet: bool) -> None:
    """Import an export in batches, and add to the report what became of it."""
    batch: list[ExportedOrder] = []
    # `disable=None` shows the count to a person only, not in a log.
    for found in tqdm(
        read_orders(export, is_day_first), desc=export.name, unit=" orders", disable=quiet or None
    ):
        if isinstance(found, RefusedOrder):
            report.refused.append(found)
            continue
        report.notes += found.notes
        batch.append(found)
        if len(batch) == ORDERS_PER_BATCH:
            _save_batch(batch, report)
            batch = []
    _save_batch(batch, report)


def _save_batch(batch: list[ExportedOrder], report: Report) -> None:
    counts, refused = save_orders(batch)
    report.counts += counts
    report.refused += refused


def _write_problems(path: Path, problems: list[tuple[int, str, str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as written:
        rows = csv.writer(written)
        rows.writerow(["line", "order", "reason"])
        for line, number, why in problems:
            # A spreadsheet must not take an order number for a formula.
            rows.writerow([line, f"'{number}" if number.startswith(("=", "+", "-", "@")) else number, why])
