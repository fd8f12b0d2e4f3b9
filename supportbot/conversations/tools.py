"""What the assistant can do about the conversation itself. The docstrings are product text: the model reads them."""

from typing import Annotated, Any

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from supportbot.assistant.tools import ToolContext, ToolError, tool
from supportbot.audit.models import AuditEvent

from .models import Conversation, Message, Turn
from .turns.ownership import save_owner, start_waiting

Reason = Annotated[
    str,
    Field(
        description="What the customer needs a person for, in one plain sentence with the numbers they named."
    ),
]


@tool(effect="write", progress=_("Asking a colleague to join"), done_line=_("Asked a colleague to join"))
def request_human(ctx: ToolContext, reason: Reason) -> dict[str, Any]:
    """Hand this conversation over to a person of the team.

    Call this when the customer asks for a person, or when only a person can help and the customer agrees. The customer
    is told what happens next by the system, so say nothing about it yourself: this ends your part of the conversation.
    """
    if not ctx.conversation:
        raise ToolError("There is no conversation that could be handed over.")
    conversation = Conversation.objects.lock(ctx.conversation)
    if conversation.owner != Conversation.Owner.BOT:
        return {"status": "a colleague has the conversation already"}
    turn = conversation.turns.filter(state=Turn.State.RUNNING).last()
    if turn is None:
        raise ToolError("This can no longer be done.")
    sentence = start_waiting(conversation, reason.replace("\x00", ""), AuditEvent.Actor.ASSISTANT)
    Message.objects.create(
        conversation=conversation,
        turn=turn,
        seq=conversation.next_seq(),
        role=Message.Role.SYSTEM,
        text=sentence,
    )
    save_owner(conversation)
    return {"status": "handed over"}
