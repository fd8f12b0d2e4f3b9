"""Tells in which encoding a spreadsheet has written a file, by the letters that come out.

In UTF the bytes show it. The code pages of Windows, of DOS and of the Mac do not: the same byte is an ş to one and a þ
to another. The one is taken by which letters stand where letters of its languages do.
"""

import codecs
import re
from collections.abc import Callable

from .alphabets import LATIN_ALPHABETS, SCRIPTS
from .letter_scores import score_code_page

MAX_SAMPLED_CHARS = 20_000
MIN_WHOLE = 3  # characters of UTF-8 for each byte that is none
CLEAR_SHARE = 0.7  # of what is not ASCII
CAPITALS_SHARE = 0.6
NON_ASCII = re.compile(r"[^\x00-\x7f]")
WORD = re.compile(r"[^\W\d_]+")
KANA = re.compile("[\u3041-\u30ff]")
HANGUL = re.compile("[\uac00-\ud7a3]")
HAN = re.compile("[\u4e00-\u9fff]")


def detect_encoding(sample: bytes) -> str:
    """The encoding of a file, by a piece of it that is not all ASCII, where there is one."""
    if sample.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if sample.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if sample[1:200:2].count(0) > 50:
        return "utf-16-le"
    if sample[0:200:2].count(0) > 50:
        return "utf-16-be"
    text = sample.decode("utf-8", "surrogateescape")
    ending = re.search("[\udc80-\udcff]{1,3}\\Z", text)  # of a character that the end of the piece has cut
    broken = len(re.findall("[\udc80-\udcff]", text[: ending.start()] if ending else text))
    others = len(NON_ASCII.findall(text)) - broken - (len(ending[0]) if ending else 0)
    # What was cut in the midst of a character, or put in from another file, is less than the rest of it.
    is_utf = MIN_WHOLE * broken <= others if others else not broken and not ending
    return "utf-8" if is_utf else _find_code_page(sample)


def _find_code_page(sample: bytes) -> str:
    text = b"\n".join(line for line in sample.splitlines() if not line.isascii())[:MAX_SAMPLED_CHARS]
    scripts = {encoding: score_code_page(text, encoding) for encoding in SCRIPTS}
    script = max(scripts, key=scripts.__getitem__)
    if _is_script_in_capitals(text, script, scripts[script]):
        return script
    for encoding, is_likely in EAST_ASIAN.items():
        if is_likely(text.decode(encoding, "ignore"), text):
            return encoding
    if _has_common_han("cp932", 0x88, 0x97)(text.decode("cp932", "ignore"), text):
        return "cp932"  # Japanese without kana, such as names and places alone
    scores = {encoding: score_code_page(text, encoding) for encoding in LATIN_ALPHABETS} | scripts
    return max(scores, key=scores.__getitem__)  # the first of those that fit alike


def _count_share(pattern: re.Pattern[str], text: str) -> float:
    return len(pattern.findall(text)) / max(len(NON_ASCII.findall(text)), 1)


def _has_neighbours(pattern: str, decoded: str) -> bool:
    """Whether these characters stand beside each other, as in a text of them, and not within words of ASCII letters."""
    single, pairs = len(re.findall(pattern, decoded)), len(re.findall(f"(?=(?:{pattern}){{2}})", decoded))
    mixed = len(re.findall(f"[A-Za-z]{pattern}|{pattern}(?=[A-Za-z])", decoded))
    return single >= 3 and pairs > 0.4 * single and mixed < 0.25 * single


def _has_kana(encoding: str) -> Callable[[str, bytes], bool]:
    """Japanese: all of it is read, and a good part is kana."""

    def is_likely(decoded: str, text: bytes) -> bool:
        # The end of the piece may have cut a letter.
        is_whole = len(text) - len(decoded.encode(encoding, "ignore")) <= 2
        return (
            is_whole
            and _count_share(KANA, decoded) > 0.2
            and _has_neighbours("[\u3041-\u30ff\u4e00-\u9fff]", decoded)
        )

    return is_likely


def _is_korean(decoded: str, text: bytes) -> bool:
    found = HANGUL.findall(decoded)
    common = sum(len(each.encode("euc_kr", "ignore")) == 2 for each in found)
    is_common = common > 0.8 * len(found) and _count_share(HANGUL, decoded) > 0.8
    return is_common and _has_neighbours("[\uac00-\ud7a3]", decoded)


def _has_common_han(encoding: str, first: int, last: int) -> Callable[[str, bytes], bool]:
    """Chinese: nearly all are common characters, whose first bytes these are."""

    def is_likely(decoded: str, text: bytes) -> bool:
        found = HAN.findall(decoded)
        common = sum(first <= each.encode(encoding)[0] <= last for each in found)
        is_common = common > 0.8 * len(found) and _count_share(HAN, decoded) > 0.7
        return is_common and _has_neighbours("[\u4e00-\u9fff]", decoded)

    return is_likely


EAST_ASIAN: dict[str, Callable[[str, bytes], bool]] = {
    "cp932": _has_kana("cp932"),
    "euc_jp": _has_kana("euc_jp"),
    "cp949": _is_korean,
    "gb18030": _has_common_han("gb18030", 0xB0, 0xD7),
    "big5": _has_common_han("big5", 0xA4, 0xC6),
}


def _is_script_in_capitals(text: bytes, encoding: str, score: float) -> bool:
    """Whether these are common letters of the script, most of them in words of capitals.

    Their bytes are those of common Chinese and Korean characters too, which make such words hardly ever.
    """
    count = sum(byte > 0x7F for byte in text)
    words = WORD.findall(text.decode(encoding, "replace"))
    in_capitals = sum(len(word) for word in words if word.isupper() and not word.isascii())
    return score > CLEAR_SHARE * count and in_capitals > CAPITALS_SHARE * count
