"""The frames that the page of a live conversation sends over its socket."""

from typing import Literal

from pydantic import Field

from supportbot.conversations.models import Rating
from supportbot.conversations.web.frames import BaseFrame, Number


class DeskConversationFrame(BaseFrame):
    """What the page of one conversation may send."""

    action: Literal[
        "reply",
        "reply_and_close",
        "note",
        "delete_note",
        "read",
        "take_over",
        "hand_back",
        "return_to_queue",
        "close",
        "assign",
        "typing",
        "resync",
        "ping",
    ]
    to: Number = 0  # whom it is assigned to
    note: Number = 0  # which is to be deleted
    # What the page is about, such as a ticket's number; empty for the conversation itself.
    reference: str = Field("", max_length=Rating.TICKET_MAX_CHARS)
