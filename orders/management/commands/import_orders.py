"""`manage.py import_orders FILE …`: imports order exports of Shopify and of other platforms."""

import codecs
import csv
import io
import sys
import zipfile
import zlib
from argparse import ArgumentTypeError
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from tqdm import tqdm

from ...exported_orders import CellNote, ExportedOrder, RefusedOrder
from ...exports.archives import PassedOver, Table, open_export
from ...exports.formats import BrokenMapError, ExportFormat, NotAnExportError, load_format, load_formats
from ...exports.orders import read_orders
from ...importer import save_orders

ORDERS_PER_BATCH = 500
MAX_PRINTED_PROBLEMS = 20


class Problem(NamedTuple):
    """An order that was refused, or a cell that was left out."""

    file: str
    line: int
    number: str
    why: str


class Reading(NamedTuple):
    """How files are read: what nobody can see in them, and whether a count is shown meanwhile."""

    formats: Sequence[ExportFormat]
    encoding: str | None
    is_day_first: bool | None
    quiet: bool


@dataclass
class Report:
    """What became of the orders of all files, and what was refused or left out."""

    counts: Counter[str] = field(default_factory=Counter)
    left_out_count: int = 0
    guessed_encodings: dict[str, str] = field(default_factory=dict)  # by file
    # Files in a zip that are no exports, with the reason.
    passed_over: dict[str, str] = field(default_factory=dict)
    # By file, in the order in which they were read.
    problems: defaultdict[str, list[Problem]] = field(default_factory=lambda: defaultdict(list))

    def add_outcomes(self, file: str, counts: Counter[str], refused: list[RefusedOrder]) -> None:
        self.counts += counts
        self.counts["refused"] += len(refused)
        self.problems[file] += [Problem(file, each.line, each.number, each.why) for each in refused]

    def add_notes(self, file: str, notes: list[CellNote]) -> None:
        self.left_out_count += len(notes)
        self.problems[file] += [Problem(file, *note) for note in notes]

    def list_problems(self) -> list[Problem]:
        return [problem for found in self.problems.values() for problem in sorted(found)]


class Command(BaseCommand):
    help = (
        "Import order exports of Shopify, WooCommerce, Magento, BigCommerce, PrestaShop, Amazon, eBay, Etsy, "
        "Squarespace and Wix: CSV, also as spreadsheets write it, workbooks, or packed by zip or gzip. Importing one "
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
        parser.add_argument(
            "--map",
            type=Path,
            metavar="FILE",
            help="the files have the form that FILE describes, see docs/orders.md",
        )
        parser.add_argument(
            "--encoding",
            type=_check_encoding,
            help="that of text files, such as windows-1250, where letters look wrong otherwise",
        )
        days = parser.add_mutually_exclusive_group()
        days.add_argument("--day-first", action="store_true", help="03/04/2026 is the third of April")
        days.add_argument("--month-first", action="store_true", help="03/04/2026 is the fourth of March")

    def handle(
        self, *args: Any, files: list[Path], refused: Path | None, verbosity: int, **options: Any
    ) -> None:
        is_day_first = True if options["day_first"] else False if options["month_first"] else None
        formats, report = _choose_formats(options["map"]), Report()
        reading = Reading(formats, options["encoding"], is_day_first, verbosity == 0)
        try:
            for file in files:
                _import_path(file, reading, report)
        finally:  # what went before a file that cannot be read is stored, and is told
            problems = report.list_problems()
            self._print_problems(problems, with_file=len(files) > 1 or len(report.problems) > 1)
            self._print_counts(report)
            is_written = refused is None or self._write_problems(refused, problems)
        if not is_written:
            sys.exit(1)

    def _print_problems(self, problems: list[Problem], *, with_file: bool) -> None:
        for file, line, number, why in problems[:MAX_PRINTED_PROBLEMS]:
            place = f"{file}, line {line}" if with_file else f"Line {line}"
            shown = number or _("no number")
            self.stderr.write(f"{place}, {shown}: {why}")
        unprinted = len(problems) - MAX_PRINTED_PROBLEMS
        if unprinted > 0:
            self.stderr.write(f"… and {unprinted:,} more; --refused FILE writes them all.")

    def _print_counts(self, report: Report) -> None:
        counts = report.counts
        outcomes = ("new", "updated", "unchanged", "refused")
        sums = ", ".join(f"{counts[outcome]:,} {outcome}" for outcome in outcomes)
        nothing = "" if counts["new"] or counts["updated"] else " Nothing was changed."
        total = sum(counts[outcome] for outcome in outcomes)
        self.stdout.write(f"{total:,} orders: {sums}.{nothing}")
        if counts["back"]:
            self.stdout.write(
                f"{counts['back']:,} orders went back to an earlier status, such as from shipped to processing. "
                "If you have imported a newer export before, import it again."
            )
        if report.left_out_count:
            self.stdout.write(f"{report.left_out_count:,} cells could not be read and were left out.")
        for file, why in report.passed_over.items():
            self.stderr.write(_("%(file)s was passed over. %(why)s") % {"file": file, "why": why})
        for file, encoding in report.guessed_encodings.items():
            self.stdout.write(
                f"{file} was read as {encoding}. If letters look wrong, import it again with --encoding."
            )

    def _write_problems(self, path: Path, problems: list[Problem]) -> bool:
        """False if it cannot be done, which is said here: why an import broke off must be said as well."""
        try:
            with path.open("w", newline="", encoding="utf-8") as written:
                rows = csv.writer(written)
                rows.writerow(["file", "line", "order", "reason"])
                for file, line, number, why in problems:
                    rows.writerow([_escape_formula(file), line, _escape_formula(number), why])
        except OSError as error:
            self.stderr.write(f"{path} could not be written: {error.strerror or error}")
            return False
        return True


def _choose_formats(path: Path | None) -> Sequence[ExportFormat]:
    """The form that a file describes, or all that are known."""
    try:
        return [load_format(path)] if path else load_formats()
    except BrokenMapError as error:
        raise CommandError(f"{path}: {error}") from None
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror or error}") from None


def _check_encoding(name: str) -> str:
    try:
        io.TextIOWrapper(io.BytesIO(), name)  # which refuses what Python knows, but does not make text of
        return codecs.lookup(name).name
    except LookupError:
        raise ArgumentTypeError(f"{name} is no encoding that Python knows.") from None


def _import_path(path: Path, reading: Reading, report: Report) -> None:
    """Import the tables of a file. Raises `CommandError`, in words for whoever runs it, when it cannot be read."""
    numbers_by_workbook: dict[str, set[str]] = defaultdict(set)
    try:
        for export in open_export(path, reading.formats, reading.encoding):
            file = f"{path.parent / export.name}"
            if isinstance(export, PassedOver):
                report.passed_over[file] = export.why
            else:
                _import_table(export, file, reading, report, numbers_by_workbook[export.workbook])
    except NotAnExportError as error:
        raise CommandError(f"{path}: {error}") from None
    except (EOFError, zipfile.BadZipFile, zlib.error):
        raise CommandError(f"{path}: It is packed, and damaged.") from None
    except RuntimeError:  # of zipfile alone
        words = "It needs a password, or is packed in a way that is not known here. Unpack it first."
        raise CommandError(f"{path}: {words}") from None
    except OSError as error:
        raise CommandError(f"{error.filename or path}: {error.strerror or error}") from None


def _import_table(
    export: Table, file: str, reading: Reading, report: Report, numbers_before: set[str]
) -> None:
    """Import a table in batches, and add to the report what became of it.

    `numbers_before` are those of the orders in the sheets before it, to which its own are added: people filter rows
    into a sheet of their own, which has a part of an order's items.
    """
    numbers = set[str]()
    report.add_notes(file, [])  # it is one of the tables, also without problems
    if export.guessed_encoding:
        report.guessed_encodings[file] = export.guessed_encoding
    batch: list[ExportedOrder] = []
    # `disable=None` shows the count to a person only, not in a log.
    for found in tqdm(
        read_orders(export, reading.is_day_first),
        desc=export.name,
        unit=" orders",
        disable=reading.quiet or None,
    ):
        if isinstance(found, RefusedOrder):
            report.add_outcomes(file, Counter(), [found])
            continue
        if export.workbook and found.order.number in numbers_before:
            words = _("A sheet before this one has this order; only that one is imported.")
            report.add_outcomes(file, Counter(), [RefusedOrder(found.line, found.order.number, words)])
            continue
        report.add_notes(file, found.notes)
        numbers.add(found.order.number)
        batch.append(found)
        if len(batch) == ORDERS_PER_BATCH:
            report.add_outcomes(file, *save_orders(batch))
            batch = []
    report.add_outcomes(file, *save_orders(batch))
    numbers_before |= numbers


def _escape_formula(text: str) -> str:
    """A spreadsheet must not take a name or an order number for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text
