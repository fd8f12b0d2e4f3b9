"""Numbers that are written in groups, as those of telephones and parcels are, within Arabic and Hebrew.

There a browser would show the groups from right to left, each of them from left to right, which is another number.
"""

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

FROM_RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
MIN_DIGITS = 7  # fewer are those of a span, such as 3-5 days, which such a text reads from the right
NUMBER = re.compile(r"(?<![\w+])(?:\+|\((?=\d{1,6}\)))?\d[\d()/. \xa0-]{5,40}\d(?!\w)")


def add_grouped_numbers(markdown: MarkdownIt) -> None:
    """Teach a parser to set such numbers apart from the text around them."""
    markdown.core.ruler.push("grouped_numbers", isolate_grouped_numbers)


def isolate_grouped_numbers(state: StateCore) -> None:
    """A rule of the parser."""
    for block in state.tokens:
        if block.type != "inline" or not FROM_RIGHT_TO_LEFT.search(block.content):
            continue
        block.children = [
            part
            for token in block.children or []
            for part in (_split_text(token) if token.type == "text" else [token])
        ]


def _split_text(token: Token) -> Iterator[Token]:
    text, end = token.content, 0
    for found in NUMBER.finditer(text):
        if found[0].isdecimal() or sum(map(str.isdecimal, found[0])) < MIN_DIGITS:
            continue
        yield Token("text", "", 0, content=text[end : found.start()], level=token.level)
        yield Token("isolate_open", "bdi", 1, attrs={"dir": "ltr"}, level=token.level)
        yield Token("text", "", 0, content=found[0], level=token.level + 1)
        yield Token("isolate_close", "bdi", -1, level=token.level)
        end = found.end()
    yield Token("text", "", 0, content=text[end:], level=token.level)
