"""The sentences in which answers claim actions, by language, and those that only seem to."""

import re

from ..facts.word_patterns import build_patterns, join_words
from .action_languages import LANGUAGES, MORE_ACTIONS
from .action_words import (
    ACTIONS,
    BETWEEN,
    BETWEEN_WITHOUT_CLAUSE,
    DUTCH_DONE,
    INFINITIVES,
    NOUN,
    NOUNS,
    OTHER_NOUNS,
    OTHER_VERBS,
    OWN_DONE,
    OWN_FORMS,
    PRESENT_FORMS,
    index_words,
)
from .arranged_actions import ARRANGED_ACTIONS


def _strip_ending(word: str) -> str:
    """A participle of Spanish, Italian or Portuguese without its ending, and any other one as it is."""
    return word.removesuffix("o")


KIND_OF_VERB = index_words({kind: verbs for kind, (verbs, _words) in ACTIONS.items()})
KIND_OF_DONE = index_words({kind: words for kind, (_verbs, words) in ACTIONS.items()})
KIND_OF_NOUN, _KIND_OF_OWN = index_words(NOUNS), index_words(OWN_FORMS)
KIND_OF_TOOL_WORD = KIND_OF_NOUN | KIND_OF_VERB | index_words(OTHER_VERBS)
_KIND_OF_PRESENT = index_words(PRESENT_FORMS)
_STEMS = {_strip_ending(word): kind for word, kind in KIND_OF_DONE.items()}
KIND_OF_WORD = (
    KIND_OF_VERB
    | index_words(INFINITIVES)
    | KIND_OF_NOUN
    | index_words(OTHER_NOUNS)
    | index_words(OWN_DONE)
    | index_words(MORE_ACTIONS)
    | _KIND_OF_OWN
    | _KIND_OF_PRESENT
    | KIND_OF_DONE
    | _STEMS
)
ENDINGS = ("", "e", "s", "es", "o", "a", "os", "as")
# A sentence without one of these claims nothing.
ACTION_WORDS = frozenset(KIND_OF_WORD) | {f"{stem}{ending}" for stem in _STEMS for ending in ENDINGS}


def _list_kinds_of_forms() -> dict[str, set[str]]:
    """The kinds that a word of a sentence may stand for."""
    kinds: dict[str, set[str]] = {word: {kind} for word, kind in KIND_OF_WORD.items()}
    for stem, kind in _STEMS.items():
        for ending in ENDINGS:
            kinds.setdefault(f"{stem}{ending}", set()).add(kind)
    return kinds


KINDS_OF_FORMS = _list_kinds_of_forms()
PRESENT_WORDS = frozenset(_KIND_OF_PRESENT) | {"processing", "issuing", "initiating"}
_ACTION = rf"(?P<action>{join_words(_STEMS)})(?:e?s?|[oa]s?)\b"
_ADVERBS = (
    r"(?:\s+(?:\w{2,15}ly|just|already|now|also|gone ahead and|went ahead and|hereby|bereits|schon|soeben|"
    r"bien|déjà|ya|già|appena|subito|já|agora)){0,3}"
)
_PROCESSED = (
    r"(?:issued|processed|initiated|started|approved|granted|requested|authori[sz]ed|arranged|submitted|put in|"
    r"put through|made|ordered|confirmed|completed|scheduled)"
)
_END = r"(?=\s*(?:[.,;!]|$))"
_PEOPLE = (
    r"(?:dhl|ups|dpd|gls|hermes|(?:the|our|my)\s+(?:\w+\s+)?(?:team|support|warehouse|carrier|courier|manager|"
    r"supplier|colleagues?|department|shop|store|seller|bank|driver|company|office|partners?|staff|"
    r"(?:customer|delivery|postal)\s+service|manufacturer|vendor|dealer|provider|technician|supervisor|agent|customs))\b"
    r"(?!['’]s|\s+(?:systems?|records?|database|pages?|articles?|tools?|numbers?|status|hours|details|data|"
    r"locator|finder|handbook|api|portal|app|website|search)\b)"
)
# What the forms of the first person end in says whose they are.
_OWN_SPANISH = " ".join(word for word in _KIND_OF_OWN if word.endswith(("é", "í")))
_OWN_PORTUGUESE = " ".join(word for word in _KIND_OF_OWN if word.endswith("i"))

RETURN_LABEL = re.compile(
    r"\b(?:(?:return|prepaid)\s+(?:shipping\s+)?label|retourlabel|(?:rücksende|retouren)(?:etikett|label|schein)|"
    r"étiquette\s+de\s+retour|etiqueta\s+de\s+devolución|etichetta\s+(?:di|per\s+il)\s+reso)\b"
)
OWN_ACTIONS = build_patterns(
    {
        "i": (
            rf"\bi(?:['’]ve|\s+have)?{_ADVERBS}\s+{_ACTION}",
            rf"\bi(?:['’]ve|\s+have)?{_ADVERBS}\s+{_PROCESSED}\s+(?:\w+\s+){{0,3}}?{NOUN}",
            rf"\bi(?:['’]ve|\s+have)?{_ADVERBS}\s+had\s+(?:\w+\s+){{1,4}}?{_ACTION}",
            rf"\bi\s+(?:did|was able to|managed to|have been able to)\s+(?P<action>{join_words(KIND_OF_VERB)})\b",
            r"\bi(?:['’]ve|\s+have)\s+let\s+(?:\w+\s+){1,3}(?P<action>know)\b",
            rf"\bi(?:['’]ve|\s+have)?{_ADVERBS}\s+(?:applied|added|given you)\s+(?:\w+\s+){{0,3}}?"
            r"(?P<action>discount|voucher|coupon)\b",
        ),
        "reset upgraded extended stopped paused expedited flagged prioritized prioritised waived": (
            rf"\bi(?:['’]ve|\s+have)?{_ADVERBS}\s+(?P<action>reset|upgraded|extended|stopped|paused|expedited|flagged|"
            r"prioriti[sz]ed|waived)\s+(?:your|the\s+(?:\w+\s+)?(?:password|account|subscription|plan|order|delivery|return\s+period|shipment|"
            r"parcel|package|payment|warranty|guarantee|deadline|contract|membership|device|router|card|fees?|charges?|"
            r"costs?|postage))\b",
        ),
        "upgraded switched enrolled subscribed unsubscribed": (
            rf"\bi(?:['’]ve|\s+have)?{_ADVERBS}\s+(?P<action>upgraded|switched|enrolled|(?:un)?subscribed)\s+you\b",
        ),
        "added": (
            rf"\bi(?:['’]ve|\s+have)?{_ADVERBS}\s+(?P<action>added)\s+(?:\w+\s+){{1,5}}?to\s+(?:your|the)\s+"
            r"(?:account|order|case|ticket|file|cart|basket|booking)\b",
        ),
        "flagged prioritized prioritised": (
            rf"\bi(?:['’]ve|\s+have)?{_ADVERBS}\s+(?P<action>flagged|prioriti[sz]ed)\s+(?:this|it)\b",
        ),
        # What a carrier's label was is told by a result, but not that of a return.
        "label retourlabel rücksendeetikett retourenetikett rücksendelabel retourenlabel retourenschein étiquette "
        "etiqueta etichetta": (
            rf"{RETURN_LABEL.pattern}{BETWEEN}"
            r"\b(?:has\s+been|was(?!\s+(?:supposed|meant|due)\b)|wurde|a\s+été|ha\s+sido|fue|è\s+stat[oa]|werd)"
            rf"\s{BETWEEN}\b{_ACTION}",
        ),
        "made": (
            rf"\bi(?:['’]ve|\s+have)?{_ADVERBS}\s+(?P<action>made)\s+a\s+note\s+(?:on|in|about|of\s+(?:your|this|that|it|the))\b",
            rf"\bi(?:['’]ve|\s+have)?{_ADVERBS}\s+(?P<action>made)\s+(?:the|this|that|those|these|your)\s+"
            r"(?:\w+\s+)?changes?\b",
        ),
        "put": (rf"\bi(?:['’]ve|\s+have)?{_ADVERBS}\s+(?P<action>put)\s+(?:\w+\s+){{1,4}}?on\s+hold\b",),
        "placed purchased": (
            rf"\bi(?:['’]ve|\s+have)?{_ADVERBS}\s+(?P<action>placed|purchased)\s+(?:\w+\s+){{0,3}}?(?:order|replacement)\b",
        ),
        "contacted phoned called spoke spoken reached asked checked confirmed consulted": (
            rf"\bi(?:['’]ve|\s+have)?{_ADVERBS}\s+(?P<action>contacted|phoned|called|asked|consulted|"
            r"reached(?=\s+out\s+to\b)|spoken?(?=\s+(?:to|with)\b)|(?:check|confirm)ed(?=\s+with\b))"
            rf"\s+(?:out\s+to\s+|to\s+|with\s+)?{_PEOPLE}",
        ),
        "consider": (rf"\bconsider\s+(?:\w+\s+){{1,2}}?{_ACTION}{_END}",),
        "ich": (
            rf"\bich\s+habe?\b{BETWEEN}\b{_ACTION}",
            rf"\bich\s+habe?\b{BETWEEN}\b(?P<action>kontaktiert|angerufen|angeschrieben|benachrichtigt|verlängert|"
            r"abgemeldet|freigeschaltet)\b",
            rf"\bhiermit\s+(?P<action>{join_words(_KIND_OF_OWN)})\s+ich\b",
        ),
        "j je": (
            rf"\b(?:j['’](?:en\s|y\s)?ai|je\s(?:(?:vous|les?|la)\s|l['’]){{1,2}}ai){_ADVERBS}\s+{_ACTION}",
        ),
        "acabo acabei viens": (
            r"\b(?:acabo\s+de|acabei\s+de|viens\s+(?:de|d['’]))\s?(?:(?:vous|les?|la)\s|l['’])?"
            rf"(?P<action>{join_words(index_words(INFINITIVES))})",
        ),
        "he": (rf"\b(?<!se )he{_ADVERBS}\s+{_ACTION}",),
        _OWN_SPANISH: (rf"(?:^|[.;,]\s?|\bya\s)(?P<action>{join_words(_OWN_SPANISH.split())})\s",),
        "ho": (rf"\bho{_ADVERBS}\s+{_ACTION}",),
        "ik": (rf"\bik\s+heb\b{BETWEEN_WITHOUT_CLAUSE}\b{_ACTION}",),
        **ARRANGED_ACTIONS,
        **LANGUAGES,
        _OWN_PORTUGUESE: (
            rf"(?:^|[.;,]\s?|\b(?:eu|já)\s)(?P<action>{join_words(_OWN_PORTUGUESE.split())})\s",
        ),
    }
)
# What somebody has done may be told by a result, as in an order's status.
REPORTED_ACTIONS = build_patterns(
    {
        "we": (
            rf"\bwe(?:['’]ve|\s+have)?{_ADVERBS}\s+{_ACTION}",
            rf"\bwe(?:['’]ve|\s+have)?{_ADVERBS}\s+{_PROCESSED}\s+(?:\w+\s+){{0,3}}?{NOUN}",
        ),
        "been was were now": (
            rf"(?:(?:\b(?:has|have|had)|['’](?:ve|s))\s+been|\b(?:is|are)\s+now){_ADVERBS}\s+{_ACTION}",
            rf"\b(?:was|were){_ADVERBS}\s+(?!(?:removed|deleted|(?:un)?b?locked|suspended|deactivated)\b){_ACTION}",
        ),
        "been was": (
            r"\b(?P<action>money)\s+(?:has\s+been|was)\s+(?:returned|sent back|transferred|paid)\b",
            r"\b(?P<action>discount|voucher|coupon)\s+(?:has\s+been|was)\s+(?:applied|added)\b",
        ),
        "your": (rf"\byour\s+(?:order|refund|ticket|booking|subscription)\s+is{_ADVERBS}\s+{_ACTION}",),
        "through": (rf"\b{NOUN}\s+(?:has\s+(?:now\s+)?gone|went)\s+through\b",),
        "way": (
            rf"\b{NOUN}(?:\s+of\s+[^!?;]{{1,20}}?)?\s+is\s+(?:now\s+|already\s+)?on\s+(?:its|the)\s+way\b",
        ),
        "it that": (
            rf"\b(?:it|that)(?:['’]s|\s+is){_ADVERBS}\s+(?P<action>cancelled|canceled|refunded|voided){_END}",
        ),
        "been was is": (rf"\b{NOUN}\s+(?:has\s+been|was|is){_ADVERBS}\s+{_PROCESSED}\b",),
        "wir": (rf"\bwir\s+haben\b{BETWEEN}\b{_ACTION}",),
        "wurde wurden ist sind": (
            rf"\b(?:wurden?|ist|sind)\b{BETWEEN}\b{_ACTION}",
            # Not “Die Retoure ist frei und wird vom Fahrer bestätigt.”
            rf"\b{NOUN}\s+(?:wurde|ist)\b(?:(?!\b(?:wird|werden|erst)\b)[^.!?;,:]){{0,80}}?\b"
            r"(?:veranlasst|eingeleitet|angestossen|angewiesen|ausgelöst|bearbeitet|vorgenommen|bestätigt)\b",
        ),
        "nous": (rf"\bnous\s(?:(?:vous|les?|la)\s|l['’]){{0,2}}avons{_ADVERBS}\s+{_ACTION}",),
        "été": (
            rf"\b(?:a|ont)(?:\s+(?:bien|déjà))?\s+été{_ADVERBS}\s+{_ACTION}",
            rf"\b{NOUN}\s+a(?:\s+(?:bien|déjà))?\s+été{_ADVERBS}\s+(?:effectué|traité|lancé|émis)e?\b",
        ),
        "votre": (rf"\bvotre\s+\w+\s+est{_ADVERBS}\s+{_ACTION}",),
        "hemos ha han": (
            rf"\b(?:hemos|se\s+(?:les?\s+)?ha|(?:ha|han)\s+sido){_ADVERBS}\s+{_ACTION}",
            rf"\b{NOUN}\s+(?:se\s+ha|ha\s+sido){_ADVERBS}\s+(?:realizado|procesado|emitido|efectuado)a?\b",
        ),
        "fue fueron está están queda foi foram": (
            rf"\b(?:fue|fueron|están?|queda|foi|foram){_ADVERBS}\s+{_ACTION}",
            rf"\b{NOUN}\s+(?:fue|está|foi){_ADVERBS}\s+"
            r"(?:realizad|procesad|emitid|efectuad|confirmad|efetuad|processad|feit)[oa]\b",
        ),
        "abbiamo": (rf"\babbiamo{_ADVERBS}\s+{_ACTION}",),
        "stato stata stati state": (
            rf"\b(?:è|sono){_ADVERBS}\s+stat[oaie]{_ADVERBS}\s+{_ACTION}",
            rf"\b{NOUN}\s+è{_ADVERBS}\s+stat[oa]{_ADVERBS}\s+(?:effettuat|emess|avviat|elaborat)[oa]\b",
        ),
        "wij we": (rf"\b(?:wij|we)\s+hebben\b{BETWEEN}\b{_ACTION}",),
        DUTCH_DONE: (
            rf"\b(?:is|zijn|werd|werden)\b{BETWEEN}\b(?P<action>{join_words(DUTCH_DONE.split())})\b",
        ),
    }
)
# A sentence that is no more than that: “Refund issued.”
MAX_HEADLESS_WORDS = 7
HEADLESS_ACTIONS = build_patterns(
    {
        "order ticket subscription booking": (
            rf"^\W{{0,3}}(?:(?:your|the)\s+)?(?:order|ticket|subscription|booking)\s+(?:successfully\s+)?{_ACTION}"
            r"(?:\s+successfully)?\s*[.!]*$",
        ),
        NOUNS["refund"] + " " + NOUNS["cancel"] + " " + NOUNS["change"] + " " + NOUNS["book"]: (
            rf"^\W{{0,3}}(?:(?:your|the)\s+)?{NOUN}\s+(?:successfully\s+)?{_PROCESSED}(?:\s+successfully)?\s*[.!]*$",
        ),
    }
)
_AM = rf"\bi(?:['’]m|\s+am){_ADVERBS}\s+"
# Of Spanish, Italian and Portuguese. What is opened may be a page, so those of “open” want a ticket behind them.
_GERUNDS = [word for word in _KIND_OF_PRESENT if word.endswith("ndo")]
_OPENING = join_words(word for word in _GERUNDS if _KIND_OF_PRESENT[word] == "open")
_DOING = join_words(word for word in _GERUNDS if _KIND_OF_PRESENT[word] != "open")
_TICKET = r"(?:ticket|caso|incidencia|reclamaci[oó]n|queja|reclamo|segnalazione|chamado|reclamação)"
_NOW = r"(?:jetzt|nun|gerade|sofort|umgehend|maintenant|immédiatement|tout de suite|nu|meteen)\b"
# What is said to be done right now. A call of the same message does it, or nothing does.
PRESENT_ACTIONS = build_patterns(
    {
        "i": (
            rf"{_AM}(?P<action>cancell?ing|refunding|reimbursing|forwarding|escalating|booking|scheduling|blocking)\b",
            rf"{_AM}(?P<action>changing|updating)\s+your\b",
            rf"{_AM}(?P<action>opening|creating|filing)\s+(?:\w+\s+){{0,3}}?(?:ticket|case|complaint)\b",
            rf"{_AM}(?:processing|issuing|initiating)\s+(?:\w+\s+){{0,3}}?{NOUN}",
        ),
        "ich": (
            rf"\bich\s+(?P<action>storniere|erstatte|sperre|buche|eröffne|ändere)\b{BETWEEN}\b{_NOW}",
            rf"\b{_NOW}\s+(?P<action>storniere|erstatte|sperre|buche|eröffne|ändere)\s+ich\b",
        ),
        "j je": (
            r"\b(?:je\s(?:(?:vous|les?|la)\s|l['’])?|j['’])"
            r"(?P<action>annule|rembourse|modifie|ouvre|transmets|réserve|bloque)\b"
            rf"{BETWEEN}\b{_NOW}",
        ),
        "estoy sto estou": (
            rf"\b(?:estoy|sto|estou){_ADVERBS}\s+(?P<action>{_DOING})\b",
            rf"\b(?:estoy|sto|estou){_ADVERBS}\s+(?P<action>{_OPENING})\s+(?:\w+\s+){{0,3}}?{_TICKET}\b",
        ),
        "ik": (rf"\bik\s+(?P<action>annuleer|wijzig|boek|blokkeer)\b{BETWEEN}\b{_NOW}",),
    }
)
NEGATION = re.compile(
    r"\b(?:not|no|never|nothing|none|cannot|nicht|nichts|kein\w*|nie|niemals|ne|pas|rien|aucun\w*|jamais|ning[uú]n\w*|"
    r"nunca|nada|non|nulla|niente|nessun\w*|niet|niets|geen|nooit|não|nenhum\w*|"
    r"inte|inget|aldrig|ikke|intet|aldri|не|ничего|нет)\b"
    r"|n['’]t\b|\bn['’]"
)
# Behind these another clause begins, which a “not” before them does not deny.
CONJUNCTION = re.compile(
    r"\b(?:so|and|but|therefore|aber|und|daher|mais|et|donc|pero|y|ma|quindi|maar|dus|mas|portanto)\b"
)
# Behind these a clause tells of a condition, or of what somebody else has said.
CONDITION = re.compile(
    r"\b(?:if|once|when|after|until|before|unless|as soon as|whether|that|which|who|wenn|sobald|nachdem|ob|falls|dass|"
    r"si|quand|cuando|una vez|que|quando|dopo che|una volta|als (?:u|uw|je|het|de)|wanneer|zodra|nadat|dat|depois que|"
    r"assim que|jeśli|gdy|om|när|hvis|når|pokud|zda|až|если|когда|"
    r"sorry|apologi[sz]e|leid|désolée?s?|siento|dispiace|spijt|desculpe|"
    r"you (?:said|say|wrote|told|mentioned))\b|(?:^|(?<=[,;:—])\s?)se\b(?!\s(?:ha|han|les?)\b)"
)
# What one has written, or shows in the chat, is no action: “I've corrected my answer”, “I sent you the link above.”
OWN_WORDS = re.compile(
    r"(?:^|\s+)(?:my|meine[nmr]?|m(?:a|on|es)|mi[ao]?|mijn|minha)\s+(?:\w+\s+)?(?:answer|reply|message|mistake|summary|list|"
    r"antwort|nachricht|aussage|liste|réponse|erreur|respuesta|mensaje|risposta|messaggio|antwoord|resposta|mensagem)\b|"
    r"\s+(?:you\s+)?(?:the|this|that|an?)\s+(?:\w+\s+)?(?:link|steps|article|page)\b(?![^.!?]*\b(?:e-?mail|sms|post|inbox)\b)"
)
# A clause that is a question as a whole, and one of which another clause says when it will be true.
QUESTION = re.compile(r"(?:(?!\b(?:and|und|et|y|e|en|ma|mas|but|aber)\b)[^,;:.!–—-])*\?")
PRESENT = re.compile(r"\b(?:is|are|ist|sind|est|sont|está|están|è|sono|zijn)\b")
BEHIND_CONDITION = re.compile(
    r"(?:^|[,;:—])\s*(?:once|when|after|if|as soon as|sobald|wenn|nachdem|falls|dès que|lorsque|quand|une fois|si|"
    r"cuando|una vez|en cuanto|quando|una volta|appena|se|zodra|wanneer|nadat|als|assim que|depois que)"
    r"\b[^;:—]*,[^,;:—]*$"
)
