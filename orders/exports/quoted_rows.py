"""Splits the text of a table into rows and cells, also where somebody was careless with quotation marks."""

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator

MARKS = re.compile(r'(?:\\")?("+)')  # those of a text, without one that a backslash takes for text
MAX_CELL_LINES = 200  # that a quoted cell may go over
MIN_GAPS = 2
# Blanks between a separator and the mark with which the next cell begins.
GAPS = {
    each: re.compile(rf'(?<={re.escape(each)})[ \xa0]+(?="(?:[^"]|"(?:{re.escape(each)}|\s*\Z)))')
    for each in ",;\t|"
}


def has_gaps(lines: Iterable[str], separator: str) -> bool:
    """Whether a program has put a blank before each quotation mark: “"#1001", "zoe@example.com"”."""
    return any(len(GAPS[separator].findall(line)) >= MIN_GAPS for line in lines)


def close_gaps(line: str, separator: str) -> str:
    return GAPS[separator].sub("", line)


def split_cells(text: str, separator: str) -> list[str]:
    """The cells of a row. Raises `csv.Error`."""
    try:
        return next(csv.reader([text], delimiter=separator, strict=True), [])
    except csv.Error:
        if '"' not in text:
            raise
        return _split_careless_cells(text.rstrip("\r\n"), separator)


def _split_careless_cells(text: str, separator: str) -> list[str]:
    """Where marks within a cell were not doubled: a cell ends with a mark only before a separator or the row's end.

    “"Mug "best" blue"” is Mug "best" blue, and so is “"Mug \\"best\\" blue"”, as some programs write it.
    """
    cells, position = [], 0
    while position <= len(text):
        if text.startswith('"', position):
            end = _find_closing_mark(text, position + 1, separator)
            cells.append(text[position + 1 : end].replace('\\"', '"').replace('""', '"'))
            position = end + 2
        else:
            end = text.find(separator, position)
            cells.append(text[position : end if end >= 0 else None])
            if cells[-1].endswith('"'):  # the cell before may have ended too early
                raise csv.Error("a quotation mark may be meant in two ways")
            position = end + 1 if end >= 0 else len(text) + 1
    return cells


def _find_closing_mark(text: str, begin: int, separator: str) -> int:
    for mark in MARKS.finditer(text, begin):
        is_before_end = mark.end() == len(text) or text[mark.end()] == separator
        if is_before_end and len(mark[1]) % 2:  # two are one that stands for itself
            return mark.end() - 1
    raise csv.Error("a quotation mark is missing")


def join_lines(
    numbered: Iterator[tuple[int, str]], separator: str, width: int
) -> Iterator[tuple[int, str, bool]]:
    """Yields (first line, text, whether it is broken) of each row: a quoted cell may go over several lines.

    A stray quotation mark does not swallow the rows behind it: when a line inside an open cell is a whole row by
    itself, the row that opened it is broken, and reading goes on with the line behind its first one.
    """
    waiting: deque[tuple[int, str]] = deque()  # lines that were read ahead and are to be read again
    row: list[tuple[int, str]] = []
    while True:
        line = waiting.popleft() if waiting else next(numbered, None)
        if line is None and not row:
            return
        if row and (line is None or len(row) > MAX_CELL_LINES or _is_whole_row(line[1], separator, width)):
            yield *row[0], True
            waiting.extendleft(reversed([*row[1:], line] if line else row[1:]))
            row = []
        elif line is not None and _ends_in_cell(line[1], separator, is_in_cell=bool(row)):
            row.append(line)
        elif line is not None:
            row.append(line)
            yield row[0][0], "".join(text for _number, text in row), False
            row = []


def _ends_in_cell(text: str, separator: str, *, is_in_cell: bool) -> bool:
    """Whether a quoted cell goes on behind this line. A mark inside of a cell without quotes is a mark of inches."""
    position = text.find('"')
    while position >= 0:
        if is_in_cell and text[position + 1 : position + 2] == '"':
            position += 1  # a doubled one stands for itself
        elif is_in_cell or position == 0 or text[position - 1] == separator:
            is_in_cell = not is_in_cell
        position = text.find('"', position + 1)
    return is_in_cell


def _is_whole_row(text: str, separator: str, width: int) -> bool:
    if text.count(separator) < width - 1:
        return False
    try:
        return len(next(csv.reader([text], delimiter=separator), [])) == width
    except csv.Error:  # such as a cell beyond what the reader takes
        return False
