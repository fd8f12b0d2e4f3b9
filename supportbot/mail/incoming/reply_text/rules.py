"""Takes the new lines out of a mail's text."""

import itertools
import re
from collections.abc import Sequence

from .html_text import OLD_MAIL
from .quotes import (
    MAX_INTRODUCTION_LINES,
    find_introduction_above,
    find_old_mail,
    is_quoted,
    measure_introduction,
)
from .words import DEVICE_AT_END, EXCUSE, LINK, POINTS_BELOW, PROGRAM_NAMES, PROGRAM_SIGNATURE

SIGNATURE = re.compile(r"^--\s?$")
INVISIBLE = re.compile(r"[\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffc]")
# What programs write where a picture stands, but no words that somebody has put between brackets.
PICTURE = re.compile(r"\[(?:(?:image|cid): ?[^\[\]\s]{1,200}|image: [^\[\]]{1,200}\.\w{3,4})\]")
SIGNED_BEGINNING, SIGNED_END = "-----BEGIN PGP SIGNED MESSAGE-----", "-----BEGIN PGP SIGNATURE-----"
SIGNED_HEADER = re.compile(r"^(?:Hash|Version|Comment|Charset|MessageID|NotDashEscaped):")
SIGNATURE_END = "-----END PGP SIGNATURE-----"
RULE = re.compile(r"^[\s_=*-]{3,}$")
MAX_CHARS = 100_000  # of a mail's text that is looked at
MAX_POINTING_CHARS = 400
MAX_SIGNATURE_LINES, MAX_SIGNATURE_CHARS = 10, 90


def extract_reply(text: str, *, is_forward: bool = False) -> str:
    """The new text of a mail, empty if there is none. In a forwarded mail what is forwarded is new too."""
    text = text[:MAX_CHARS]
    lines = [_clean_line(line) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    lines = _open_signed_text(lines)
    old = find_old_mail(lines, is_forward=is_forward)
    kept = lines[:old] if is_forward else _drop_quotes(lines[:old], has_old_mail=old < len(lines))
    kept = _drop_program_signature(_drop_signature(kept))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line for line in kept if line != OLD_MAIL)).strip()


def may_answer_below(text: str, whole_text: str) -> bool:
    """Whether the new text says that there is more of it within what was taken for the old mail."""
    is_cut = len(whole_text) > len(text) + MAX_POINTING_CHARS // 4
    return is_cut and len(text) <= MAX_POINTING_CHARS and bool(POINTS_BELOW.search(text))


def _clean_line(line: str) -> str:
    line = INVISIBLE.sub("", PICTURE.sub("", line).replace("\xa0", " ").replace("\t", " "))
    return line if SIGNATURE.match(line) else line.rstrip()


def _open_signed_text(lines: list[str]) -> list[str]:
    """Without what PGP writes around a text that is signed, and before lines that begin with «-»."""
    begin = lines.index(SIGNED_BEGINNING) if SIGNED_BEGINNING in lines else len(lines)
    if SIGNED_END not in lines[begin:]:
        return lines
    end = lines.index(SIGNED_END, begin)
    text = list(itertools.dropwhile(SIGNED_HEADER.match, lines[begin + 1 : end]))
    signed = [line.removeprefix("- ") for line in (text if text[:1] != [""] else text[1:])]
    below = lines[lines.index(SIGNATURE_END, end) + 1 :] if SIGNATURE_END in lines[end:] else []
    return [*lines[:begin], *signed, *below]


def _drop_quotes(lines: Sequence[str], *, has_old_mail: bool) -> list[str]:
    """Without quoted lines and what introduces them. Answers between them are kept, apart from each other."""
    number = _find_quotes_of_program(lines, has_old_mail=has_old_mail)
    kept = list(lines[:number])
    while number < len(lines):
        length = measure_introduction(lines, number)
        if length:
            number += length
            continue
        if is_quoted(lines[number]):
            del kept[find_introduction_above(kept, len(kept)) :]
            if kept and kept[-1].strip():
                kept.append("")
        else:
            kept.append(lines[number])
        number += 1
    return kept


def _find_quotes_of_program(lines: Sequence[str], *, has_old_mail: bool) -> int:
    """Where what a program quotes begins, and what introduces it.

    Lines with «>» above that were written so, as «> 3 weeks and no lamp!», or cite something. They are kept only where
    an introduction follows: without any, every such line may be the program's.
    """
    for number, line in enumerate(lines):
        if "##-" in line or (is_quoted(line) and _quotes_introduction(lines, number)):
            return 0
        if measure_introduction(lines, number):
            return number
        if is_quoted(line) and (found := find_introduction_above(lines, number)) < number:
            return found if lines[found].strip() else 0
    return len(lines) if has_old_mail else 0


def _quotes_introduction(lines: Sequence[str], number: int) -> bool:
    """Whether «> On … wrote:» stands here, as phones quote what introduces the quotation too."""
    quoted = [each.lstrip("> ") for each in lines[number : number + MAX_INTRODUCTION_LINES]]
    return bool(measure_introduction(quoted, 0))


def _drop_signature(lines: list[str]) -> list[str]:
    """Without what follows the line «-- ». Many programs take its space away: «--» is one above a few short lines."""
    has_words = False
    for number, line in enumerate(lines):
        if has_words and SIGNATURE.match(line) and (line == "-- " or _is_short_below(lines, number)):
            return lines[:number]
        has_words = has_words or bool(line.strip())
    return lines


def _is_short_below(lines: list[str], number: int) -> bool:
    """Whether no more stands below this line than a signature has."""
    below = (lines[at] for at in range(number + 1, len(lines)) if lines[at].strip())
    first = list(itertools.islice(below, MAX_SIGNATURE_LINES + 1))
    return len(first) <= MAX_SIGNATURE_LINES and all(len(each) <= MAX_SIGNATURE_CHARS for each in first)


def _drop_program_signature(lines: list[str]) -> list[str]:
    """Without «Sent from my phone» and the like at the end, a link below it, and a line that is drawn above it."""
    end = last = _skip_back(lines, len(lines))
    while last:
        if _is_program_signature(lines[last - 1].strip()):
            end = last = _skip_back(lines, last - 1)
        elif LINK.match(lines[last - 1]):
            last = _skip_back(lines, last - 1)
        else:
            break
    return lines[:end]


def _skip_back(lines: list[str], end: int) -> int:
    """The end without the empty lines and rules before it."""
    while end and (not lines[end - 1].strip() or RULE.match(lines[end - 1])):
        end -= 1
    return end


def _is_program_signature(line: str) -> bool:
    is_one = PROGRAM_SIGNATURE.match(line) and PROGRAM_NAMES.search(line)
    # «Sent from my desk, which is easier than by mail» is a sentence.
    return bool(is_one) and (", " not in line or bool(EXCUSE.search(line) or DEVICE_AT_END.search(line)))
