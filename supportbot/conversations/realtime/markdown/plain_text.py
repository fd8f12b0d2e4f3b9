"""Markdown of answers as plain text, for mails and downloads: without marks, with whole addresses and drawn tables."""

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from markdown_it.token import Token

from . import parse_markdown
from .links import get_digits

RULE = "-" * 10  # not of two dashes, below which programs for mails see a signature
MAX_TABLE_COLUMNS = 76  # of characters; a wider one is told row by row
COLUMN_GAP = "  "
WIDE = frozenset("WF")  # characters that take the place of two


@dataclass
class _Block:
    """A block of Markdown, such as a list, with the blocks within it."""

    token: Token
    children: list["_Block"] = field(default_factory=list)


def render_plain_text(text: str) -> str:
    """The text as it is read where nothing draws it. One that Markdown makes nothing of stays as it is."""
    return "\n".join(_join_blocks(map(_write_block, _build_tree(parse_markdown(text))))) or text


def _build_tree(tokens: Iterable[Token]) -> list[_Block]:
    """The parser ends blocks within blocks at a depth of its own."""
    root: list[_Block] = []
    opened = [root]
    for token in tokens:
        if token.nesting < 0:
            opened.pop()
            continue
        block = _Block(token)
        opened[-1].append(block)
        if token.nesting > 0:
            opened.append(block.children)
    return root


def _write_block(block: _Block) -> list[str]:
    """Its lines. What is no kind of its own, such as a paragraph, is what stands in it."""
    write = WRITERS.get(block.token.type)
    return write(block) if write else _join_blocks(map(_write_block, block.children))


def _join_blocks(blocks: Iterable[Sequence[str]], *, gap: Sequence[str] = ("",)) -> list[str]:
    lines: list[str] = []
    for block in blocks:
        lines += [*(gap if lines else ()), *block]
    return lines


def _write_list(block: _Block) -> list[str]:
    first = int(block.token.attrs.get("start", 1))
    is_ordered = block.token.type == "ordered_list_open"
    items = []
    is_loose = False
    for number, item in enumerate(block.children, first):
        is_loose |= any(
            each.token.type == "paragraph_open" and not each.token.hidden for each in item.children
        )
        mark = f"{number}. " if is_ordered else "- "
        gap = ("",) if is_loose else ()
        lines = _join_blocks(map(_write_block, item.children), gap=gap) or [""]
        behind = [f"{' ' * len(mark)}{line}".rstrip() for line in lines[1:]]
        items.append([f"{mark}{lines[0]}".rstrip(), *behind])
    return _join_blocks(items, gap=("",) if is_loose else ())


def _write_quotation(block: _Block) -> list[str]:
    return [f"> {line}".rstrip() for line in _join_blocks(map(_write_block, block.children))]


def _write_code(block: _Block) -> list[str]:
    return block.token.content.rstrip("\n").split("\n")


def _write_rule(_block: _Block) -> list[str]:
    return [RULE]


# ---- What stands within a line -----------------------------------------------------------------------


def _write_inline(block: _Block) -> list[str]:
    parts: list[str] = []
    links: list[tuple[int, str]] = []  # where the words of each begin, and where it leads
    for token in block.token.children or []:
        match token.type:
            case "softbreak" | "hardbreak" | "html_inline":  # a line break is all the HTML there is
                parts.append("\n")
            case "s_open" | "s_close":
                parts.append("~~")  # or what no longer holds would read as if it did
            case "link_open":
                links.append((len(parts), str(token.attrs.get("href", ""))))
            case "link_close":
                start, address = links.pop()
                parts.append(_describe_target("".join(parts[start:]), address))
            case _:
                parts.append(token.content)
    return "".join(parts).split("\n")


def _describe_target(shown: str, address: str) -> str:
    """What stands behind the words of a link: all of the address, where the words are another one or none."""
    scheme, _, rest = address.partition(":")
    if scheme == "tel":
        number = rest.partition(";")[0]
        return "" if get_digits(shown) == get_digits(number) else f" ({number})"
    if scheme == "mailto":
        email = unquote(rest.partition("?")[0])
        return "" if shown.removeprefix("mailto:") == email else f" ({email})"
    known = {shown, f"https://{shown}", f"http://{shown}"}
    return (
        ""
        if unquote(address).rstrip("/") in {unquote(each).rstrip("/") for each in known}
        else f" ({address})"
    )


# ---- Tables ------------------------------------------------------------------------------------------


def _write_table(table: _Block) -> list[str]:
    rows = [row.children for part in table.children for row in part.children]
    cells = [[" ".join(line for line in _write_block(cell) if line) for cell in row] for row in rows]
    widths = [max(map(_measure_width, column)) for column in zip(*cells, strict=True)]
    if sum(widths) + len(COLUMN_GAP) * (len(widths) - 1) > MAX_TABLE_COLUMNS:
        return _tell_rows(cells)
    are_right = ["right" in str(cell.token.attrs.get("style", "")) for cell in rows[0]]
    lines = [_draw_row(row, widths, are_right) for row in cells]
    return [lines[0], COLUMN_GAP.join("-" * max(width, 1) for width in widths), *lines[1:]]


def _draw_row(cells: Sequence[str], widths: Sequence[int], are_right: Sequence[bool]) -> str:
    drawn = []
    for cell, width, is_right in zip(cells, widths, are_right, strict=True):
        space = " " * (width - _measure_width(cell))
        drawn.append(f"{space}{cell}" if is_right else f"{cell}{space}")
    return COLUMN_GAP.join(drawn).rstrip()


def _tell_rows(cells: Sequence[Sequence[str]]) -> list[str]:
    """Each row below the other, each cell behind what its column is called."""
    names, *rows = cells
    told = [
        [f"{name}: {cell}" if name else cell for name, cell in zip(names, row, strict=True) if cell]
        for row in rows
    ]
    return _join_blocks(told) if rows else ["; ".join(names)]


def _measure_width(text: str) -> int:
    """In columns of a font whose letters are of one width."""
    seen = (each for each in text if not unicodedata.combining(each))
    return sum(2 if unicodedata.east_asian_width(each) in WIDE else 1 for each in seen)


WRITERS: Mapping[str, Callable[[_Block], list[str]]] = {
    "inline": _write_inline,
    "fence": _write_code,
    "code_block": _write_code,
    "hr": _write_rule,
    "blockquote_open": _write_quotation,
    "bullet_list_open": _write_list,
    "ordered_list_open": _write_list,
    "table_open": _write_table,
}
