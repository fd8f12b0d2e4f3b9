"""Finds sentences that say only that a shop is closed on some day, which follows from its opening hours.

The day and the shop stand in one clause: “We deliver on Sunday even though the store is closed.” says more.
"""

import re

from ..facts.patterns import WEEKDAYS, WEEKEND
from ..facts.word_patterns import join_words

_DAY = rf"(?:{WEEKEND.pattern}|\b(?:{join_words(WEEKDAYS)})s?\b)"
_BEFORE_DAY = r"(?:and|und|et|y|e|en|on|am|an|le|les|los|el|la|il|di|op|aos?|nos?|public|bank)"
_DAYS_ALONE = re.compile(rf"(?:\W|\b{_BEFORE_DAY}\b|{_DAY})*")
_CLAUSE_END = re.compile(
    rf"[;:.!?\n]|,(?!\s+{_DAY})|"
    r"\b(?:even though|even if|although|though|but|because|while|since|obwohl|aber|weil|während|mais|"
    r"bien que|parce que|pero|aunque|porque|sebbene|perché|maar|omdat|mas|embora)\b|"
    rf"\b(?:and|und|et|y|e|en)\b(?!\s+(?:\w+\s+)?{_DAY})"
)
_SHOP = re.compile(
    r"\b(?:we|(?:shop|store|office|hotline)s?|wir|l[aä]den|geschäfte?|büros?|hotlines?|nous|magasins?|boutiques?|"
    r"bureaux?|estamos|tiendas?|oficinas?|siamo|negozi[oa]?|uffici[oa]?|wij|winkels?|kantoor|lojas?|escritórios?)\b"
)
_NOT_OPEN = re.compile(
    r"(?:\b(?:not|never)|n['’]t)\s+(?:\w+\s+)?open\b|\bnicht\s+(?:geöffnet|offen)\b|\bpas\s+ouverte?s?\b|"
    r"\bno\s+est(?:á|án|amos)\s+abiert[oa]s?\b|\bnon\s+(?:è|siamo|sono)\s+apert[oaie]\b|\bniet\s+(?:open|geopend)\b|"
    r"\bnão\s+est(?:á|ão|amos)\s+abert[oa]s?\b"
)
_CLOSED = re.compile(
    r"(?:\b(?:are|is|be|remains?|stays?)|['’](?:re|s))\s+(?:\w+\s+){0,4}?closed\b|"
    r"\b(?:geschlossen|fermée?s?|cerrad[oa]s?|chius[oiae]|gesloten|fechad[oa]s?)\b"
)
_OPEN = re.compile(r"\b(?:opens?|geöffnet|offen|ouverte?s?|abiert[oa]s?|apert[oaie]|geopend|abert[oa]s?)\b")
_DENIAL = re.compile(
    rf"\b(?:not|never|rarely|hardly|nicht|nie|kein\w{{0,2}}|pas|jamais|no(?!\s+{_DAY})|nunca|non|mai|niet|nooit|não|"
    r"except|au(?:ß|ss)er|sauf|excepto|salvo|tranne|behalve|exceto)\b|n['’]t\b"
)
# What is closed, or whose: a ticket is closed on its own day.
_OTHER = re.compile(
    r"\b(?:tickets?|cases?|requests?|accounts?|your|ihre?[nmrs]?|deine?[nmrs]?|fall|anfrage|vorgang|konto|votre|vos|"
    r"dossier|demande|su|tu|caso|richiesta|suo|tuo|uw|jouw|zaak|seu|sua)\b"
)


def says_only_closed(plain: str, day_words: str) -> bool:
    """Whether a sentence, with its text normalized, says of this day only that nobody is there."""
    is_closed = is_behind_day = False
    for clause in _CLAUSE_END.split(plain):
        has_day = day_words in clause
        is_closed = is_closed or (_says_closed(clause) and (has_day or is_behind_day))
        # “On Sundays, we are closed.”
        is_behind_day = (has_day or is_behind_day) and _DAYS_ALONE.fullmatch(clause) is not None
    return is_closed and not _OPEN.search(_NOT_OPEN.sub(" ", plain))


def _says_closed(clause: str) -> bool:
    rest, times_not_open = _NOT_OPEN.subn(" ", clause)
    return bool(
        _SHOP.search(clause)
        and (times_not_open or _CLOSED.search(rest))
        and not _DENIAL.search(rest)
        and not _OTHER.search(clause)
    )
