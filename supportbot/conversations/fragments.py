"""Every frame that goes over the socket: HTML fragments from templates/chat, and the JSON of text in mid-stream.

The page includes the very same templates, so that a reload and a stream cannot differ.
"""

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.template.loader import get_template

from .markdown import finished_blocks

WORDS = {
    "busy": "The assistant is very busy right now. Please try again in a minute.",
    "no_first_token": "The assistant took too long to begin its answer. Please try again.",
    "stalled": "The answer stopped coming. Please try again.",
    "cut": "The answer was cut off. Please try again.",
    "malformed": "The answer did not come through. Please try again.",
    "provider_error": "The assistant broke off in the middle. Please try again.",
    "filtered": "The assistant can't answer that. You can put it in other words, or talk to a person.",
    "empty": "The assistant had no answer. You can try again, or put it in other words.",
    "endless": "The assistant could not work this out. You can try again, or talk to a person.",
    "too_long": "This took too long. You can try again, or talk to a person.",
    "context_too_long": "This conversation has become too long for the assistant. Please begin a new one in the menu.",
    "over_budget": "The assistant can answer no more today. Please come back tomorrow, or talk to a person.",
    "unreachable": "The assistant can't be reached right now. Please try again in a minute.",
    "down": "The assistant is out of order right now. Please try again in a few minutes.",
    "key_refused": "The assistant is away right now. You can talk to a person instead.",
    "no_model": "The assistant is away right now. You can talk to a person instead.",
    "request_refused": "The assistant could not take this message. You can put it in other words, or talk to a person.",
    "interrupted": "The answer was interrupted. Please try again.",
}


def turn(row: Any, messages: Sequence[Any] = ()) -> str:
    """A turn with all its messages and tool lines, to take the place of what the page shows of it.

    `messages` are the turn's, where they are at hand; else they are read from it.
    """
    return _render("chat/_turn.html", turn=row, said=messages, oob=True)


def failure(row: Any) -> str:
    """What the customer reads about a turn that did not end well, empty for one that did."""
    if row.state == "stopped":
        return "You stopped this answer."
    if row.state not in ("failed", "interrupted"):
        return ""
    return WORDS.get(row.error, "Something went wrong on our side. You can try again, or talk to a person.")


def notice(text: str, client_id: str = "") -> str:
    """A word to this one page. With a client id it says why that message was not taken."""
    return _render("chat/_notice.html", text=text, client_id=client_id, oob=True)


@lru_cache(maxsize=1000)
def pulse(revision: int) -> str:
    """The revision up to which the page lacks nothing; also the answer to one that asks whether the line is alive."""
    return _render("chat/_pulse.html", revision=revision)


def delta(message: int, offset: int, text: str) -> str:
    """Text in mid-stream; `offset` is the number of characters before it."""
    return json.dumps(
        {"delta": {"message": str(message), "offset": offset, "text": text}}, ensure_ascii=False
    )


def thinking(message: int) -> str:
    """The model thinks before it speaks: the page says so in the place where the text will come."""
    return _render("chat/_thinking.html", message=message)


def block(message: int, text: str, rest: str, end: int, swap: str = "beforeend") -> str:
    """Finished Markdown blocks to go below those before them, and the raw text that is left of the message.

    `end` is the number of characters of the message so far.
    """
    return _render("chat/_block.html", message=message, text=text, rest=rest, end=end, swap=swap)


def is_text(frame: str) -> bool:
    """Whether a frame is a piece of text in mid-stream, which goes on from the pieces before it."""
    return frame.startswith(("{", '<div class="blocks"'))


class StreamedText:
    """The text of a message as it grows, and the frames that bring a page along: each character once as it
    comes and once when its block is finished, so that the cost of an answer grows with its length alone.
    """

    def __init__(self, message: int) -> None:
        self.message = message
        self.length = 0
        self._parts: list[str] = []
        self._open = ""

    @property
    def text(self) -> str:
        return "".join(self._parts)

    def add(self, text: str) -> str:
        """Take in more text and return its frame."""
        offset = self.length
        self._parts.append(text)
        self.length += len(text)
        self._open += text
        if "\n" in text and "\n\n" in self._open and (finished := finished_blocks(self._open)):
            done, self._open = self._open[:finished], self._open[finished:]
            return block(self.message, done, self._open, self.length)
        return delta(self.message, offset, text)

    def since(self, offset: int) -> str:
        """A frame with the text from there on."""
        return delta(self.message, offset, self.text[offset:])

    def whole(self) -> str:
        """A frame with all of the text, to take the place of what a page shows that comes in the middle of it."""
        finished = self.text[: self.length - len(self._open)]
        return block(self.message, finished, self._open, self.length, swap="true")


def _render(name: str, **context: Any) -> str:
    return get_template(name).render(context)
