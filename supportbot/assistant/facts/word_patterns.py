"""A pattern for one of many words that looks at each letter of a text once, and not once for each of the words."""

import re
from collections.abc import Iterable


def join_words(words: Iterable[str]) -> str:
    """A pattern, in brackets, that matches any of these words, the longest one first."""
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
