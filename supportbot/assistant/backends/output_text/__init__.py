"""What of a model's text is its answer: without thoughts, end marks and raw tool calls, which are no words for anybody.

It works on a stream, whose pieces may end anywhere. In code and as words of a sentence, marks are text: an answer may
well be about them.
"""

from .answer_text import AnswerText
from .mark_reader import MarkReader
from .marks import PLAIN
from .repair import TextRepair


class SpokenText:
    """The answer in a stream of text. Give it the pieces, and at last ask for the rest.

    With `is_thought_first` the text is a thought until a closing mark says where it ended: there are models that open
    none (Qwen and DeepSeek behind servers whose template has opened it already). `answer` knows what else was found in
    the text.
    """

    def __init__(self, *, is_thought_first: bool = False) -> None:
        self.answer = AnswerText(is_thought_first=is_thought_first)
        self._marks = MarkReader(self.answer)
        self._repair: TextRepair | None = TextRepair()  # as long as there may be something to repair
        self._is_plain = False  # words can be passed on without a look at what was before them

    def read_text(self, data: str) -> str:
        """Add a piece. Returns what is to be shown of the text now."""
        if self._is_plain and data and PLAIN.fullmatch(data):  # as nearly all pieces are
            return self.answer.pass_words(data)
        self._add_text(data)
        self._is_plain = not self._repair and self._marks.is_in_text and self.answer.is_plain
        return self.answer.take_out()

    def flush_text(self, data: str = "") -> str:
        """The text is over, perhaps with a last piece. Returns what is left to be shown."""
        self._add_text(data)
        if self._repair:
            self._marks.read_text(self._repair.flush_text())
        self._marks.finish_text()
        self.answer.release_held()
        return self.answer.take_out()

    def drop_held_text(self) -> None:
        """The answer has broken off within what is known to be a thought."""
        if self.answer.is_held:
            self.answer.drop_held()
            self._marks.end_text()

    def _add_text(self, data: str) -> None:
        if self._repair:
            data = self._repair.read_text(data)
            self._repair = None if self._repair.is_over else self._repair
        self._marks.read_text(data)
