"""What of a model's text is its answer: without thoughts, end marks and raw tool calls, which are no words for anybody.

It works on a stream, whose pieces may end anywhere. In code and as words of a sentence, marks are text: an answer may
well be about them.
"""

from ..text_calls.marks import CALL_BODY, CALL_BODY_BEGUN, CALLS, MADE_UP_RESULTS
from ..text_calls.mentions import continues_sentence, is_undecided
from . import marks
from .harmony_headers import is_header_undecided, read_header
from .invisible_marks import (
    CUT_RENDER,
    IS_INVISIBLE,
    MAX_INVISIBLE_CHARS,
    NEVER_WORDS,
    RENDER_CLOSING,
    RENDER_OPENING,
    read_bytes,
)
from .repair import TextRepair
from .role_headings import is_role_undecided
from .thought_bounds import ThoughtBounds
from .thought_names import ELEMENT, ELEMENT_BEGUN, END_OF_MARK, build_end, is_closing, is_opening
from .turn_headers import is_turn_undecided, measure_speaker
from .turn_text import Mode, TurnText


class SpokenText(TurnText):
    """The answer in a stream of text. Feed it the pieces, and at last ask for the rest.

    With `is_thought_first` the text is a thought until a closing mark says where it ended: there are models that open
    none (Qwen and DeepSeek behind servers whose template has opened it already). `calls` are those that stood in the
    text.
    """

    def __init__(self, *, is_thought_first: bool = False) -> None:
        super().__init__(is_thought_first=is_thought_first)
        self._repair: TextRepair | None = TextRepair()  # as long as there may be something to repair
        self._has_shown_opening = False
        self._may_be_element = True  # what the text begins with
        self._answer_closing = ""  # of an element in which the answer stands

    def feed_text(self, data: str) -> str:
        """Add a piece. Returns what is to be shown of the text now."""
        if self._is_in_plain_text and data and marks.PLAIN.fullmatch(data):
            self._position.add_words(data)
            self._returned_chars += len(data)
            return data
        if self._repair:
            data = self._repair.read_text(data)
            self._repair = None if self._repair.is_over else self._repair
        self._pending += data
        self._read_pending(is_last=False)
        return self._take_out()

    def flush_text(self) -> str:
        """The text is over. Returns what is left to be shown."""
        if self._repair:
            self._pending += self._repair.flush_text()
        if self._mode is Mode.TEXT and not self._is_code:
            self._pending = CUT_RENDER.sub("", marks.CUT_MARK.sub("", self._pending))
        self._read_pending(is_last=True)
        if self._mode is Mode.CALL:
            self._end_call(self._pending)
        self._pending = ""
        if self._held is not None:  # it was no thought after all, as nothing ended it
            self._out, self._held = [*self._held, *self._out], None
        return self._take_out()

    def drop_held_text(self) -> None:
        """The answer has broken off within what is known to be a thought."""
        if self._held is not None:
            self._held, self._out, self._pending, self._mode = None, [], "", Mode.ENDED

    @property
    def _is_in_plain_text(self) -> bool:
        """Whether words can be passed on without a look at what was before them, as nearly all are."""
        is_in_doubt = self._pending or self._repair or self._is_stripping or self._is_after_closing
        return self._mode is Mode.TEXT and self._has_begun and not is_in_doubt and self._held is None

    def _read_pending(self, *, is_last: bool) -> None:
        while self._pending and self._mode is not Mode.ENDED:
            if self._mode is Mode.TEXT:
                has_moved = self._read_text(is_last)
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

    def _read_text(self, is_last: bool) -> bool:
        """Read up to and including the next mark. False when more must come first."""
        if not self._has_begun and self._pending[0].isspace():  # all of it at once, however long it is
            words = self._pending.lstrip()
            self._show(self._pending[: len(self._pending) - len(words)])
            self._pending = words
            return bool(words)
        if (
            self._may_be_element
            and not self._has_begun
            and (has_moved := self._read_element(is_last)) is not None
        ):
            return has_moved
        token, end = marks.TOKENS.search(self._pending), len(self._pending)
        if not is_last and (token is None or token.start() + MAX_INVISIBLE_CHARS > end):
            end -= marks.measure_partial_mark(self._pending, is_in_line=self._position.is_in_line)
        if token is None or token.start() >= end:
            self._show(self._pending[:end])
            self._pending = self._pending[end:]
            return False
        self._show(self._pending[: token.start()])
        mark, rest = token[0], self._pending[token.end() :]
        kind = marks.ESCAPED.get(mark.lower(), mark.lower())
        is_words = mark[0] in "`~\n" or self._is_code or self._is_out_of_place(kind)
        if not is_last and not is_words and self._must_wait(kind, rest):
            self._pending = self._pending[token.start() :]
            return False
        self._pending = rest
        if mark[0] in "`~\n":
            self._position.read_code_mark(mark)
            self._show(mark)
        elif is_words:
            self._show(mark[0])
            self._pending = mark[1:] + rest  # in which a line may end
        else:
            self._read_mark(mark, kind)
        return True

    def _is_out_of_place(self, kind: str) -> bool:
        """Whether a mark that only begins lines stands within one, or a heading in what may be a thought."""
        is_of_line = kind[0] in marks.FIRST_CHARS_OF_LINE_MARKS
        return is_of_line and (self._position.is_in_line or (kind[0] == "#" and self._held is not None))

    def _must_wait(self, mark: str, rest: str) -> bool:
        """Whether only what follows a mark can say what it is."""
        if mark in CALLS:
            return not CALL_BODY.match(rest) and bool(CALL_BODY_BEGUN.fullmatch(rest))
        if mark[0] == "#":
            return is_role_undecided(rest)
        if is_header_undecided(mark, rest):
            return True
        if mark in marks.SOFT_ENDINGS and not rest.strip(" \t"):
            return self._has_begun
        if is_turn_undecided(mark, rest) and not (mark in marks.ENDINGS and self._is_end(mark)):
            return True
        return self._position.may_be_in_sentence and is_undecided(rest[measure_speaker(mark, rest) :])

    def _read_mark(self, mark: str, kind: str) -> None:
        is_escaped = kind != mark.lower()
        kind, length = read_header(kind, self._pending)
        mark, self._pending = mark + self._pending[:length], self._pending[length:]
        if kind not in CALLS and self._is_mention(kind):
            self._show_mention(kind, mark)
        elif IS_INVISIBLE.fullmatch(kind):
            self._is_stripping = self._is_stripping or not self._has_begun
            if RENDER_OPENING.fullmatch(kind):
                self._mode, self._thought = Mode.THOUGHT, ThoughtBounds(kind, RENDER_CLOSING)
        elif kind in marks.THOUGHT_OPENINGS or is_opening(kind):
            self._begin_thought(kind, None if kind in marks.THOUGHT_OPENINGS else END_OF_MARK)
        elif kind in marks.THOUGHT_CLOSINGS or is_closing(kind):
            self._read_closing(mark)
        elif kind in (marks.OPENING_STRIKE, *marks.SOFT_ENDINGS):
            self._read_soft_mark(mark)
        elif (characters := read_bytes(kind)) or (kind[:2] == "</" and kind not in marks.ALL_MARKS):
            self._show(characters or ("" if kind == self._answer_closing else mark))
        elif kind[0] == "#":
            self._read_role(mark)
        elif kind not in CALLS:
            self._read_turn_mark(kind)
        elif kind in MADE_UP_RESULTS and self.calls.bodies:
            self._mode = Mode.ENDED  # what follows stands on it
        elif CALL_BODY.match(self._pending):
            self.end_thought()
            self.calls.begin_call(kind, is_escaped=is_escaped)
            self._mode, self._is_stripping = Mode.CALL, True
        else:
            self._show(mark)

    def _is_mention(self, kind: str) -> bool:
        """Whether a sentence goes on behind this mark, and behind the speaker whom it names."""
        if NEVER_WORDS.fullmatch(kind):
            return False
        rest = self._pending[measure_speaker(kind, self._pending) :]
        return self._position.may_be_in_sentence and continues_sentence(rest)

    def _show_mention(self, kind: str, mark: str) -> None:
        self._has_shown_opening = (
            self._has_shown_opening or kind in marks.THOUGHT_OPENINGS or is_opening(kind)
        )
        end = measure_speaker(kind, self._pending)
        self._show(mark + self._pending[:end])
        self._pending = self._pending[end:]

    def _read_closing(self, mark: str) -> None:
        """Read the end of a thought that nothing has opened. One that was closed already is closed twice."""
        if self._has_shown_opening:
            self._show(mark)
            return
        self._is_after_closing = not self.has_thought or self._held is not None
        self._is_stripping = self._is_stripping or not (self._has_begun or self._is_after_closing)

    def _read_element(self, is_last: bool) -> bool | None:
        """Read an element around a thought, or around the answer behind one, with which the text begins.

        None if there is none, and False when more must come first.
        """
        element = ELEMENT.match(self._pending)
        if element is None or marks.BOUNDS_OF_THOUGHT.match(element[0].strip()):
            return False if not is_last and ELEMENT_BEGUN.fullmatch(self._pending) else None
        if not element["answer"]:
            self._begin_thought(element[0], build_end(element))
        elif self.has_thought:
            self._answer_closing = f"</{element['answer'].lower()}>"
            self._is_stripping = True
        else:
            return None
        self._pending = self._pending[element.end() :]
        return True

    def _skip_thought(self, is_last: bool) -> bool:
        end = self._thought.find_end(self._pending)
        if end is None and is_last:
            end = self._thought.answer_start or None
        if end is not None or is_last:
            self.last_thought = self._pending[:end]
        if end is None:
            if is_last and self._thought.is_element:  # never closed, so it was none
                self._mode, self._pending = Mode.TEXT, self._thought.opening + self._pending
                self._may_be_element = False
                return True
            # Never closed: whatever it was, it is all that there is.
            if is_last and self._has_begun and not self._thought.is_invisible:
                self._mode = Mode.TEXT
                self._show(self._pending)
            self._pending = self._pending if not is_last else ""
            return False
        self._pending, self._mode = self._pending[end:], Mode.TEXT
        return True

    def _read_call(self) -> bool:
        end = self.calls.find_end(self._pending)
        if end is None:
            return False
        self._end_call(self._pending[: end.start()])
        self._pending = self._pending[end.end() :]
        return True

    def _end_call(self, body: str) -> None:
        waiting = sum(map(len, [*(self._held or ()), *self._out]))
        self.calls.end_call(body, self._returned_chars + waiting)
        self._mode = Mode.TEXT
