"""Text that streams in another process, as far as this one has been sent it.

Each piece goes on where the last one ended. A page that opens in mid-answer reads what is stored, and is given what was
heard behind that. When this process has not heard all of it, because it has just begun to listen or a piece was lost,
it asks once, and what comes behind the gap is passed over until the answer, which has it too.
"""

import json
from dataclasses import dataclass, field
from time import monotonic

from supportbot.server.process import process

from . import process_messages
from .fragments import build_delta_frame

# A question, or its answer, may be lost. Then the pages are given what comes, find the gap and ask for themselves.
ANSWER_TIMEOUT_SECONDS = 1.0


@dataclass
class HeardText:
    """A message's text from the character `start` on."""

    message_id: int
    start: int
    text: str = ""
    heard_at: float = 0.0  # by the monotonic clock, as all times here
    asked_at: float = 0.0  # 0: nothing is missing

    @property
    def known_length(self) -> int:
        return self.start + len(self.text)

    @property
    def is_waiting(self) -> bool:
        return bool(self.asked_at) and monotonic() - self.asked_at < ANSWER_TIMEOUT_SECONDS


@dataclass
class HeardTexts:
    """What this process has heard, by the conversations that are watched here."""

    by_conversation: dict[int, HeardText] = field(default_factory=dict)


def take_piece(conversation_id: int, frame: str) -> str:
    """Take in a frame of `build_delta_frame`.

    Returns the one that the pages are to be sent; empty while something before it is missing.
    """
    piece = json.loads(frame)["delta"]
    message_id, offset, text = int(piece["message"]), piece["offset"], piece["text"]
    texts = process.get(HeardTexts).by_conversation
    heard = texts.get(conversation_id)
    if heard is None or heard.message_id != message_id or (heard.asked_at and not heard.is_waiting):
        heard = texts[conversation_id] = HeardText(message_id, offset)
    if offset > heard.known_length:
        if not heard.is_waiting:
            _ask(conversation_id, heard)
        return ""
    heard.heard_at, heard.asked_at = monotonic(), 0.0
    start = heard.known_length
    new = text[start - offset :]
    heard.text += new
    if not new or offset == start:
        return frame if new else ""
    return build_delta_frame(message_id, start, new)


def get_text_behind(conversation_id: int, message_id: int, length: int) -> str:
    """A frame with what was heard behind the first characters of a message, which a page shows; empty if nothing was.

    If it is not known what comes next, the process that streams the message is asked for it.
    """
    texts = process.get(HeardTexts).by_conversation
    heard = texts.get(conversation_id)
    if heard is None or heard.message_id != message_id or heard.start > length:
        heard = texts[conversation_id] = HeardText(message_id, length)
        _ask(conversation_id, heard)
    text = heard.text[length - heard.start :]
    return build_delta_frame(message_id, length, text) if text else ""


def forget_text(conversation_id: int) -> None:
    """Nothing more of it is wanted, or something else has taken its place."""
    process.get(HeardTexts).by_conversation.pop(conversation_id, None)


def get_conversations_heard_since(moment: float) -> list[int]:
    """Those of which text has come since, by the monotonic clock. What was heard of the others is forgotten."""
    state = process.get(HeardTexts)
    state.by_conversation = {
        pk: heard
        for pk, heard in state.by_conversation.items()
        if max(heard.heard_at, heard.asked_at) > moment
    }
    return [pk for pk, heard in state.by_conversation.items() if heard.heard_at > moment]


def _ask(conversation_id: int, heard: HeardText) -> None:
    heard.asked_at = monotonic()
    process_messages.send_without_waiting(
        process_messages.ALL_PROCESSES,
        "text_wanted",
        conversation_id=conversation_id,
        message_id=heard.message_id,
        offset=heard.known_length,
    )
