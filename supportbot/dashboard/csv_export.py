"""CSV for spreadsheets: UTF-8 with a mark that says so, and no cell that a spreadsheet would take for a formula."""

import csv
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from io import StringIO
from itertools import chain, islice
from typing import Any

from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse
from django.utils import timezone

BYTE_ORDER_MARK = "\ufeff"
LINES_A_CHUNK = 500
# With what a formula begins; the wide ones are those of Japanese keyboards, which spreadsheets take for the same.
FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")


def quote_cell(value: Any) -> Any:
    """The value as a cell. A text that could be a formula gets an apostrophe before it, and is shown as text."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat(" ", "seconds")
    if isinstance(value, int | float | Decimal):
        return value
    text = str(value)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA_STARTS) else text


def stream_csv(name: str, headings: Sequence[Any], rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """The rows are read while the file is sent."""
    chunks = _iter_chunks(_write_lines(headings, rows))
    response = StreamingHttpResponse(chunks, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


async def _iter_chunks(lines: Iterator[str]) -> AsyncIterator[str]:
    """Some lines at a time, read on a thread. Of a plain iterator Django would hold all lines before it sends one."""
    while chunk := await sync_to_async("".join)(islice(lines, LINES_A_CHUNK)):
        yield chunk


def _write_lines(headings: Sequence[Any], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    yield BYTE_ORDER_MARK
    for row in chain([headings], rows):
        line = StringIO()
        csv.writer(line).writerow([quote_cell(value) for value in row])
        yield line.getvalue()
