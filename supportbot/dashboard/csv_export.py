"""CSV for spreadsheets: UTF-8 with a mark that says so, and no cell that a spreadsheet would take for a formula."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from io import StringIO
from itertools import chain
from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone

BYTE_ORDER_MARK = "\ufeff"
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
    response = StreamingHttpResponse(_write_lines(headings, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _write_lines(headings: Sequence[Any], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    yield BYTE_ORDER_MARK
    for row in chain([headings], rows):
        line = StringIO()
        csv.writer(line).writerow([quote_cell(value) for value in row])
        yield line.getvalue()
