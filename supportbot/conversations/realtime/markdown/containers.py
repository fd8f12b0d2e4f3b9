"""Lists and quotations, where by the standard words of an answer would be lost or out of sight.

What is nested too deeply is a paragraph: the library drops it. What begins with a long number, such as a year, is no
item: so many digits have no room beside it.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, blockquote, list_block

LEVELS_OF_ITEM = 2  # the list and the item
LONG_NUMBER = re.compile(r"\d{4,9}[.)](?!\S)")
ENDED_BY_BOTH = ["paragraph", "reference", "blockquote"]


def add_containers(markdown: MarkdownIt) -> None:
    """Teach a Markdown parser which lists and quotations to read as words."""
    markdown.block.ruler.at("blockquote", parse_quotation, {"alt": [*ENDED_BY_BOTH, "list"]})
    markdown.block.ruler.at("list", parse_list, {"alt": ENDED_BY_BOTH})
    markdown.block.ruler.before("list", "long_number", ends_list, {"alt": ["list"]})


def parse_quotation(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A rule of the parser: a quotation, unless it is nested too deeply."""
    return _has_room(state) and blockquote(state, start, end, silent)


def parse_list(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A rule of the parser: a list, unless it is nested too deeply or its number is too long."""
    is_item = _has_room(state) and not _has_long_number(state, start)
    return is_item and list_block(state, start, end, silent)


def ends_list(state: StateBlock, start: int, _end: int, silent: bool) -> bool:
    """A rule of the parser: what has a long number is no further item, either, and would be counted as the next one."""
    return silent and _has_long_number(state, start)


def _has_long_number(state: StateBlock, line: int) -> bool:
    return LONG_NUMBER.match(state.src, state.bMarks[line] + state.tShift[line]) is not None


def _has_room(state: StateBlock) -> bool:
    return state.level + LEVELS_OF_ITEM < state.md.options.maxNesting
