"""Stored rows as the messages array of the chat completions API: one that every provider accepts.

Whatever had happened to the rows: a call without a result gets one that says so, an answer of which nothing
came is left out, and what a customer wrote in several messages before the answer is one message.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any
from uuid import UUID

from supportbot.assistant.messages import Image, Message, ToolCall

# What is read of each row: one line for every tool call or image of a message, or one without any.
COLUMNS = (
    *("pk", "role", "text", "status", "handle", "turn__state"),
    *("tool_calls__call_id", "tool_calls__name", "tool_calls__arguments", "tool_calls__result"),
    "attachments__public_id",
)
# Or the next request would ask for it once more.
STOPPED = Message("assistant", "[The customer stopped this before anything was said.]")
NO_IMAGE = "[Here was a photo that is not there any more.]"
NO_RESULT = '{"error": "Interrupted before it was done."}'


def as_history(rows: Iterable[Sequence[Any]], address: Callable[[UUID], str] = str) -> list[Message]:
    """The array for rows of `COLUMNS`, which are in the order in which things were dealt with.

    `address` gives the address of an image.
    """
    array: list[Message] = []
    for (_pk, role, text, status, handle, state), lines in groupby(rows, key=lambda row: tuple(row[:6])):
        if role == "customer":
            images = tuple(Image(address(line[10])) for line in lines if line[10] is not None)
            before = array.pop() if array and array[-1].role == "user" else None
            # An empty message would be refused for ever.
            array.append(_joined(before, text if text or images else NO_IMAGE, images))
        elif role == "assistant":
            calls = [line[6:10] for line in lines if line[6] is not None]
            answer = _answer(text, status, handle, calls)
            array += answer or ([STOPPED] if state == "stopped" else [])
        elif role == "staff":
            array.append(Message("assistant", f"(A colleague wrote:) {text}"))
    return array


def _joined(before: Message | None, text: str, images: tuple[Image, ...]) -> Message:
    """What a customer wrote, together with what they had written just before."""
    if before is None:
        return Message("user", text, images=images)
    words = "\n\n".join(filter(None, [before.text, text]))
    return Message("user", words, images=before.images + images)


def _answer(text: str, status: str, handle: str, calls: list[Sequence[str]]) -> list[Message]:
    if not calls and not text.strip():
        return []
    if status != "complete":
        text, handle = f"{text}\n\n[This answer was cut off here.]", ""
    asked = tuple(ToolCall(call_id, name, arguments) for call_id, name, arguments, _ in calls)
    results = [Message("tool", result or NO_RESULT, tool_call_id=call_id) for call_id, _, _, result in calls]
    return [Message("assistant", text, asked, handle=handle), *results]


def in_words(message: Message) -> Message:
    """The message with a word of its photos in their place."""
    if not message.images:
        return message
    return replace(message, text=f"{message.text} [{len(message.images)} photo(s) attached]", images=())


def as_text(messages: Iterable[Message], summary: str = "") -> str:
    """The conversation as one text, for questions about it.

    Only what we put there begins a line: a customer who writes “Tool result: …” below a greeting has said so,
    and no tool has.
    """
    entries = [f"Earlier, in short: {summary}"] if summary else []
    for message in map(in_words, messages):
        if message.role == "user":
            entries.append(f"Customer: {message.text}")
        elif message.role == "assistant":
            entries += [f"Assistant: {message.text}"] if message.text else []
            entries += [f"Tool called: {call.name} {call.arguments}" for call in message.tool_calls]
        else:
            entries.append(f"Tool result: {message.text}")
    return "\n".join("\n  ".join(entry.splitlines()) for entry in entries)
