"""Emphasis in Chinese, Japanese and Korean, which put no spaces between words and have punctuation of their own."""

import unicodedata

from markdown_it import MarkdownIt
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Scanned
from markdown_it.token import Token
from markdown_it.utils import EnvType


class CjkInlineParser(ParserInline):
    """Markdown's inline parser, which sees `**「…」**です` as emphasis too."""

    def parse(self, src: str, md: MarkdownIt, env: EnvType, tokens: list[Token]) -> list[Token]:
        state = _CjkState(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state.tokens


class _CjkState(StateInline):
    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:  # noqa: N802, N803 - the library's names
        """By the rule of Markdown, marks beside punctuation need a space or punctuation on their other side.

        Beside a character of these languages they do not.
        """
        scanned = super().scanDelims(start, canSplitWord)
        if not canSplitWord:
            return scanned
        end = start + scanned.length
        before = self.src[start - 1] if start else " "
        after = self.src[end] if end < self.posMax else " "
        is_cjk = _is_cjk(before) or _is_cjk(after)
        return Scanned(
            scanned.can_open or (is_cjk and not after.isspace()),
            scanned.can_close or (is_cjk and not before.isspace()),
            scanned.length,
        )


def _is_cjk(character: str) -> bool:
    """Whether it is a wide letter or wide punctuation. Emoji are wide as well, but symbols."""
    is_wide = unicodedata.east_asian_width(character) in ("W", "F", "H")
    return is_wide and not unicodedata.category(character).startswith("S")
