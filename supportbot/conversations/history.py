"""Stored rows as the messages array of the chat completions API: one that every provider accepts.

Whatever had happened to the rows: a call without a result gets one that says so, an answer of which nothing
came is left out, and what a customer wrote in several messages before the answer is one message.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from supportbot.assistant.messages import Message, ToolCall

# What is read of each row: one line for every tool call of a message, or one without a call.
COLUMNS = (
    *("pk", "role", "text", "status"),
    *("tool_calls__call_id", "tool_calls__name", "tool_calls__arguments", "tool_calls__result"),
)
NO_RESULT = '{"error": "Interrupted before it was done."}'


def as_history(rows: Iterable[Sequence[Any]]) -> list[Message]:
    """The array for rows of `COLUMNS`, which are in the order in which things were dealt with."""
    array: list[Message] = []
    for (_pk, role, text, status), lines in groupby(rows, key=lambda row: tuple(row[:4])):
        if role == "customer":
            if array and array[-1].role == "user":
                before = array.pop().text
                array.append(Message("user", f"{before}\n\n{text}"))
            else:
                array.append(Message("user", text))
        elif role == "assistant":
            array += _answer(text, status, [line[4:] for line in lines if line[4] is not None])
        elif role == "staff":
            array.append(Message("assistant", f"(A colleague wrote:) {text}"))
    return array


def _answer(text: str, status: str, calls: list[Sequence[str]]) -> list[Message]:
    if not calls and not text.strip():
        return []
    if status != "complete":
        text = f"{text}\n\n[This answer was cut off here.]"
    asked = tuple(ToolCall(call_id, name, arguments) for call_id, name, arguments, _ in calls)
    results = [Message("tool", result or NO_RESULT, tool_call_id=call_id) for call_id, _, _, result in calls]
    return [Message("assistant", text, asked), *results]
