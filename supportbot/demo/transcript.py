"""Splits a conversation that stands in one message as a transcript into the messages that it consists of.

    Customer: Where is ORD-123? [1 photo(s) attached]
    Tool called: lookup_order {"order_id": "ORD-123"}
    Tool result: {"status": "shipped"}
    Assistant: It has been shipped.

A call and its result may also stand on one line, `Tool lookup_order {…} -> {…}`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

SPEAKERS = {"customer": "user", "guest": "user", "user": "user", "assistant": "assistant"}
SPOKEN_LINE = re.compile(rf"(?P<who>{'|'.join(SPEAKERS)}):(?: |$)(?P<text>.*)", re.IGNORECASE)
CALL_LINE = re.compile(r"Tool called: (?P<name>\S+) ?(?P<arguments>.*)")
RESULT_LINE = re.compile(r"Tool result: ?(?P<content>.*)")
CALL_AND_RESULT_LINE = re.compile(r"Tool (?P<name>[\w-]+) (?P<arguments>\{.*?\}|) ?-> (?P<content>.*)")
SUMMARY_LINE = re.compile(r"Earlier, in short:(?: |$)(?P<text>.*)")
PHOTOS = re.compile(r"\s*\[(?P<count>[1-9]) photo\(s\) attached\]$")
ENTRY_LINES = (SPOKEN_LINE, CALL_LINE, RESULT_LINE, CALL_AND_RESULT_LINE)
PHOTO = {"type": "image_url", "image_url": {"url": "data:,"}}


def split_transcripts(messages: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The same messages, with every transcript among them replaced by its own messages."""
    return [part for message in messages for part in _split_message(message)]


def extract_summary(messages: Sequence[Mapping[str, Any]]) -> str:
    """The summary of still earlier messages that stands at the head of a transcript, or an empty text."""
    summaries = [_extract_summary_lines(each["content"]) for each in messages if _is_transcript(each)]
    return " ".join(filter(None, summaries))


def _is_transcript(message: Mapping[str, Any]) -> bool:
    text = message.get("content") if message.get("role") == "user" else None
    return isinstance(text, str) and any(map(_starts_entry, text.splitlines()))


def _starts_entry(line: str) -> bool:
    return any(each.match(line) for each in ENTRY_LINES)


def _extract_summary_lines(text: str) -> str:
    lines: list[str] = []
    for line in text.splitlines():
        if _starts_entry(line):
            break
        if match := SUMMARY_LINE.match(line):
            lines = [match["text"]]
        elif lines:
            lines.append(line)
    return " ".join(" ".join(lines).split())


def _split_message(message: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if not _is_transcript(message):
        yield message
        return
    waiting: list[str] = []
    for number, entry in enumerate(_split_entries(message["content"])):
        call_id = f"transcript_{number}"
        if match := CALL_AND_RESULT_LINE.match(entry):
            yield _build_call_message(call_id, match)
            yield _build_result_message(call_id, match["content"])
        elif match := CALL_LINE.match(entry):
            waiting.append(call_id)
            yield _build_call_message(call_id, match)
        elif (match := RESULT_LINE.match(entry)) and waiting:
            yield _build_result_message(waiting.pop(0), entry[match.start("content") :])
        elif match := SPOKEN_LINE.match(entry):
            yield _build_text_message(SPEAKERS[match["who"].lower()], entry[match.start("text") :])


def _split_entries(text: str) -> list[str]:
    """The transcript's entries, each with all of its lines."""
    entries: list[str] = []
    for line in text.splitlines():
        if _starts_entry(line):
            entries.append(line)
        elif entries:
            entries[-1] += f"\n{line}"
    return entries


def _build_text_message(role: str, text: str) -> dict[str, Any]:
    photos = PHOTOS.search(text) if role == "user" else None
    if photos is None:
        return {"role": role, "content": text}
    words = {"type": "text", "text": text[: photos.start()]}
    return {"role": role, "content": [words, *[PHOTO] * int(photos["count"])]}


def _build_call_message(call_id: str, match: re.Match[str]) -> dict[str, Any]:
    function = {"name": match["name"], "arguments": match["arguments"] or "{}"}
    call = {"id": call_id, "type": "function", "function": function}
    return {"role": "assistant", "content": None, "tool_calls": [call]}


def _build_result_message(call_id: str, content: str) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": call_id, "content": content}
