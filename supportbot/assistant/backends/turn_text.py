"""Where an answer's turn ends, or begins: at marks and headings that say whose turn it is."""

import enum
import re

from . import text_marks as marks
from .answer_text import AnswerText
from .role_headings import OWN_HEADING, find_role
from .thought_bounds import ThoughtBounds
from .turn_headers import find_turn


class Mode(enum.Enum):
    TEXT = enum.auto()
    THOUGHT = enum.auto()
    CALL = enum.auto()
    ENDED = enum.auto()


class TurnText(AnswerText):
    """An answer up to where somebody else's turn begins."""

    def __init__(self, *, is_thought_first: bool = False) -> None:
        super().__init__(is_thought_first=is_thought_first)
        self._pending = ""  # what was not read yet
        self._mode = Mode.TEXT
        self._thought = ThoughtBounds("")
        self._open_strikes = 0

    def _begin_thought(self, opening: str, closing: re.Pattern[str] | None) -> None:
        self._mode, self.has_thought, self._is_stripping, self._blank = Mode.THOUGHT, True, True, ""
        self._thought = ThoughtBounds(opening, closing)

    def _read_turn_mark(self, kind: str) -> None:
        """Read a mark that begins a turn or ends one, or is nobody's word for another reason.

        Before the first word none ends the model's own turn, which goes on (`<|eot_id|>` and then its header, Phi's
        `<|im_sep|>`). There the answer would be lost.
        """
        turn = find_turn(kind, self._pending)
        is_of_others = kind in marks.TURNS_OF_OTHERS or (turn is not None and not turn[0])
        if is_of_others or (kind in marks.ENDINGS and self._is_end(kind)):
            self._mode = Mode.ENDED
        else:
            self._pending = self._pending[turn[1] if turn else 0 :]
            self._is_stripping = not self._has_begun

    def _read_role(self, heading: str) -> None:
        """Read a heading that may name whose turn begins. The answer is behind a prompt that the model repeats."""
        is_own = find_role(
            heading,
            self._pending,
            is_first=not self._has_begun,
            is_among_headings=self._position.has_headings,
        )
        if is_own is None:
            self._show(heading)
        elif is_own:
            self._is_stripping = True
        elif self._has_begun:
            self._mode = Mode.ENDED
        else:
            self._begin_thought(heading, OWN_HEADING)

    def _is_end(self, kind: str) -> bool:
        """Whether such a mark ends the answer at this place."""
        has_words = self._has_begun and not self._is_after_closing
        return has_words or (bool(self.calls.bodies) and kind not in marks.HARMONY_CLOSINGS)

    def _read_soft_mark(self, mark: str) -> None:
        """Read a mark that means something else to those who write HTML."""
        kind = mark.lower()
        if not self._has_begun:
            self._is_stripping = True
        elif kind == marks.OPENING_STRIKE or (kind == marks.CLOSING_STRIKE and self._open_strikes):
            self._open_strikes += 1 if kind == marks.OPENING_STRIKE else -1
            self._show(mark)
        elif self._pending.lstrip(" \t")[:1] in ("", "\n", "<", "["):
            self._mode = Mode.ENDED
