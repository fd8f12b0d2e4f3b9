"""The way to a person as a model of its own: it opens a ticket and says so, also when no other model answers."""

import json
import secrets
from collections.abc import AsyncGenerator, Sequence

from ..messages import Answer, Message, TextDelta, ToolCall
from ..tools import Tool

TOOL = "create_ticket"
IDS = "handover_"
NEVER_RUN = "Interrupted"  # how the result begins of a call that was cut off, and is made again on a retry


class HandoverBackend:
    async def stream(
        self, system: str, messages: Sequence[Message], tools: Sequence[Tool], *, conversation: str = ""
    ) -> AsyncGenerator[TextDelta | Answer]:
        last = messages[-1]
        is_open = last.role != "tool" or _result(last).get("error", "").startswith(NEVER_RUN)
        if is_open and any(tool.name == TOOL for tool in tools):
            call = ToolCall(IDS + secrets.token_hex(8), TOOL, _arguments(messages))
            yield Answer(Message("assistant", "", (call,)), "tool_calls", "handover")
            return
        text = _words(last)
        yield TextDelta(text)
        yield Answer(Message("assistant", text), "stop", "handover")


def _arguments(messages: Sequence[Message]) -> str:
    # Whoever asks again gets a ticket of the same words, which is the first one for as long as that is open.
    earlier = [call for message in messages for call in message.tool_calls if call.id.startswith(IDS)]
    if earlier:
        return earlier[-1].arguments
    *said, last = [message.text for message in messages if message.role == "user"]
    # What no model had answered stands before the wish in the same message.
    unanswered, _, wish = last.rpartition("\n\n")
    before = [text for text in (*said, unanswered) if text not in ("", wish)]
    about = f" Before that they wrote: {before[-1][:500]}" if before else ""
    return json.dumps({"issue": f"The customer asks to talk to a person.{about}", "priority": "medium"})


def _result(message: Message) -> dict[str, str]:
    """What a tool answered, as the text of its fields."""
    found = json.loads(message.text) if message.role == "tool" else {}
    return {key: str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def _words(last: Message) -> str:
    result = _result(last)
    if "ticket_id" in result:
        return (
            f"I have passed this on to our team as ticket **{result['ticket_id']}**. "
            "A colleague will read this conversation and get back to you."
        )
    if "error" in result:
        return f"I could not pass this on: {result['error']}"
    return "I am sorry, there is nobody here whom I could pass this on to."
