"""What of a model's text is its answer: without thoughts, end marks and raw tool calls, which are no words for anybody.

It works on a stream, whose pieces may end anywhere. In code and as words of a sentence, marks are text: an answer may
well be about them.
"""

import enum

from . import text_marks as marks
from .bare_harmony import BareHarmonyReader
from .marked_calls import MarkedCalls
from .mentions import continues_sentence, is_undecided
from .text_position import TextPosition
from .thought_bounds import ThoughtBounds
from .turn_headers import find_turn, is_turn_undecided, measure_speaker

MADE_UP_RESULT = "<tool_response>"
FIRST_WITHOUT_SPACES = "\u2e80"  # from here on Unicode has the scripts that put no spaces between words


class Mode(enum.Enum):
    TEXT = enum.auto()
    THOUGHT = enum.auto()
    CALL = enum.auto()
    ENDED = enum.auto()


class SpokenText:
    """The answer in a stream of text. Feed it the pieces, and at last ask for the rest.

    With `is_thought_first` the text is a thought until a closing mark says where it ended: there are models that open
    none (Qwen and DeepSeek behind servers whose template has opened it already). `calls` are those that stood in the
    text.
    """

    def __init__(self, *, is_thought_first: bool = False) -> None:
        self.has_thought = is_thought_first
        self.closed_unopened = False  # a closing mark came without an opening one
        self.is_withdrawn = False  # what was returned before the last piece was no answer, but a thought
        self.calls = MarkedCalls()
        self._returned_chars = 0
        self.last_thought = ""
        self._held: list[str] | None = [] if is_thought_first else None
        self._pending = ""
        self._bare_harmony = BareHarmonyReader()
        self._mode = Mode.TEXT
        self._thought = ThoughtBounds("")
        self._out: list[str] = []
        self._has_begun = False  # whether there is visible text before this place
        self._is_stripping = False  # white space after what was left out is left out too
        self._blank = ""  # white space at the beginning, of which nobody knows yet what it precedes
        self._is_after_closing = False  # of a thought that nothing had opened, if words or a call follow
        self._has_shown_opening = False
        self._open_strikes = 0
        self._position = TextPosition()

    def feed_text(self, data: str) -> str:
        """Add a piece. Returns what is to be shown of the text now."""
        if self._is_in_plain_text and data and marks.PLAIN.fullmatch(data):
            self._position.add_words(data)
            self._returned_chars += len(data)
            return data
        self._pending += data if self._bare_harmony.is_over else self._bare_harmony.read_text(data)
        self._read_pending(is_last=False)
        return self._take_out()

    def flush_text(self) -> str:
        """The text is over. Returns what is left to be shown."""
        self._pending += self._bare_harmony.flush_text()
        if self._mode is Mode.TEXT and not self._is_code:
            self._pending = marks.CUT_MARK.sub("", self._pending)
        self._read_pending(is_last=True)
        if self._mode is Mode.CALL:
            self._end_call(self._pending)
        self._pending = ""
        if self._held is not None:  # it was no thought after all, as nothing ended it
            self._out, self._held = [*self._held, *self._out], None
        return self._take_out()

    def end_thought(self) -> None:
        """A call follows, as words would: what stood before a closing mark that nothing had opened was a thought."""
        if self._is_after_closing:
            self._is_after_closing = False
            self._drop_thought()
            self._has_begun, self._is_stripping = False, True

    def drop_held_text(self) -> None:
        """The answer has broken off within what is known to be a thought."""
        if self._held is not None:
            self._held, self._out, self._pending, self._mode = None, [], "", Mode.ENDED

    @property
    def _is_in_plain_text(self) -> bool:
        """Whether words can be passed on without a look at what was before them, as nearly all are."""
        is_in_doubt = self._pending or self._is_stripping or self._is_after_closing or self._held is not None
        return self._mode is Mode.TEXT and self._has_begun and not is_in_doubt

    def _take_out(self) -> str:
        if self._held is not None:
            self._held += self._out
            self._out = []
            return ""
        text = "".join(self._out)
        self._out = []
        self._returned_chars += len(text)
        return text

    def _read_pending(self, *, is_last: bool) -> None:
        while self._pending and self._mode is not Mode.ENDED:
            if self._mode is Mode.TEXT:
                has_moved = self._read_text(is_last)
            elif self._mode is Mode.THOUGHT:
                has_moved = self._skip_thought(is_last)
            else:
                has_moved = self._read_call()
            if not has_moved:
                return
        if self._mode is Mode.ENDED:
            self._pending = ""

    def _read_text(self, is_last: bool) -> bool:
        """Read up to and including the next mark. False when more must come first."""
        end = len(self._pending) - (0 if is_last else marks.measure_partial_mark(self._pending))
        token = marks.TOKENS.search(self._pending)
        if token is None or token.start() >= end:
            self._show(self._pending[:end])
            self._pending = self._pending[end:]
            return False
        self._show(self._pending[: token.start()])
        mark, rest = token[0], self._pending[token.end() :]
        if self._must_wait(mark.lower(), rest) and not is_last:
            self._pending = self._pending[token.start() :]
            return False
        self._pending = rest
        if mark[0] in "`~\n":
            self._position.read_code_mark(mark)
            self._show(mark)
        elif self._is_code:
            self._show(mark)
        else:
            self._read_mark(mark)
        return True

    def _must_wait(self, mark: str, rest: str) -> bool:
        """Whether only what follows a mark can say what it is."""
        if mark in marks.CALLS:
            return not marks.CALL_BODY.match(rest) and bool(marks.CALL_BODY_BEGUN.fullmatch(rest))
        if mark[0] in "`~\n" or self._is_code:
            return False
        if mark in marks.SOFT_ENDINGS and not rest.strip(" \t"):
            return self._has_begun
        if is_turn_undecided(mark, rest) and not (mark in marks.ENDINGS and self._is_end(mark)):
            return True
        return self._position.may_be_in_sentence and is_undecided(rest[measure_speaker(mark, rest) :])

    @property
    def _is_code(self) -> bool:
        return self._has_begun and self._position.is_code

    def _read_mark(self, mark: str) -> None:
        kind = mark.lower()
        end = measure_speaker(kind, self._pending)
        if (
            kind not in marks.CALLS
            and self._position.may_be_in_sentence
            and continues_sentence(self._pending[end:])
        ):
            self._has_shown_opening = self._has_shown_opening or kind in marks.THOUGHT_OPENINGS
            self._show(mark + self._pending[:end])
            self._pending = self._pending[end:]
        elif kind in marks.THOUGHT_OPENINGS:
            self._mode, self.has_thought, self._is_stripping, self._blank = Mode.THOUGHT, True, True, ""
            self._thought = ThoughtBounds(kind)
        elif kind in marks.THOUGHT_CLOSINGS and self._has_shown_opening:
            self._show(mark)
        elif kind in marks.THOUGHT_CLOSINGS:
            # One that was closed already is closed twice.
            self._is_after_closing = not self.has_thought or self._held is not None
            self._is_stripping = self._is_stripping or not (self._has_begun or self._is_after_closing)
        elif kind in (marks.OPENING_STRIKE, *marks.SOFT_ENDINGS):
            self._read_soft_mark(mark)
        elif kind not in marks.CALLS:
            self._read_turn_mark(kind)
        elif kind == MADE_UP_RESULT and self.calls.bodies:
            self._mode = Mode.ENDED  # what follows stands on it
        elif marks.CALL_BODY.match(self._pending):
            self.end_thought()
            self.calls.begin_call(mark)
            self._mode, self._is_stripping = Mode.CALL, True
        else:
            self._show(mark)

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

    def _skip_thought(self, is_last: bool) -> bool:
        end = self._thought.find_end(self._pending)
        if end is None and is_last:
            end = self._thought.answer_start or None
        if end is not None or is_last:
            self.last_thought = self._pending[:end]
        if end is None:
            if is_last and self._has_begun:  # never closed: whatever it was, it is all that there is
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

    def _show(self, text: str) -> None:
        """Take in visible text."""
        if self._is_stripping or not self._has_begun or self._is_after_closing:
            text = self._take_in_beginning(text)
        if text:
            self._position.add_text(text)
            self._out.append(text)

    def _take_in_beginning(self, text: str) -> str:
        """The text without the white space that does not count; empty as long as there is nothing else."""
        words = text.lstrip()
        if self._is_after_closing:
            self._is_after_closing = not words
            if words:
                self._drop_thought()
            return words
        if not words:
            self._blank += "" if self._is_stripping else text
            return ""
        blank = "" if self._is_stripping else self._blank + text[: len(text) - len(words)]
        last = self._position.last_char
        if self._is_stripping and self._has_begun and not last.isspace() and last < FIRST_WITHOUT_SPACES:
            blank = " "  # between the words before and after it
        self._blank, self._is_stripping, self._has_begun = "", False, True
        return blank + words

    def _drop_thought(self) -> None:
        """A thought that nothing had opened has ended: all of the text before it was the thought."""
        self.closed_unopened = self.has_thought = True
        self._out = []
        self._held = None
        self.is_withdrawn = self.is_withdrawn or self._returned_chars > 0
        self.calls.clear_calls()
        self._returned_chars = 0
        self._position = TextPosition()
        self._has_begun = True
