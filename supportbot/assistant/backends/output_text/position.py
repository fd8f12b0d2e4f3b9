"""What stands before a place in a text that comes in pieces: its line, and whether it is within code."""

from ..text_calls.mentions import may_be_mention
from .marks import MAX_MARK_CHARS

COLONS = (":", "：")
BLANKS_AND_EMPHASIS = " \t\r\n*_"
CODE_INDENT = 4  # a line that begins with so many spaces is code


class TextPosition:
    """The place after the text that was added so far. In code, as Markdown writes it, marks are text."""

    def __init__(self) -> None:
        self._last_piece = ""
        self._last_words = ""  # the last piece that is not all white space
        self._last_sign = ""  # the last character that is neither white space nor a mark of emphasis
        self._line = ""  # the line so far, no more of it than is needed
        self._fence = ""
        self._inline = 0
        self.has_headings = False  # a line before this one was one

    @property
    def last_char(self) -> str:
        return self._last_piece[-1:]

    @property
    def is_code(self) -> bool:
        is_indented = self._line[:CODE_INDENT] == " " * CODE_INDENT or self._line[:1] == "\t"
        return bool(self._fence or self._inline) or is_indented

    @property
    def is_in_line(self) -> bool:
        """Whether more than white space stands before this place in its line."""
        return bool(self._line.strip())

    @property
    def may_be_in_sentence(self) -> bool:
        """Whether a mark at this place may be a word of a sentence."""
        return may_be_mention(self._line, self.last_char, self._last_words.rstrip()[-1:])

    @property
    def is_announced(self) -> bool:
        """Whether the words before this place say that something follows."""
        return self._last_sign in COLONS

    def add_words(self, text: str) -> None:
        """Add text in which no line ends and no code begins, as nearly every piece of a stream is."""
        self._last_piece = text
        if not text.isspace():
            self._last_words = text
        self._note_last_sign(text)
        if len(self._line) < MAX_MARK_CHARS:
            self._line += text

    def add_text(self, text: str) -> None:
        self._last_piece = text
        self._last_words = text if text.strip() else self._last_words
        self._note_last_sign(text)
        _before, newline, rest = text.rpartition("\n")
        self._line = rest if newline else self._line + rest
        if self._line.strip():
            self._line = self._line[:MAX_MARK_CHARS]

    def _note_last_sign(self, text: str) -> None:
        self._last_sign = text.rstrip(BLANKS_AND_EMPHASIS)[-1:] or self._last_sign

    def read_code_mark(self, mark: str) -> None:
        """Note what comes next: the end of a line, or what may begin or end code."""
        if mark == "\n":
            self._inline = 0
            self.has_headings = self.has_headings or self._line[:1] == "#"
        elif self._fence:
            if mark.startswith(self._fence) and not self._line.strip():
                self._fence = ""
        elif len(mark) >= 3 and not self._line.strip():
            self._fence = mark
        elif mark[0] == "`":
            self._inline = 0 if self._inline == len(mark) else self._inline or len(mark)
