"""Where a model's thought ends, in a text that comes in pieces. A thought may hold others, each with its own end."""

import re

from ..text_calls.mentions import continues_sentence, is_undecided, may_be_mention
from .harmony_headers import MAX_HEADER_CHARS
from .marks import BOUNDS_OF_THOUGHT, ENDS_OF_HARMONY, MAX_MARK_CHARS, THOUGHT_OPENINGS


class ThoughtBounds:
    """Looks for the end of one thought. Each time it is given all of the text after the opening mark."""

    def __init__(self, opening: str, closing: re.Pattern[str] | None = None) -> None:
        """`closing` is said of a thought that nothing else ends."""
        self.opening = opening
        # What is in it is no thought, and nobody's word either.
        self.is_invisible = opening.startswith("<grok:")
        is_element = closing is not None and opening.lstrip()[:1] != "#" and opening[-2:-1] not in "|｜"
        self.is_element = is_element and not self.is_invisible
        self._closing = closing
        self.answer_start = 0  # after the last closing mark, though not all thoughts are closed by then
        self._is_harmony = "channel|>" in opening and "message" in opening
        self._depth = 1
        self._scanned = 0
        self._opening_end = 0

    def find_end(self, text: str) -> int | None:
        """The place after the mark that ends the thought, None if it has not come yet."""
        if self._closing or self._is_harmony:
            end = (self._closing or ENDS_OF_HARMONY).search(text, self._scanned)
            self._scanned = max(0, len(text) - MAX_HEADER_CHARS)
            if end is None:
                return None
            return end.end() if self._closing or not end["header"] else end.start()
        for mark in BOUNDS_OF_THOUGHT.finditer(text, self._scanned):
            if mark[0].lower() in THOUGHT_OPENINGS:
                if not self._read_opening(text, mark.start(), mark.end()):
                    return None
            else:
                self._depth -= 1
                self.answer_start = mark.end()
                if not self._depth:
                    return mark.end()
            self._scanned = mark.end()
        self._scanned = max(self._scanned, len(text) - MAX_MARK_CHARS)
        return None

    def _read_opening(self, text: str, start: int, end: int) -> bool:
        """Go a thought deeper, unless the thought only talks of the mark. False when more must come first."""
        before, rest = text[:start], text[end:]
        is_repeated = not before[self._opening_end :].strip()  # by the model, after its template's
        if not is_repeated:
            line = before.rpartition("\n")[2]
            if may_be_mention(line, before[-1:], before.rstrip()[-1:]):
                if is_undecided(rest):
                    self._scanned = start
                    return False
                if continues_sentence(rest):
                    return True
            self._depth += 1
        self._opening_end = end
        return True
