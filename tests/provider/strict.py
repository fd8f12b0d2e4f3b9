"""What a real provider refuses in a request. Stricter than any one of them, so that all of them accept us."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

ROLES = {"system", "user", "assistant", "tool"}
NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
PICTURE = re.compile(r"data:image/(jpeg|png);base64,[A-Za-z0-9+/]+=*|https://\S+")
BOTH = {"model", "stream", "tools", "tool_choice", "parallel_tool_calls", "temperature", "prompt_cache_key"}
CHAT_FIELDS = {
    *BOTH,
    *("messages", "max_completion_tokens", "max_tokens", "reasoning_effort", "response_format"),
    "stream_options",
}
# Without `instructions`, which xAI refuses beside an id of stored state.
RESPONSES_FIELDS = {
    *BOTH,
    *("input", "max_output_tokens", "reasoning", "text", "store", "previous_response_id"),
}
ITEMS = {
    "message": {"type", "role", "content"},
    "function_call": {"type", "call_id", "name", "arguments"},
    "function_call_output": {"type", "call_id", "output"},
}


class ObjectionError(Exception):
    """Why the request would be answered with status 400."""


def objection(body: Any) -> str:
    """Why a provider of chat completions would refuse this body, or nothing."""
    return _said(_check_request, body)


def responses_objection(body: Any, messages: Sequence[Mapping[str, Any]]) -> str:
    """The same for the Responses API. `messages` are all that the model would see, in the form of chat."""
    return _said(_check_responses_request, body, messages)


def _said(check: Callable[..., None], *what: Any) -> str:
    try:
        check(*what)
    except ObjectionError as refusal:
        return str(refusal)
    return ""


def _check_request(body: Any) -> None:
    _need(isinstance(body, dict), "the body is not a JSON object")
    _need(not set(body) - CHAT_FIELDS, f"unknown fields: {sorted(set(body) - CHAT_FIELDS)}")
    _need(_is_text(body.get("model")), "model is missing")
    form = (body.get("response_format") or {}).get("json_schema")
    _check_form(body, form)
    _check_choice(body)
    _check_tools(body.get("tools"))
    _check_messages(body.get("messages"))


def _check_responses_request(body: Any, messages: Sequence[Mapping[str, Any]]) -> None:
    _need(isinstance(body, dict), "the body is not a JSON object")
    _need(not set(body) - RESPONSES_FIELDS, f"unknown fields: {sorted(set(body) - RESPONSES_FIELDS)}")
    _need(_is_text(body.get("model")), "model is missing")
    _check_form(body, (body.get("text") or {}).get("format"))
    _check_choice(body)
    tools = body.get("tools")
    if tools is not None:
        _need(all("function" not in tool for tool in tools), "a tool in the form of chat completions")
        tools = [{"function": tool} for tool in tools]
    _check_tools(tools)
    items = body.get("input")
    _need(isinstance(items, list) and bool(items), "input is not a list of items")
    for number, item in enumerate(items):
        _check_item(item, f"input[{number}]")
    pictured = "image_url" in str(messages)
    _need(not (pictured and body.get("store", True)), "pictures are not to be stored")
    _check_messages(messages)


def _check_form(body: Mapping[str, Any], form: Mapping[str, Any] | None) -> None:
    if form is None or form.get("type") == "json_object":
        is_told = "JSON schema" in str(body.get("messages") or body.get("input"))
        _need(body.get("stream") is True or is_told, "this provider only streams what is not a typed answer")
        return
    schema = form.get("schema") or {}
    _need(_is_text(form.get("name")) and form.get("strict") is True, "a form without a name, or not strict")
    _need(schema.get("additionalProperties") is False, "a form that allows for other fields")
    _need(set(schema.get("required", ())) == set(schema.get("properties", ())), "a form with optional fields")


def _check_item(item: Any, where: str) -> None:
    _need(isinstance(item, dict), f"{where} is not an object")
    kind = item.get("type", "message")
    _need(kind in ITEMS, f"{where}: unknown type of item: {kind}")
    _need(not set(item) - ITEMS[kind], f"{where}: unknown fields: {sorted(set(item) - ITEMS[kind])}")
    if isinstance(item.get("content"), list):
        kinds = {part.get("type") for part in item["content"]}
        _need(kinds <= {"input_text", "input_image"}, f"{where}: unknown part of content: {kinds}")


def _check_messages(messages: Any) -> None:
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
        kinds = {part.get("type") for part in content} if isinstance(content, list) else set()
        _need(kinds <= {"text", "thinking"}, f"{where}: unknown part of content: {kinds}")
        is_known = content is None or isinstance(content, str | list)
        _need(is_known, f"{where}: content is neither text nor null")
        return
    _need("tool_calls" not in message, f"{where}: tool_calls is empty, or not the assistant's")
    if message["role"] == "user" and isinstance(content, list):
        _need(bool(content), f"{where}: content has no parts")
        for part in content:
            _check_part(part, where)
        return
    _need(_is_text(content), f"{where}: content is empty")


def _check_part(part: Mapping[str, Any], where: str) -> None:
    if part.get("type") == "text":
        _need(_is_text(part.get("text")), f"{where}: a part of content is empty")
        return
    _need(part.get("type") == "image_url", f"{where}: unknown part of content")
    image = part.get("image_url") or {}
    _need(bool(PICTURE.fullmatch(image.get("url") or "")), f"{where}: not the address of a picture")
    _need(image.get("detail") in ("auto", "low", "high"), f"{where}: not a detail: {image.get('detail')}")


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


def _check_choice(body: Mapping[str, Any]) -> None:
    choice = body.get("tool_choice")
    _need(choice is None or "tools" in body, "a tool_choice without tools")
    _need(choice in (None, "auto", "none", "required"), f"not a tool_choice: {choice}")


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
