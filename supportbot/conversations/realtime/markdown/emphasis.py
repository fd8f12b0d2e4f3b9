"""Emphasis in languages that put no spaces between words, such as Chinese, Japanese, Thai and Khmer."""

import re
import unicodedata

from markdown_it import MarkdownIt
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Scanned
from markdown_it.token import Token
from markdown_it.utils import EnvType

from .links import UNSPACED

UNSPACED_LETTER = re.compile(f"[{UNSPACED}]")


def scan_delimiters(state: StateInline, start: int, canSplitWord: bool) -> Scanned:  # noqa: N803 - as the library calls it
    """By the rule of Markdown, marks beside punctuation need a space or punctuation on their other side.

    Beside a character of these languages they do not.
    """
    scanned = StateInline.scanDelims(state, start, canSplitWord)
    if not canSplitWord:
        return scanned
    end = start + scanned.length
    before = state.src[start - 1] if start else " "
    after = state.src[end] if end < state.posMax else " "
    is_unspaced = _is_unspaced(before) or _is_unspaced(after)
    return Scanned(
        scanned.can_open or (is_unspaced and not after.isspace()),
        scanned.can_close or (is_unspaced and not before.isspace()),
        scanned.length,
    )


class _UnspacedState(StateInline):
    scanDelims = scan_delimiters  # noqa: N815 - the library's name


def parse_inline(
    parser: ParserInline, src: str, md: MarkdownIt, env: EnvType, tokens: list[Token]
) -> list[Token]:
    """The same as the library does, with our state."""
    state = _UnspacedState(src, md, env, tokens)
    parser.tokenize(state)
    for rule in parser.ruler2.getRules(""):
        rule(state)
    return state.tokens


class UnspacedInlineParser(ParserInline):
    """Markdown's inline parser, which sees `**「…」**です` as emphasis too."""

    parse = parse_inline


def _is_unspaced(character: str) -> bool:
    """Whether it is a letter of these languages or wide punctuation. Emoji are wide as well, but symbols."""
    is_wide = unicodedata.east_asian_width(character) in ("W", "F", "H")
    return bool(UNSPACED_LETTER.match(character)) or (
        is_wide and not unicodedata.category(character).startswith("S")
    )
