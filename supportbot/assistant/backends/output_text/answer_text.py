"""What is shown of a model's text: without the white space around what was left out of it, and held back while nobody
knows whether it is a thought.
"""

from ..text_calls.marked_calls import MarkedCalls
from .position import TextPosition

FIRST_WITHOUT_SPACES = "\u2e80"  # from here on Unicode has the scripts that put no spaces between words


class AnswerText:
    """Takes in the words of an answer. What reads the marks between them says what they are."""

    def __init__(self, *, is_thought_first: bool = False) -> None:
        self.has_thought = is_thought_first
        self.closed_unopened = False  # a closing mark came without an opening one
        self.is_withdrawn = False  # what was returned before the last piece was no answer, but a thought
        self.calls = MarkedCalls()
        self._returned_chars = 0
        self._held: list[str] | None = [] if is_thought_first else None
        self._out: list[str] = []
        self._has_begun = False  # whether there is visible text before this place
        self._is_stripping = False  # white space after what was left out is left out too
        self._blank = ""  # white space at the beginning, of which nobody knows yet what it precedes
        self._is_after_closing = False  # of a thought that nothing had opened, if words or a call follow
        self._position = TextPosition()

    def end_thought(self) -> None:
        """A call follows, as words would: what stood before a closing mark that nothing had opened was a thought."""
        if self._is_after_closing:
            self._is_after_closing = False
            self._drop_thought()
            self._has_begun, self._is_stripping = False, True

    @property
    def _is_code(self) -> bool:
        return self._has_begun and self._position.is_code

    def _take_out(self) -> str:
        if self._held is not None:
            self._held += self._out
            self._out = []
            return ""
        text = "".join(self._out)
        self._out = []
        self._returned_chars += len(text)
        return text

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
                self._is_stripping, self._blank = False, ""
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
