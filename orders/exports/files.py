"""Reads the rows of an order export that is text, as shops and spreadsheets write it.

Any of four separators, UTF-8, UTF-16 or a code page (see `code_pages`), and a header in any case below some lines of
title. A file is read as a stream, and several times: before its rows are given out it is known how they are written.
"""

import codecs
import csv
import io
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from .cells import strip_text_mark
from .code_pages import detect_encoding
from .formats import (
    ITEM_COLUMNS,
    REQUIRED_COLUMNS,
    ExportFormat,
    Header,
    NotAnExportError,
    find_header,
    simplify_column,
)
from .quoted_rows import close_gaps, has_gaps, join_lines, split_cells
from .wrapped_lines import find_wrapping, list_trailers, unwrap_line

SEPARATORS = ",;\t|"
MAX_TITLE_LINES = 20
SAMPLE_BYTES = 1024 * 1024
# What programs, spreadsheets and people write where there is nothing, or where a formula has failed.
NOTHING = frozenset(
    (
        *("nan", "NaN", "NaT", "<NA>", "null", "NULL", "(null)", "None", "none", "(none)", "undefined"),
        *("-", "--", "---", "–", "—", "n.a.", "N/A", "n/a", "[]", "{}"),
        *("#N/A", "#N/A!", "#NV", "#N/D", "#YOK", "#REF!", "#BEZUG!", "#VALUE!", "#WERT!", "#VALEUR!"),
        *("#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "########"),
    )
)
LONE_SURROGATE = re.compile("[\ud800-\udfff]")
REPLACEMENT = "\ufffd"
DAMAGE = "\udcff"  # no text has it
REQUIRED_ITEM_COLUMNS = frozenset(REQUIRED_COLUMNS) & ITEM_COLUMNS


@dataclass(frozen=True, slots=True)
class FileRow:
    """A row: its first line in the file, counted from 1, its cells by column, and why it cannot be read, if so."""

    line: int
    cells: dict[str, str]
    problem: str = ""


@dataclass(frozen=True)
class ExportFile:
    """One table, which can be read several times."""

    name: str
    open_bytes: Callable[[], Any]
    encoding: str
    header: Header
    wrapping: str | None = None  # see `wrapped_lines`
    has_gaps: bool = False  # see `quoted_rows`
    guessed_encoding: str = ""  # where the bytes themselves do not show it
    workbook: str = ""  # of which it is one of several sheets

    def read_rows(self, wanted: Collection[str]) -> Iterator[FileRow]:
        """The rows below the header with these columns, as far as the file has them. Empty ones are passed over."""
        header, places = self.header, find_places(self.header.columns, wanted)
        with self.open_bytes() as stream:
            lines = io.TextIOWrapper(stream, self.encoding, "mark_damage", newline="")
            numbered: Iterator[tuple[int, str]] = enumerate(lines, 1)
            for _line in range(header.line):
                next(numbered, None)
            if self.wrapping is not None:
                numbered = ((line, unwrap_line(text, self.wrapping)) for line, text in numbered)
            if self.has_gaps:
                numbered = ((line, close_gaps(text, header.separator)) for line, text in numbered)
            for line, text, is_broken in join_lines(numbered, header.separator, len(header.columns)):
                cells, problem = self._split_row(text, is_broken=is_broken)
                if problem or any(cells):
                    count = len(cells)
                    # The second is faster, and does where neither of these is anywhere.
                    clean = clean_cell if "'" in text or "=" in text else clean_unmarked_cell
                    named = {column: clean(cells[place]) for place, column in places if place < count}
                    if not repeats_header(named):
                        yield FileRow(line, named, problem)

    def _split_row(self, text: str, *, is_broken: bool) -> tuple[list[str], str]:
        """Returns the cells, and what is wrong with the row: then they are there as far as they can be told."""
        is_text = text.isascii() or not LONE_SURROGATE.search(text)
        if not is_text:
            text = LONE_SURROGATE.sub(REPLACEMENT, text)  # so that the row can be printed
        if is_broken:
            return self._split_roughly(text), _(
                "A quotation mark is missing in this row, or there is one too many."
            )
        try:
            cells = split_cells(text, self.header.separator)
        except csv.Error as error:
            return self._split_roughly(text), _("The row cannot be read: %(error)s.") % {"error": error}
        if not is_text or "\0" in text:
            name = self.encoding.removesuffix("-sig").upper()
            return cells, _("The row has characters that are not %(name)s text.") % {"name": name}
        width, count = len(self.header.columns), len(cells)
        if count != width and any(cells) and (any(cells[width:]) or count < self.least_width):
            words = _(
                "The row has %(count)s cells, but the header has %(width)s. Is a quotation mark missing?"
            )
            return cells, words % {"count": count, "width": width}
        return cells, ""

    def _split_roughly(self, text: str) -> list[str]:
        """The cells of a row that cannot be read, so that its order can be named."""
        return [cell.strip(' "') for cell in text.rstrip("\r\n").split(self.header.separator)]

    @cached_property
    def least_width(self) -> int:
        """How many cells a row has at the least. Spreadsheets leave out empty ones at the end, but not the item."""
        items = [place for place, column in enumerate(self.header.columns) if column in REQUIRED_ITEM_COLUMNS]
        return max(items) + 1 if items and not self.header.format.columns else len(self.header.columns) // 2


def find_places(columns: Sequence[str], wanted: Collection[str]) -> list[tuple[int, str]]:
    """Where the wanted columns stand. Of two with one name the first is meant: the other came with a later join."""
    return [(columns.index(column), column) for column in dict.fromkeys(columns) if column in wanted]


def clean_cell(text: str) -> str:
    """The text of a cell, empty if it has a word or a fault of programs for that there is nothing."""
    return clean_unmarked_cell(strip_text_mark(text.strip()))


def clean_unmarked_cell(text: str) -> str:
    """The same of a text that no spreadsheet has marked."""
    text = text.strip()
    return "" if text in NOTHING else text


def repeats_header(cells: Mapping[str, str]) -> bool:
    """Whether the row is the header once more, as where two exports were put together."""
    for column, text in cells.items():
        # Their beginnings first, since nearly every row ends the matter here.
        if text[:1].upper() != column[:1] or simplify_column(text) != simplify_column(column):
            return False
    return bool(cells)


def _mark_damage(error: UnicodeError) -> tuple[str, int]:
    """Put what no text has in the place of bytes that cannot be decoded: it is found in its row again."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return DAMAGE, error.end


codecs.register_error("mark_damage", _mark_damage)


def inspect_file(
    name: str,
    open_bytes: Callable[[], Any],
    formats: Sequence[ExportFormat],
    encoding: str | None = None,
) -> ExportFile:
    """How the file is written, by its beginning, but for the encoding that is given. Raises `NotAnExportError`."""
    with open_bytes() as stream:
        sample, piece = _read_samples(stream)
    guessed = "" if encoding else detect_encoding(piece)
    encoding = encoding or guessed
    if sample.startswith(codecs.BOM_UTF8) and encoding == "utf-8":
        encoding = "utf-8-sig"
    lines = io.StringIO(sample.decode(encoding, "replace"), newline="").readlines()
    try:
        header, wrapping = _find_header(lines, formats)
    except NotAnExportError as error:
        is_empty = not sample.strip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")
        raise NotAnExportError(f"{error} The file is empty." if is_empty else str(error)) from None
    return ExportFile(
        name,
        open_bytes,
        encoding,
        header,
        wrapping,
        has_gaps(lines[header.line - 1 :][:MAX_TITLE_LINES], header.separator),
        "" if guessed.startswith("utf") else guessed,
    )


def _find_header(lines: Sequence[str], formats: Sequence[ExportFormat]) -> tuple[Header, str | None]:
    """The header, and how its lines and those below it are wrapped, if they are."""
    top = lines[:MAX_TITLE_LINES]
    header = find_header(
        (
            (number, separator, _split_header(unwrap_line(line, wrapping), separator))
            for number, line in enumerate(top, 1)
            for separator in SEPARATORS
            for wrapping in list_trailers(line, separator)
        ),
        formats,
    )
    return header, find_wrapping(lines[header.line - 1 :], header.separator, len(header.columns))


def _split_header(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([close_gaps(line, separator)], delimiter=separator), [])
    except csv.Error:
        return []


def _read_samples(stream: Any) -> tuple[bytes, bytes]:
    """The beginning of a file, and a piece of it by which its encoding is told: the first one that is not all ASCII."""
    beginning = piece = stream.read(SAMPLE_BYTES)
    while piece.isascii() and (following := stream.read(SAMPLE_BYTES)):
        piece = following
    return beginning, beginning if piece.isascii() else piece + stream.read(SAMPLE_BYTES)
