"""The frames that any page in admin sends over the socket of the desk."""

from typing import Literal

from supportbot.conversations.web.frames import BaseFrame, Number


class DeskFeedFrame(BaseFrame):
    """What any page in admin may send."""

    action: Literal["take_over", "presence", "ping"]
    conversation: Number = 0
    is_here: bool = True
