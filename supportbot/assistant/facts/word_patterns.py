"""Patterns for sentences by their words, of many languages at once."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class WordPattern:
    """A pattern and its words, of which one must stand in a text, or it cannot match there.

    It is compiled when one does for the first time: to compile all of them takes a quarter of the start of a command,
    and most shops answer in a language or two.
    """

    words: frozenset[str]
    pattern: str

    @cached_property
    def compiled_pattern(self) -> re.Pattern[str]:
        return re.compile(self.pattern)


def find_matches(
    patterns: Iterable[WordPattern], text: str, words: Collection[str]
) -> Iterator[re.Match[str]]:
    """The matches of each pattern in a text that has these words."""
    for each in patterns:
        if not each.words.isdisjoint(words):
            yield from each.compiled_pattern.finditer(text)


def build_patterns(patterns: Mapping[str, Sequence[str]]) -> tuple[WordPattern, ...]:
    """Of patterns by the words of which one must stand where they match, with blanks between these."""
    return tuple(
        WordPattern(frozenset(words.split()), pattern)
        for words, group in patterns.items()
        for pattern in group
    )


def join_words(words: Iterable[str]) -> str:
    """A pattern, in brackets, that matches any of these words, the longest one first.

    It looks at each letter of a text once, and not once for each of the words.
    """
    return _join_endings({word for word in words if word})


def _join_endings(words: set[str]) -> str:
    by_letter: dict[str, set[str]] = {}
    for word in sorted(words - {""}):
        by_letter.setdefault(word[0], set()).add(word[1:])
    branches = [
        re.escape(letter) + (_join_endings(rest) if rest != {""} else "")
        for letter, rest in by_letter.items()
    ]
    return f"(?:{'|'.join(branches)}){'?' if '' in words else ''}"
