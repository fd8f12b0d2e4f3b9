"""The text of an answer, checked sentence by sentence on its way to the customer."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from ..messages import Answer, Mark, ToolCall
from .check import MAX_MARKS, GroundingCheck

GroundingMode = Literal["off", "mark", "hold"]

MAX_SENTENCE_CHARS = 600  # a longer one is checked in pieces
SENTENCE_MARKS = frozenset(".!?…。！？\n\"'”’»)]*_")
# A full stop behind a number or a single letter (“19. November”, “e. g.”) ends no sentence.
# Neither does one between a short form and a number (“Dec. 9th”, “approx. 5 days”).
_SHORT_FORMS = (
    r"(?<!(?i:\b(?:jan|feb|mar|apr|jun|jul|aug|sep|oct|okt|nov|dec|dez|tel|ext|max|min|ref)\.))"
    r"(?<!(?i:\b(?:ca|nr|no)\.))(?<!(?i:\bapprox\.))"
)
SENTENCE_END = re.compile(
    rf"(?:\.(?<!\d\.)(?<![\s.]\w\.)(?:(?!\s\d)|{_SHORT_FORMS})|[!?…])[\"'”’»)\]*_]*(?=\s)|[。！？\n]"
)


class CheckedText:
    """The text of one message on its way to the customer: checked sentence by sentence.

    With the mode “mark” it passes at once, with “hold” each sentence waits for its check, and one that cannot be
    confirmed is left out. One that says what is done right now waits for the end of the message, which may have a call
    that does it.
    """

    def __init__(self, check: GroundingCheck, mode: GroundingMode) -> None:
        self._check = check
        self._holds = mode == "hold"
        self._check.note_wanted_calls(())
        self.withdraw_text()

    def withdraw_text(self) -> None:
        """The text so far was no answer: it begins anew."""
        self._unchecked: list[str] = []
        self._unchecked_chars = 0
        self._is_marked = False  # whether the last piece may have ended a sentence
        self._awaits_call = False  # a sentence waits for the end of the message, and so do all behind it
        self._released: list[str] = []
        self.marks: list[Mark] = []
        self.is_held = False

    def add_text(self, piece: str) -> str:
        """Take in more text. Returns what may be shown now."""
        self._unchecked.append(piece)
        if not self._holds:  # nothing waits for the check, so it is made once, at the end
            return piece
        if self._awaits_call:
            return ""
        self._unchecked_chars += len(piece)
        was_marked, self._is_marked = self._is_marked, not SENTENCE_MARKS.isdisjoint(piece)
        if not (self._is_marked or was_marked or self._unchecked_chars >= MAX_SENTENCE_CHARS):
            return ""
        return self._check_sentences(is_end=self._unchecked_chars >= MAX_SENTENCE_CHARS)

    def finish_text(self, calls: Sequence[ToolCall] = ()) -> str:
        """The message has ended, with these calls. Returns the rest that may be shown."""
        self._check.note_wanted_calls(calls)
        rest = self._check_sentences(is_end=True, is_over=True)
        return rest if self._holds else ""

    def mark_answer(self, answer: Answer) -> Answer:
        """The message as the customer has it, with what could not be confirmed."""
        message = replace(answer.message, text="".join(self._released)) if self.is_held else answer.message
        return replace(answer, message=message, marks=tuple(self.marks), is_held=self.is_held)

    def _check_sentences(self, *, is_end: bool, is_over: bool = False) -> str:
        """Check the sentences that are whole, and with `is_end` what is left. Returns those that may be shown.

        Only when the message `is_over` is it known whether a call does what a sentence says is being done.
        """
        text, start, confirmed = "".join(self._unchecked), 0, []
        ends = [match.end() for match in SENTENCE_END.finditer(text)]
        if is_end and (not ends or ends[-1] < len(text)):
            ends.append(len(text))
        for end in ends:
            sentence = text[start:end]
            if not is_over and self._check.has_present_action(sentence):
                self._awaits_call = True
                break
            start = end
            if self._is_confirmed(sentence) or not self._holds:
                confirmed.append(sentence)
            else:
                self.is_held = True
        self._unchecked, self._unchecked_chars = [text[start:]], len(text) - start
        passed = "".join(confirmed)
        self._released.append(passed)
        return passed

    def _is_confirmed(self, sentence: str) -> bool:
        """Note what cannot be confirmed, as far as marks are kept. With “hold” one more is enough to know."""
        is_confirmed = True
        for start in range(0, len(sentence), MAX_SENTENCE_CHARS):
            room = MAX_MARKS - len(self.marks)
            limit = max(room, 1 if self._holds and is_confirmed else 0)
            found = (
                self._check.find_marks(sentence[start : start + MAX_SENTENCE_CHARS], limit) if limit else []
            )
            self.marks += found[:room]
            is_confirmed = is_confirmed and not found
        return is_confirmed
