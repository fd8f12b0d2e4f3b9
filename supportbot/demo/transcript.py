"""A conversation that is put to the model as one text, taken apart into the messages that it tells of.

    Customer: Where is ORD-123? [1 photo(s) attached]
    Tool called: lookup_order {"order_id": "ORD-123"}
    Tool result: {"status": "shipped"}
    Assistant: It has been shipped.

A call and its result may also stand in one line, `Tool lookup_order {…} -> {…}`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

SPEAKERS = {"customer": "user", "guest": "user", "user": "user", "assistant": "assistant"}
LINE = re.compile(rf"(?P<who>{'|'.join(SPEAKERS)}):(?: |$)(?P<text>.*)", re.IGNORECASE)
CALLED = re.compile(r"Tool called: (?P<name>\S+) ?(?P<arguments>.*)")
RESULT = re.compile(r"Tool result: ?(?P<content>.*)")
BOTH = re.compile(r"Tool (?P<name>[\w-]+) (?P<arguments>\{.*?\}|) ?-> (?P<content>.*)")
EARLIER = re.compile(r"Earlier, in short:(?: |$)(?P<text>.*)")
PHOTOS = re.compile(r"\s*\[(?P<count>[1-9]) photo\(s\) attached\]$")
BEGINNINGS = (LINE, CALLED, RESULT, BOTH)
PHOTO = {"type": "image_url", "image_url": {"url": "data:,"}}


def taken_apart(messages: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The same messages, with every transcript among them in its parts."""
    return [part for message in messages for part in _parts(message)]


def earlier_summary(messages: Sequence[Mapping[str, Any]]) -> str:
    """What transcripts say of the time before their first line."""
    return " ".join(filter(None, (_earlier(each["content"]) for each in messages if _is_transcript(each))))


def _is_transcript(message: Mapping[str, Any]) -> bool:
    text = message.get("content")
    return message.get("role") == "user" and isinstance(text, str) and any(map(_begins, text.splitlines()))


def _begins(line: str) -> bool:
    return any(each.match(line) for each in BEGINNINGS)


def _earlier(text: str) -> str:
    lines: list[str] = []
    for line in text.splitlines():
        if _begins(line):
            break
        if begins := EARLIER.match(line):
            lines = [begins["text"]]
        elif lines:
            lines.append(line)
    return " ".join(" ".join(lines).split())


def _parts(message: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if not _is_transcript(message):
        yield message
        return
    waiting: list[str] = []
    for number, entry in enumerate(_entries(message["content"])):
        identity = f"transcript_{number}"
        if called := BOTH.match(entry):
            yield _call(identity, called)
            yield _result(identity, called["content"])
        elif called := CALLED.match(entry):
            waiting.append(identity)
            yield _call(identity, called)
        elif (came := RESULT.match(entry)) and waiting:
            yield _result(waiting.pop(0), entry[came.start("content") :])
        elif spoken := LINE.match(entry):
            yield _spoken(SPEAKERS[spoken["who"].lower()], entry[spoken.start("text") :])


def _entries(text: str) -> list[str]:
    """The transcript's entries, each with all of its lines."""
    entries: list[str] = []
    for line in text.splitlines():
        if _begins(line):
            entries.append(line)
        elif entries:
            entries[-1] += f"\n{line}"
    return entries


def _spoken(role: str, text: str) -> dict[str, Any]:
    sent = PHOTOS.search(text) if role == "user" else None
    if sent is None:
        return {"role": role, "content": text}
    words = {"type": "text", "text": text[: sent.start()]}
    return {"role": role, "content": [words, *[PHOTO] * int(sent["count"])]}


def _call(identity: str, called: re.Match[str]) -> dict[str, Any]:
    function = {"name": called["name"], "arguments": called["arguments"] or "{}"}
    call = {"id": identity, "type": "function", "function": function}
    return {"role": "assistant", "content": None, "tool_calls": [call]}


def _result(identity: str, content: str) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": identity, "content": content}
