"""Detects the language that a customer writes, by its frequent words, or by its letters where these are its own."""

import re
from typing import NamedTuple


class Language(NamedTuple):
    code: str
    name: str


ENGLISH = Language("en", "English")
# Words that are frequent in a language. One that several languages share counts for each of them.
FREQUENT_WORDS = {
    ENGLISH: "the a an and is are was it i my you your to of in for not no have has this that what where when with order please hello hi thanks men per",
    Language("de", "German"): "der die das und ist nicht ich mein meine meiner wo wann wie bitte danke hallo ein eine einen zu mit auf für von noch aber habe hat wurde sie bestellung paket",
    Language("fr", "French"): "le la les un une et est pas je mon ma mes où quand que qui pour avec dans sur bonjour merci vous ai été ne commande colis s'il j'ai n'est c'est",
    Language("es", "Spanish"): "el la los las un una y es no mi mis dónde donde cuándo que para con en por favor hola gracias está ha he pero pedido paquete funciona puedo llegado entiendo gusta tengo quiero sirve encuentro recibí recibido nada esto este consigo abre",
    Language("it", "Italian"): "il lo la gli un una e è non mio mia dove quando che per con di ciao grazie ho ha del della ordine pacco arrivato",
    Language("nl", "Dutch"): "de het een en is dit dat niet ik mijn waar wanneer wat met voor op van hallo dank heb heeft maar bestelling pakket graag",
    Language("pt", "Portuguese"): "o os um uma e é não meu minha onde quando que para com em por favor olá obrigado obrigada está mas pedido encomenda chegou",
    Language("pl", "Polish"): "nie jest to i w na z mój moje moja gdzie kiedy co proszę dzień dobry dziękuję czy się zamówienie paczka",
    Language("sv", "Swedish"): "och är inte jag min mitt var när vad med för på en ett hej tack har men det beställning paket",
    Language("tr", "Turkish"): "ve bir bu değil ben benim nerede zaman ne için ile merhaba lütfen teşekkürler var yok siparişim kargo",
}  # fmt: skip
SCRIPTS = (
    (r"[ぁ-ヿ]", Language("ja", "Japanese")),
    (r"[가-힣]", Language("ko", "Korean")),
    (r"[一-鿿]", Language("zh", "Chinese")),
    (r"[іїєґІЇЄҐ]", Language("uk", "Ukrainian")),
    (r"[а-яА-Я]", Language("ru", "Russian")),
    (r"[α-ωΑ-Ω]", Language("el", "Greek")),
    (r"[א-ת]", Language("he", "Hebrew")),
    (r"[ء-ي]", Language("ar", "Arabic")),
)


def detect_language(text: str) -> Language:
    """The likeliest language of a text; English, unless something speaks for another."""
    letters = sum(map(str.isalpha, text))
    for pattern, language in SCRIPTS:
        own = len(re.findall(pattern, text))
        # A foreign name in an English sentence decides nothing: most letters must be foreign.
        if own and 2 * sum(letter >= "Ͱ" for letter in text if letter.isalpha()) > letters:
            return language
    words = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", text.lower().replace("’", "'"))

    def count_words(language: Language) -> int:
        return sum(word in FREQUENT_WORDS[language].split() for word in words)

    return max(FREQUENT_WORDS, key=count_words)
