"""Finds the deeds that an answer claims, such as “I have refunded you”, and which deeds a tool's call has done.

A deed is one of few kinds (open, cancel, refund, …), so that “I've created a ticket” is true after `open_ticket`. Known
in English, German, French and Spanish.
"""

import re

from .shown_text import normalize_text

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
# “I've issued a refund”: what was done is in the noun.
NOUNS = {
    "refund": "refund",
    "reimbursement": "refund",
    "credit": "refund",
    "cancellation": "cancel",
    "replacement": "change",
    "exchange": "change",
    "return": "book",
    "pickup": "book",
}
_ANY = "*"
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_KIND_OF_WORD = {word: kind for kind, (_verbs, words) in DEEDS.items() for word in words.split()}
_KIND_OF_VERB = {verb: kind for kind, (verbs, _words) in DEEDS.items() for verb in verbs.split()}
_DEED_WORDS = (
    frozenset(_KIND_OF_WORD)
    | frozenset(NOUNS)
    | {f"{word}{end}" for word in _KIND_OF_WORD for end in ("e", "s", "es")}
)
_WORDS = "|".join(sorted(map(re.escape, _KIND_OF_WORD), key=len, reverse=True))
_ADVERBS = (
    r"(?:\s+(?:just|already|now|also|successfully|gone ahead and|went ahead and|immediately|bereits|schon|soeben|bien|"
    r"déjà|ya))*"
)
_PROCESSED = (
    r"(?:issued|processed|initiated|started|approved|granted|requested|authori[sz]ed|arranged|submitted)"
)
OWN_DEED = re.compile(
    rf"\bi(?:['’]ve|\s+have)?{_ADVERBS}\s+(?P<en>{_WORDS})\b"
    rf"|\bi(?:['’]ve|\s+have)?{_ADVERBS}\s+{_PROCESSED}\s+(?:\w+\s+){{0,3}}?(?P<noun>{'|'.join(NOUNS)})\b"
    rf"|\bich\s+habe\b[^.!?;]*?\b(?P<de>{_WORDS})\b"
    rf"|\bj['’]ai{_ADVERBS}\s+(?P<fr>{_WORDS})e?s?\b"
    rf"|\b(?<!se )he{_ADVERBS}\s+(?P<es>{_WORDS})\b"
)
# What somebody did may be told by a result, as in an order's status.
REPORTED_DEED = re.compile(
    rf"\b(?:we(?:['’]ve|\s+have)?|(?:has|have|had)\s+been|(?:is|was|are|were)(?:\s+now)?){_ADVERBS}\s+(?P<en>{_WORDS})\b"
    rf"|\b(?P<noun>{'|'.join(NOUNS)})\s+(?:has\s+been|was|is){_ADVERBS}\s+{_PROCESSED}\b"
    rf"|\b(?:wurde|wurden|ist|sind)\b[^.!?;]*?\b(?P<de>{_WORDS})\b"
    rf"|\b(?:a|ont)\s+été{_ADVERBS}\s+(?P<fr>{_WORDS})e?s?\b"
    rf"|\b(?:ha|han)\s+sido{_ADVERBS}\s+(?P<es>{_WORDS})\b"
)
CONDITION = re.compile(
    r"\b(?:if|once|when|after|until|before|unless|as soon as|whether|wenn|sobald|nachdem|ob|falls|si|quand|cuando|"
    r"una vez)\b[^,;:]*$"
)
EARLIER = re.compile(r"\b(?:already|earlier|before|previously|bereits|schon|vorhin|déjà|ya)\b")
# By kind: what a result says that tells of such a deed of somebody's.
REPORTS = {"open": re.compile(r"opened|created|ticket"), "send": re.compile(r"sent|shipped|transit|deliver")}


def list_deeds(tool_name: str, done_words: tuple[str, ...] = ()) -> set[str]:
    """The kinds of deeds that a tool does: by the verbs of its name, and by the words that it declares.

    A tool that says nothing of what it does may have done anything.
    """
    named = {_KIND_OF_VERB[part] for part in tool_name.casefold().split("_") if part in _KIND_OF_VERB}
    declared = {_KIND_OF_WORD[word] for word in done_words if word in _KIND_OF_WORD}
    return named | declared or {_ANY}


def find_unproven_deed(sentence: str, done: set[str], done_earlier: set[str], results: str) -> str:
    """The words of a deed that no call of this turn has done; empty if there is none.

    `done_earlier` counts where the answer speaks of earlier. `results` is what tools returned, in plain form.
    """
    text = normalize_text(sentence)
    if _DEED_WORDS.isdisjoint(_WORD.findall(text)):
        return ""
    proven = done | (done_earlier if EARLIER.search(text) or re.search(r"\d{3}", text) else set())
    for pattern in (OWN_DEED, REPORTED_DEED):
        for match in pattern.finditer(text):
            kind = _get_kind(match)
            is_told = pattern is REPORTED_DEED and _is_reported(kind, results)
            if not (proven & {kind, _ANY} or is_told or CONDITION.search(text, 0, match.start())):
                return match[0]
    return ""


def _get_kind(match: re.Match[str]) -> str:
    named = {name: value for name, value in match.groupdict().items() if value}
    return NOUNS[named["noun"]] if "noun" in named else _KIND_OF_WORD[next(iter(named.values()))]


def _is_reported(kind: str, results: str) -> bool:
    words = REPORTS.get(kind)
    return bool(words.search(results)) if words else any(word in results for word in DEEDS[kind][1].split())
