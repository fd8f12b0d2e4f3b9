"""The way to a person as a model of its own: it opens a ticket and says so, also when no other model answers."""

import json
import secrets
from collections.abc import AsyncGenerator, Sequence

from ..messages import Answer, Message, ModelError, ParsedAnswer, ResponseModel, TextDelta, ToolCall
from ..tools import Tool

TICKET_TOOL_NAME = "create_ticket"
CALL_ID_PREFIX = "handover_"
INTERRUPTED_PREFIX = (
    "Interrupted"  # how the result begins of a call that was cut off, and is made again on a retry
)


class HandoverBackend:
    async def stream(
        self,
        system: str,
        messages: Sequence[Message],
        tools: Sequence[Tool],
        *,
        conversation: str = "",
        may_call: bool = True,
    ) -> AsyncGenerator[TextDelta | Answer]:
        last = messages[-1]
        is_open = last.role != "tool" or _parse_result(last).get("error", "").startswith(INTERRUPTED_PREFIX)
        if is_open and may_call and any(tool.name == TICKET_TOOL_NAME for tool in tools):
            call = ToolCall(
                CALL_ID_PREFIX + secrets.token_hex(8), TICKET_TOOL_NAME, _build_ticket_arguments(messages)
            )
            yield Answer(Message("assistant", "", (call,)), "tool_calls", "handover")
            return
        text = _build_reply(last)
        yield TextDelta(text)
        yield Answer(Message("assistant", text), "stop", "handover")

    async def parse(
        self,
        system: str,
        messages: Sequence[Message],
        response_model: type[ResponseModel],
        *,
        conversation: str = "",
    ) -> ParsedAnswer[ResponseModel]:
        raise ModelError("declined", "a person is asked here, not a model", retry=False)

    async def forget(self, handles: Sequence[str]) -> None:
        """Nothing is kept anywhere."""

    async def aclose(self) -> None:
        """Nothing is open."""


def _build_ticket_arguments(messages: Sequence[Message]) -> str:
    # Whoever asks again gets a ticket of the same words, which is the first one for as long as that is open.
    earlier = [
        call for message in messages for call in message.tool_calls if call.id.startswith(CALL_ID_PREFIX)
    ]
    if earlier:
        return earlier[-1].arguments
    *said, last = [message.text for message in messages if message.role == "user"]
    # What no model had answered stands before the wish in the same message.
    unanswered, _, wish = last.rpartition("\n\n")
    before = [text for text in (*said, unanswered) if text not in ("", wish)]
    about = f" Before that they wrote: {before[-1][:500]}" if before else ""
    photos = sum(len(message.images) for message in messages)
    attached = f" With the conversation: {photos} photo{'s' if photos > 1 else ''}." if photos else ""
    issue = f"The customer asks to talk to a person.{about}{attached}"
    return json.dumps({"issue": issue, "priority": "medium"})


def _parse_result(message: Message) -> dict[str, str]:
    """What a tool answered, as the text of its fields."""
    found = json.loads(message.text) if message.role == "tool" else {}
    return {key: str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def _build_reply(last: Message) -> str:
    result = _parse_result(last)
    if "ticket_id" in result:
        return (
            f"I have passed this on to our team as ticket **{result['ticket_id']}**. "
            "A colleague will read this conversation and get back to you."
        )
    if "error" in result:
        # The tool's own words are meant for a model.
        return (
            "I am sorry, I could not open a ticket for this just now. If you already have one, our team will "
            "read this conversation with it; if not, please try again in a few minutes."
        )
    return "I am sorry, there is nobody here whom I could pass this on to."
