"""What a model was shown, indexed so that a number, an address or a date can be looked up in it.

People write “ord 1 234”, “#1234” and “１２３４” of one order, and “alice (at) example dot com” of one address, so both
sides are compared in a plain form: letters and digits alone, in small ASCII digits.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

# An O between digits is a zero, and an I or l a one, for whoever types a number from a parcel.
LETTER_FOR_ZERO = re.compile(r"(?<=\d)o|o(?=\d)")
LETTER_FOR_ONE = re.compile(r"(?<=\d)[il]|[il](?=\d)")
# Every repetition has a bound: texts are strangers', and a search must not take longer than they are long.
SPELLED_AT = re.compile(r"\s{0,2}[(\[{<]?\s?\b(?:at|ät|arroba|chez|chiocciola)\b\s?[)\]}>]?\s{0,2}")
SPELLED_DOT = re.compile(r"\s{0,2}[(\[{<]?\s?\b(?:dot|punkt|punto|point|ponto)\b\s?[)\]}>]?\s{0,2}")
DIGIT_RUN = re.compile(r"\d+")
# What may stand between two groups of digits of one number.
GROUP_SEPARATOR = re.compile(r"[\s\-–./#()]{1,3}")
MAX_JOINED_GROUPS = 8
MAX_PLACES = 200  # of one value in one text that are looked at
CACHED_TEXTS = 512  # of a process: the instructions and the texts of the conversations that are going on


@dataclass(frozen=True, slots=True)
class TextIndex:
    """One text in the forms in which values are looked up: as it is, with spelled addresses written out, squashed."""

    plain: str
    spelled_out: str
    squashed: str
    numbers: frozenset[str]


class ShownText:
    """The texts so far. Each is indexed when something is looked up, and once for all turns that show it."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._waiting = list(texts)
        self._indexes: list[TextIndex] = []

    def add_text(self, text: str) -> None:
        self._waiting.append(text)

    @property
    def plain_texts(self) -> Sequence[str]:
        """The texts in small letters and ASCII digits."""
        return [index.plain for index in self._list_indexes()]

    def has_words(self, words: str) -> bool:
        """Whether these words, in plain form, stand here as they are."""
        return any(contains_whole(index.plain, words) for index in self._list_indexes())

    def has_exact_value(self, value: str) -> bool:
        """Whether this number, address or name stands here, with all of its letters and digits."""
        plain = normalize_text(value)
        return any(_has_exact_value(index, plain) for index in self._list_indexes())

    def has_value(self, value: str) -> bool:
        """The same, but of a value with digits these are enough: who writes “1234” may mean ORD-1234."""
        if self.has_exact_value(value):
            return True
        plain = normalize_text(value)
        digits = "".join(DIGIT_RUN.findall(plain)).lstrip("0")
        is_number = digits != "" and "@" not in plain
        return is_number and any(digits in index.numbers for index in self._list_indexes())

    def _list_indexes(self) -> Sequence[TextIndex]:
        if self._waiting:
            self._indexes += map(_index_text, self._waiting)
            self._waiting.clear()
        return self._indexes


@lru_cache(maxsize=CACHED_TEXTS)
def _index_text(text: str) -> TextIndex:
    plain = normalize_text(text)
    spelled_out = SPELLED_DOT.sub(".", SPELLED_AT.sub("@", plain))
    typed = LETTER_FOR_ONE.sub("1", LETTER_FOR_ZERO.sub("0", plain))
    squashed = "\n".join(map(_squash, dict.fromkeys((plain, typed))))
    return TextIndex(plain, spelled_out, squashed, frozenset(_list_numbers(plain) | _list_numbers(typed)))


def _has_exact_value(index: TextIndex, plain: str) -> bool:
    if contains_whole(index.plain, plain) or ("@" in plain and contains_whole(index.spelled_out, plain)):
        return True
    squashed = _squash(plain)
    if squashed.isdecimal():  # squashing joins what stood apart, so numbers are looked up as such
        return squashed.lstrip("0") in index.numbers
    has_parts = " " in plain or any(map(str.isdecimal, plain))
    return "@" not in plain and has_parts and _contains_squashed(index.squashed, squashed)


def contains_whole(text: str, words: str) -> bool:
    """Whether these words stand in the text, and not as a part of a longer word, number or address."""
    for start in _list_places(text, words):
        before, after = text[start - 1 : start], text[start + len(words) : start + len(words) + 1]
        if not (before.isalnum() or (before and before in "._+%-@") or after.isalnum()):
            return True
    return False


def _list_places(text: str, words: str) -> Iterator[int]:
    """Where these words begin in the text: the first `MAX_PLACES`, for somebody may have repeated them without end."""
    start = text.find(words) if words else -1
    for _place in range(MAX_PLACES):
        if start < 0:
            return
        yield start
        start = text.find(words, start + 1)


@lru_cache(maxsize=256)
def normalize_text(text: str) -> str:
    """The text in small letters, with all of Unicode's digits in ASCII and compatibility forms folded."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    if folded.isascii():
        return folded
    return "".join(str(unicodedata.decimal(each)) if each.isdecimal() else each for each in folded)


def _squash(plain: str) -> str:
    return "".join(filter(str.isalnum, plain))


def _contains_squashed(text: str, value: str) -> bool:
    """Whether the value stands in the text, and not as a part of a longer number."""
    for start in _list_places(text, value):
        end = start + len(value)
        is_begun = value[0].isdecimal() and start > 0 and text[start - 1].isdecimal()
        goes_on = value[-1].isdecimal() and end < len(text) and text[end].isdecimal()
        if not (is_begun or goes_on):
            return True
    return False


def _list_numbers(plain: str) -> set[str]:
    """Each run of digits, and what neighbouring ones make together, without leading zeros."""
    runs = list(DIGIT_RUN.finditer(plain))
    found = set()
    for first, run in enumerate(runs):
        joined, end = run[0], run.end()
        found.add(joined.lstrip("0"))
        for following in runs[first + 1 : first + MAX_JOINED_GROUPS]:
            if not GROUP_SEPARATOR.fullmatch(plain, end, following.start()):
                break
            joined, end = joined + following[0], following.end()
            found.add(joined.lstrip("0"))
    return found
