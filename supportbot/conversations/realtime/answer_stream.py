"""The text of an answer while it streams: from the model to the pages that watch."""

from collections.abc import Callable
from typing import Any

from supportbot.server.process import process

from .broadcast import Watchers, deliver_frame, publish_frame, publish_notice, send_text_to_other_processes
from .fragments import build_delta_frame, render_blocks
from .markdown import BlockScanner


class StreamedText:
    """The text of a message as it grows, and the frames that bring a page along.

    Each character goes out once as it comes and once when its block is finished, so that the cost of an answer grows
    with its length alone. Lengths and offsets are in characters.
    """

    def __init__(self, message_id: int) -> None:
        self.message_id = message_id
        self.length = 0
        self._parts: list[str] = []
        self._blocks = BlockScanner()
        self._rendered_length = 0  # of what has gone out as blocks
        self._unfinished_parts: list[str] = []

    @property
    def text(self) -> str:
        return "".join(self._parts)

    def append(self, text: str) -> str:
        """Take in more text and return its frame."""
        offset = self.length
        self._parts.append(text)
        self.length += len(text)
        self._unfinished_parts.append(text)
        finished = self._blocks.add_text(text) - self._rendered_length
        if not finished:
            return build_delta_frame(self.message_id, offset, text)
        unfinished = "".join(self._unfinished_parts)
        self._unfinished_parts = [unfinished[finished:]]
        self._rendered_length += finished
        return render_blocks(self.message_id, unfinished[:finished], unfinished[finished:], self.length)

    def withdraw_text(self) -> str:
        """Forget the text, which was no answer, and return the frame that takes it off the page."""
        self.length, self._rendered_length = 0, 0
        self._parts, self._unfinished_parts, self._blocks = [], [], BlockScanner()
        return self.build_snapshot_frame()

    def build_frame_since(self, offset: int) -> str:
        """A frame with the text from there on."""
        return build_delta_frame(self.message_id, offset, self.text[offset:])

    def build_snapshot_frame(self) -> str:
        """A frame with all of the text, to replace what a page shows that comes in the middle of it."""
        blocks = self.text[: self._rendered_length]
        unfinished = "".join(self._unfinished_parts)
        return render_blocks(self.message_id, blocks, unfinished, self.length, swap="true")


class AnswerStream:
    """Carries one message's text to those who watch the conversation.

    `length` is how much there is of it, `stored_length` how much the database has, `sent_length` how much other
    processes were sent.
    """

    def __init__(self, conversation_id: int, message_id: int) -> None:
        self.conversation_id = conversation_id
        self.message_id = message_id
        self.length = self.stored_length = self.sent_length = 0
        self.render_notice: Callable[[], str] | None = None  # what the model does before the first word
        self._text = StreamedText(message_id)
        process.get(Watchers).streams[conversation_id] = self

    @property
    def text(self) -> str:
        return self._text.text

    async def append(self, text: str) -> None:
        self.length += len(text)
        await deliver_frame(self.conversation_id, self._text.append(text))
        send_text_to_other_processes(self.conversation_id, self.take_unsent_text)

    async def publish_notice(self, render: Callable[[], str]) -> None:
        """Show in the place of the text what the model does before it begins, also to pages that come meanwhile."""
        self.render_notice = render
        await publish_notice(self.conversation_id, render)

    async def withdraw_text(self) -> None:
        """Take what was shown of the message off all pages: it was no answer. The message begins anew."""
        self.length = self.stored_length = self.sent_length = 0
        await publish_frame(self.conversation_id, self._text.withdraw_text())

    def build_snapshot_frame(self) -> str:
        return self._text.build_snapshot_frame()

    def take_unsent_text(self) -> dict[str, Any] | None:
        """The message with what other processes have not been sent yet; None if there is nothing."""
        if self.sent_length == self.length:
            return None
        frame = self._text.build_frame_since(self.sent_length)
        self.sent_length = self.length
        return {"conversation_id": self.conversation_id, "frame": frame}

    def close(self) -> str:
        """End the stream. Returns its text."""
        streams = process.get(Watchers).streams
        if streams.get(self.conversation_id) is self:
            del streams[self.conversation_id]
        return self.text
