"""What is shown of a model's text: without the white space around what was left out of it, and held back while nobody
knows whether it is a thought.
"""

from ..text_calls.marked_calls import MarkedCalls
from .position import TextPosition

FIRST_WITHOUT_SPACES = "\u2e80"  # from here on Unicode has the scripts that put no spaces between words


class AnswerText:
    """Takes in the words of an answer and the calls between them. `MarkReader` says what is which."""

    def __init__(self, *, is_thought_first: bool) -> None:
        self.has_thought = is_thought_first
        self.last_thought = ""
        self.closed_unopened = False  # a closing mark came without an opening one
        self.is_withdrawn = False  # what was returned before the last piece was no answer, but a thought
        self.has_begun = False  # whether there is visible text before this place
        self.position = TextPosition()
        self.calls = MarkedCalls()
        self._returned_chars = 0
        self._held: list[str] | None = [] if is_thought_first else None
        self._out: list[str] = []
        self._is_stripping = False  # white space after what was left out is left out too
        self._blank = ""  # white space at the beginning, of which nobody knows yet what it precedes
        self._is_after_closing = False  # of a thought that nothing had opened, if words or a call follow

    @property
    def is_code(self) -> bool:
        return self.has_begun and self.position.is_code

    @property
    def is_held(self) -> bool:
        """Whether all of it so far may be a thought, which a closing mark would end."""
        return self._held is not None

    @property
    def is_plain(self) -> bool:
        """Whether nothing before this place changes what follows: `pass_words` may be called."""
        is_at_edge = self._is_stripping or self._is_after_closing
        return self.has_begun and not is_at_edge and self._held is None

    @property
    def has_words(self) -> bool:
        """Whether there are any that are no thought, as far as that is known."""
        return self.has_begun and not self._is_after_closing

    def pass_words(self, words: str) -> str:
        """Add words in which no line ends to a text that `is_plain`, and take them out at once."""
        self.position.add_words(words)
        self._returned_chars += len(words)
        return words

    def add_text(self, text: str) -> None:
        """Add visible text."""
        if self._is_stripping or not self.has_begun or self._is_after_closing:
            text = self._take_in_beginning(text)
        if text:
            self.position.add_text(text)
            self._out.append(text)

    def take_out(self) -> str:
        """What is to be shown of the text now."""
        if self._held is not None:
            self._held += self._out
            self._out = []
            return ""
        text = "".join(self._out)
        self._out = []
        self._returned_chars += len(text)
        return text

    def release_held(self) -> None:
        """The text is over: what was held back was no thought after all, as nothing has ended it."""
        if self._held is not None:
            self._out, self._held = [*self._held, *self._out], None

    def drop_held(self) -> None:
        """The text has broken off within what is known to be a thought."""
        self._held, self._out = None, []

    def strip_spaces(self) -> None:
        """Something was left out here."""
        self._is_stripping = True

    def strip_beginning(self) -> None:
        """Something was left out here that does not count behind words."""
        self._is_stripping = self._is_stripping or not self.has_begun

    def begin_turn(self) -> None:
        """The model's own turn begins here, or goes on."""
        self._is_stripping = not self.has_begun

    def begin_thought(self) -> None:
        self.has_thought, self._is_stripping, self._blank = True, True, ""

    def note_thought(self, thought: str) -> None:
        self.has_thought, self.last_thought = True, thought

    def close_unopened_thought(self) -> None:
        """A closing mark stands here that nothing has opened. Behind a thought, that one is closed twice."""
        self._is_after_closing = not self.has_thought or self.is_held
        self._is_stripping = self._is_stripping or not (self.has_begun or self._is_after_closing)

    def end_thought(self) -> None:
        """A call follows, as words would: what stood before a closing mark that nothing had opened was a thought."""
        if self._is_after_closing:
            self._is_after_closing = False
            self._drop_thought()
            self.has_begun, self._is_stripping = False, True

    def begin_call(self, mark: str, *, is_escaped: bool) -> None:
        """See `MarkedCalls.begin_call`."""
        self.end_thought()
        self.calls.begin_call(mark, is_escaped=is_escaped)
        self._is_stripping = True

    def end_call(self, body: str) -> None:
        waiting = sum(map(len, [*(self._held or ()), *self._out]))
        self.calls.end_call(body, self._returned_chars + waiting)

    def _take_in_beginning(self, text: str) -> str:
        """The text without the white space that does not count; empty as long as there is nothing else."""
        words = text.lstrip()
        if self._is_after_closing:
            self._is_after_closing = not words
            if words:
                self._drop_thought()
                self._is_stripping, self._blank = False, ""
            return words
        if not words:
            self._blank += "" if self._is_stripping else text
            return ""
        blank = "" if self._is_stripping else self._blank + text[: len(text) - len(words)]
        last = self.position.last_char
        if self._is_stripping and self.has_begun and not last.isspace() and last < FIRST_WITHOUT_SPACES:
            blank = " "  # between the words before and after it
        self._blank, self._is_stripping, self.has_begun = "", False, True
        return blank + words

    def _drop_thought(self) -> None:
        """A thought that nothing had opened has ended: all of the text before it was the thought."""
        self.closed_unopened = self.has_thought = True
        self._out = []
        self._held = None
        self.is_withdrawn = self.is_withdrawn or self._returned_chars > 0
        self.calls.clear_calls()
        self._returned_chars = 0
        self.position = TextPosition()
        self.has_begun = True
