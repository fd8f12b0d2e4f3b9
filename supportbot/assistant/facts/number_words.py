"""Numbers in words, in seven languages; those of several words in English."""

import re

from .word_patterns import join_words

# Articles that are numbers too, as “un”, “una” and “een”, are left out.
COUNTING = (
    "one ein eine einem einen einer",
    "two zwei deux dos due twee dois duas",
    "three drei trois tres tre drie três",
    "four vier quatre cuatro quattro quatro",
    "five fünf cinq cinco cinque vijf",
    "six sechs seis sei zes",
    "seven sieben sept siete sette zeven sete",
    "eight acht huit ocho otto oito",
    "nine neun neuf nueve nove negen",
    "ten zehn dix diez dieci tien dez",
    "eleven elf onze once undici",
    "twelve zwölf douze doce dodici twaalf doze",
    "thirteen dreizehn treize trece tredici dertien treze",
    "fourteen vierzehn quatorze catorce quattordici veertien",
    "fifteen fünfzehn quinze quince quindici vijftien",
    "sixteen sechzehn seize sedici zestien",
    "seventeen siebzehn diecisiete diciassette zeventien",
    "eighteen achtzehn dieciocho diciotto achttien",
    "nineteen neunzehn diecinueve diciannove negentien",
    "twenty zwanzig vingt veinte venti twintig vinte",
)
TENS = (
    "thirty dreißig dreissig trente treinta trenta dertig trinta",
    "forty vierzig quarante cuarenta quaranta veertig",
    "fifty fünfzig cinquante cincuenta cinquanta vijftig cinquenta",
    "sixty sechzig soixante sesenta sessanta zestig",
    "seventy siebzig setenta settanta zeventig",
    "eighty achtzig ochenta ottanta tachtig oitenta",
    "ninety neunzig noventa novanta negentig",
    "hundred hundert cent cien cento honderd cem",
)
NUMBER_WORDS = {word: str(number) for number, words in enumerate(COUNTING, 1) for word in words.split()}
NUMBER_WORDS |= {word: str(number * 10) for number, words in enumerate(TENS, 3) for word in words.split()}
ARTICLES = frozenset(("a", "an", "un", "une", "una", "uno", "een", "um", "uma"))  # within “in a week”
# “The twenty-first of November.”
_FIRST_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth twentieth"
)
ORDINALS = {word: number for number, word in enumerate(_FIRST_ORDINALS.split(), 1)} | {"thirtieth": 30}
_WORD = join_words(NUMBER_WORDS)
_UNDER_HUNDRED = (
    r"(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)[\s-](?:one|two|three|four|five|six|seven|eight|nine)|"
    f"{_WORD}"
)
# “Twenty-five”, “one thousand two hundred and four”.
COUNT_IN_WORDS = (
    rf"(?:{_UNDER_HUNDRED})\b(?:\s(?:hundred|thousand)\b(?:\s(?:and\s)?(?:{_UNDER_HUNDRED})\b)?){{0,3}}"
)
ORDINAL_IN_WORDS = rf"(?:(?:twenty|thirty)[\s-])?{join_words(ORDINALS)}"


def read_count(count: str) -> int:
    """A number in digits or in words."""
    if count.isdecimal():
        return int(count)
    if count in ARTICLES:
        return 1
    total = current = 0
    for word in re.split(r"[\s-]+(?:and\s)?", count):
        if word == "thousand":
            total, current = total + (current or 1) * 1000, 0
        elif NUMBER_WORDS[word] == "100":
            current = (current or 1) * 100
        else:
            current += int(NUMBER_WORDS[word])
    return total + current


def read_ordinal(words: str) -> int:
    """An ordinal in words, whatever white space stands in it: people break lines anywhere."""
    tens, _hyphen, last = re.sub(r"\s", "-", words).rpartition("-")
    return int(NUMBER_WORDS.get(tens, "0")) + ORDINALS[last]
