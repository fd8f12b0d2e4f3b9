"""The words and forms in which facts are written: months, days, counts and units in six languages, money, addresses.

Every repetition has a bound, and what begins with a digit begins where a number does: a search must not take longer
than the text is long, whoever wrote it.
"""

import re

from .number_words import COUNT_IN_WORDS, ORDINAL_IN_WORDS
from .word_patterns import join_words

# Whole names and usual short ones: “settings 3” and “mark 3” are no days.
MONTH_NAMES = (
    "january jan januar jänner janvier enero gennaio januari janeiro stycznia января ledna ocak",
    "february feb februar février févr fevrier febrero febbraio februari fevereiro lutego февраля února şubat",
    "march mar märz maerz mars marzo maart março marca марта března mart marts",
    "april apr avril avr abril aprile kwietnia апреля dubna nisan",
    "may mai mayo maggio mei maio maja мая května mayıs maj",
    "june jun juni juin junio giugno junho czerwca июня června haziran",
    "july jul juli juillet juil julio luglio julho lipca июля července temmuz",
    "august aug août aout agosto augustus sierpnia августа srpna ağustos augusti",
    "september sep sept septembre septiembre settembre setembro września сентября září eylül",
    "october oct oktober okt octobre octubre ottobre outubro października октября října ekim",
    "november nov novembre noviembre novembro listopada ноября listopadu kasım",
    "december dec dezember dez décembre déc diciembre dic dicembre dezembro grudnia декабря prosince aralık",
)
MONTHS = {name: number for number, names in enumerate(MONTH_NAMES, 1) for name in names.split()}
# By the number that `date.weekday` gives them. Short forms are left alone: “so” and “sat” are other words.
_WEEKDAY_NAMES = (
    "monday montag lundi lunes lunedì maandag segunda-feira poniedziałek poniedziałku",
    "tuesday dienstag mardi martes martedì dinsdag terça-feira wtorek wtorku",
    "wednesday mittwoch mercredi miércoles mercoledì woensdag quarta-feira środa środę środy",
    "thursday donnerstag jeudi jueves giovedì donderdag quinta-feira czwartek czwartku",
    "friday freitag vendredi viernes venerdì vrijdag sexta-feira piątek piątku",
    "saturday samstag sonnabend samedi sábado sabato zaterdag sobota sobotę soboty",
    "sunday sonntag dimanche domingo domenica zondag niedziela niedzielę niedzieli",
)
WEEKDAYS = {word: str(number) for number, words in enumerate(_WEEKDAY_NAMES) for word in words.split()}
# As opening hours are written, where “Mon-Fri” names the days between them too.
DAY_NUMBERS = WEEKDAYS | {
    word: str(number)
    for number, words in enumerate(
        ("mon mo", "tue tues di", "wed mi", "thu thurs do", "fri fr", "sat sa", "sun so")
    )
    for word in words.split()
}
# As a time, not as in “Have a great weekend!”.
WEEKEND = re.compile(
    r"\b(?:(?:at|on|over) (?:the )?weekends?|a[mn] wochenenden?|les? week-ends?|(?:el|los) fin(?:es)? de semana|"
    r"nel fine settimana|in het weekend|(?:no|nos|aos) fi(?:m|ns) de semana)\b"
)
HOURS_IN = {"hour": 1, "day": 24, "week": 168}
UNITS = {
    "hour": "hour hours hr hrs stunde stunden heure heures hora horas ora ore uur godzin godzina godziny час часа "
    "часов timmar timme saat hodin hodina hodiny",
    "day": "day days tage tagen werktag werktage werktagen arbeitstag arbeitstage arbeitstagen jour jours dia dias día "
    "días giorno giorni dag dagar dage dagen dager werkdag werkdagen dni дня дней день gün dní dny",
    "week": "week weeks weken woche wochen semaine semaines semana semanas settimana settimane tygodni tygodnie "
    "tygodnia недели недель неделю неделя vecka veckor uge uger uke uker hafta týdny týdnů týdne",
    "year": "year years jahr jahre jahren an ans année années año años ano anos anno anni jaar год года году лет år "
    "yıl",
    "month": "month months monat monate monaten mois mes meses mese mesi mês maand maanden miesiąc miesiące miesięcy "
    "месяц месяца месяцев månad månader måned måneder měsíc měsíce měsíců",
    "minute": "minute minutes min mins minuten minuto minutos minuti",
}
CURRENCY_SIGNS = "€$£¥₹₩₺₽₪₫฿₱₦₴円元원"
CURRENCY_WORDS = (
    "eur usd gbp chf sek nok dkk pln czk huf cad aud nzd jpy inr brl mxn try euro euros dollar dollars pound pounds "
    "franc francs franken kronor cent cents dolar dolares dólar dólares dollari libra libras sterline reais zloty "
    "zlotych złoty złotych buck bucks quid rupee rupees kr zł kč руб рубль рубля рублю "
    "рублем рублём рубле рублей рубли рублям рублями рублях"
)
TOP_DOMAINS = "com org io eu de at ch fr es it nl uk pt shop store app dev"

# Also “20,–”, without decimals.
_NUMBER = r"(?<![\d.,])\d{1,12}(?:[.,'’\u00a0\u202f ]\d{3}){0,4}(?:[.,](?:\d{1,3}|[-–—]{1,2}))?"
_MONTH = join_words(MONTHS)
_COUNT = rf"\d{{1,4}}|{COUNT_IN_WORDS}"
_CURRENCY = (
    rf"[{CURRENCY_SIGNS}]|(?:us|au|ca|nz)\$|(?<![^\W\d_]){join_words(CURRENCY_WORDS.split())}(?![^\W\d_])"
)
_UNITS = "|".join(f"(?P<{unit}>{join_words(words.split())})" for unit, words in UNITS.items())
EMAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}")
WEB_ADDRESS = re.compile(
    r"(?:https?://|www\.)[^\s<>\"'|)\]]{1,500}|(?<![\w.-])(?:[a-z0-9-]{1,63}\.){1,8}"
    rf"{join_words(TOP_DOMAINS.split())}\b(?:/[^\s<>\"'|)\]]{{0,500}})?"
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
# “On 12/05”, and 12月5日.
SHORT_DATE = re.compile(r"\b(?:on|by|until|before|le|el|il|em|op|den)\s(\d{1,2})/(\d{1,2})(?![\d/])")
UNSPACED_DATE = re.compile(r"(?<!\d)(\d{1,2})(?:月|월\s?)(\d{1,2})(?:日|号|號|일)")
# Where something is said to arrive, “tomorrow” is a day, and a day of the week that of a date.
_ARRIVES = (
    r"\b(?:arriv|deliver|com(?:es|ing)\b|reach|receiv|get it|be (?:there|with you)|komm|geliefert|zugestellt|livr|"
    r"llega|entreg|recib|consegn|chega|bezorg|geleverd|aankom|komt|lever|dotrze|doręcz|dostarcz|przyjdzie|прид[её]т|достав)"
)
_NOT_SO = r"\b(?:not?|nicht|kein\w*|ne|non|não|niet|geen|nie|inte|ikke|не)\b"
_TOMORROW = r"(?:tomorrow|morgen|demain|mañana|domani|amanhã|jutro|i\s?morgon|завтра)\b"
TOMORROW = re.compile(
    rf"{_ARRIVES}[^.!?]{{0,60}}?\b(?P<day>{_TOMORROW})|^\W*(?P<first>{_TOMORROW})"
    rf"(?=(?:(?!{_NOT_SO})[^.!?]){{0,60}}?{_ARRIVES})"
)
# “JD01 4600 0062 8123 0704”
GROUPED_NUMBER = re.compile(r"(?<!\w)[a-z]{2}\d{2}(?:\s\d{4}){3,6}(?:\s\d{1,3})?(?!\w)")
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dt(\d\d):(\d\d)")
# “USB 3.2.” is no day.
BEFORE_VERSION = re.compile(
    r"\b(?:usb|hdmi|bluetooth|version|v|release|firmware|android|ios|wi-?fi|wlan|step|schritt|chapter|kapitel|section|"
    r"punkt|model|modell)\W{0,2}$"
)
CLOCK_TIME = re.compile(
    r"(?<![\w:.])(?P<h>2[0-4]|[01]?\d)(?:\s?[:.h]\s?(?P<m>[0-5]\d)(?!\d)(?::\d\d)?)?\s?(?P<suffix>a\.?m\b|p\.?m\b|uhr\b|o'clock|h\b)?"
)
# Not the month and day of “2026-11-19”.
HOUR_RANGE = re.compile(
    r"(?<![\w.:/-])(\d{1,2})(?:h|\suhr)?\s?(?:-|–|to|bis|until|à|a)\s?(\d{1,2})(?!\d|[.:/-]\d)"
)
SPAN = re.compile(
    rf"\b(?<!\d[.,:])(?P<low>{_COUNT})(?:\s?(?:-|–|to|or|bis|oder|à|ou|a|o|tot)\s?(?P<high>{_COUNT}))?[\s-]{{1,3}}"
    rf"(?:(?:business|working|calendar|full|more|further|weitere[nr]?|volle[nr]?)\s{{1,3}})?(?:{_UNITS})\b"
)
# Elsewhere “a” counts nothing.
WITHIN_ONE = re.compile(
    r"\b(?:in|within|takes?|after|another|about|dans|sous|tra|entro|over|binnen|de|em)\s"
    rf"(?P<low>an?|une?|un[ao]?|een|uma?)\s(?:{_UNITS})\b"
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
_DAYS = "|".join(DAY_NUMBERS)
_DAY_TO_DAY = rf"s?\b\s?(?:-|–|to|through|until|bis|à|au|a|al|do|tot(?: en met)?|t/m|até)\s?\b({_DAYS})s?\b"
_DAY_AND_DAY = rf"\s(?:and|or|und|oder|et|ou|y|o|e|en|of|i|lub)\s{join_words(WEEKDAYS)}\b"
_ABOUT_TEAM = (
    r"\b(?:us|team|office|answer|reply|response|antwort|réponse|respuesta|risposta|antwoord|resposta)\b"
)
# “So” and “do” are words of many sentences: alone such a short one counts before hours or another day.
_BEHIND_SHORT_DAY = (
    r"\.?(?::?\s?\d{1,2}(?:[:.]\d\d|\s?(?:-|–|to|bis|[ap]\.?m|uhr))|"
    rf"\s?(?:[,/&+]|und\b)\s?(?:{_DAYS})\b)"
)
DAY_RANGE = re.compile(rf"\b({_DAYS})(?:{_DAY_TO_DAY}|(?<=\w{{3}})s?\b|(?={_BEHIND_SHORT_DAY}))")
# Not “We deliver Monday to Friday”, “on Thursdays” or “le jeudi”, nor “You reach us on Monday”: opening hours tell so.
# Of “between Monday and Friday” either may be the end of a range that was shown.
ARRIVAL_DAY = re.compile(
    rf"(?<!\bwe ){_ARRIVES}"
    rf"(?:(?!\b{join_words(WEEKDAYS)}(?:{_DAY_TO_DAY}|{_DAY_AND_DAY})|{_ABOUT_TEAM})[^.!?,;]){{0,60}}?"
    rf"\b(?<!\ble )(?P<weekday>{join_words(WEEKDAYS)})\b(?!{_DAY_TO_DAY}|{_DAY_AND_DAY})"
)
REFERENCE = re.compile(
    r"(?<![\w@/.-])(?:#\s?\d{2,20}[\w-]{0,20}|[a-z]{2,8}-\d{3,20}(?:-\w{1,20}){0,4}|[a-z]{1,4}\d{4,20}\w{0,10}|"
    r"\d{1,3}[a-z]{1,3}\d[a-z\d]{5,30}|\d{5,30})(?![\w@])"
)
PHONE = re.compile(r"(?<![\w.])\+?\(?\d[\d\s()/.\-]{6,24}\d(?!\w)")
# What results say in JSON, where the key says what a number is.
JSON_NUMBER = re.compile(r'"([\w ]{1,60})"\s?:\s?"?(-?\d{1,15}(?:\.\d{1,6})?)"?')
KEYS = {
    "money": re.compile(r"price|total|amount|cost|fee|sum|shipping|refund|balance|tax|discount"),
    "percent": re.compile(r"percent|pct|rate|discount|vat"),
    "hour": re.compile(r"hours"),
    "day": re.compile(r"days"),
}
DECIMAL_NUMBER = re.compile(r"(?<![\d.,])\d[\d.,]{0,20}[.,]\d{2}(?![.,]?\d)")
