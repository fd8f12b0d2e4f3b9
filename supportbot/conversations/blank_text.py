"""Texts in which there is nothing to be seen, and which would be an empty bubble."""

import unicodedata

# Control characters, those that only direct what is around them, and spaces of every kind.
UNSEEN_CATEGORIES = {"Cc", "Cf", "Zs", "Zl", "Zp"}
UNSEEN_LETTERS = set("\u115f\u1160\u2800\u3164\uffa0")  # of Korean, and Braille without a dot


def blank_to_empty(text: str) -> str:
    """The text, or nothing in place of one in which nothing can be seen."""
    return text if any(map(_is_seen, text)) else ""


def _is_seen(character: str) -> bool:
    return character not in UNSEEN_LETTERS and unicodedata.category(character) not in UNSEEN_CATEGORIES
