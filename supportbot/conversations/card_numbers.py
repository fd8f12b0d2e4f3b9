"""Numbers of payment cards in what people write: found and hidden before anything stores, logs or sends them.

A number counts as a card's when a card company issues numbers that begin so and are so long, its check digit is right
(Luhn), and it is written as people write card numbers. Order, tracking and telephone numbers hardly ever are all that,
and what is called an order or tracking number is left alone.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from django.utils.translation import gettext as _

# How numbers begin, with the lengths that they then may have.
ISSUERS = (
    (re.compile(r"4"), (13, 16, 19)),  # Visa
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), (16,)),  # Mastercard
    (re.compile(r"3[47]"), (15,)),  # American Express
    (re.compile(r"6011|64[4-9]|65"), (16, 19)),  # Discover
    (re.compile(r"3(?:0[0-5]|[689])"), (14,)),  # Diners Club
    (re.compile(r"35(?:2[89]|[3-8])"), (16, 19)),  # JCB
    (re.compile(r"62|81"), (16, 19)),  # UnionPay
    (re.compile(r"50|5[6-8]|6304|6759|676[1-3]"), (16, 18, 19)),  # Maestro
    (re.compile(r"220[0-4]"), (16, 19)),  # Mir
    (re.compile(r"60|82|508"), (16,)),  # RuPay
)
# The groups in which card numbers are printed and written.
LAYOUTS = (
    (4, 4, 4, 4),
    (4, 4, 4, 4, 3),
    (4, 6, 5),
    (4, 6, 4),
    (4, 4, 4, 1),
    (6, 13),
    (8, 8),
    (4, 4, 5),
    (5, 5, 6),
)
BLANKS = r"[ \t\u00a0\u2000-\u200b\u202f\u2060\ufeff]{0,3}"
SEPARATOR = rf"{BLANKS}[-./_\u2010-\u2015\u2212]?{BLANKS}\n?"
RUN = re.compile(rf"\d(?:{SEPARATOR}\d){{12,40}}")
# What stands right before a number that is no card's: a code that belongs to it, or the word for another number.
CODE_BEFORE = re.compile(r"(?P<letter>[^\W\d_]|#)[-_#]?$")
CARD_WORD_BEFORE = re.compile(
    r"(?:visa|master ?card|maestro|amex|card|karte|carte|tarjeta|pan|no|nr|number)[-_#:]?$", re.I
)
OTHER_NUMBER_BEFORE = re.compile(
    r"(?:order|tracking|track|parcel|shipment|package|invoice|ticket|reference|imei|serial|phone|bestell\w*|sendung\w*"
    r"|rechnung\w*|pedido|env[ií]o|commande|colis)[ -]?(?:number|nummer|no\.?|nr\.?|id|code|n[º°]|#)?"
    r"(?:\s+(?:is|was|ist|es|est))?\s*[:=#]?\s*$",
    re.I,
)
# The code on the back: named as such, or right behind a number and the month in which the card ends.
SECURITY_CODE = re.compile(
    r"\b(?:cvv2?|cvc2?|csc|cid|cav2?|security[ -]?code|card[ -]?code|pr[üu]fnummer|kartenpr[üu]fnummer"
    r"|sicherheitscode|c[óo]digo de seguridad|code de s[ée]curit[ée]|cryptogramme)\b"
    r"\W{0,3}(?:(?:is|number|ist|es|est|no)\b\W{0,3})?(?P<code>\d{3,4})(?!\d)",
    re.I,
)
CODE_BEHIND = re.compile(
    r"(?P<between>[\s,;|/-]{1,3}(?:(?:(?:exp\w*\.?|valid\w*|bis|thru)[\s:]*)?"
    r"(?:0[1-9]|1[0-2])[\s/.-]{0,3}(?:20)?\d\d[\s,;|/-]{1,3})?)"
    r"(?!0\d{3}[ /-]\d{4})(?P<code>\d{3,4})(?![\d/.-]*\d)"  # and no telephone number
)


class MaskedText(NamedTuple):
    """A text without card numbers, and whether there were any in it."""

    text: str
    was_masked: bool = False


def mask_card_numbers(text: str) -> MaskedText:
    """The text with card numbers and their security codes hidden."""
    if sum(character.isdecimal() for character in text) < 3:
        return MaskedText(text)
    masked, end = [], 0
    cards = list(_find_cards(text))
    begins = [*(start for start, _stop, _digits in cards), len(text)]
    for (start, stop, digits), following in zip(cards, begins[1:], strict=True):
        masked += [text[end:start], _("[card number hidden, ends in %(digits)s]") % {"digits": digits[-4:]}]
        end = stop
        if (behind := CODE_BEHIND.match(text, end)) and behind.end() <= following:
            masked += [behind["between"], _("[security code hidden]")]
            end = behind.end()
    masked.append(text[end:])
    hidden = "".join(masked)
    hidden, codes = SECURITY_CODE.subn(_mask_security_code, hidden)
    return MaskedText(hidden, len(masked) > 1 or codes > 0)


def _mask_security_code(found: re.Match[str]) -> str:
    whole = found[0]
    return whole[: found.start("code") - found.start()] + _("[security code hidden]")


def _find_cards(text: str) -> Iterator[tuple[int, int, str]]:
    """Where card numbers stand in the text, and their digits, in the order of the text."""
    for run in RUN.finditer(text):
        if _belongs_to_another_number(text, run.start(), run.end()):
            continue
        groups = [(each.start() + run.start(), each[0]) for each in re.finditer(r"\d+", run[0])]
        index, was_card = 0, False
        while index < len(groups):
            before = groups[index - 1][1] if index and not was_card else ""
            size = _count_card_groups(text, groups[index:], before)
            if size:
                last_start, last = groups[index + size - 1]
                yield groups[index][0], last_start + len(last), _join(groups[index : index + size])
            was_card = size > 0
            index += size or 1


def _count_card_groups(text: str, groups: list[tuple[int, str]], before: str) -> int:
    """How many of the groups, from the first one, are a card number; 0 if none is.

    Groups that do not stand alone must be those in which card numbers are written, so that a part of a longer number
    is not taken for one. `before` is the group that they follow.
    """
    if not before and _is_card_number(_join(groups)):
        return len(groups)
    if _is_card_number(_join(groups[:1])):
        return 1
    if len(before) == len(groups[0][1]):
        return 0  # both are of one longer number
    for layout in LAYOUTS:
        sizes = tuple(len(digits) for _start, digits in groups[: len(layout)])
        is_card = sizes == layout and _is_card_number(_join(groups[: len(layout)]))
        if is_card and not _goes_on(text, groups, len(layout)):
            return len(layout)
    return 0


def _goes_on(text: str, groups: list[tuple[int, str]], size: int) -> bool:
    """Whether what follows the first groups is more of the same number: no date, new line, or other card's number."""
    rest = groups[size:]
    if sum(len(digits) for _start, digits in rest) <= 8:
        return False
    start, last = groups[size - 1]
    is_new_line = "\n" in text[start + len(last) : rest[0][0]]
    return not is_new_line and len(rest[0][1]) >= 4 and not _count_card_groups(text, rest, "")


def _join(groups: list[tuple[int, str]]) -> str:
    return "".join(str(int(digit)) for _start, digits in groups for digit in digits)


def _belongs_to_another_number(text: str, start: int, stop: int) -> bool:
    before, behind = text[max(0, start - 40) : start], text[stop : stop + 2]
    if _is_of_code(behind.removeprefix("-")[:1]):
        return True
    if CARD_WORD_BEFORE.search(before) and not OTHER_NUMBER_BEFORE.search(before):
        return False
    code = CODE_BEFORE.search(before)
    is_of_code = code is not None and (code["letter"] == "#" or _is_of_code(code["letter"]))
    return is_of_code or OTHER_NUMBER_BEFORE.search(before) is not None


def _is_of_code(character: str) -> bool:
    """Whether it can be of a code: not a letter of a script without capitals, which is written close to numbers."""
    return character.isdigit() or character.lower() != character.upper()


def _is_card_number(digits: str) -> bool:
    is_issued = any(len(digits) in lengths and begin.match(digits) for begin, lengths in ISSUERS)
    return is_issued and len(set(digits)) > 1 and _has_valid_check_digit(digits)


def _has_valid_check_digit(digits: str) -> bool:
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits))]
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0
