"""The sentences in which answers promise an action: “I'll cancel it for you”. One that no tool does is not kept."""

import re

from ..facts.word_patterns import build_patterns, join_words
from .action_patterns import KIND_OF_NOUN
from .action_words import BETWEEN, NOUN, index_words

# Said by a verb in the infinitive.
INFINITIVES = {
    "cancel": "cancel void stornieren annullieren annuler cancelar anular annullare annuleren",
    "refund": "refund reimburse erstatten zurückerstatten gutschreiben rembourser reembolsar rimborsare terugbetalen "
    "terugstorten estornar devolver",
    "change": "exchange replace ändern umtauschen ersetzen modifier changer remplacer modificar cambiar modificare "
    "cambiare sostituire wijzigen vervangen alterar trocar",
    "forward": "escalate forward weiterleiten weitergeben transmettre inoltrare doorsturen encaminhar transferir",
    "book": "reschedule buchen umbuchen réserver reservar prenotare boeken",
    "block": "block unblock sperren entsperren bloquer bloquear bloccare blokkeren",
}
# Said by a form of the first person.
FORMS = {
    "cancel": "storniere annulliere annule annulerai cancelaré cancelo anulo anularé annullerò annullo annuleer "
    "cancelarei",
    "refund": "erstatte rembourse rembourserai reembolsaré devolveré devuelvo rimborserò reembolsarei estornarei "
    "devolverei",
    "change": "ändere modifie modifierai cambiaré modificaré cambierò modificherò wijzig alterarei trocarei",
    "forward": "transmets transmettrai transmitiré inoltrerò encaminharei",
    "block": "sperre bloque bloquerai bloquearé bloccherò blokkeer bloquearei",
}
# Words that say which action it is by what follows them.
GUIDES = {
    "open": "open create file raise submit eröffnen erstellen eröffne erstelle ouvrir créer abrir crear criar aprire "
    "creare aanmaken openen",
    "change": "change update correct modify",
    "forward": "leite gebe",
    "discount": "discount voucher coupon gutschein rabatt",
    "send": "send",
    # What somebody else is said to do, or “we”, by telephone.
    "book": "call phone ruft rufen anrufen zurückrufen rappellera appellera rappeler appeler rappellerons appellerons "
    "llamará llamarán llamaremos chiamerà richiamerà chiameremo richiameremo belt bellen terugbellen ligar ligará "
    "ligaremos",
}
KIND_OF_PROMISE = KIND_OF_NOUN | index_words(INFINITIVES) | index_words(FORMS) | index_words(GUIDES)
# With those that stand before a verb to which a pronoun is joined, as in “Procederé a reembolsarle”.
PROMISE_WORDS = frozenset(KIND_OF_PROMISE) | frozenset(
    ["cancelled", "canceled", "refunded", "weiter", "procedo", "procederé", "voy", "procède", "procéder"]
)

_INFINITIVE = rf"(?P<action>{join_words(index_words(INFINITIVES))})"
_OPEN = rf"(?P<action>{join_words(GUIDES['open'].split())})"
_TICKET = (
    r"(?:\w+\s+){0,3}?(?:ticket|case|complaint|fall|beschwerde|réclamation|caso|reclamación|reclamo|segnalazione|"
    r"chamado|reclamação|klacht)\b"
)
_ADVERBS = (
    r"(?:\s+(?:\w{2,15}ly|now|just|also|then|gladly|happily|go ahead and|go and|proceed to|make sure to|personally))"
    r"{0,3}"
)
_I_WILL = rf"\bi(?:['’]ll|\s+will|(?:['’]m|\s+am)\s+(?:going|about)\s+to){_ADVERBS}\s+"
# What one says of one's own words or mind, or of a page, is no promise: “Ich ändere meine Meinung.”
_NO_IDIOM = (
    r"(?!\s+(?:(?:de|di)\s+)?(?:meine\s+(?:meinung|antwort|nachricht|aussage|empfehlung|einschätzung)|"
    r"meinen\s+(?:vorschlag|plan)|m(?:a|on|es|is?|ijn)\b|l?a\s+mi(?:a|nha)\b|opini|ide(?:e|i?a)\b|tema\b|argomento|sujet)|"
    r"\s+in\s+my\s+(?:answer|reply|message|response|text)\b|\s+to\s+(?:our|the|this)\s+(?:\w+\s+){0,2}?(?:page|site|website|article|form|link)\b)"
)
_FORMS_OF = {
    ending: join_words(word for word in index_words(FORMS) if word.endswith(ending))
    for ending in ("é", "ò", "ei")
}
_GERMAN = join_words(["storniere", "annulliere", "erstatte", "ändere", "sperre"])
_FRENCH_STEMS = ("annule", "rembourse", "modifie", "bloque")
_FRENCH = join_words([*_FRENCH_STEMS, *(f"{stem}rai" for stem in _FRENCH_STEMS), "transmets", "transmettrai"])
_SOMEBODY = (
    r"\b(?:colleagues?|agent|someone|somebody|team|specialist|representative|technician|manager|advis[eo]r|"
    r"kolleg(?:e|in|en|innen)|mitarbeiter(?:in|innen)?|jemand|conseill(?:er|ère)|collègue|équipe|quelqu['’]un|"
    r"compañer[oa]|colega|agente|equipo|alguien|asesora?|collega|operat(?:ore|rice)|qualcuno|medewerker|iemand|atendente|"
    r"equipe|alguém|consultora?)\b[^.!?;,:]{0,60}?\b"
)

PROMISED_ACTIONS = build_patterns(
    {
        "while": (
            r"\bwhile\s+i\s+(?P<action>cancel|refund|replace|exchange|block)\s+(?:this|that|it|you|your|the)\b",
        ),
        "ll will going about": (
            rf"{_I_WILL}(?P<action>cancel|void|refund|reimburse|exchange|replace|escalate|forward|reschedule|block)"
            rf"\s+(?:this|that|these|those|it|you|your|the|both|all|everything)\b{_NO_IDIOM}",
            rf"{_I_WILL}(?P<action>change|update|correct|modify)\s+(?:your|(?:that|it)\s+for|the\s+order)\b",
            rf"{_I_WILL}(?P<action>open|create|file|raise|submit)\s+{_TICKET}",
            rf"{_I_WILL}(?:process|issue|initiate|request|arrange|schedule|book|start|approve)\s+(?:\w+\s+){{0,3}}?{NOUN}",
            rf"{_I_WILL}(?:give|apply|add|offer)\s+(?:\w+\s+){{0,4}}?(?P<action>discount|voucher|coupon)\b",
            rf"{_I_WILL}(?P<action>send)\s+(?:you\s+)?(?:\w+\s+){{0,3}}?(?:replacement|new\s+one|return\s+label|invoice)\b"
            r"(?!\s+(?:amount|number|date|total|details|address))",
            rf"{_I_WILL}make\s+sure\s+(?:that\s+)?(?:\w+\s+){{1,4}}?(?:gets?|is|are)\s+(?P<action>cancel|refund)(?:l?ed)\b",
        ),
        "me": (
            rf"\blet\s+me{_ADVERBS}\s+(?P<action>cancel|void|refund|reimburse|exchange|escalate|block)\s+"
            r"(?:this|that|it|you|your|the)\b",
        ),
        "ich": (
            rf"\bich\s+werde\b{_NO_IDIOM}{BETWEEN}\b{_INFINITIVE}\b",
            rf"\bich\s+(?P<action>{_GERMAN})\b{_NO_IDIOM}",
            rf"\bich\s+(?P<action>leite|gebe)\b{BETWEEN}\bweiter\b",
            rf"\bich\s+(?P<action>eröffne|erstelle)\s+{_TICKET}",
            rf"\bich\s+(?:veranlasse|beauftrage)\b{BETWEEN}\b{NOUN}",
            rf"\bich\s+werde\b{BETWEEN}\b{NOUN}{BETWEEN}\b(?:veranlassen|einleiten|beauftragen|anstossen)\b",
        ),
        "je j": (
            rf"\bje\s+vais\s+(?:(?:vous|te|les?|la)\s+|l['’])?{_INFINITIVE}\b{_NO_IDIOM}",
            rf"\bje\s+vais\s+{_OPEN}\s+{_TICKET}",
            rf"\b(?:je\s+(?:(?:vous|te|les?|la)\s+|l['’]){{0,2}}|j['’])(?P<action>{_FRENCH})\b{_NO_IDIOM}",
            rf"\bje\s+(?:vais\s+procéder|procède)\s+(?:à|au)\b{BETWEEN}{NOUN}",
        ),
        "voy procedo procederé": (
            rf"\b(?:voy|procedo|procederé)\s+a\s+{_INFINITIVE}(?:[lmt][eao]s?|selo)?\b{_NO_IDIOM}",
            rf"\b(?:voy|procedo|procederé)\s+a\s+{_OPEN}\s+{_TICKET}",
        ),
        " ".join(FORMS.values()): (
            rf"\b(?P<action>{_FORMS_OF['é']}|{_FORMS_OF['ò']}|{_FORMS_OF['ei']})\b{_NO_IDIOM}",
        ),
        "te le lo": (r"\b(?:te|le|se\s+lo)\s+(?P<action>cancelo|anulo|devuelvo)\b",),
        "annullo": (
            r"\b(?P<action>annullo)\s+(?:subito\s+)?(?:il|l['’]|la|lo)\s?(?:tuo|suo|sua|tua|ordine)\b",
        ),
        "procedo sto vado": (
            rf"\b(?:procedo\s+(?:subito\s+)?ad?|sto\s+per|vado\s+ad?)\s+{_INFINITIVE}\b",
            rf"\bprocedo\s+(?:subito\s+)?con\b{BETWEEN}{NOUN}",
        ),
        "ik": (
            rf"\bik\s+(?:ga|zal)\b{BETWEEN}\b{_INFINITIVE}\b",
            r"\bik\s+(?P<action>annuleer|wijzig|blokkeer)\s+(?:uw|je|de|het|dit|deze)\b",
        ),
        "call phone rappeler appeler ligar bellen terugbellen anrufen zurückrufen": (
            rf"{_SOMEBODY}(?:will|is\s+going\s+to|va|vai|irá|zal|wird)\s{BETWEEN}\b(?P<action>(?:call|phone)(?=\s+(?:you|back)\b)|"
            r"rappeler|appeler|ligar|bellen|terugbellen|anrufen|zurückrufen)\b",
        ),
        "ruft rufen rappellera appellera llamará llamarán chiamerà richiamerà belt bellen ligará": (
            rf"{_SOMEBODY}(?P<action>ruft|rufen|belt|bellen)\s+(?:sie|dich|euch|u|je|jou)\b",
            rf"{_SOMEBODY}(?:vous|te|le|lo|la|ti|vi|lhe)\s+(?P<action>rappellera|appellera|llamará|llamarán|chiamerà|"
            r"richiamerà|ligará)\b",
            r"\bw(?:ir|ij|e)\s+(?P<action>rufen|bellen)\s+(?:sie|dich|euch|u|je|jou)\b",
        ),
        "we": (r"\bwe(?:['’]ll|\s+will)(?:\s+\w{2,15}ly)?\s+(?P<action>call|phone)(?=\s+you\b(?!\s+an?\b))",),
        "rappellerons appellerons llamaremos chiameremo richiameremo ligaremos": (
            # Not “we'll remind you of it”.
            r"\b(?:vous|te|les?|los?|las?|ti|vi|lhe)\s+(?P<action>rappellerons(?!\s+(?:que\b|qu['’]|votre\b|vos\b|les?\s+d|"
            r"l['’](?!après)|la\s+date\b))|appellerons|llamaremos|chiameremo|richiameremo|ligaremos)\b",
        ),
        "vou irei": (
            rf"\b(?:vou|irei)\s+{_INFINITIVE}\b{_NO_IDIOM}",
            rf"\b(?:vou|irei)\s+{_OPEN}\s+{_TICKET}",
        ),
    }
)
# With one of these the promise hangs on something, or is a question, or none at all.
CONDITION = re.compile(
    r"\?|\b(?:if|once|when|after|until|before|unless|as soon as|whether|upon|should|would|"
    r"please(?! (?:hold|wait|bear))|just (?:say|let|confirm|reply|tell|send)|confirm|tell me|reply|send me|let me know|"
    r"in case|give me (?:your|the)|cannot|not|never|nothing|nobody|no(?! problem| worries)|"
    r"(?<!moment )(?<!augenblick )bitte(?! (?:warten|haben|bleiben|gedulden))|"
    r"vorher an|vor der (?:(?:an)?lieferung|zustellung)|"
    r"wenn|sobald|nachdem|falls|ob|bevor|dann|könnte|würde|nicht|nichts|kein\w*|niemals|nie|erst|"
    r"si|quand|lorsque|dès|après|avant|ne|pas|jamais|rien|pourrais|veuillez|"
    r"cuando|una vez|después|antes|podría|nada|ning[uú]n\w*|nunca|se|quando|dopo|prima|appena|non|nessun\w*|potrei|"
    r"als|wanneer|zodra|nadat|voordat|niet|niets|geen|nooit|zou|voor de (?:levering|bezorging)|assim que|depois|não|"
    r"nenhum\w*|favor)\b|n['’]t\b|\bn['’]"
)
