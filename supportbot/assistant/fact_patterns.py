"""The words and forms in which facts are written: months, days, counts and units in six languages, money, addresses.

Every repetition has a bound, and what begins with a digit begins where a number does: a search must not take longer
than the text is long, whoever wrote it.
"""

import re

from .number_words import COUNT_IN_WORDS, ORDINAL_IN_WORDS
from .word_patterns import join_words

# Whole names and usual short ones: “settings 3” and “mark 3” are no days.
MONTH_NAMES = (
    "january jan januar jänner janvier enero gennaio januari janeiro",
    "february feb februar février févr fevrier febrero febbraio februari fevereiro",
    "march mar märz maerz mars marzo maart março",
    "april apr avril avr abril aprile",
    "may mai mayo maggio mei maio",
    "june jun juni juin junio giugno junho",
    "july jul juli juillet juil julio luglio julho",
    "august aug août aout agosto augustus",
    "september sep sept septembre septiembre settembre setembro",
    "october oct oktober okt octobre octubre ottobre outubro",
    "november nov novembre noviembre novembro",
    "december dec dezember dez décembre déc diciembre dic dicembre dezembro",
)
MONTHS = {name: number for number, names in enumerate(MONTH_NAMES, 1) for name in names.split()}
# By the number that `date.weekday` gives them. Short forms are left alone: “so” and “sat” are other words.
WEEKDAYS = {
    word: str(number)
    for number, words in enumerate(
        (
            *(
                "monday montag lundi lunes",
                "tuesday dienstag mardi martes",
                "wednesday mittwoch mercredi miércoles",
            ),
            *("thursday donnerstag jeudi jueves", "friday freitag vendredi viernes"),
            *("saturday samstag sonnabend samedi sábado", "sunday sonntag dimanche domingo"),
        )
    )
    for word in words.split()
}
# As opening hours are written, where “Mon-Fri” names the days between them too.
DAY_NUMBERS = WEEKDAYS | {
    word: str(number)
    for number, words in enumerate(
        ("mon mo", "tue tues di", "wed mi", "thu thurs do", "fri fr", "sat sa", "sun so")
    )
    for word in words.split()
}
HOURS_IN = {"hour": 1, "day": 24, "week": 168}

_NUMBER = r"(?<![\d.,])\d{1,12}(?:[.,'’\u00a0\u202f ]\d{3}){0,4}(?:[.,]\d{1,3})?"
_MONTH = join_words(MONTHS)
_COUNT = rf"\d{{1,4}}|{COUNT_IN_WORDS}"
_CURRENCY = (
    r"[€$£¥₹₩₺₽]|(?:us|au|ca|nz)\$|\b(?:eur|usd|gbp|chf|sek|nok|dkk|pln|czk|huf|cad|aud|nzd|jpy|inr|brl|mxn|try|"
    r"euros?|dollars?|pounds?|francs?|franken|kronor|cents?|d[oó]lar(?:es)?|dollari|libras?|sterline|reais|z[lł]oty(?:ch)?|"
    r"bucks?|quid|rupees?)\b"
)
_UNITS = (
    r"(?P<hour>hours?|hrs?|stunden?|heures?|horas?|ore|uur)|(?P<day>days?|tagen?|tage|werktagen?|werktage|arbeitstagen?|"
    r"arbeitstage|jours?|d[ií]as?|giorni|dagen|werkdagen)|(?P<week>weeks?|wochen?|semaines?|semanas?|settimane|weken)|"
    r"(?P<year>years?|jahr(?:en?)?|ans?|años?|anni|jaar)|"
    r"(?P<month>months?|monaten?|monate|mois|mes(?:es)?|mesi|maanden)|(?P<minute>minutes?|mins?|minuten?|minutos?|minuti)"
)
EMAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}")
WEB_ADDRESS = re.compile(
    r"(?:https?://|www\.)[^\s<>\"'|)\]]{1,500}|(?<![\w.-])(?:[a-z0-9-]{1,63}\.){1,8}"
    r"(?:com|org|io|eu|de|at|ch|fr|es|it|nl|uk|pt|shop|store|app|dev)\b(?:/[^\s<>\"'|)\]]{0,500})?"
)
ISO_DATE = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})(?=\D|$)")
NUMERIC_DATE = re.compile(
    r"(?<![\w./-])(\d{1,2})([./-])(\d{1,2})(?:\2(\d{4}|\d{2})(?![\w-]|\.\d)|(?<=\.\d)\.(?!\d)|(?<=\.\d\d)\.(?!\d))"
)
MONTH_DATE = re.compile(
    rf"\b(?:(?P<m1>{_MONTH})\.?\s{{1,3}}(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)|"
    rf"(?P<d2>\d{{1,2}})(?:st|nd|rd|th|er|\.|º)?\s{{0,3}}(?:of\s|de\s)?(?P<m2>{_MONTH})\b|"
    rf"(?P<w3>{ORDINAL_IN_WORDS})\sof\s(?P<m3>{_MONTH})\b|\b(?P<m4>{_MONTH})\sthe\s(?P<w4>{ORDINAL_IN_WORDS})\b)\.?(?:,?\s{{1,3}}(?:de\s)?(?P<y>\d{{4}}))?"
)
# “On the 21st.”, and the first day of “24 and 25 December”.
MONTH_DAY = re.compile(
    r"\b(?:on|by|until|till|from|before|after|since) the (\d{1,2})(?:st|nd|rd|th)\b"
    r"(?=\s?(?:[.,;:!?)]|$|and\b|at\b|between\b))"
)
DAY_LIST = re.compile(
    rf"\b(?P<d1>\d{{1,2}})(?:st|nd|rd|th|\.)?\s?(?:and|und|et|y|e|en|&|,|or|oder|to|bis|-|–)\s?(?=\d{{1,2}}(?:st|nd|rd|th|\.)?\s"
    rf"(?:of\s|de\s)?(?P<m1>{_MONTH})\b)|\b(?P<m2>{_MONTH})\s\d{{1,2}}(?:st|nd|rd|th)?\s?(?:and|&|,|or|to|-|–)\s?(?P<d2>\d{{1,2}})\b"
)
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dt(\d\d):(\d\d)")
# “USB 3.2.” is no day.
BEFORE_VERSION = re.compile(
    r"\b(?:usb|hdmi|bluetooth|version|v|release|firmware|android|ios|wi-?fi|wlan|step|schritt|chapter|kapitel|section|"
    r"punkt|model|modell)\W{0,2}$"
)
CLOCK_TIME = re.compile(
    r"(?<![\w:.])(?P<h>2[0-4]|[01]?\d)(?:\s?[:.h]\s?(?P<m>[0-5]\d)(?!\d)(?::\d\d)?)?\s?(?P<suffix>a\.?m\b|p\.?m\b|uhr\b|o'clock|h\b)?"
)
HOUR_RANGE = re.compile(r"\b(\d{1,2})\s?(?:-|–|to|bis|until|à|a)\s?(\d{1,2})\b")
SPAN = re.compile(
    rf"\b(?P<low>{_COUNT})(?:\s?(?:-|–|to|or|bis|oder|à|ou|a|o)\s?(?P<high>{_COUNT}))?[\s-]{{1,3}}"
    rf"(?:(?:business|working|calendar|full|more|further|weitere[nr]?|volle[nr]?)\s{{1,3}})?(?:{_UNITS})\b"
)
PERCENTAGE = re.compile(
    rf"(?P<count>{_NUMBER}|\b(?:{COUNT_IN_WORDS}))\s?(?:(?:%|percent\b)(?!\s?(?:sure|certain|sicher|sûr|seguro))|"
    r"per cent\b|prozent\b|pour ?cent\b|por ?ciento\b|procent\b)"
)
# “Nine dollars fifty”, “4 euros 90”, “two dollars and ten cents”.
MONEY = re.compile(
    rf"(?:{_CURRENCY})\s?(?P<behind>{_NUMBER})|(?P<count>{_NUMBER}|\b(?:{COUNT_IN_WORDS}))\s?(?:{_CURRENCY})"
    rf"(?:\s(?:and\s)?(?P<cents>\d{{2}}|{COUNT_IN_WORDS})(?=(?:\s?cents?)?\s?(?:[.,;:!?)]|$))(?:\s?cents?)?)?"
)
WEEKDAY = re.compile(rf"\b(?P<weekday>{join_words(WEEKDAYS)})s?\b")
REFERENCE = re.compile(
    r"(?<![\w@/.-])(?:#\s?\d{2,20}[\w-]{0,20}|[a-z]{2,8}-\d{3,20}(?:-\w{1,20}){0,4}|[a-z]{1,4}\d{4,20}\w{0,10}|"
    r"\d{1,3}[a-z]{1,3}\d[a-z\d]{5,30}|\d{5,30})(?![\w@])"
)
PHONE = re.compile(r"(?<![\w.])\+?\(?\d[\d\s()/.\-]{6,24}\d(?!\w)")
_DAYS = "|".join(DAY_NUMBERS)
DAY_RANGE = re.compile(rf"\b({_DAYS})s?\b(?:\s?(?:-|–|to|through|until|bis|à|au|a|al)\s?\b({_DAYS})s?\b)?")
# What results say in JSON, where the key says what a number is.
JSON_NUMBER = re.compile(r'"([\w ]{1,60})"\s?:\s?"?(-?\d{1,15}(?:\.\d{1,6})?)"?')
KEYS = {
    "money": re.compile(r"price|total|amount|cost|fee|sum|shipping|refund|balance|tax|discount"),
    "percent": re.compile(r"percent|pct|rate|discount|vat"),
    "hour": re.compile(r"hours"),
    "day": re.compile(r"days"),
}
DECIMAL_NUMBER = re.compile(r"(?<![\d.,])\d[\d.,]{0,20}[.,]\d{2}(?![.,]?\d)")
