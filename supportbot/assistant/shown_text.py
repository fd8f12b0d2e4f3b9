"""What a model was shown, indexed so that a number, an address or a date can be looked up in it.

People write “ord 1 234”, “#1234” and “１２３４” of one order, and “alice (at) example dot com” of one address, so both
sides are compared in a plain form: letters and digits alone, in small ASCII digits.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

# An O between digits is a zero, and an I or l a one, for whoever types a number from a parcel.
LETTER_FOR_ZERO = re.compile(r"(?<=\d)o|o(?=\d)")
LETTER_FOR_ONE = re.compile(r"(?<=\d)[il]|[il](?=\d)")
SPELLED_AT = re.compile(r"\s*[\(\[{<]?\s*\b(?:at|ät|arroba|chez|chiocciola)\b\s*[\)\]}>]?\s*")
SPELLED_DOT = re.compile(r"\s*[\(\[{<]?\s*\b(?:dot|punkt|punto|point|ponto)\b\s*[\)\]}>]?\s*")
DIGIT_RUN = re.compile(r"\d+")
# What may stand between two groups of digits of one number.
GROUP_SEPARATOR = re.compile(r"[\s\-–./#()]{1,3}")
MAX_JOINED_GROUPS = 8


class ShownText:
    """The texts so far, of which each is indexed once, when something is looked up."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._waiting = list(texts)
        self._plain = ""  # normalized, as people wrote it
        self._squashed = ""  # letters and digits alone
        self._numbers: set[str] = set()

    def add_text(self, text: str) -> None:
        self._waiting.append(text)

    @property
    def plain_text(self) -> str:
        """All of it in small letters and ASCII digits."""
        self._index_waiting()
        return self._plain

    def has_exact_value(self, value: str) -> bool:
        """Whether this number, address or name stands here, with all of its letters and digits."""
        self._index_waiting()
        squashed = _squash(normalize_text(value))
        if squashed.isdecimal():  # squashing joins what stood apart, so numbers are looked up as such
            return squashed.lstrip("0") in self._numbers
        return _contains_squashed(self._squashed, squashed)

    def has_value(self, value: str) -> bool:
        """The same, but of a value with digits these are enough: who writes “1234” may mean ORD-1234."""
        if self.has_exact_value(value):
            return True
        plain = normalize_text(value)
        digits = "".join(DIGIT_RUN.findall(plain)).lstrip("0")
        return "@" not in plain and digits != "" and digits in self._numbers

    def _index_waiting(self) -> None:
        if self._waiting:
            plain = normalize_text("\n".join(self._waiting))
            self._waiting.clear()
            self._plain += f"\n{plain}"
            spelled_out = SPELLED_DOT.sub(".", SPELLED_AT.sub("@", plain))
            typed = LETTER_FOR_ONE.sub("1", LETTER_FOR_ZERO.sub("0", plain))
            self._squashed += f"\n{_squash(plain)}\n{_squash(spelled_out)}\n{_squash(typed)}"
            self._numbers.update(_list_numbers(plain), _list_numbers(typed))


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
    start = text.find(value) if value else -1
    while start >= 0:
        end = start + len(value)
        is_begun = value[0].isdecimal() and start > 0 and text[start - 1].isdecimal()
        goes_on = value[-1].isdecimal() and end < len(text) and text[end].isdecimal()
        if not (is_begun or goes_on):
            return True
        start = text.find(value, start + 1)
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
