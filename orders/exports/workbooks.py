"""Reads the rows of an order export that is a workbook of a spreadsheet: .xlsx, or .xls of before 2007."""

import io
import zipfile
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from itertools import islice
from typing import Any

from python_calamine import CalamineError, CalamineSheet, SheetTypeEnum, SheetVisibleEnum, load_workbook

from .files import (
    MAX_TITLE_LINES,
    SEPARATORS,
    ExportFile,
    FileRow,
    clean_cell,
    find_places,
    inspect_file,
    repeats_header,
)
from .formats import ExportFormat, Header, NotAnExportError, find_header

OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
# A sheet is read as a whole, unlike text, and takes about as much memory as its XML: some 100,000 rows of 57 cells.
MAX_UNPACKED_BYTES = 512 * 1024 * 1024
TOO_LARGE = "The workbook is too large to be read at once. Save it as CSV (UTF-8) in the spreadsheet, and import that."
MIN_SEPARATORS = 4  # of a line that is a table's header
MAX_WHOLE_NUMBER = 10**15  # of more than fifteen digits spreadsheets keep no more than these
DAMAGED = "The workbook cannot be read: it is damaged, or it needs a password. Save it as CSV (UTF-8), and import that."


@dataclass(frozen=True, slots=True)
class WorkbookSheet:
    """One table, which can be read several times: a sheet that is an order export."""

    name: str
    sheet: CalamineSheet
    header: Header
    guessed_encoding: str = ""  # there is nothing to guess
    workbook: str = ""  # of which it is one of several sheets

    def read_rows(self, wanted: Collection[str]) -> Iterator[FileRow]:
        """The rows below the header with these columns, as far as the sheet has them. Empty ones are passed over."""
        places = find_places(self.header.columns, wanted)
        for line, values in _read_sheet(self.sheet):
            if line > self.header.line and any(value != "" for value in values):
                cells = {column: clean_cell(write_cell(values[place])) for place, column in places}
                if not repeats_header(cells):
                    yield FileRow(line, cells)


def inspect_workbook(
    name: str, open_bytes: Callable[[], Any], formats: Sequence[ExportFormat]
) -> list[WorkbookSheet | ExportFile]:
    """Its sheets that are exports, such as one for each month. Raises `NotAnExportError` when none of them is."""
    with open_bytes() as stream:
        packed = io.BytesIO(stream.read())
    found: dict[str, WorkbookSheet | ExportFile] = {}
    problem = NotAnExportError("The workbook has no sheet with a table, or only hidden ones.")
    for sheet in _load_sheets(packed):
        try:
            found[sheet.name] = _inspect_sheet(sheet, name, formats)
        except NotAnExportError as error:
            problem = error
    if not found:
        raise problem
    if len(found) == 1:
        return [*found.values()]
    return [replace(table, name=f"{name}/{title}", workbook=name) for title, table in found.items()]


def _inspect_sheet(
    sheet: CalamineSheet, name: str, formats: Sequence[ExportFormat]
) -> WorkbookSheet | ExportFile:
    try:
        header = _find_header(sheet, formats)
    except NotAnExportError:
        if lines := _list_unsplit_lines(sheet):
            return inspect_file(name, partial(io.BytesIO, lines), formats)
        raise
    return WorkbookSheet(name, sheet, header)


def _load_sheets(packed: io.BytesIO) -> Iterator[CalamineSheet]:
    """The sheets that are shown, in their order."""
    try:
        if zipfile.is_zipfile(packed):
            with zipfile.ZipFile(packed) as archive:
                if sum(member.file_size for member in archive.infolist()) > MAX_UNPACKED_BYTES:
                    raise NotAnExportError(TOO_LARGE)
        packed.seek(0)
        workbook = load_workbook(packed)
        for number, known in enumerate(workbook.sheets_metadata):
            if known.typ == SheetTypeEnum.WorkSheet and known.visible == SheetVisibleEnum.Visible:
                yield workbook.get_sheet_by_index(number)
    except (CalamineError, zipfile.BadZipFile):
        raise NotAnExportError(DAMAGED) from None


def _find_header(sheet: CalamineSheet, formats: Sequence[ExportFormat]) -> Header:
    rows = islice(_read_sheet(sheet), MAX_TITLE_LINES)
    return find_header(
        ((line, "", [write_cell(value) for value in values]) for line, values in rows), formats
    )


def _list_unsplit_lines(sheet: CalamineSheet) -> bytes:
    """The lines of a CSV file that a spreadsheet has put into one column, since it looked for another separator.

    Empty if the sheet is another one.
    """
    rows = [
        (line, [write_cell(value) for value in values if value != ""]) for line, values in _read_sheet(sheet)
    ]
    longest = max(
        (cells[0] for _line, cells in rows[:MAX_TITLE_LINES] if len(cells) == 1), default="", key=len
    )
    if max(map(longest.count, SEPARATORS)) < MIN_SEPARATORS:
        return b""
    above = "\n" * (rows[0][0] - 1)  # so that lines are counted as the sheet does
    return (above + "\n".join(cells[0] if cells else "" for _line, cells in rows)).encode()


def _read_sheet(sheet: CalamineSheet) -> Iterator[tuple[int, Sequence[Any]]]:
    """The rows with their numbers as the spreadsheet shows them."""
    return enumerate(sheet.iter_rows(), (sheet.start or (0, 0))[0] + 1)


def write_cell(value: Any) -> str:
    """As text of an export: what is stored, however the spreadsheet shows it."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and abs(value) >= MAX_WHOLE_NUMBER:
        return f"{value:.14E}"  # as a CSV of it has such a number: the digits behind are not those that were there
    if isinstance(value, float):
        # Spreadsheets show fifteen digits; what stands behind them is rounding.
        return f"{value:.0f}" if value.is_integer() else f"{value:.15g}"
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    return value.isoformat() if isinstance(value, date) else str(value)
