"""What is passed on of an answer while it is read: its text, that the model thinks, and that it is still there."""

import asyncio
from collections.abc import Iterator, Sequence

from ..messages import TextDelta, TextWithdrawn, Thinking
from . import timeouts
from .accumulator import AnswerAccumulator

StreamPart = TextDelta | TextWithdrawn | Thinking


class StreamReporter:
    """Makes the parts of one answer. It belongs to the event loop in which it is made."""

    def __init__(self, accumulator: AnswerAccumulator) -> None:
        self.is_reasoning = False
        self._accumulator = accumulator
        self._now = asyncio.get_running_loop().time
        self._last_sign_of_life = self._now()

    def list_parts(self, text: str) -> list[StreamPart]:
        """The parts to pass on after a read, which has brought `text` or nothing.

        Whatever was read is a sign of life, such as the comments by which a router says that it still waits. It is
        passed on as an empty text, but not each time.
        """
        parts: list[StreamPart] = []
        now = self._now()
        if self._accumulator.written.take_withdrawal():
            parts.append(TextWithdrawn())
        if not self.is_reasoning and self._accumulator.has_reasoned:
            self._last_sign_of_life, self.is_reasoning = now, True
            parts.append(Thinking())
        if text or now - self._last_sign_of_life > timeouts.KEEP_ALIVE_SECONDS:
            self._last_sign_of_life = now
            parts.append(TextDelta(text))
        return parts


def finish_stream(accumulator: AnswerAccumulator, events: Sequence[bytes] = ()) -> Iterator[StreamPart]:
    """The stream is over: the last events, which had no end of their own, and the text that was held back."""
    text = accumulator.add_events(events)
    is_withdrawn = accumulator.written.take_withdrawal()
    rest = accumulator.finish_text()
    if is_withdrawn or accumulator.written.take_withdrawal():
        yield TextWithdrawn()
        text, rest = accumulator.written.text, ""
    if text or rest:
        yield TextDelta(text + rest)
