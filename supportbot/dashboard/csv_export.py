"""CSV for spreadsheets: UTF-8 with a mark that says so, and no cell that a spreadsheet would take for a formula."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from io import StringIO
from itertools import chain, islice
from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone

from supportbot.server.streams import read_on_thread

BYTE_ORDER_MARK = "\ufeff"
LINES_A_CHUNK = 500
# With what a formula begins; the wide ones are those of Japanese keyboards, which spreadsheets take for the same.
FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
# White space, controls and marks of no width, which programs leave out before they look.
SKIPPED = r"\s\x00-\x1f\u200b-\u200f\u2060\ufeff"
BEGINNING = re.compile(rf"^[{SKIPPED}]*")
# Where a spreadsheet that divides cells by semicolons, as half of Europe has it, begins a cell or a row of its own; and
# the formula there, if any. All of a gap is one match that is never tried again, so that no text takes long.
CELL_WITHIN = re.compile(rf"([;\t\r\n][;{SKIPPED}\"']*+)([=+@＝＋＠]|[-－](?=[-－]*[\w(\"'=+@]))?")


def quote_cell(value: Any) -> Any:
    """The value as a cell. A text that could be a formula gets an apostrophe before it, and is shown as text.

    So does what could become one, where the spreadsheet divides the text into cells in its own way.
    """
    if value is None:
        return ""
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat(" ", "seconds")
    if isinstance(value, int | float | Decimal):
        return value
    text = str(value)
    begin = len(text) - len(BEGINNING.sub("", text, count=1))
    safe = text[:begin] + CELL_WITHIN.sub(_quote_formula, text[begin:])
    is_formula = text.startswith(FORMULA_STARTS) or text[begin:].startswith(FORMULA_STARTS)
    return f"'{safe}" if is_formula else safe


def _quote_formula(cell: re.Match[str]) -> str:
    gap, formula = cell.groups()
    return f"{gap}'{formula}" if formula else gap


def stream_csv(name: str, headings: Sequence[Any], rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """The rows are read while the file is sent."""
    lines = _write_lines(headings, rows)
    chunks = iter(lambda: "".join(islice(lines, LINES_A_CHUNK)), "")
    response = StreamingHttpResponse(read_on_thread(chunks), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _write_lines(headings: Sequence[Any], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    yield BYTE_ORDER_MARK
    for row in chain([headings], rows):
        line = StringIO()
        csv.writer(line).writerow([quote_cell(value) for value in row])
        yield line.getvalue()
