"""Emphasis that the standard does not see: in languages that put no spaces between words, such as Chinese, Japanese,
Thai and Khmer, and where models put a space in the wrong place. And what it takes for emphasis: `10cm*20cm*5cm`.
"""

import re
import unicodedata
from collections.abc import Iterator
from itertools import accumulate, pairwise

from markdown_it import MarkdownIt
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter, Scanned
from markdown_it.token import Token
from markdown_it.utils import EnvType

from .links import UNSPACED

UNSPACED_LETTER = re.compile(f"[{UNSPACED}]")
ASTERISK, LENGTH_OF_STRONG = ord("*"), 2
LINE_BREAKS = ("softbreak", "hardbreak", "html_inline")


def add_emphasis(markdown: MarkdownIt) -> None:
    """Teach a Markdown parser where `**` is meant as emphasis, though the standard takes it for text."""
    markdown.inline.ruler2.after("balance_pairs", "misplaced_marks", pair_misplaced_marks)


def scan_delimiters(state: StateInline, start: int, canSplitWord: bool) -> Scanned:  # noqa: N803 - as the library calls it
    """By the rule of Markdown, marks beside punctuation need a space or punctuation on their other side.

    Beside a character of these languages they do not. One asterisk before a digit multiplies what stands before it.
    """
    scanned = StateInline.scanDelims(state, start, canSplitWord)
    if not canSplitWord:
        return scanned
    end = start + scanned.length
    before = state.src[start - 1] if start else " "
    after = state.src[end] if end < state.posMax else " "
    if scanned.length == 1 and before.isascii() and before.isalnum() and after.isdecimal():
        return Scanned(False, False, scanned.length)
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


# ---- Marks that are left over --------------------------------------------------------------------------


def pair_misplaced_marks(state: StateInline) -> None:
    """A rule of the parser: `**Total:**5` and `**Total: **5` are meant as `**Total:** 5`.

    Where such marks begin a word and emphasise nothing by the standard, they do up to the next such ones in their line.
    """
    lines = list(accumulate(int(token.type in LINE_BREAKS) for token in state.tokens))
    within_links = (meta["delimiters"] for meta in state.tokens_meta if meta and "delimiters" in meta)
    for delimiters in (state.delimiters, *within_links):
        _pair_strong_marks(delimiters, lines)


def _pair_strong_marks(delimiters: list[Delimiter], lines: list[int]) -> None:
    levels: list[int | None] = [None]  # of emphasis: the marks in each that wait for others
    ends = {each.end for each in delimiters if each.end >= 0}
    lonely = set(_find_lonely_marks(delimiters, ends))
    for index, delimiter in enumerate(delimiters):
        if delimiter.end >= 0:
            levels.append(None)
        elif index in ends:
            levels.pop()
        elif index in lonely:
            begun = levels[-1]
            if begun is not None and lines[delimiters[begun].token] == lines[delimiter.token]:
                delimiters[begun].end, delimiters[begun + 1].end = index + 1, index
                levels[-1] = None
            else:
                levels[-1] = index if delimiter.open and not delimiter.close else None


def _find_lonely_marks(delimiters: list[Delimiter], ends: set[int]) -> Iterator[int]:
    """Where two asterisks stand together of which neither has begun or ended anything."""
    for index, (first, second) in enumerate(pairwise(delimiters)):
        is_pair = first.marker == ASTERISK and first.length == LENGTH_OF_STRONG
        is_free = max(first.end, second.end) < 0 and ends.isdisjoint((index, index + 1))
        if is_pair and is_free and second.token == first.token + 1:
            yield index
