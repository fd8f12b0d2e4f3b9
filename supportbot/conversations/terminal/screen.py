"""What a terminal shows of a conversation."""

import re
from collections.abc import Callable

from django.utils.translation import gettext as _

from supportbot.assistant.messages import (
    Event,
    TextDelta,
    TextWithdrawn,
    Thinking,
    ToolFinished,
    ToolStarted,
    Waiting,
)

from ..turns import get_tool_registry

Write = Callable[[str], object]

UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class Screen:
    """Shows what happens in a turn: the answer by `write`, everything else by `write_note`.

    Control characters are left out: a terminal obeys them, and a model or a tool's result may hold any.
    """

    def __init__(self, write: Write, write_note: Write, *, verbose: bool) -> None:
        self._write = write
        self._write_note = write_note
        self._verbose = verbose
        self._in_line = False

    def on_event(self, event: Event) -> None:
        """Show an event of the engine."""
        match event:
            case TextDelta(text):
                self._print(text)
            case TextWithdrawn():
                self.print_note(_("That was a thought. The answer:"))
            case Thinking():
                self.print_note(_("thinking…"))
            case Waiting():
                self.print_note(_("The assistant is still starting up. This can take a few minutes…"))
            case ToolStarted(call):
                self.print_note(f"{get_tool_registry().format_progress(call)}…")
                self.print_detail(f"{call.name} {call.arguments}")
            case ToolFinished(_, result):
                self.print_detail(f"{result.outcome}: {result.content}")

    def print_text(self, text: str) -> None:
        """A whole text, with the end of its line."""
        self.end_line()
        self._print(text)
        self.end_line()

    def print_note(self, text: str, mark: str = "·") -> None:
        """A line that is not a part of the answer."""
        self.end_line()
        self._write_note(f"{mark} {UNPRINTABLE.sub('', text)}\n")

    def end_line(self) -> None:
        if self._in_line:
            self._write("\n")
        self._in_line = False

    def print_detail(self, text: str) -> None:
        """A note that only a verbose screen shows."""
        if self._verbose and text:
            self.print_note(text, " ")

    def _print(self, text: str) -> None:
        if text := UNPRINTABLE.sub("", text):
            self._write(text)
            self._in_line = not text.endswith("\n")
