"""Turns that a model makes up behind its answer: `User: …` in a line, and then `Assistant: …` (Vicuna, base models).

An answer may have such labels of its own, in a list of roles or an example. A part of it that is lost is worse than a
made-up turn that is shown, so only what has the form of a conversation ends it.
"""

import re

from ..text_calls.mentions import SENTENCE_ENDS

OTHERS = (
    *("human", "user", "customer", "kunde", "kundin", "nutzer", "utilisateur", "client", "usuario"),
    *("usuário", "cliente", "utente", "klant", "gebruiker", "klient", "用户", "客户", "顾客"),
)
# Not “Agent” or “Support”: in the summary of a ticket or an order they name a person or a carrier.
OWN = ("assistant", "ai", "bot", "assistent", "asistente", "assistente", "asystent", "助手")
COLON = r"[*_]{0,2}[ \t]?[:：]"
LEAD = r"\n[ \t]{0,3}[*_]{0,2}"
_BEGINNINGS = "|".join(name[:end] for name in OTHERS for end in range(len(name), 0, -1))
# A label, or at the end of a text what may be the beginning of one.
LABEL = re.compile(
    rf"{LEAD}(?:(?P<name>{'|'.join(OTHERS)}){COLON}|(?:{_BEGINNINGS})?[*_]{{0,2}}[ \t]?$)", re.IGNORECASE
)
OWN_LABEL = re.compile(rf"{LEAD}(?:{'|'.join(OWN)}){COLON}", re.IGNORECASE)
# What a conversation does not have: items of a list, labels of anybody else or of things, and the end of an object.
OF_ANSWERS = re.compile(
    rf"\n[ \t]{{0,8}}(?:[-*+•>|#]\s|\d{{1,3}}[.)]\s"
    rf"|[*_]{{0,2}}(?!(?:{'|'.join([*OTHERS, *OWN])})[*_ \t]{{0,3}}[:：])\w[\w ]{{0,30}}{COLON}(?:\s|$))|\}}\s*$",
    re.IGNORECASE,
)
DECORATION = " \t\r\n*_\"'”’»)-"  # and a rule of dashes


class MadeUpTurnReader:
    """Holds back what begins like somebody else's turn behind a sentence, until the answer is over."""

    def __init__(self) -> None:
        self.place: int | None = None  # of the turn, as the number of characters before it
        self._shown_chars = 0
        self._last_sign = ""
        self._fences = 0
        self._is_turn = False
        self._held = ""

    def read_text(self, text: str) -> str:
        """Add a piece of the answer. Returns what of it may be shown."""
        text, self._held = self._held + text, ""
        start = len(text)
        if self._is_turn:
            start = 0
        elif "\n" in text:
            start = self._find_start(text)
        shown, self._held = text[:start], text[start:]
        self._shown_chars += len(shown)
        self._last_sign = shown.rstrip(DECORATION)[-1:] or self._last_sign
        self._fences += shown.count("```")
        return shown

    def flush_text(self) -> str:
        """The answer is over. Returns what was held back and belongs to it."""
        text, self._held = self._held, ""
        if self._is_turn and _is_conversation(text):
            self.place = self._shown_chars + len(text) - len(text.lstrip())
            return ""
        return text

    def _find_start(self, text: str) -> int:
        """Where a turn begins, or may begin with the next piece; else the end of the text."""
        position, last_sign, fences = 0, self._last_sign, self._fences
        for label in LABEL.finditer(text):
            before = text[position : label.start()]
            last_sign = before.rstrip(DECORATION)[-1:] or last_sign
            fences += before.count("```")
            position = label.start()
            if label["name"] is None:
                return label.start()
            if last_sign and last_sign in SENTENCE_ENDS and fences % 2 == 0:
                self._is_turn = True
                return label.start()
        return len(text)


def _is_conversation(text: str) -> bool:
    """Whether a text is a message of somebody else, in sentences, and an answer to it; or no more than the label."""
    label, own = LABEL.match(text), OWN_LABEL.search(text)
    if label and not text[label.end() :].strip():
        return True
    if label is None or own is None or OF_ANSWERS.search(text):
        return False
    return any(sign in SENTENCE_ENDS for sign in text[label.end() : own.start()])
