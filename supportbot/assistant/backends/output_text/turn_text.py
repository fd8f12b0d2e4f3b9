"""Where an answer's turn ends, or begins: at marks and headings that say whose turn it is."""

import enum
import re

from . import marks
from .answer_text import AnswerText
from .role_headings import OWN_HEADING, find_role, has_topics, may_be_topic
from .thought_bounds import ThoughtBounds
from .turn_headers import find_turn


class Mode(enum.Enum):
    TEXT = enum.auto()
    THOUGHT = enum.auto()
    CALL = enum.auto()
    DOUBT = enum.auto()  # in what is somebody else's turn, or a part of the answer
    ENDED = enum.auto()


class TurnText(AnswerText):
    """An answer up to where somebody else's turn begins."""

    def __init__(self, *, is_thought_first: bool = False) -> None:
        super().__init__(is_thought_first=is_thought_first)
        self._pending = ""  # what was not read yet
        self._mode = Mode.TEXT
        self._thought = ThoughtBounds("")
        self._open_strikes = 0
        self._heading = ""  # that is in doubt
        self._scanned = 0  # how many characters behind it were looked at
        self.last_thought = ""

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
            is_announced=self._position.is_announced,
        )
        if is_own is None:
            self._show(heading)
        elif is_own:
            self._is_stripping = True
        elif may_be_topic(heading):
            self._mode, self._heading, self._scanned = Mode.DOUBT, heading, 0
        elif self._has_begun:
            self._mode = Mode.ENDED
        else:
            self._begin_thought(heading, OWN_HEADING)

    def _read_doubtful_turn(self, is_last: bool) -> bool:
        """Read on until it is clear whether it is somebody else's turn. False when more lines must come first.

        Before the first word it may be a prompt, which may have lists and headings too, up to the model's own turn.
        """
        text = f"{self._pending}\n" if is_last else self._pending
        start, end = max(0, self._scanned - 1), text.rfind("\n") + 1
        if end <= self._scanned:
            return False
        own, self._scanned = OWN_HEADING.search(text, start, end), end
        if self._has_begun:
            is_answer = has_topics(text, start, own.start() + 1 if own else end)
        else:
            is_answer = is_last and own is None and has_topics(text, 0, end)
        if is_answer:
            self._mode = Mode.TEXT
            self._show(self._heading)
        elif own and not self._has_begun:
            self._mode, self.has_thought, self._is_stripping = Mode.TEXT, True, True
            self._pending = self._pending[own.end() :]
        elif own or is_last:
            self._mode = Mode.ENDED
            if not self._has_begun:
                self.has_thought, self.last_thought = True, self._pending
        return self._mode is not Mode.DOUBT

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
