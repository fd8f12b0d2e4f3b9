"""How well the letters and signs that a code page makes of bytes stand where those of its languages do."""

import re
import unicodedata
from collections import Counter
from itertools import pairwise

from .alphabets import LATIN_ALPHABETS, MISPLACED_LETTERS, RARE_LETTERS, SCRIPTS
from .signs import (
    APOSTROPHE,
    DASHES,
    LINES_OF_DOS,
    PAIRED_SIGNS,
    SIGNS,
    SIGNS_IN_WORDS,
    SURE_PLACE,
    UNIT_BEHIND_NUMBER,
    WRONG_PLACE,
)

# Letters with digits and the marks that stand above and below letters, without the signs that Python takes for letters.
WORD = re.compile(r"(?:(?![²³¹ªº¼½¾µ_])\w|[\u064b-\u0652\u0e31-\u0e3a\u0e47-\u0e4e])+")
SIGN = re.compile(r"[^\x00-\x7f\w\u064b-\u0652\u0e31-\u0e3a\u0e47-\u0e4e]|[²³¹ªº¼½¾µ]")
RARE_SCORE, LONE_SCORE, ODD_SCORE, MIXED_SCORE, WRONG_SCORE = 0.5, 0.2, -0.5, -1.0, -2.0
MAX_SHORT_CHARS = 3  # of a word that may be of letters beyond ASCII alone, such as “öö”
LANGUAGE_SHARE = 0.2  # for the words that are of one language, beside those of the others
SIGN_SCORE, OTHER_SIGN_SCORE = 0.5, 0.3  # of Windows, and of what few shops still have
UNIT_SCORE = 2.0
OLD_CODE_PAGES = frozenset(("mac-roman", "cp858", "koi8-r", "cp866"))
RARE_CODE_PAGES = OLD_CODE_PAGES | {"windows-1257"}  # in which fewer shops write
RARE_SHARE = 0.8
SMALL_LETTERS_SHARE = 0.85


def score_code_page(text: bytes, encoding: str) -> float:
    """How many of the letters and signs stand as they do in the languages that use this code page."""
    decoded = text.decode(encoding, "replace")
    words = Counter(word for word in WORD.findall(decoded) if not word.isascii())
    score = _score_script(words, encoding) if encoding in SCRIPTS else _score_latin(words, encoding)
    if score > 0 and encoding in RARE_CODE_PAGES:
        score *= RARE_SHARE
    if encoding in MISPLACED_LETTERS:
        score += WRONG_SCORE * len(MISPLACED_LETTERS[encoding].findall(decoded))
    return score + UNIT_SCORE * len(UNIT_BEHIND_NUMBER.findall(decoded)) + _score_signs(decoded, encoding)


def _score_latin(words: Counter[str], encoding: str) -> float:
    """By word: its letters are in the alphabet of one language. A text that is all of one goes before another."""
    score, by_language = 0.0, dict.fromkeys(LATIN_ALPHABETS[encoding], 0.0)
    for word, count in words.items():
        letters = [each for each in word if not each.isascii()]
        fitting = [
            alphabet
            for alphabet in by_language
            if all(each in alphabet or each.lower() in alphabet for each in letters)
        ]
        rated = count * (_rate_latin_word(word, encoding) if fitting else ODD_SCORE * len(letters))
        score += rated
        for alphabet in fitting:
            by_language[alphabet] += rated
    return score + LANGUAGE_SHARE * max(by_language.values())


def _rate_latin_word(word: str, encoding: str) -> float:
    rare, score = RARE_LETTERS.get(encoding), 0.0
    has_others = any(each.isascii() and each.isalpha() for each in word)
    for place, letter in enumerate(word):
        if letter.isascii():
            continue
        before, after = word[max(place - 1, 0) : place], word[place + 1 : place + 2]
        if letter == "Ø" and after.isdecimal():  # a diameter
            score += RARE_SCORE
        elif before.isdecimal() or after.isdecimal():
            score += LONE_SCORE if has_others and letter in "èÈ" else MIXED_SCORE  # “2ème”
        elif (letter.isupper() and before.islower()) or (letter.islower() and after.isupper()):
            score += ODD_SCORE
        elif not has_others:  # a word is hardly ever of such letters alone
            score += LONE_SCORE if len(word) == 1 else 0 if len(word) <= MAX_SHORT_CHARS else ODD_SCORE
        else:
            score += RARE_SCORE if rare and rare.match(word, place) else 1
    return score


def _score_script(words: Counter[str], encoding: str) -> float:
    """By word: its letters are of the script alone. Capitals speak for it: small letters may be Hebrew's bytes."""
    score = sum(count * _rate_script_word(word, encoding) for word, count in words.items())
    is_small = all(word == word.lower() for word in words) and any(word != word.upper() for word in words)
    return score * SMALL_LETTERS_SHARE if score > 0 and is_small else score


def _rate_script_word(word: str, encoding: str) -> float:
    name, common = SCRIPTS[encoding]
    letters = [each for each in word if unicodedata.name(each, "").startswith(name)]
    if any(each.isascii() and each.isalpha() for each in word):
        return WRONG_SCORE * len(letters)
    if len(letters) == 1:  # “10м”, but never “1м234”
        return MIXED_SCORE if word[0].isdecimal() and word[-1].isdecimal() else LONE_SCORE * (len(word) == 1)
    odd = sum(after.isupper() and before.islower() for before, after in pairwise(word))
    return sum(1 if each.lower() in common else 0.5 for each in letters) - 2 * odd


def _score_signs(decoded: str, encoding: str) -> float:
    usual = OTHER_SIGN_SCORE if encoding in OLD_CODE_PAGES else SIGN_SCORE
    places = Counter(
        (decoded[max(found.start() - 1, 0) : found.start()], found[0], decoded[found.end() : found.end() + 1])
        for found in SIGN.finditer(decoded)
    )
    score = sum(count * _rate_sign(*place, usual) for place, count in places.items())
    paired = 2 * len(PAIRED_SIGNS.findall(decoded)) + len(APOSTROPHE.findall(decoded))
    return score + 2 * usual * paired


def _rate_sign(before: str, sign: str, after: str, usual: float) -> float:
    if sign == "\ufffd" or unicodedata.category(sign) == "Cc":
        return WRONG_SCORE
    is_in_word = before.isalpha() and after.isalpha() and sign not in SIGNS_IN_WORDS
    if is_in_word:  # “S–XL”
        return ODD_SCORE if sign in DASHES else WRONG_SCORE
    place = f"{before}{sign}{after}"
    if LINES_OF_DOS.match(sign) or WRONG_PLACE.match(place):
        return MIXED_SCORE
    if SURE_PLACE.match(place):
        return 3 * usual
    return usual if sign in SIGNS else 0
