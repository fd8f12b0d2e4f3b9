"""A text of Markdown in pieces that look the same alone as within the whole, so that each is rendered once.

While an answer streams, its blocks are rendered as they are finished, and at its end the whole of it is.
"""

import re
from collections.abc import Iterator

FENCE = re.compile(r"(`{3,}(?=[^`]*$)|~{3,})(.*)")  # an indented one is FAR_REACHING
LIST_ITEM = re.compile(r" {0,3}(?:[-+*]|\d{1,9}[.)])(?:[ \t]|$)")
# What may reach beyond a blank line from anywhere: the address of a link, a fence within a list, and other line breaks.
FAR_REACHING = re.compile(r"\]:|\r|^[ \t]+(?:```|~~~)", re.MULTILINE)


def split_markdown(text: str) -> Iterator[str]:
    """The pieces of a text, which make up all of it.

    One begins behind a blank line, where the next line neither belongs to what was indented before nor to a list.
    """
    if FAR_REACHING.search(text):
        yield text
        return
    start = position = 0
    fence = ""  # the marks of the one that is open
    is_after_blank = has_list = False
    for line in text.split("\n"):
        is_blank = not line.strip(" \t")
        is_item = LIST_ITEM.match(line) is not None
        if is_after_blank and not (is_blank or fence or line[0] in " \t" or (has_list and is_item)):
            yield text[start:position]
            start, has_list = position, False
        fence = _follow_fence(fence, line)
        has_list = has_list or is_item
        is_after_blank = is_blank
        position += len(line) + 1
    yield text[start:]


def _follow_fence(fence: str, line: str) -> str:
    """The marks of the fence that is open after a line, given those of the one before it."""
    found = FENCE.match(line)
    if not found:
        return fence
    marks, words = found.groups()
    if not fence:
        return marks
    return "" if marks.startswith(fence) and not words.strip(" \t") else fence
