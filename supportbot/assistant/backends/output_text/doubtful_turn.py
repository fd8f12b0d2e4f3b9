"""What stands behind a heading that a shop may use too, but that may also name whose turn begins (`## User`)."""

import enum

from .role_headings import OWN_HEADING, has_topics


class Finding(enum.Enum):
    ANSWER = enum.auto()  # the heading is one of the answer's own
    PROMPT = enum.auto()  # the model has repeated it before its own turn
    END = enum.auto()  # somebody else's turn, and nothing behind it


class DoubtfulTurn:
    """Reads on until it is clear what the heading is. Each time it is given all of the text after it."""

    def __init__(self, heading: str, *, is_first: bool) -> None:
        """Before the first word of an answer it may be a prompt, which may have lists and headings too."""
        self.heading = heading
        self.is_first = is_first
        self.own_turn_start = 0  # behind a prompt
        self._scanned = 0

    def read_text(self, text: str, *, is_last: bool) -> Finding | None:
        """None when more lines must come first."""
        text = f"{text}\n" if is_last else text
        start, end = max(0, self._scanned - 1), text.rfind("\n") + 1
        if end <= self._scanned:
            return None
        own, self._scanned = OWN_HEADING.search(text, start, end), end
        if self.is_first:
            is_answer = is_last and own is None and has_topics(text, 0, end)
        else:
            is_answer = has_topics(text, start, own.start() + 1 if own else end)
        if is_answer:
            return Finding.ANSWER
        if own and self.is_first:
            self.own_turn_start = own.end()
            return Finding.PROMPT
        return Finding.END if own or is_last else None
