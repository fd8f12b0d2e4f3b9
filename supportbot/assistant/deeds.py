"""Finds the deeds that an answer claims, such as “I have refunded you”, and which deeds a tool's call has done.

A deed is one of few kinds (open, cancel, refund, …), so that “I've created a ticket” is true after `open_ticket`. Known
in English, German, French and Spanish.
"""

import re
from collections.abc import Collection, Iterable
from functools import lru_cache

from .shown_text import CACHED_TEXTS, normalize_text

# By kind: the verbs of tools' names, and the participles by which answers claim it.
DEEDS: dict[str, tuple[str, str]] = {
    "open": (
        "create open file raise submit register log",
        "opened created filed raised submitted registered eröffnet erstellt angelegt aufgenommen ouvert créé "
        "enregistré abierto creado registrado",
    ),
    "cancel": (
        "cancel void revoke",
        "cancelled canceled voided revoked storniert annulliert annulé anulado cancelado",
    ),
    "refund": (
        "refund reimburse credit repay",
        "refunded reimbursed credited repaid erstattet zurückerstattet gutgeschrieben zurücküberwiesen remboursé "
        "crédité reembolsado devuelto abonado",
    ),
    "change": (
        "change update edit modify set correct replace",
        "changed updated edited modified corrected replaced amended geändert aktualisiert angepasst ersetzt modifié "
        "changé corrigé remplacé cambiado modificado actualizado",
    ),
    "send": (
        "send mail email resend ship",
        "sent emailed e-mailed mailed resent gesendet geschickt verschickt envoyé enviado",
    ),
    "forward": (
        "forward escalate notify request report hand pass",
        "forwarded escalated notified informed alerted passed reported weitergeleitet weitergegeben informiert "
        "gemeldet transmis signalé informé transmitido reenviado informado",
    ),
    "book": (
        "book schedule arrange reserve",
        "booked scheduled arranged reserved gebucht vereinbart reserviert réservé planifié reservado programado",
    ),
}
# “I've issued a refund”: what was done is in the noun. And other words that tell the kind.
NOUNS = {
    "refund": "refund reimbursement credit erstattung rückerstattung gutschrift remboursement reembolso",
    "cancel": "cancellation stornierung annulation cancelación anulación",
    "change": "replacement exchange umtausch échange cambio",
    "book": "return pickup abholung",
}
# Said of oneself without an auxiliary verb: “Cancelé su pedido”, “Hiermit storniere ich”; and “I've let them know”.
OWN_FORMS = {
    "open": "abrí creé eröffne erstelle",
    "cancel": "cancelé anulé storniere",
    "refund": "reembolsé erstatte",
    "change": "cambié modifiqué actualicé ändere",
    "send": "envié sende schicke",
    "forward": "know transmití",
}
_ANY = "*"
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


def _index_words(table: dict[str, str]) -> dict[str, str]:
    return {word: kind for kind, words in table.items() for word in words.split()}


def _join_words(words: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


_KIND_OF_VERB = _index_words({kind: verbs for kind, (verbs, _words) in DEEDS.items()})
_KIND_OF_DONE = _index_words({kind: words for kind, (_verbs, words) in DEEDS.items()})
_KIND_OF_NOUN, _KIND_OF_OWN = _index_words(NOUNS), _index_words(OWN_FORMS)
_KIND_OF_WORD = _KIND_OF_VERB | _KIND_OF_NOUN | _KIND_OF_OWN | _KIND_OF_DONE
FRENCH_ENDINGS = ("", "e", "s", "es")
# A sentence without one of these claims nothing.
_DEED_WORDS = frozenset(_KIND_OF_WORD) | {
    f"{word}{ending}" for word in _KIND_OF_DONE for ending in FRENCH_ENDINGS
}
_DONE, _NOUNS = _join_words(_KIND_OF_DONE), _join_words(_KIND_OF_NOUN)
_DEED, _NOUN = rf"(?P<deed>{_DONE})(?:e?s?)\b", rf"(?P<deed>{_NOUNS})\b"
_ADVERBS = (
    r"(?:\s+(?:\w{2,15}ly|just|already|now|also|gone ahead and|went ahead and|hereby|bereits|schon|soeben|"
    r"bien|déjà|ya)){0,3}"
)
_PROCESSED = (
    r"(?:issued|processed|initiated|started|approved|granted|requested|authori[sz]ed|arranged|submitted|put in|"
    r"put through|made)"
)
_BETWEEN = r"[^.!?;,]{0,80}?"


def _compile_patterns(
    patterns: dict[str, tuple[str, ...]],
) -> tuple[tuple[frozenset[str], re.Pattern[str]], ...]:
    """Each pattern with the words of which one must stand in a sentence, or it cannot match there."""
    return tuple(
        (frozenset(words.split()), re.compile(pattern))
        for words, group in patterns.items()
        for pattern in group
    )


OWN_DEEDS = _compile_patterns(
    {
        "i": (
            rf"\bi(?:['’]ve|\s+have)?{_ADVERBS}\s+{_DEED}",
            rf"\bi(?:['’]ve|\s+have)?{_ADVERBS}\s+{_PROCESSED}\s+(?:\w+\s+){{0,3}}?{_NOUN}",
            rf"\bi\s+(?:did|was able to|managed to|have been able to)\s+(?P<deed>{_join_words(_KIND_OF_VERB)})\b",
            r"\bi(?:['’]ve|\s+have)\s+let\s+(?:\w+\s+){1,3}(?P<deed>know)\b",
        ),
        "ich": (
            rf"\bich\s+habe?\b{_BETWEEN}\b{_DEED}",
            rf"\bhiermit\s+(?P<deed>{_join_words(_KIND_OF_OWN)})\s+ich\b",
        ),
        "j je": (
            rf"\b(?:j['’](?:en\s|y\s)?ai|je\s(?:(?:vous|les?|la)\s|l['’]){{1,2}}ai){_ADVERBS}\s+{_DEED}",
        ),
        "he": (rf"\b(?<!se )he{_ADVERBS}\s+{_DEED}",),
        "cancelé anulé reembolsé abrí creé envié cambié modifiqué actualicé": (
            r"(?:^|[.;,]\s?|\bya\s)(?P<deed>cancelé|anulé|reembolsé|abrí|creé|envié|cambié|modifiqué|actualicé)\s",
        ),
    }
)
# What somebody has done may be told by a result, as in an order's status.
REPORTED_DEEDS = _compile_patterns(
    {
        "we": (
            rf"\bwe(?:['’]ve|\s+have)?{_ADVERBS}\s+{_DEED}",
            rf"\bwe(?:['’]ve|\s+have)?{_ADVERBS}\s+{_PROCESSED}\s+(?:\w+\s+){{0,3}}?{_NOUN}",
        ),
        "been was were now": (
            rf"\b(?:(?:has|have|had)\s+been|was|were|(?:is|are)\s+now){_ADVERBS}\s+{_DEED}",
        ),
        "your": (
            rf"\byour\s+(?:order|refund|ticket|booking|subscription)\s+is{_ADVERBS}\s+{_DEED}",
            rf"\byour\s+{_NOUN}\s+is\s+(?:now\s+)?on\s+(?:its|the)\s+way\b",
        ),
        "been was is": (rf"\b{_NOUN}\s+(?:has\s+been|was|is){_ADVERBS}\s+{_PROCESSED}\b",),
        "wir": (rf"\bwir\s+haben\b{_BETWEEN}\b{_DEED}",),
        "wurde wurden ist sind": (
            rf"\b(?:wurden?|ist|sind)\b{_BETWEEN}\b{_DEED}",
            rf"\b{_NOUN}\s+(?:wurde|ist)\b{_BETWEEN}\b(?:veranlasst|eingeleitet|angestoßen|bearbeitet|vorgenommen)\b",
        ),
        "nous": (rf"\bnous\s(?:(?:vous|les?|la)\s|l['’]){{0,2}}avons{_ADVERBS}\s+{_DEED}",),
        "été": (
            rf"\b(?:a|ont)\s+été{_ADVERBS}\s+{_DEED}",
            rf"\b{_NOUN}\s+a\s+été{_ADVERBS}\s+(?:effectué|traité|lancé|émis)e?\b",
        ),
        "hemos ha han": (
            rf"\b(?:hemos|se\s+ha|(?:ha|han)\s+sido){_ADVERBS}\s+{_DEED}",
            rf"\b{_NOUN}\s+(?:se\s+ha|ha\s+sido){_ADVERBS}\s+(?:realizado|procesado|emitido|efectuado)a?\b",
        ),
    }
)
NEGATION = re.compile(
    r"\b(?:not|no|never|nothing|none|cannot|nicht|kein\w*|nie|niemals|ne|pas|aucun\w*|jamais|ning[uú]n\w*|nunca)\b"
    r"|n['’]t\b|\bn['’]"
)
# Behind these another clause begins, which a “not” before them does not deny.
CONJUNCTION = re.compile(r"\b(?:so|and|but|therefore|aber|und|daher|mais|et|donc|pero|y)\b")
# Behind these a clause tells of a condition, or of what somebody else has said.
CONDITION = re.compile(
    r"\b(?:if|once|when|after|until|before|unless|as soon as|whether|that|which|who|wenn|sobald|nachdem|ob|falls|dass|"
    r"si|quand|cuando|una vez|que|you (?:said|say|wrote|told|mentioned))\b"
)
EARLIER = re.compile(r"\b(?:already|earlier|before|previously|bereits|schon|vorhin|déjà|ya)\b")
# What a result says in few words: keys, and values such as a status. An article tells of no deed.
SHORT_STRING = re.compile(r'"([^"\n\\]{1,40})"')
# Keys that say nothing of the kind: without a value, and of when a row was stored.
NO_REPORT = re.compile(r'"[^"\n\\]{1,40}"\s?:\s?(?:null|false|"")|"\w{1,40}_at"\s?:')
# Other words by which a result tells of a deed.
REPORTS = {"open": ("ticket",), "send": ("shipped", "transit", "deliver"), "cancel": ("void",)}
_REPORTED = {
    kind: re.compile(rf"(?<![^\W_])(?:{_join_words([*done.split(), *REPORTS.get(kind, ())])})")
    for kind, (_verbs, done) in DEEDS.items()
}


def list_deeds(tool_name: str, done_words: tuple[str, ...] = ()) -> set[str]:
    """The kinds of deeds that a tool does: by the verbs of its name, and by the words that it declares.

    A tool that says nothing of what it does may have done anything.
    """
    named = {_KIND_OF_VERB[part] for part in tool_name.casefold().split("_") if part in _KIND_OF_VERB}
    declared = {_KIND_OF_DONE[word] for word in done_words if word in _KIND_OF_DONE}
    return named | declared or {_ANY}


@lru_cache(maxsize=CACHED_TEXTS)
def list_reports(result: str) -> frozenset[str]:
    """The kinds of deeds that a tool's result tells of, as by an order's status “cancelled”."""
    words = " ".join(SHORT_STRING.findall(NO_REPORT.sub("", normalize_text(result))))
    return frozenset(kind for kind, pattern in _REPORTED.items() if pattern.search(words))


def find_unproven_deed(
    sentence: str, done: Collection[str], done_earlier: Collection[str], reported: Collection[str]
) -> str:
    """The words of a deed that no call of this turn has done; empty if there is none.

    `done_earlier` counts where the answer speaks of earlier, and `reported` where it tells what somebody has done.
    """
    text = normalize_text(sentence)
    words = _WORD.findall(text)
    if _DEED_WORDS.isdisjoint(words):
        return ""
    proven = {*done}
    if EARLIER.search(text) or re.search(r"\d{3}", text):
        proven.update(done_earlier)
    if _ANY in proven:
        return ""
    for patterns, known in ((OWN_DEEDS, proven), (REPORTED_DEEDS, proven | {*reported})):
        matches = (
            match
            for first_words, pattern in patterns
            if not first_words.isdisjoint(words)
            for match in pattern.finditer(text)
        )
        for match in matches:
            if _KIND_OF_WORD[match["deed"]] not in known and not _is_no_claim(text, match):
                return match[0]
    return ""


def _is_no_claim(text: str, match: re.Match[str]) -> bool:
    """Whether the clause denies it, or makes it a condition or somebody's words."""
    begin = max(text.rfind(mark, 0, match.start()) for mark in ",;:—") + 1
    links = CONJUNCTION.finditer(text, begin, match.start())
    denied_from = max((each.end() for each in links), default=begin)
    is_denied = NEGATION.search(text, denied_from, match.end()) or NEGATION.match(text, match.end() + 1)
    return bool(is_denied or CONDITION.search(text, begin, match.start()))
