"""Text that comes again with every piece: servers that send all of the answer so far, where a piece of it is due.

Some of DashScope's and Gemini's paths do so (QwenLM/qwen-code#3896, tashfeenahmed/freellmapi#1007). It shows at the
beginning of an answer: there each piece begins with all of the one before it, which those of other streams do not.
"""

from collections.abc import Sequence

CLEAR_CHARS = 12  # what repeats so many was no piece of its own, however the answer goes on
DOUBTFUL_CHARS = 4  # and so few, if the answer ends there
MAX_SPACES_AROUND = 8


def drop_repetition(pieces: Sequence[str], said: str) -> Sequence[str]:
    """The pieces without the last one, if that is all of the answer again, as some servers end with."""
    last, before = pieces[-1], pieces[:-1]
    if abs(len(said) + sum(map(len, before)) - len(last)) > MAX_SPACES_AROUND:
        return pieces
    return before if last.strip() == "".join([said, *before]).strip() else pieces


class RepeatedText:
    """Tells the two forms apart, and makes pieces of what comes whole."""

    def __init__(self) -> None:
        self.comes_in_pieces = False  # known by now: then nobody has to look at them here
        self._comes_whole = False
        self._so_far = ""  # until it is known that the text comes in pieces
        self._passed_on = 0  # how many characters of it
        self._has_grown = False

    def join_pieces(self, pieces: Sequence[str]) -> str:
        """What is new in these pieces, as far as that is known."""
        return "".join([self._add_piece(piece) for piece in pieces if piece])

    def flush_text(self) -> str:
        """The text is over. Returns what was held back."""
        if self.comes_in_pieces or self._comes_whole or not self._has_grown:
            return ""
        is_whole = self._passed_on >= DOUBTFUL_CHARS
        rest = self._so_far[self._passed_on :] if is_whole else self._so_far
        self.comes_in_pieces = True
        return rest

    def _add_piece(self, piece: str) -> str:
        if self.comes_in_pieces:
            return piece
        return self._take_new(piece) if self._comes_whole else self._read_form(piece)

    def _read_form(self, piece: str) -> str:
        """What is to be passed on of a piece that may tell the form."""
        before = self._so_far
        if not before:
            self._so_far, self._passed_on = piece, len(piece)
            return piece
        if not piece.startswith(before) or piece == before or not any(map(str.isalnum, before)):
            self.comes_in_pieces = True
            return before + piece if self._has_grown else piece
        if self._has_grown or len(before) >= CLEAR_CHARS:
            self._comes_whole = True
            return self._take_new(piece)
        self._so_far, self._has_grown = piece, True
        return ""

    def _take_new(self, piece: str) -> str:
        if piece.startswith(self._so_far):
            new, self._so_far = piece[self._passed_on :], piece
            self._passed_on = len(piece)
            return new
        if self._so_far.startswith(piece):
            return ""
        self._so_far += piece
        self._passed_on = len(self._so_far)
        return piece
