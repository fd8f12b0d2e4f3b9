"""Says in which language a text is, so that a screen reader reads it with the right sounds.

Rather nothing than something wrong: a few words, or words that several languages have, are no evidence.
"""

import re
from collections import Counter
from functools import cache, lru_cache

# Letters that only one language has, or nearly so.
SCRIPTS = {
    "ja": r"[\u3041-\u30ff]",
    "ko": r"[\uac00-\ud7af]",
    "el": r"[\u0370-\u03ff]",
    "he": r"[\u0590-\u05ff]",
    "th": r"[\u0e00-\u0e7f]",
    "ka": r"[\u10a0-\u10ff]",
    "hy": r"[\u0530-\u058f]",
    "bn": r"[\u0980-\u09ff]",
    "ta": r"[\u0b80-\u0bff]",
    "te": r"[\u0c00-\u0c7f]",
}
NON_LATIN = re.compile(r"[\u0370-\u1dff\u3040-\ud7af]")  # all scripts that are told by their letters
HAN = r"[\u3400-\u9fff]"
# Scripts of many languages: the letters that one of them must have, and those that it does not have.
CYRILLIC, ARABIC = r"[\u0400-\u04ff]", r"[\u0600-\u06ff]"
BY_LETTERS = (
    ("ru", CYRILLIC, "ы", "[іїєґўәғқңөұүһјљњђћ]"),
    ("uk", CYRILLIC, "[іїє]", "[ыэёўәғқңөұүһјљњђћ]"),
    ("ur", ARABIC, "[ٹڈڑںے]", "[ڄڦټځڅښ]"),
    ("fa", ARABIC, "[پچژگ]", "[ٹڈڑںےټځڅښېۆێڵڕ]"),
    ("ar", ARABIC, "ال|ة", "[پچژگټځڅښېۆێڵڕکی]"),
)
RIGHT_TO_LEFT = frozenset(("ar", "fa", "he", "ur"))
# Latin letters that only one language has: each word with one of them speaks for it, unless it is a name.
OWN_LETTERS = {
    "vi": "ảạấầẩẫậắằẳẵặẻếềểễệỉỏốồổỗộơớờởỡợủưứừửữựỳỷ",
    "lt": "ėįų",
    "lv": "ģķļņ",
}
OWN_LETTER = re.compile(f"[{''.join(OWN_LETTERS.values())}]")
# Frequent words. One that stands here for two languages speaks for neither of them.
WORDS = {
    "en": "they my sorry try again here how could the and is are was were you your yours of to it its this that with for have has been will would can please not our we which when from there",
    "de": "wo mein meine mir uns hat nur kann kommt sie einmal der das und ist sind nicht ich wir ihr ihre ihren ihnen mit für auf ein eine einen zu noch auch wird werden wurde haben können bitte dass oder bei sich",
    "fr": "de la que bonjour mon mes où quand le les des et est sont pas vous votre vos nous une pour avec dans sur qui être avez été cette ce au aux ou plus vers chez",
    "es": "de la que mi dónde cuándo qué el los las y es está son su sus usted para con por del una hemos ha puede pero más como lo al muy también pedido",
    "it": "la il gli e è sono non che di per con una della del nel alla può abbiamo suo sua anche più questo ordine lo ma",
    "pt": "de que amanhã deve entrega meu onde o os as e é não você seu sua para com uma em do da dos das foi está pode mais mas ao na no também pedido",
    "nl": "de het een en is zijn niet van u uw voor met op wij we dat deze wordt hebben heeft kunt ook maar bij naar bestelling",
    "sv": "och är inte att det som en ett på för med du din ditt har vi kan av till från eller också blev",
    "da": "og er ikke at det som en et på for med du din dit har vi kan af til fra eller også blev deres",
    "no": "og er ikke å det som en et på for med du din ditt har vi kan av til fra eller også ble deres",
    "pl": "nie jest są się i w na z do to że jak dla pan pani państwa zamówienie zostało może oraz przez lub",
    "cs": "je jsou není se a v na z do to že jak pro vám vaše bylo může nebo jsme objednávka také",
    "tr": "ve bir bu için ile değil olarak sizin siparişiniz var mı çok daha olan ancak veya lütfen",
    "fi": "ja on ei se että ovat teidän sinun tilaus voi mutta myös kun joka oli olemme",
    "ro": "și este nu sunt pentru cu din la care dumneavoastră comanda poate sau mai fost vă",
    "hu": "és nem hogy az egy van vagy önnek rendelés meg csak már még volt lehet",
    "vi": "không là của và có được cho này bạn đơn hàng chúng tôi với những",
    "id": "yang dan di ini itu untuk dengan tidak anda pesanan kami akan dari telah bisa",
    "ca": "el els les i és són no que de per amb una del al més aquest comanda pot també seva",
    "gl": "o os as e é non vostede seu súa para con unha en do da dos das foi está pode máis ao na no tamén mañá",
    "af": "die is nie en van vir met jou ons het dit wat sal kan ook bestelling",
    "lt": "yra su iš už prie nuo kaip buvo bus dėl jūs jūsų aš labas prašau ačiū galite užsakymas siunta",
    "lv": "bus nav bija būs lai vēl jūs jūsu šo tā labdien lūdzu paldies varat pasūtījums sūtījums",
}  # fmt: skip
MIN_WORDS = 3
MIN_LETTERS = 4
# What says nothing about the language around it: code, and words such as addresses, numbers and dates.
CODE = re.compile(r"```.*?(?:```|$)|`[^`\n]*`", re.DOTALL)
NEUTRAL_MARK = re.compile(r"[@\d]|://")
WORD = re.compile(r"[^\W\d_]+")
NO_LETTERS = {code: " " for code in range(128) if not chr(code).isalpha()}
MAX_CHARS = 4_000  # as much as is looked at
# Of a process: a message is shown again and again while its turn goes on, and to each audience.
CACHED_TEXTS = 256


def detect_language(text: str) -> str:
    """The code of the language, or nothing if it is not clear."""
    return find_language(text[:MAX_CHARS])


@lru_cache(maxsize=CACHED_TEXTS)
def find_language(text: str) -> str:
    text = CODE.sub(" ", text)
    if NEUTRAL_MARK.search(text):
        text = " ".join(word for word in text.split() if word.isalpha() or not NEUTRAL_MARK.search(word))
    return _detect_by_script(text.lower()) or _detect_by_words(text)


def _detect_by_script(text: str) -> str:
    if text.isascii() or not NON_LATIN.search(text):  # as most texts: one look instead of a dozen
        return ""
    letters = sum(map(str.isalpha, text))

    def is_written_in(pattern: str) -> bool:
        return len(re.findall(pattern, text)) >= max(MIN_LETTERS, letters / 2)

    if is_written_in(rf"{SCRIPTS['ja']}|{HAN}"):
        kana = len(re.findall(SCRIPTS["ja"], text))
        # Japanese has hardly a sentence without kana. A short title may be either.
        return "ja" if kana > letters / 10 else "zh" if not kana and letters >= 2 * MIN_LETTERS else ""
    for language, pattern in SCRIPTS.items():
        if is_written_in(pattern):
            return language
    for language, script, own, foreign in BY_LETTERS:
        if re.search(own, text) and not re.search(foreign, text) and is_written_in(script):
            return language
    return ""


def _detect_by_words(text: str) -> str:
    # Letters are told from the rest in a tenth of the time where all are of ASCII.
    words = text.lower().translate(NO_LETTERS).split() if text.isascii() else WORD.findall(text)
    find = _get_own_words().get if text.isascii() else _find_language_of_word
    found = Counter(filter(None, map(find, words)))
    (best, count), (_second, next_count), *_ = [*found.most_common(2), ("", 0), ("", 0)]
    return best if count >= max(MIN_WORDS, 3 * next_count) else ""


def _find_language_of_word(word: str) -> str:
    letter = OWN_LETTER.search(word) if word[0].islower() else None
    if letter is None:
        return _get_own_words().get(word.lower(), "")
    return next(language for language, letters in OWN_LETTERS.items() if letter[0] in letters)


@cache
def _get_own_words() -> dict[str, str]:
    """The language of each word that only one of them has."""
    languages: dict[str, list[str]] = {}
    for language, words in WORDS.items():
        for word in set(words.split()):
            languages.setdefault(word, []).append(language)
    return {word: found[0] for word, found in languages.items() if len(found) == 1}
