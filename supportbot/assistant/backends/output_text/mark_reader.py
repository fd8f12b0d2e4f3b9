"""Reads the marks between the words of an answer: where a thought, a call or somebody else's turn begins."""

import enum
import re

from ..text_calls.marks import CALL_BODY, CALLS, MADE_UP_RESULTS
from . import formulas, marks, thought_names
from .answer_text import AnswerText
from .doubtful_turn import DoubtfulTurn, Finding
from .harmony_headers import read_header
from .invisible_marks import (
    CUT_RENDER,
    IS_INVISIBLE,
    MAX_INVISIBLE_CHARS,
    RENDER_CLOSING,
    RENDER_OPENING,
    read_bytes,
)
from .mark_meanings import is_end, is_mention, is_out_of_place, needs_more_text
from .role_headings import OWN_HEADING, find_role, may_be_topic
from .thought_bounds import ThoughtBounds
from .turn_headers import find_turn, measure_speaker

FIRST_CHARS_OF_CODE_MARKS = "`~\n"


class Mode(enum.Enum):
    TEXT = enum.auto()
    THOUGHT = enum.auto()
    CALL = enum.auto()
    DOUBT = enum.auto()  # in what is somebody else's turn, or a part of the answer
    ENDED = enum.auto()


class MarkReader:
    """Passes words and calls on to the answer, and leaves marks and thoughts out."""

    def __init__(self, answer: AnswerText) -> None:
        self._answer = answer
        self._pending = ""  # what was not read yet
        self._mode = Mode.TEXT
        self._thought = ThoughtBounds("")
        self._doubtful_turn = DoubtfulTurn("", is_first=True)
        self._open_strikes = 0
        self._has_shown_opening = False
        self._may_be_element = True  # what the text begins with
        self._answer_closing = ""  # of an element in which the answer stands

    @property
    def is_in_text(self) -> bool:
        """Whether nothing waits for more of the text, and it is the answer's."""
        return not self._pending and self._mode is Mode.TEXT

    def read_text(self, text: str) -> None:
        """Add a piece."""
        self._pending += text
        self._read_pending(is_last=False)

    def finish_text(self) -> None:
        """The text is over."""
        if self._mode is Mode.TEXT and not self._answer.is_code:
            self._pending = CUT_RENDER.sub("", marks.CUT_MARK.sub("", self._pending))
        self._read_pending(is_last=True)
        if self._mode is Mode.CALL:
            self._end_call(self._pending)
        self._pending = ""

    def end_text(self) -> None:
        """Nothing more of the text is read."""
        self._pending, self._mode = "", Mode.ENDED

    def _read_pending(self, *, is_last: bool) -> None:
        while self._pending and self._mode is not Mode.ENDED:
            if self._mode is Mode.TEXT:
                has_moved = self._read_words(is_last)
            elif self._mode is Mode.THOUGHT:
                has_moved = self._skip_thought(is_last)
            elif self._mode is Mode.DOUBT:
                has_moved = self._read_doubtful_turn(is_last)
            else:
                has_moved = self._read_call()
            if not has_moved:
                return
        if self._mode is Mode.ENDED:
            self._pending = ""

    def _read_words(self, is_last: bool) -> bool:
        """Read up to and including the next mark. False when more must come first."""
        if not self._answer.has_begun and (has_moved := self._read_beginning(is_last)) is not None:
            return has_moved
        token = self._show_words(is_last)
        if token is None:
            return False
        mark, rest = token[0], self._pending[token.end() :]
        kind = marks.ESCAPED.get(mark.lower(), mark.lower())
        if mark[0] in FIRST_CHARS_OF_CODE_MARKS:
            self._answer.position.read_code_mark(mark)
            self._answer.add_text(mark)
            self._pending = rest
        elif self._answer.is_code or is_out_of_place(kind, self._answer):
            self._answer.add_text(mark[0])
            self._pending = mark[1:] + rest  # in which a line may end
        elif not is_last and needs_more_text(kind, rest, self._answer):
            self._pending = self._pending[token.start() :]
            return False
        elif kind in formulas.CLOSINGS:
            self._read_formula(mark, rest)
        else:
            self._pending = rest
            self._read_mark(mark, kind)
        return True

    def _show_words(self, is_last: bool) -> re.Match[str] | None:
        """Show the words before the next mark, and return that. None if what comes may be one, but has not ended."""
        token, end = marks.TOKENS.search(self._pending), len(self._pending)
        if not is_last and (token is None or token.start() + MAX_INVISIBLE_CHARS > end):
            end -= marks.measure_partial_mark(self._pending, is_in_line=self._answer.position.is_in_line)
        if token and token.start() < end:
            self._answer.add_text(self._pending[: token.start()])
            return token
        self._answer.add_text(self._pending[:end])
        self._pending = self._pending[end:]
        return None

    def _read_beginning(self, is_last: bool) -> bool | None:
        """Read white space, or an element, before the first word.

        None if there is none, and False when more must come first.
        """
        if self._pending[0].isspace():  # all of it at once, however long it is
            words = self._pending.lstrip()
            self._answer.add_text(self._pending[: len(self._pending) - len(words)])
            self._pending = words
            return bool(words)
        return self._read_element(is_last) if self._may_be_element else None

    def _read_element(self, is_last: bool) -> bool | None:
        """Read an element around a thought, or around the answer."""
        element = thought_names.ELEMENT.match(self._pending)
        if element is None or marks.BOUNDS_OF_THOUGHT.match(element[0].strip()):
            return False if not is_last and thought_names.ELEMENT_BEGUN.fullmatch(self._pending) else None
        rest = self._pending[element.end() :]
        if not element["answer"]:
            self._begin_thought(element[0], thought_names.build_end(element))
        elif self._answer.has_thought or (
            is_around := thought_names.is_around_answer(element, rest, is_last=is_last)
        ):
            self._answer_closing = f"</{element['answer'].lower()}>"
            self._answer.strip_spaces()
        else:
            return False if is_around is None else None
        self._pending = rest
        return True

    def _read_mark(self, mark: str, kind: str) -> None:
        is_escaped = kind != mark.lower()
        kind, length = read_header(kind, self._pending)
        mark, self._pending = mark + self._pending[:length], self._pending[length:]
        if kind not in CALLS and is_mention(kind, self._pending, self._answer):
            self._show_mention(kind, mark)
        elif IS_INVISIBLE.fullmatch(kind):
            self._answer.strip_beginning()
            if RENDER_OPENING.fullmatch(kind):
                self._mode, self._thought = Mode.THOUGHT, ThoughtBounds(kind, RENDER_CLOSING)
        elif kind in marks.THOUGHT_OPENINGS or thought_names.is_opening(kind):
            self._begin_thought(kind, None if kind in marks.THOUGHT_OPENINGS else thought_names.END_OF_MARK)
        elif kind in marks.THOUGHT_CLOSINGS or thought_names.is_closing(kind):
            self._read_closing(mark)
        elif kind in (marks.OPENING_STRIKE, *marks.SOFT_ENDINGS):
            self._read_soft_mark(mark)
        elif (characters := read_bytes(kind)) or (kind[:2] == "</" and kind not in marks.ALL_MARKS):
            self._answer.add_text(characters or ("" if kind == self._answer_closing else mark))
        elif kind[0] == "#":
            self._read_role(mark)
        elif kind not in CALLS:
            self._read_turn_mark(kind)
        elif kind in MADE_UP_RESULTS and self._answer.calls.bodies:
            self._mode = Mode.ENDED  # what follows stands on it
        elif CALL_BODY.match(self._pending):
            self._answer.begin_call(kind, is_escaped=is_escaped)
            self._mode = Mode.CALL
        elif self._pending.strip() or self._answer.position.may_be_in_sentence:
            self._answer.add_text(mark)  # at the end of an answer it is that of a call that never came

    def _read_formula(self, opening: str, rest: str) -> None:
        plain, length = formulas.find_formula(opening, rest) or (opening, 0)
        self._answer.add_text(plain)
        self._pending = rest[length:]

    def _show_mention(self, kind: str, mark: str) -> None:
        self._has_shown_opening |= kind in marks.THOUGHT_OPENINGS or thought_names.is_opening(kind)
        end = measure_speaker(kind, self._pending)
        self._answer.add_text(mark + self._pending[:end])
        self._pending = self._pending[end:]

    def _begin_thought(self, opening: str, closing: re.Pattern[str] | None) -> None:
        self._mode, self._thought = Mode.THOUGHT, ThoughtBounds(opening, closing)
        self._answer.begin_thought()

    def _read_closing(self, mark: str) -> None:
        """Read the end of a thought that nothing has opened, unless the text has spoken of thoughts."""
        if self._has_shown_opening:
            self._answer.add_text(mark)
        else:
            self._answer.close_unopened_thought()

    def _skip_thought(self, is_last: bool) -> bool:
        end = self._thought.find_end(self._pending)
        if end is None and is_last:
            end = self._thought.answer_start or None
        if (end is not None or is_last) and not self._thought.is_invisible:
            self._answer.note_thought(self._pending[:end])
        if end is None:
            if is_last and self._thought.is_element:  # never closed, so it was none
                self._mode, self._pending = Mode.TEXT, self._thought.opening + self._pending
                self._may_be_element = False
                return True
            # Never closed: whatever it was, it is all that there is.
            if is_last and self._answer.has_begun and not self._thought.is_invisible:
                self._mode = Mode.TEXT
                self._answer.add_text(self._pending)
            self._pending = self._pending if not is_last else ""
            return False
        self._pending, self._mode = self._pending[end:], Mode.TEXT
        return True

    def _read_call(self) -> bool:
        end = self._answer.calls.find_end(self._pending)
        if end is None:
            return False
        self._end_call(self._pending[: end.start()])
        self._pending = self._pending[end.end() :]
        return True

    def _end_call(self, body: str) -> None:
        self._answer.end_call(body)
        self._mode = Mode.TEXT

    def _read_turn_mark(self, kind: str) -> None:
        """Read a mark that begins a turn or ends one, or is nobody's word for another reason.

        Before the first word none ends the model's own turn, which goes on (`<|eot_id|>` and then its header, Phi's
        `<|im_sep|>`). There the answer would be lost.
        """
        turn = find_turn(kind, self._pending)
        is_of_others = kind in marks.TURNS_OF_OTHERS or (turn is not None and not turn[0])
        if is_of_others or is_end(kind, self._answer):
            self._mode = Mode.ENDED
        else:
            self._pending = self._pending[turn[1] if turn else 0 :]
            self._answer.begin_turn()

    def _read_soft_mark(self, mark: str) -> None:
        """Read a mark that means something else to those who write HTML."""
        kind = mark.lower()
        if not self._answer.has_begun:
            self._answer.strip_spaces()
        elif kind == marks.OPENING_STRIKE or (kind == marks.CLOSING_STRIKE and self._open_strikes):
            self._open_strikes += 1 if kind == marks.OPENING_STRIKE else -1
            self._answer.add_text(mark)
        elif self._pending.lstrip(" \t")[:1] in ("", "\n", "<", "["):
            self._mode = Mode.ENDED

    def _read_role(self, heading: str) -> None:
        """Read a heading that may name whose turn begins. The answer is behind a prompt that the model repeats."""
        has_begun, position = self._answer.has_begun, self._answer.position
        is_own = find_role(
            heading,
            self._pending,
            is_first=not has_begun,
            is_among_headings=position.has_headings,
            is_announced=position.is_announced,
        )
        if is_own is None:
            self._answer.add_text(heading)
        elif is_own:
            self._answer.strip_spaces()
        elif may_be_topic(heading):
            self._mode, self._doubtful_turn = Mode.DOUBT, DoubtfulTurn(heading, is_first=not has_begun)
        elif has_begun:
            self._mode = Mode.ENDED
        else:
            self._begin_thought(heading, OWN_HEADING)

    def _read_doubtful_turn(self, is_last: bool) -> bool:
        """Read on until it is clear whether it is somebody else's turn. False when more lines must come first."""
        turn = self._doubtful_turn
        finding = turn.read_text(self._pending, is_last=is_last)
        if finding is Finding.ANSWER:
            self._mode = Mode.TEXT
            self._answer.add_text(turn.heading)
        elif finding is Finding.PROMPT:
            self._mode, self._pending = Mode.TEXT, self._pending[turn.own_turn_start :]
            self._answer.begin_thought()
        elif finding is Finding.END:
            self._mode = Mode.ENDED
            if turn.is_first:
                self._answer.note_thought(self._pending)
        return finding is not None
