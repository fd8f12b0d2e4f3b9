"""Lines of an export that a spreadsheet took for one cell each, since it looked for another separator, and saved so.

    #1001,"Mug, blue",paid     became     "#1001,""Mug, blue"",paid";

What stands behind such a cell is the same in all lines: the separators of as many empty cells.
"""

import re
from collections.abc import Sequence

MAX_SAMPLED_LINES = 200
TRAILER = re.compile(r"[,;\t|]*$")
# One cell in quotation marks; those in it are doubled.
CELL = re.compile(r'"((?:[^"]|"")*)"')


def unwrap_line(line: str, trailer: str) -> str:
    """The line as it was before. `trailer` is what stands behind its cell."""
    text = line.rstrip("\r\n")
    end = line[len(text) :]
    text = text.removesuffix(trailer)
    cell = CELL.fullmatch(text)
    return (cell[1].replace('""', '"') if cell else text) + end


def find_wrapping(lines: Sequence[str], separator: str, width: int) -> str | None:
    """What stands behind the cells of a table's lines, if each is one cell; None if the table is as it should be.

    The first line is the header, and `width` the number of its columns.
    """
    trailer = _find_trailer(lines[0], separator)
    sample = [line.rstrip("\r\n") for line in lines[1:MAX_SAMPLED_LINES]]
    if trailer:
        return trailer if sum(line.endswith(trailer) for line in sample) * 2 >= len(sample) else None
    # A line that holds a whole row in one cell, whereas a row of many cells does not begin with a quotation mark.
    cells = [cell[1] for line in sample if (cell := CELL.fullmatch(line))]
    return "" if any(cell.count(separator) >= width - 1 for cell in cells) else None


def list_trailers(line: str, separator: str) -> list[str]:
    """What may stand behind the only cell of this line; empty text is nothing."""
    return list(dict.fromkeys(("", _find_trailer(line, separator))))


def _find_trailer(line: str, separator: str) -> str:
    found = TRAILER.search(line.rstrip("\r\n"))
    trailer = found[0] if found else ""
    return trailer if trailer and separator not in trailer and len({*trailer}) == 1 else ""
