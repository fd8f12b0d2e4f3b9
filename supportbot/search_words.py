"""The words that staff search for, and how each of them may be stored."""

from django.db.models import Q
from django.utils.text import smart_split, unescape_string_literal

MAX_WORDS = 6


def split_words(search: str) -> list[str]:
    """The words; what stands in quotation marks is one."""
    words = [
        unescape_string_literal(word) if word[0] in "\"'" and word[0] == word[-1] else word
        for word in smart_split(search)
    ]
    return [word for word in words if word][:MAX_WORDS]


def match_word(lookup: str, word: str) -> Q:
    """The rows that the lookup, such as `text__icontains`, finds by any spelling of the word."""
    condition = Q()
    for spelling in list_spellings(word):
        condition |= Q(**{lookup: spelling})
    return condition


def list_spellings(word: str) -> list[str]:
    """The word as it may be stored: SQLite compares ASCII letters alone without regard to case."""
    if word.isascii():
        return [word]
    return sorted({word, word.lower(), word.upper(), word.capitalize(), word.title()})
