"""Answers that end in mid-sentence, because they were stopped or became too long: no mark in them is seen raw.

While such an answer came, the page showed what was marked so far. It goes on to look so.
"""

import re

from .fences import FenceReader

MARK = re.compile(r"\\.|(?P<code>`+)|(?P<emphasis>\*\*|__|~~|[*_~])")
LINK = re.compile(r"!?\[([^\[\]]*)(?:\]\([^()\s]*)?$|!\[([^\[\]]*)\]$")
MARKS_OF_NOTHING = re.compile(r"(?:^|(?<=[\s(|]))[*_~`]{1,3}$")


def finish_cut_text(text: str) -> str:
    """The text with an end for each mark that is open in its last line. Marks and links of nothing yet are left out."""
    reader = FenceReader()
    before, line_break, line = text.rstrip().rpartition("\n")
    for each in before.split("\n"):
        reader.read_line(each)
    if reader.is_open or line.lstrip().startswith(("```", "~~~")):
        return text
    line = MARKS_OF_NOTHING.sub("", LINK.sub(r"\1\2", line)).rstrip()
    return f"{before}{line_break}{_end_marks(line)}"


def _end_marks(line: str) -> str:
    opened: list[str] = []
    position = 0
    while found := MARK.search(line, position):
        position = found.end()
        if marks := found["code"]:
            end = re.compile(rf"(?<!`){marks}(?!`)").search(line, position)
            if end is None:
                return f"{line.rstrip('`')}{marks}{_join_ends(opened)}"
            position = end.end()
        elif not found["emphasis"]:
            continue  # an escaped character
        elif opened and position == len(line) and found["emphasis"] != opened[-1]:
            line = line[: found.start()]  # a part of what ends the marks
        else:
            _follow_emphasis(opened, found)
    return line + _join_ends(opened)


def _follow_emphasis(opened: list[str], found: re.Match[str]) -> None:
    mark, line = found[0], found.string
    before, after = line[: found.start()][-1:], line[found.end() :][:1]
    if mark in opened and not before.isspace():
        del opened[opened.index(mark) :]
    elif mark != "~" and after.strip() and not before.isalnum():
        opened.append(mark)


def _join_ends(opened: list[str]) -> str:
    return "".join(reversed(opened))
