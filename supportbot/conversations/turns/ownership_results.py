"""What came of something that staff did with a conversation."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..models import Conversation
from .changes import ChangedTurn, TurnChange, build_change, load_stored_turn


@dataclass(frozen=True, slots=True)
class OwnershipResult:
    """Whether it was done, and what it changed."""

    change: TurnChange
    is_done: bool

    @property
    def assignee_name(self) -> str:
        """Empty where nobody has it, or somebody who may no longer answer."""
        return self.change.owner.assignee_name if self.change.owner else ""


def build_result(conversation: Conversation, changed: Sequence[ChangedTurn]) -> OwnershipResult:
    """It was done: these turns say so to everybody who watches."""
    return OwnershipResult(build_change(conversation, changed, with_owner=True, notifies_desk=True), True)


def build_unchanged(conversation: Conversation) -> OwnershipResult:
    """It is as it was wanted to be already."""
    return OwnershipResult(build_change(conversation, (), with_owner=True), True)


def build_refusal(conversation: Conversation) -> OwnershipResult:
    """It is somebody else's by now."""
    return OwnershipResult(build_change(conversation, (), with_owner=True), False)


def find_done_press(conversation: Conversation, client_id: str) -> OwnershipResult | None:
    """What a press has done already that is repeated: the database went away just after it was stored."""
    told = conversation.messages.filter(client_id=client_id).first()
    if told is None:
        return None
    return build_result(conversation, [load_stored_turn(told.turn_id)])
