"""A turn while it runs in this process."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic

from supportbot.assistant.messages import Event, Mark, Message, ToolCall

from ..models import Turn
from ..realtime.answer_stream import AnswerStream
from ..turns import TurnLease

EventListener = Callable[[Event], None]


class TurnHandedOver(Exception):
    """A tool has given the conversation to a person: the turn has ended in good order."""


@dataclass
class RunningTurn:
    """A turn that runs here.

    `state` is how it ends if it is cancelled, `on_event` is told of each event after it was stored, `renewed_at` is
    when the lease was last renewed, in seconds of the monotonic clock. `begun_call` is the tool call that was begun and
    whose result may not be stored: whatever cuts its clean-up short, and however often, the end of the turn stores how
    it ended. `cut_marks` are what could not be confirmed of a message that was cut. `unstored_answer` is a whole
    message of the model that is not stored yet, and may be kept by its provider.
    """

    lease: TurnLease
    stream: AnswerStream
    on_event: EventListener | None = None
    task: asyncio.Task[None] = field(init=False)
    state: str = Turn.State.STOPPED
    first_token: datetime | None = None
    renewed_at: float = field(default_factory=monotonic)
    is_cancellable: bool = False
    is_cancelled: bool = False
    begun_call: ToolCall | None = None
    cut_marks: list[Mark] = field(default_factory=list)
    unstored_answer: Message | None = None

    def cancel(self) -> None:
        """Cancel the task while it asks the model.

        One that has not begun would end without a trace, so it does so when it begins; and one whose answer has ended
        must not be kept from storing and showing it.
        """
        self.is_cancelled = True
        if self.is_cancellable:
            self.task.cancel()
