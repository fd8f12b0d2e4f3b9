"""Numbers that are written in groups, as those of telephones and parcels are, within Arabic and Hebrew.

There a browser would show the groups from right to left, each of them from left to right, which is another number.
"""

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

FROM_RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
LETTER = re.compile(r"[^\W\d_]")
MIN_DIGITS = 7  # fewer are those of a span, such as 3-5 days, which such a text reads from the right
# Two numbers on both sides of a hyphen between spaces, or of the end of a sentence, are not one.
NUMBER = re.compile(
    r"(?<![\w+])(?:\+|\((?=\d{1,6}\)))?\d(?:[\d()/]|[ \xa0](?!-)|[.-](?! )|[:,](?=\d)){5,40}\d(?!\w)"
)
# Such a text reads times, and spans of prices or years, from the right as well.
READ_FROM_RIGHT = re.compile(r".*[:,].*|.*(?:19|20)\d\d-.*(?:19|20)\d\d")


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
    for found in _find_numbers(text):
        yield Token("text", "", 0, content=text[end : found.start()], level=token.level)
        yield Token("isolate_open", "bdi", 1, attrs={"dir": "ltr"}, level=token.level)
        yield Token("text", "", 0, content=found[0], level=token.level + 1)
        yield Token("isolate_close", "bdi", -1, level=token.level)
        end = found.end()
    yield Token("text", "", 0, content=text[end:], level=token.level)


def _find_numbers(text: str) -> Iterator[re.Match[str]]:
    """Those that need it. After a Latin letter, as in a code or an address, a browser keeps the order by itself."""
    is_in_order, end = False, 0
    for found in NUMBER.finditer(text):
        if letters := LETTER.findall(text, end, found.start()):
            is_in_order = not FROM_RIGHT_TO_LEFT.match(letters[-1])
        end = found.end()
        if not is_in_order and _is_in_groups(found[0]):
            yield found


def _is_in_groups(number: str) -> bool:
    if number.isdecimal() or READ_FROM_RIGHT.fullmatch(number):
        return False
    return sum(map(str.isdecimal, number)) >= MIN_DIGITS
