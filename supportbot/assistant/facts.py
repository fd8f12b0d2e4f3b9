"""Finds the facts in a sentence that can be looked up: numbers, addresses, money, dates, times, spans, percentages.

Each fact has readings: “03/04” is the third of April or the fourth of March. It is known if one of them is. Month names
and units of time are known in English, German, French, Spanish, Italian and Dutch.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache

from .shown_text import normalize_text

Reading = tuple[str, str]  # what kind of value, and the value in one form

MONTH_NAMES = (
    *(
        "jan",
        "feb",
        "mar|mär|maer|maa",
        "apr|avr|abr",
        "may|mai|mei|mag",
        "jun|jui|giu",
        "jul|juil|lug",
        "aug|aoû|aou|ago",
    ),
    *("sep|set", "oct|okt|ott", "nov", "dec|dez|déc|dic"),
)
COUNTING = (
    *("one ein eine einem einen", "two zwei deux dos", "three drei trois tres", "four vier quatre cuatro"),
    *("five fünf cinq cinco", "six sechs seis", "seven sieben sept siete", "eight acht huit ocho"),
    *("nine neun neuf nueve", "ten zehn dix diez", "eleven elf onze once", "twelve zwölf douze doce"),
)
NUMBER_WORDS = {word: str(number) for number, words in enumerate(COUNTING, 1) for word in words.split()}
HOURS_IN = {"hour": 1, "day": 24, "week": 168}

_NUMBER = r"\d+(?:[.,'’\u00a0\u202f ]\d{3})*(?:[.,]\d{1,3})?|\d+(?:[.,]\d+)?"
_MONTH = "|".join(f"(?:{names})[a-zäéûô]*" for names in MONTH_NAMES)
_COUNT = r"\d{1,4}|" + "|".join(NUMBER_WORDS)
_CURRENCY = (
    r"[€$£¥₹₩₺₽]|(?:us|au|ca|nz)\$|\b(?:eur|usd|gbp|chf|sek|nok|dkk|pln|czk|huf|cad|aud|nzd|jpy|inr|brl|mxn|try|"
    r"euros?|dollars?|pounds?|francs?|franken|kronor|cents?)\b"
)
_UNITS = (
    r"(?P<hour>hours?|hrs?|stunden?|heures?|horas?|ore|uur)|(?P<day>days?|tagen?|tage|werktagen?|werktage|arbeitstagen?|"
    r"arbeitstage|jours?|d[ií]as?|giorni|dagen|werkdagen)|(?P<week>weeks?|wochen?|semaines?|semanas?|settimane|weken)|"
    r"(?P<month>months?|monaten?|monate|mois|mes(?:es)?|mesi|maanden)|(?P<minute>minutes?|mins?|minuten?|minutos?|minuti)"
)
EMAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
WEB_ADDRESS = re.compile(
    r"(?:https?://|www\.)[^\s<>\"'|)\]]+|\b(?:[a-z0-9-]+\.)+(?:com|net|org|io|eu|de|at|ch|fr|es|it|nl|uk|pt|shop|store|app|dev)"
    r"\b(?:/[^\s<>\"'|)\]]*)?"
)
ISO_DATE = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})(?=\D|$)")
NUMERIC_DATE = re.compile(r"\b(\d{1,2})([./-])(\d{1,2})(?:\2(\d{4}|\d{2})\b|(?<=\.\d)\.|(?<=\.\d\d)\.)")
MONTH_DATE = re.compile(
    rf"\b(?:(?P<m1>{_MONTH})\.?\s+(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)|"
    rf"(?P<d2>\d{{1,2}})(?:st|nd|rd|th|er|\.|º)?\s*(?:of\s+|de\s+)?(?P<m2>{_MONTH})\b)\.?(?:,?\s+(?:de\s+)?(?P<y>\d{{4}}))?"
)
CLOCK_TIME = re.compile(
    r"\b(?P<h>[01]?\d|2[0-4])(?:\s?[:.h]\s?(?P<m>[0-5]\d)(?::\d\d)?)?\s?(?P<suffix>a\.?m\b|p\.?m\b|uhr\b|o'clock|h\b)?"
)
HOUR_RANGE = re.compile(r"\b(\d{1,2})\s?(?:-|–|to|bis|until|à|a)\s?(\d{1,2})\b")
SPAN = re.compile(
    rf"\b(?P<low>{_COUNT})(?:\s?(?:-|–|to|or|bis|oder|à|ou|a|o)\s?(?P<high>{_COUNT}))?[\s-]+"
    rf"(?:(?:business|working|calendar|full|more|further|weitere[nr]?|volle[nr]?)\s+)?(?:{_UNITS})\b"
)
PERCENTAGE = re.compile(
    rf"({_NUMBER})\s?(?:%|percent\b|per cent\b|prozent\b|pour ?cent\b|por ?ciento\b|procent\b)"
)
MONEY = re.compile(rf"(?:{_CURRENCY})\s?({_NUMBER})|({_NUMBER})\s?(?:{_CURRENCY})")
REFERENCE = re.compile(
    r"(?<![\w@/.-])(?:#\s?\d{2,}[\w-]*|[a-z]{2,8}-\d{3,}(?:-\w+)*|[a-z]{1,4}\d{4,}\w*|\d{5,})(?![\w@])"
)
PHONE = re.compile(r"(?<![\w.])\+?\(?\d[\d\s()/.\-]{6,}\d(?!\w)")
# What results say in JSON, where the key says what a number is.
JSON_NUMBER = re.compile(r'"([\w ]+)"\s?:\s?"?(-?\d+(?:\.\d+)?)"?')
KEYS = {
    "money": re.compile(r"price|total|amount|cost|fee|sum|shipping|refund|balance|tax|discount"),
    "percent": re.compile(r"percent|pct|rate|discount|vat"),
    "hour": re.compile(r"hours"),
    "day": re.compile(r"days"),
}
DECIMAL_NUMBER = re.compile(r"(?<![\d.,])\d[\d.,]*[.,]\d{2}(?![\d.,]*\d)")
MIN_PHONE_DIGITS, MIN_MINUTES = 7, 10


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of a sentence: `value` is looked up as it is written, or else one of `readings` must be known."""

    kind: str
    words: str
    value: str = ""
    readings: frozenset[Reading] = frozenset()


def find_facts(sentence: str) -> list[Fact]:
    """The facts of a sentence. What one rule has read is not read again by the next."""
    text = normalize_text(sentence)
    hints = _list_hints(text)
    found = []
    for kind, wanted, pattern, read in _RULES:
        if hints.isdisjoint(wanted):
            continue
        rest, end = [], 0
        for match in pattern.finditer(text):
            facts = list(read(kind, match))
            found += facts
            if facts:
                rest += [text[end : match.start()], " " * len(match[0])]
                end = match.end()
        text = "".join(rest) + text[end:] if rest else text
    return found


def _list_hints(text: str) -> set[str]:
    """Marks, words and beginnings of words, which say cheaply which rules can find anything at all."""
    hints = set(_HINT.findall(text))
    if _DIGIT.search(text):
        hints |= _NUMBERS
    if hints.isdisjoint(_WORTH_READING):
        return set()
    return hints | {word[:3] for word in hints}


def list_known_facts(plain: str) -> set[Reading]:
    """The readings of all that stands in a text, which `normalize_text` has been through."""
    known = {reading for fact in find_facts(plain) for reading in fact.readings}
    known |= {("day", value.split("-", 1)[1]) for kind, value in known if kind == "date"}
    for low, high in HOUR_RANGE.findall(plain):
        known |= {("time", f"{int(hour)}:00") for hour in (low, high)}
    for number in DECIMAL_NUMBER.findall(plain):
        known |= {("money", amount) for amount in read_amounts(number)}
    for key, number in JSON_NUMBER.findall(plain):
        for kind, pattern in KEYS.items():
            if pattern.search(key):
                known |= _read_json_number(kind, number)
    return known


@cache
def read_amounts(number: str) -> frozenset[str]:
    """The amounts that “1.234” may be: with a point or a comma before thousands or before decimals."""
    bare = re.sub(r"['’\s]", "", number)
    forms = {bare.replace(",", ""), bare.replace(".", "").replace(",", ".")}
    amounts = set()
    for form in forms:
        try:
            amounts.add(format(Decimal(form).normalize(), "f"))
        except InvalidOperation:
            continue  # “1.234.567” has one reading alone
    return frozenset(amounts)


def _read_json_number(kind: str, number: str) -> set[Reading]:
    if kind in HOURS_IN:
        return {("hours", format(Decimal(number) * HOURS_IN[kind], "f"))}
    return {(kind, amount) for amount in read_amounts(number)}


def _read_as_written(kind: str, match: re.Match[str]) -> Iterator[Fact]:
    words = match[0].rstrip(".,;:!?")
    value = re.sub(r"^(?:https?://)?(?:www\.)?", "", words).rstrip("/") if kind == "address" else words
    yield Fact(kind, words, value)


def _read_phone(kind: str, match: re.Match[str]) -> Iterator[Fact]:
    if sum(map(str.isdecimal, match[0])) >= MIN_PHONE_DIGITS:
        yield Fact(kind, match[0], match[0])


def _read_iso_date(kind: str, match: re.Match[str]) -> Iterator[Fact]:
    yield from _build_date(kind, match[0], [(match[1], match[2], match[3])])


def _read_numeric_date(kind: str, match: re.Match[str]) -> Iterator[Fact]:
    first, _separator, second, year = match.groups()
    orders = [(second, first)] if match[2] == "." else [(second, first), (first, second)]
    yield from _build_date(kind, match[0], [(year or "", month, day) for month, day in orders])


def _read_month_date(kind: str, match: re.Match[str]) -> Iterator[Fact]:
    name, day = match["m1"] or match["m2"], match["d1"] or match["d2"]
    month = next(number for number, names in enumerate(MONTH_NAMES, 1) if re.match(names, name))
    yield from _build_date(kind, match[0], [(match["y"] or "", str(month), day)])


def _build_date(kind: str, words: str, dates: list[tuple[str, str, str]]) -> Iterator[Fact]:
    readings: set[Reading] = set()
    for year, month, day in dates:
        if 1 <= int(month) <= 12 and 1 <= int(day) <= 31:
            in_year, full = f"{int(month)}-{int(day)}", f"20{year}" if len(year) == 2 else year
            readings.add(("date", f"{full}-{in_year}") if full else ("day", in_year))
    if readings:
        yield Fact(kind, words, readings=frozenset(readings))


def _read_time(kind: str, match: re.Match[str]) -> Iterator[Fact]:
    hour, minute, suffix = int(match["h"]), match["m"], (match["suffix"] or "").replace(".", "")
    if minute is None and not suffix:
        return
    if (suffix == "pm" and hour < 12) or (suffix == "am" and hour == 12):
        hour = (hour + 12) % 24
    yield Fact(kind, match[0].strip(), readings=frozenset({("time", f"{hour}:{minute or '00'}")}))


def _read_span(kind: str, match: re.Match[str]) -> Iterator[Fact]:
    unit = next(name for name in ("hour", "day", "week", "month", "minute") if match[name])
    for count in filter(None, (match["low"], match["high"])):
        number = int(NUMBER_WORDS.get(count, count))
        if unit == "minute":
            if number >= MIN_MINUTES:
                yield Fact(kind, match[0], readings=frozenset({("minutes", str(number))}))
        elif unit == "month":
            yield Fact(kind, match[0], readings=frozenset({("months", str(number))}))
        else:
            yield Fact(kind, match[0], readings=frozenset({("hours", str(number * HOURS_IN[unit]))}))


def _read_number(kind: str, match: re.Match[str]) -> Iterator[Fact]:
    number = next(filter(None, match.groups()))
    yield Fact(kind, match[0].strip(), readings=frozenset((kind, amount) for amount in read_amounts(number)))


def _split_words(words: str) -> frozenset[str]:
    return frozenset(words.split())


Reader = Callable[[str, re.Match[str]], Iterator[Fact]]
_HINT = re.compile(r"[^\W\d_]+|[@:€$£¥₹₩₺₽%./-]")
_DIGIT = re.compile(r"\d")
_NUMBERS = frozenset("0")
_TOP_DOMAINS = _split_words("www http https com net org io eu de at ch fr es it nl uk pt shop store app dev")
_MONTHS = _split_words(
    "jan feb mar mär mae maa apr avr abr may mai mei mag jun jui giu jul aug aoû aou ago sep set oct okt ott nov dec "
    "dez déc dic"
)
_UNIT_STARTS = _split_words(
    "hou hrs hr stu heu hor ore uur day tag wer arb jou dia día gio dag wee woc sem set mon moi mes maa min"
)
_CURRENCIES = _split_words(
    "€ $ £ ¥ ₹ ₩ ₺ ₽ eur usd gbp chf sek nok dkk pln czk huf cad aud nzd jpy inr brl mxn try dol pou fra kro cen"
)
_WORTH_READING = frozenset({"@", *_NUMBERS, *_TOP_DOMAINS, *NUMBER_WORDS})
_RULES: tuple[tuple[str, frozenset[str], re.Pattern[str], Reader], ...] = (
    ("email", frozenset("@"), EMAIL, _read_as_written),
    ("address", _TOP_DOMAINS, WEB_ADDRESS, _read_as_written),
    ("date", frozenset("-"), ISO_DATE, _read_iso_date),
    ("date", frozenset("./-"), NUMERIC_DATE, _read_numeric_date),
    ("date", _MONTHS, MONTH_DATE, _read_month_date),
    ("percent", frozenset(("%", "per", "pro", "cent", "pou", "por")), PERCENTAGE, _read_number),
    ("money", _CURRENCIES, MONEY, _read_number),
    ("span", _UNIT_STARTS, SPAN, _read_span),
    ("time", frozenset((":", ".", "am", "pm", "uhr", "h", "clock")), CLOCK_TIME, _read_time),
    ("number", _NUMBERS, REFERENCE, _read_as_written),
    ("phone", _NUMBERS, PHONE, _read_phone),
)
