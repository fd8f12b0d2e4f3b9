"""The calls that stand in marks of their own in a text, whose pieces may end anywhere, and their places in it."""

import html
import re

from ...errors import ErrorCode, ModelError
from ...limits import MAX_RECEIVED_ARGUMENT_CHARS, MAX_RECEIVED_CALLS
from .marks import CALLS


class MarkedCalls:
    """Collects what stands behind the marks of calls, up to the marks that end them."""

    def __init__(self) -> None:
        self.bodies: list[str] = []  # each with its opening mark
        self._places: list[int] = []  # of each: the characters of the text before it
        self._mark = ""
        self._is_escaped = False
        self._scanned = 0  # how many characters of the call are known to hold no closing mark

    def begin_call(self, mark: str, *, is_escaped: bool) -> None:
        """The call's opening mark has come. `is_escaped` says that it was written as a page has it."""
        self._mark, self._is_escaped, self._scanned = mark, is_escaped, 0

    def find_end(self, text: str) -> re.Match[str] | None:
        """The mark that ends the call, in all that came behind its opening mark. None if it has not come yet.

        Raises `ModelError` when more has come of a call than any needs, as of those that are no text.
        """
        closing = CALLS[self._mark.lower()]
        written = html.escape(closing) if self._is_escaped else closing
        found = re.compile(re.escape(written), re.IGNORECASE) if closing else None
        end = found.search(text, self._scanned) if found else None
        length = len(text) if end is None else end.start()
        if length > MAX_RECEIVED_ARGUMENT_CHARS or len(self.bodies) > MAX_RECEIVED_CALLS:
            raise ModelError(ErrorCode.MALFORMED, "tool calls without end")
        if end is None:
            self._scanned = max(0, len(text) - len(written))
        return end

    def end_call(self, body: str, place: int) -> None:
        self.bodies.append(self._mark + (html.unescape(body) if self._is_escaped else body))
        self._places.append(place)

    def drop_before(self, place: int) -> None:
        """So many characters of the text were a thought, and what was called in it was not meant."""
        number = sum(each < place for each in self._places)
        del self.bodies[:number], self._places[:number]

    def drop_behind(self, place: int) -> None:
        """What follows so many characters of the text is no answer, nor is what is called in it."""
        number = sum(each <= place for each in self._places)
        del self.bodies[number:], self._places[number:]

    def clear_calls(self) -> None:
        self.bodies, self._places = [], []
