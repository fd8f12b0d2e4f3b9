"""What a real provider refuses in a request. Stricter than any one of them, so that all of them accept us."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

ROLES = {"system", "user", "assistant", "tool"}
NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


class ObjectionError(Exception):
    """Why the request would be answered with status 400."""


def objection(body: Any) -> str:
    """Why a provider would refuse this body, or nothing."""
    try:
        _check_request(body)
    except ObjectionError as refusal:
        return str(refusal)
    return ""


def _check_request(body: Any) -> None:
    _need(isinstance(body, dict), "the body is not a JSON object")
    _need(_is_text(body.get("model")), "model is missing")
    _need(body.get("stream") is True, "this provider only streams")
    _check_tools(body.get("tools"))
    messages = body.get("messages")
    _need(
        isinstance(messages, list) and all(isinstance(each, dict) for each in messages),
        "messages is not a list",
    )
    _check_order(messages)
    for number, message in enumerate(messages):
        _check_message(message, f"messages[{number}]")
    _check_calls(messages)


def _check_order(messages: Sequence[Mapping[str, Any]]) -> None:
    roles = [message.get("role") for message in messages]
    unknown = [role for role in roles if role not in ROLES]
    _need(not unknown, f"no such role: {unknown}")
    _need(roles[:1] == ["system"], "the first message is not the system message")
    _need(roles.count("system") == 1, "a system message stands in the middle")
    _need(roles[-1] in ("user", "tool"), f"the last message is of {roles[-1]}, so there is nothing to answer")


def _check_message(message: Mapping[str, Any], where: str) -> None:
    content = message.get("content")
    if message["role"] == "tool":
        _need(isinstance(content, str), f"{where}: the content of a tool message is not text")
        return
    if message["role"] == "assistant" and message.get("tool_calls"):
        _need(content is None or isinstance(content, str), f"{where}: content is neither text nor null")
        return
    _need("tool_calls" not in message, f"{where}: tool_calls is empty, or not the assistant's")
    if message["role"] == "user" and isinstance(content, list):
        _need(bool(content), f"{where}: content has no parts")
        _need(
            all(part.get("type") in ("text", "image_url") for part in content),
            f"{where}: unknown part of content",
        )
        return
    _need(_is_text(content), f"{where}: content is empty")


def _check_calls(messages: Sequence[Mapping[str, Any]]) -> None:
    """Every call has one result, right after it and before anything else; every result has its call."""
    seen: set[str] = set()
    waiting: set[str] = set()
    for number, message in enumerate(messages):
        if message["role"] == "tool":
            identity = message.get("tool_call_id")
            _need(identity in waiting, f"messages[{number}]: a result of {identity} without its call")
            waiting.discard(str(identity))
            continue
        _need(not waiting, f"messages[{number}]: calls without a result before it: {sorted(waiting)}")
        for call in message.get("tool_calls", ()):
            _check_call(call, f"messages[{number}]")
            _need(call["id"] not in seen, f"messages[{number}]: the call id {call['id']} stands twice")
            seen.add(call["id"])
            waiting.add(call["id"])
    _need(not waiting, f"calls without a result at the end: {sorted(waiting)}")


def _check_call(call: Mapping[str, Any], where: str) -> None:
    _need(_is_text(call.get("id")) and call.get("type") == "function", f"{where}: a call without id or type")
    function = call.get("function") or {}
    _need(bool(NAME.fullmatch(function.get("name") or "")), f"{where}: not a function's name")
    try:
        arguments = json.loads(function.get("arguments") or "")
    except ValueError:
        arguments = None
    _need(isinstance(arguments, dict), f"{where}: the arguments of a call are not a JSON object")


def _check_tools(tools: Any) -> None:
    if tools is None:
        return
    _need(isinstance(tools, list) and 0 < len(tools) <= 128, "tools is not a list of 1 to 128")
    functions = [tool.get("function") or {} for tool in tools]
    names = [function.get("name") or "" for function in functions]
    _need(all(NAME.fullmatch(name) for name in names), f"a tool's name is not allowed: {names}")
    _need(len(set(names)) == len(names), f"two tools have one name: {names}")
    _need(
        all(function.get("parameters", {}).get("type") == "object" for function in functions),
        "parameters: no object",
    )


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _need(condition: bool, otherwise: str) -> None:
    if not condition:
        raise ObjectionError(otherwise)
