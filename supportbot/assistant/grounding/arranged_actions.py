"""Claims of what was set going, and of who was spoken to: “J'ai lancé le remboursement”, “Ho contattato DHL”.

What was done is in the noun, and the verb stands before or behind it. In English see `action_patterns`.
"""

from ..facts.word_patterns import join_words
from .action_words import BETWEEN, BETWEEN_WITHOUT_CLAUSE, NOUN

# Not “J'ai demandé si le remboursement …”, nor “una ricerca sul rimborso”.
_TO_NOUN = r"\s+(?:(?!(?:si|se|pourquoi|sur|sull?[ao]?|sobre)\s)[^\W\d]+\s+){0,3}?(?:[^\W\d]['’])?"
# What stands before the verb, and the verbs.
_BEFORE_NOUNS = (
    (
        r"\bj['’](?:en\s|y\s)?ai\s+(?:\w+\s+){0,2}?",
        "effectué procédé lancé initié demandé déclenché traité émis validé engagé",
    ),
    (
        r"\bviens\s+(?:de\s+|d['’])",
        "effectuer procéder lancer initier demander déclencher traiter émettre valider engager",
    ),
    (
        r"\b(?<!se )he\s+(?:ya\s+)?",
        "tramitado gestionado solicitado iniciado procesado realizado efectuado emitido autorizado aprobado",
    ),
    (
        r"\bho\s+(?:\w+\s+)?",
        "avviato disposto richiesto effettuato elaborato emesso predisposto processato attivato",
    ),
    # The forms say who did it: in Spanish, Portuguese and Polish.
    (
        r"\b",
        "tramité gestioné solicité inicié procesé realicé efectué emití autoricé solicitei iniciei processei efetuei "
        "realizei providenciei autorizei zleciłem zleciłam rozpocząłem rozpoczęłam",
    ),
)
_BEHIND_NOUNS = (
    (
        "ich",
        "habe?",
        "veranlasst eingeleitet angestossen angewiesen ausgelöst bearbeitet vorgenommen bestätigt beantragt beauftragt "
        "angefordert gestartet geleitet",
    ),
    (
        "ik",
        "heb",
        "aangevraagd gestart verwerkt ingediend uitgevoerd geregeld doorgezet goedgekeurd opgestart",
    ),
)
ARRANGED_ACTIONS = {
    **{
        verbs: (rf"{before}(?:{join_words(verbs.split())}){_TO_NOUN}{NOUN}",)
        for before, verbs in _BEFORE_NOUNS
    },
    **{
        verbs: (
            rf"\b{who}\s+{has}\b{BETWEEN_WITHOUT_CLAUSE}\b{NOUN}{BETWEEN_WITHOUT_CLAUSE}\b(?:{join_words(verbs.split())})\b",
            rf"\b{NOUN}\s+{has}\s+{who}\b{BETWEEN}\b(?:{join_words(verbs.split())})\b",
        )
        for who, has, verbs in _BEHIND_NOUNS
    },
    # Not “op een rij gezet”, which is said of steps.
    "gezet": (rf"\bik\s+heb\b{BETWEEN_WITHOUT_CLAUSE}\b{NOUN}\s+in\s+gang\s+gezet\b",),
    "contacté contactado contattato": (
        r"\b(?:j['’]ai|(?<!se )he|ho)\s+(?:\w+\s+){0,2}?(?P<action>contacté|contactado|contattato)\b",
    ),
    "contacto contato contact": (
        r"\b(?:me\s+he\s+puesto\s+en|entrei\s+em)\s+(?P<action>contacto|contato)\b",
        rf"\bik\s+heb\b{BETWEEN_WITHOUT_CLAUSE}\b(?P<action>contact)\b{BETWEEN}\b(?:opgenomen|gezocht)\b",
    ),
    "contatei contactei skontaktowałem skontaktowałam": (
        r"\b(?P<action>contatei|contactei|skontaktowałem|skontaktowałam)\b",
    ),
    "gesprochen telefoniert": (
        rf"\bich\s+habe?\b{BETWEEN}\bmit\s+(?!ihnen\b|dir\b){BETWEEN}\b(?P<action>gesprochen|telefoniert)\b",
    ),
    "parlé": (
        r"\bj['’]ai\s+(?:\w+\s+){0,2}?(?P<action>parlé)\s+"
        r"(?:avec(?!\s+(?:vous|toi)\b)|à(?!\s+(?:vous|tort|propos|l['’]instant)\b)|au(?!\s+(?:début|départ)\b))\b",
    ),
    "hablado": (r"\b(?<!se )he\s+(?:\w+\s+){0,2}?(?P<action>hablado)\s+con\b(?!\s+usted)",),
    "parlato": (r"\bho\s+(?:\w+\s+){0,2}?(?P<action>parlato)\s+con\b(?!\s+(?:lei|te)\b)",),
    "gesproken": (
        rf"\bik\s+heb\b{BETWEEN_WITHOUT_CLAUSE}\bmet\s+(?!u\b|jou\b){BETWEEN}\b(?P<action>gesproken)\b",
    ),
    "falei": (r"\b(?P<action>falei)\s+com\b(?!\s+você)",),
    "rozmawiałem rozmawiałam": (r"\b(?P<action>rozmawiałem|rozmawiałam)\s+z\b(?!\s+pan)",),
    # What was changed.
    "prolongé prolongée désabonné désabonnée désinscrit désinscrite": (
        r"\b(?:j['’]ai|je\s+(?:vous|t['’])\s?ai)\s+(?:\w+\s+){0,2}?(?P<action>prolongée?|désabonnée?|désinscrite?)\b",
    ),
    "borrado": (r"\b(?<!se )he\s+(?:\w+\s+){0,2}?(?P<action>borrado)\b",),
    "prolungato": (r"\bho\s+(?:\w+\s+){0,2}?(?P<action>prolungato)\b",),
    "verlengd afgemeld": (rf"\bik\s+heb\b{BETWEEN_WITHOUT_CLAUSE}\b(?P<action>verlengd|afgemeld)\b",),
}
