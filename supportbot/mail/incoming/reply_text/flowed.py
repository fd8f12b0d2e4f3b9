"""Joins the lines that a program has wrapped: format=flowed, RFC 3676."""

SIGNATURE = "-- "


def unwrap_flowed(text: str, *, deletes_space: bool) -> str:
    """The text with its paragraphs in one line each. `deletes_space` is the parameter DelSp=yes."""
    lines: list[str] = []
    open_depth: int | None = None  # of quotation, of a line that goes on
    for raw in text.replace("\r\n", "\n").split("\n"):
        depth, line = _split_quote(raw)
        flows = line.endswith(" ") and line != SIGNATURE
        if flows and deletes_space:
            line = line[:-1]
        if open_depth == depth and line != SIGNATURE:
            lines[-1] += line
        else:
            lines.append(f"{'>' * depth}{' ' if depth else ''}{line}")
        open_depth = depth if flows else None
    return "\n".join(lines)


def _split_quote(line: str) -> tuple[int, str]:
    """How often the line is quoted, and what it says, without the space that was stuffed before it."""
    said = line.lstrip(">")
    return len(line) - len(said), said.removeprefix(" ")
