"""Messages in the order that strict servers want, mostly those with a chat template that raises errors."""

from collections.abc import Sequence
from typing import Any

BRIDGE = "(…)"  # a word of the assistant, where a server wants one


def order_strictly(messages: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The messages so that customer and assistant take turns, and the assistant speaks after its tools."""
    ordered: list[dict[str, Any]] = []
    for message in messages:
        before = ordered[-1] if ordered else {"role": ""}
        role = message["role"]
        if role == "assistant" == before["role"] and not before.get("tool_calls"):
            texts = [before.get("content") or "", message.get("content") or ""]
            ordered[-1] = {**before, **message, "content": "\n\n".join(filter(None, texts)) or None}
            continue
        if role == "user" == before["role"]:
            ordered[-1] = {**before, "content": _join_contents(before["content"], message["content"])}
            continue
        if role == "user" and before["role"] == "tool":
            ordered.append({"role": "assistant", "content": BRIDGE})
        if role == "assistant" and before["role"] in ("", "system"):
            ordered.append({"role": "user", "content": BRIDGE})
        ordered.append(message)
    return ordered


def separate_calls(messages: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The messages with one call in each, and its result behind it."""
    results = {each["tool_call_id"]: each for each in messages if each["role"] == "tool"}
    moved: set[str] = set()
    separated: list[dict[str, Any]] = []
    for message in messages:
        calls = message.get("tool_calls") or ()
        if len(calls) < 2:
            separated += [] if message.get("tool_call_id") in moved else [message]
            continue
        for place, call in enumerate(calls):
            content = None if place else message.get("content")
            separated.append({**message, "content": content, "tool_calls": [call]})
            separated += [results[call["id"]]] if call["id"] in results else []
            moved.add(call["id"])
    return separated


def _join_contents(first: Any, second: Any) -> Any:
    """What two messages of a customer say, as text, or in parts if one of them is."""
    if isinstance(first, str) and isinstance(second, str):
        return f"{first}\n\n{second}"
    parts = ([{"type": "text", "text": each}] if isinstance(each, str) else each for each in (first, second))
    return [part for each in parts for part in each]


def move_system_text(messages: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The messages with the system text at the beginning of the customer's first one."""
    system, *rest = messages
    if not rest or rest[0]["role"] != "user":
        return [{"role": "user", "content": system["content"]}, *rest]
    first, *rest = rest
    return [{**first, "content": _join_contents(system["content"], first["content"])}, *rest]
