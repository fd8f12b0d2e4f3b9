"""The sentences in which answers say that a person has the chat, or gets it now: “I'm transferring you to a colleague.”

Nobody comes unless a call does it, and it ends the assistant's part of the conversation.
"""

import re

from ..facts.word_patterns import build_patterns
from .action_words import BETWEEN

HANDOVER = "handover"  # the kind of action, as in `action_words`
_ADVERBS = r"(?:\s+(?:\w{2,15}ly|now|just|also|then|already|gladly|go ahead and)){0,3}"
_PERSON = (
    r"\b(?:colleague|agent|someone|somebody|specialist|representative|person|human|"
    r"member\s+of\s+(?:our|the)\s+team)\b"
)
_CHAT = r"(?:this|the|our)\s+(?:chat|conversation)"
_SOON = r"(?:shortly|soon|right\s+away|momentarily|in\s+(?:just\s+)?a\s+(?:few\s+)?(?:moments?|minutes?|seconds?))"
# Not “to our page”.
_YOU = (
    r"\s+you\b(?!\s+(?:to|with)\s+(?:our|the|this)\s+(?:\w+\s+){0,2}?"
    r"(?:page|site|website|portal|app|shop|article|form|link|guide|info\w*)\b)"
)
_GERMAN_PERSON = r"\b(?:kolleg(?:e|in|en|innen)|mitarbeiter(?:in|innen|n)?|mensch(?:en)?)\b"
_FRENCH_PERSON = r"(?:à\s+)?une?\s+(?:collègue|conseill(?:er|ère)|agente?|responsable|personne|spécialiste)"
# What happens once the customer presses a button, or says what is asked for, is told, and nothing is claimed.
REQUEST = re.compile(
    r"\b(?:(?:(?:press|click|select)(?:ing)?|dial(?:l?ing)?|tap(?:ping)?|us(?:e|ing)|choos(?:e|ing)|typ(?:e(?!\s+of)|ing))\b|"
    r"(?:klick|drück|tipp|wähl|cliqu|appuy|utilis|puls|haga|clicc|klik|gebruik|toque|kliknij|naciśnij)\w*|"
    r"us[ai]\b|prem(?:a|i|ere)\b|druk\s+op\b|"
    r"(?:sag|schreib|nenn|gib|geb|teil)(?:en?|t)?\s+(?:sie|mir|einfach|nur|kurz)\b|(?:dites|indiquez|donnez|écrivez)\b|"
    r"(?:díga|dí|dá|dé|avísa|indíque|indíca|escríba|escríbe)(?:me|nos)\b|mi\s+(?:dica|faccia|scriva|indichi)\b|"
    r"fammi\b|dimmi\b|geef\s+(?:me|mij|ons)\b|me\s+(?:diga|informe|envie|avise)\b|"
    r"proszę\s+(?:podać|napisać|wpisać|potwierdzić)\b)"
)

HANDOVERS = build_patterns(
    {
        "connecting transferring connected transferred connect transfer": (
            rf"\bi(?:['’]m|\s+am){_ADVERBS}\s+(?:connecting|transferring){_YOU}",
            rf"\bi(?:['’]ve|\s+have)?{_ADVERBS}\s+(?:connected|transferred){_YOU}",
            rf"\b(?:i(?:['’]ll|\s+will|(?:['’]m|\s+am)\s+going\s+to)|let\s+me|while\s+i){_ADVERBS}\s+(?:connect|transfer){_YOU}",
            rf"\byou(?:['’]re|\s+are|['’]ve\s+been|\s+have\s+been|\s+will\s+be|['’]ll\s+be){_ADVERBS}\s+(?:being\s+)?"
            rf"(?:connected|transferred)\s+(?:to|with)\s[^.!?;,:]{{0,30}}?(?:{_PERSON}|\b(?:team|support)\b)",
        ),
        "handing passing handed passed putting hand pass put": (
            rf"\bi(?:['’]m|\s+am|['’]ve|\s+have|['’]ll|\s+will)?{_ADVERBS}\s+(?:hand(?:ing|ed)?|pass(?:ing|ed)?|put(?:ting)?)\s+"
            rf"(?:you|{_CHAT})\s+(?:over|on|through)\s+to\b",
        ),
        "join with over": (
            rf"{_PERSON}[^.!?;,:]{{0,40}}?\b(?:will|is\s+going\s+to)\s+(?:join\s+{_CHAT}|take\s+(?:over\s+{_CHAT}|{_CHAT}\s+over)|"
            rf"be\s+(?:right\s+)?with\s+you\s+{_SOON})",
        ),
        "verbinde verbinden verbunden übergebe übergeben": (
            rf"\bich\s+verbinde\s+(?:sie|dich)\b{BETWEEN}\bmit\b",
            r"\bich\s+übergebe\s+(?:sie|dich|(?:das|dieses|unser)\s+gespräch|(?:den|diesen)\s+chat)\b",
            rf"\bich\s+(?:werde|habe?)\s+(?:sie|dich)\b{BETWEEN}\b(?:verbinden|verbunden|übergeben)\b",
            rf"\bsie\s+werden\b{BETWEEN}\bmit\b{BETWEEN}{_GERMAN_PERSON}{BETWEEN}\bverbunden\b",
        ),
        "übernimmt übernehmen": (
            rf"{_GERMAN_PERSON}\s+(?:übernimmt|übernehmen)(?=\s*(?:[.!]|$)|"
            r"\s+(?:gleich|jetzt|nun|hier(?!\s+(?:d(?:en|ie|as)|eine?n?)\b)|sofort|in\s+kürze|(?:den|diesen)\s+chat|das\s+gespräch)\b)",
        ),
        "transfère mets passe transférer mettre passer transféré mis": (
            rf"\bje\s+vous\s+(?:mets\s+en\s+(?:relation|contact)\s+avec|transfère\s+(?:à|vers|au)|passe\s+{_FRENCH_PERSON})\b",
            rf"\bje\s+vais\s+vous\s+(?:mettre\s+en\s+(?:relation|contact)|transférer|passer\s+{_FRENCH_PERSON})\b",
            r"\bje\s+vous\s+ai\s+(?:transférée?|mise?\s+en\s+(?:relation|contact))\b",
        ),
        "paso transfiero conecto comunico transferido conectado pasado": (
            r"\b(?:le|te|lo|la)\s+(?:paso|transfiero|conecto|comunico)\s+(?:(?:ahora|ya)\s+)?(?:con|a)\s+un",
            r"\b(?:le|te|lo|la)\s+he\s+(?:transferido|conectado|pasado)\s+(?:con|a)\b",
        ),
        "voy": (r"\bvoy\s+a\s+(?:transferir|conectar|pasar|comunicar)[lt][eoa]\s+(?:con|a)\b",),
        "metto mettendo trasferisco trasferendo passo collego trasferita trasferito messa messo": (
            r"\b(?:la|ti)\s+(?:metto\s+in\s+contatto|trasferisco|collego|passo)\s+(?:subito\s+)?(?:con|ad?)\b",
            r"\b(?:la|ti)\s+sto\s+(?:mettendo\s+in\s+contatto|trasferendo)\b",
            r"\b(?:l['’]|ti\s+)ho\s+(?:trasferit[ao]|mess[ao]\s+in\s+contatto)\b",
        ),
        "verbind doorverbinden doorverbonden": (
            r"\bik\s+verbind\s+(?:u|je|jou)\b",
            rf"\bik\s+(?:ga|zal|heb)\s+(?:u|je|jou)\b{BETWEEN}\bdoorverb[io]nden\b",
        ),
        "transferindo transfiro transferir conectando": (
            r"\bestou\s+(?:(?:lhe|te|[oa])\s+)?(?:transferindo|conectando)\s+(?:você|[oa]\s+senhora?|o\s+chat|a\s+conversa)\b",
            r"\b(?:transfiro|vou\s+transferir)\s+(?:você|[oa]\s+senhora?|o\s+chat|a\s+conversa)\b",
        ),
        "przekazuję łączę przełączam przełączę": (
            r"\b(?:przekazuję|przełączam|przełączę)\s+(?:rozmowę|czat|pana|panią|cię)\b",
            r"\błączę\s+(?:pana|panią|cię)\s+z\b",
        ),
    }
)
HANDOVER_WORDS = frozenset().union(*(each.words for each in HANDOVERS))
