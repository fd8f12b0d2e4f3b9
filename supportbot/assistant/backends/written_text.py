"""All that a model writes as text: words for the customer, and the thoughts and calls among them."""

from collections.abc import Collection, Sequence

from .calls.parts import CallParts
from .output_text import SpokenText
from .output_text.made_up_turns import MadeUpTurnReader
from .output_text.marks import find_last_call
from .output_text.prose_thoughts import ProseThoughtReader
from .output_text.repeated_text import CLEAR_CHARS, RepeatedText, drop_repetition
from .sanitize import sanitize_text
from .text_calls import parse_text_calls
from .text_calls.agent_calls import THOUGHT
from .text_calls.bare_calls import BareCallReader


class WrittenText:
    """Reads it piece by piece. A call in it is one of `tool_names`; `loose_names` are as in `parse_text_calls`."""

    def __init__(
        self, tool_names: Collection[str], loose_names: Collection[str], *, is_thought_first: bool
    ) -> None:
        self.text = ""  # the words so far
        self.ended_with_words = False  # they came with the reason to finish, and more had come before
        self._tool_names = tool_names
        self._loose_names = loose_names
        self._repeated = RepeatedText()
        self._half_char = ""  # the first half of a character, whose other half the next piece brings
        self._spoken = SpokenText(is_thought_first=is_thought_first)
        self._answer = self._spoken.answer
        self._begin_words()

    def _begin_words(self) -> None:
        self.text = ""
        self._turns = MadeUpTurnReader()
        self._prose = ProseThoughtReader()
        self._bare_calls = BareCallReader(self._tool_names, self._loose_names)

    @property
    def has_thought(self) -> bool:
        return self._answer.has_thought or self._prose.has_thought

    @property
    def last_thought(self) -> str:
        return self._answer.last_thought

    @property
    def is_thought_first(self) -> bool:
        """Whether its model is known by now to think aloud without a mark before it."""
        return self._answer.closed_unopened

    @property
    def is_withdrawn(self) -> bool:
        """Whether the words that were returned before the last piece were none."""
        return self._answer.is_withdrawn

    def take_withdrawal(self) -> bool:
        """The same, asked once."""
        is_withdrawn, self._answer.is_withdrawn = self.is_withdrawn, False
        return is_withdrawn

    @property
    def call_bodies(self) -> Sequence[str]:
        """What stands in the marks of its calls."""
        return self._answer.calls.bodies

    def expect_thought(self) -> None:
        """A thought has come apart from the text, whose closing mark may stand in it."""
        self._answer.has_thought = True

    def join_pieces(self, pieces: Sequence[str]) -> str:
        """The text of some pieces. Half a character at its end waits for the next piece (elizaOS/eliza#30904)."""
        if pieces and len(pieces[-1]) >= CLEAR_CHARS:
            if self.ended_with_words or self._repeated.comes_in_pieces or len(pieces) > 2:
                pieces = drop_repetition(pieces, self.text)
            self.ended_with_words = False
        text = "".join(pieces) if self._repeated.comes_in_pieces else self._repeated.join_pieces(pieces)
        if text.isascii() and not self._half_char:
            return sanitize_text(text)
        text, self._half_char = self._half_char + text, ""
        if "\ud800" <= text[-1:] <= "\udbff":
            text, self._half_char = text[:-1], text[-1]
        return sanitize_text(text)

    def add_text(self, text: str) -> str:
        """Add what `join_pieces` returned, or a text that came whole. Returns the words that it brings."""
        return self._read_words(self._spoken.read_text(text)) if text else ""

    def flush_text(self, *, has_calls: bool, is_broken_off: bool) -> str:
        """The text is over. Returns the words that were held back in case they were the beginning of a mark.

        `has_calls` says that calls have come apart from it.
        """
        if has_calls:
            self._answer.end_thought()
        if is_broken_off:
            self._spoken.drop_held_text()
        held, self._half_char = sanitize_text(self._half_char + self._repeated.flush_text()), ""
        return self._read_words(self._spoken.flush_text(held), is_last=True)

    def parse_calls(self, thought: str) -> list[CallParts]:
        """The calls in all of it, or else in the thought with which the model has stopped."""
        calls = [
            call
            for body in self.call_bodies
            for call in parse_text_calls(body, self._tool_names, self._loose_names)
        ]
        calls = calls or self._bare_calls.calls
        if not calls and not self.text.strip() and (body := find_last_call(thought)):
            calls = parse_text_calls(body, self._loose_names, self._loose_names)
        return calls

    def _read_words(self, text: str, *, is_last: bool = False) -> str:
        """The words in what is no thought and no call with a mark."""
        if self.is_withdrawn:
            self._begin_words()
        text = self._turns.read_text(text)
        if is_last:
            text += self._turns.flush_text()
            if self._turns.place is not None:
                self._answer.calls.drop_behind(self._turns.place)
        if not self._prose.is_over:
            text = self._prose.read_text(text) if text else ""
            text += self._prose.flush_text() if is_last else ""
            if self._prose.answer_place:
                self._answer.calls.drop_before(self._prose.answer_place)
        text = self._bare_calls.read_text(text)
        if is_last:
            rest = self._bare_calls.flush_text()
            text += "" if self.call_bodies and THOUGHT.match(rest) else rest
        self.text += text
        return text
