"""Server-sent events, as far as model providers use them (WHATWG's HTML standard, section 9.2)."""

import json
import re
from collections.abc import Sequence

from ..errors import ErrorCode, ModelError
from ..limits import MAX_EVENT_BYTES
from .json_text import load_json

KEEP_ALIVE = rb"ping|pong|heart[ _-]?beat|keep[ _-]?alive|no[ _-]?op"
KEEP_ALIVE_NAME = re.compile(KEEP_ALIVE, re.IGNORECASE)
# In the place of data, where a stream of JSON has no words of its own. A time may stand there too.
KEEP_ALIVE_DATA = re.compile(
    rb"\d{9,}[\d.]*|\d{4}-\d\d-\d\d[T ][\dTZ:.,+-]*|[\"']?(?:"
    + KEEP_ALIVE
    + rb"|alive|connect(?:ed|ing)|wait(?:ing)?|processing|pending|queued|null|none|undefined|true|ok)?"
    + rb"[\"'.!]*(?:(?<=\w)[\s:#-]+[\dTZ:.,+-]+)?",
    re.IGNORECASE,
)
# Of an event with nothing in it.
END_NAME = re.compile(rb"done|end|finish(?:ed)?|completed?|close|stop", re.IGNORECASE)
NAMED_EVENT = re.compile(rb'event: response\.[a-z_.]+\ndata: (\{"type".+)')
DONE_DATA = re.compile(rb'"?(?:\[DONE\]|DONE)"?', re.IGNORECASE)
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class SSEParser:
    """Splits a stream, fed in pieces of any size, into the data of its events.

    Comments, which servers send to keep a connection alive, and other fields are skipped. Lines may end in LF, CRLF
    or CR. One byte order mark at the beginning is skipped (openai/openai-python#3819), and what stands at the end
    without a blank line is an event if it is whole (openai/openai-node#2725, earendil-works/pi#9047). A body that is
    no stream of events but one JSON text is one event, or one a line. It works on bytes, as a piece may end in the
    middle of a character.

    What some routers send to keep a connection alive is no event either: one of a name such as “ping”
    (betalgo/openai#472), or a comment, such a word or `null` in the place of data (mnfst/llm-gateway#2053).
    """

    def __init__(self) -> None:
        self._rest = b""
        self._has_begun = False
        self.is_web_page = False
        self._is_json = False  # the body is no stream of events
        self._ends_in_cr = False

    def feed(self, data: bytes) -> list[bytes]:
        """Returns the data of the events that are complete by now. Raises `ModelError` for one without an end."""
        if self._has_begun and not (self._rest or self._is_json) and (events := _split_plain_events(data)):
            self._ends_in_cr = False
            return events
        data = self._rest + self._normalize_line_ends(data)
        if not self._has_begun:
            data = self._skip_beginning(data)
        if self._is_json or not self._has_begun:
            self._rest, blocks = data, []
        else:
            *blocks, self._rest = data.split(b"\n\n")
            *begun, self._rest = _split_unseparated(self._rest)
            blocks = [part for block in blocks for part in _split_unseparated(block)] + begun
        if len(self._rest) > MAX_EVENT_BYTES:
            raise ModelError(ErrorCode.MALFORMED, "an event without end")
        return [event for block in blocks if (event := _extract_data(block))]

    def flush_events(self) -> list[bytes]:
        """The body has ended. Returns the data of what is left of it."""
        rest, self._rest = self._rest.strip(), b""
        if self._is_json:
            return [rest] if _is_whole(rest) else [line for line in rest.split(b"\n") if _is_whole(line)]
        return [event for block in _split_unseparated(rest) if _is_whole(event := _extract_data(block))]

    def _normalize_line_ends(self, data: bytes) -> bytes:
        if self._ends_in_cr and data.startswith(b"\n"):  # the second half of a CRLF
            data = data[1:]
        if data:
            self._ends_in_cr = data.endswith(b"\r")
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return data

    def _skip_beginning(self, data: bytes) -> bytes:
        """The data without what precedes the first line, by which a stream is told from a JSON text."""
        if BYTE_ORDER_MARK.startswith(data[:3]) and len(data) < len(BYTE_ORDER_MARK):
            return data
        data = data.removeprefix(BYTE_ORDER_MARK).lstrip()
        self._has_begun = bool(data)
        self._is_json = data[:1] in (b"{", b"[")
        self.is_web_page = data[:1] == b"<"
        return data


def _split_plain_events(data: bytes) -> list[bytes]:
    """The data of whole events that are one line of JSON each, as nearly all; empty where anything else stands."""
    if not (data.startswith(b"data: {") and data.endswith(b"}\n\n")) or b"\r" in data:
        return []
    events = data[6:-2].split(b"\n\ndata: ")
    is_plain = data.count(b"\n") == 2 * len(events) and all(event.startswith(b"{") for event in events)
    return events if is_plain else []


def _split_unseparated(block: bytes) -> list[bytes]:
    """The events in a block, of which some servers have no blank line after each.

    When data is JSON already, a further line of data cannot belong to it.
    """
    if b"\ndata:" not in block:
        return [block]
    blocks: list[bytes] = []
    lines: list[bytes] = []
    for line in block.split(b"\n"):
        if line.startswith(b"data:") and any(each.startswith(b"data:") for each in lines):
            last = max(place for place, each in enumerate(lines) if each.startswith(b"data:")) + 1
            if _is_whole(said := _join_data(lines)) or KEEP_ALIVE_DATA.fullmatch(said.strip()):
                blocks.append(b"\n".join(lines[:last]))
                lines = lines[last:]  # such as the type of the next event
        lines.append(line)
    return [*blocks, b"\n".join(lines)]


def _extract_data(block: bytes) -> bytes:
    if b"\n" not in block and block.startswith(b"data: {"):  # nearly every event, and fast
        return block[6:]
    if named := NAMED_EVENT.fullmatch(block):  # nearly every other one
        return named[1]
    lines = block.split(b"\n")
    name = next((line[6:].strip() for line in lines if line.startswith(b"event:")), b"")
    data = _strip_data(_join_data(lines))
    if block.strip() == b"[DONE]" or (END_NAME.fullmatch(name) and data in (b"", b"{}")):
        return b"[DONE]"
    if not data or KEEP_ALIVE_NAME.fullmatch(name):
        return b"" if data else _extract_bare_json(lines)
    if name == b"error":
        return _mark_as_error(data)
    # A name of the Responses API, without which its data says nothing.
    is_nameless = name.startswith(b"response.") and b'"type"' not in data and data.startswith(b"{")
    return b'{"type": "%b",%b' % (name, data[1:]) if is_nameless else data


def _join_data(lines: Sequence[bytes]) -> bytes:
    return b"\n".join(line[5:].removeprefix(b" ") for line in lines if line.startswith(b"data:"))


def _extract_bare_json(lines: Sequence[bytes]) -> bytes:
    """What stands in an event without the name of a field, or under “error”: so Ollama and llama.cpp break off."""
    for line in lines:
        if line.startswith(b"{") and _is_whole(line):
            return line
        if line.startswith(b"error:"):
            return _mark_as_error(line[6:].strip())
    return b""


def _strip_data(data: bytes) -> bytes:
    """The data without what gateways put around it: the name of its field again, or quotation marks."""
    bare = data.strip()
    while bare.startswith(b"data:"):
        bare = data = bare[5:].strip()
    if bare.startswith(b":") or KEEP_ALIVE_DATA.fullmatch(bare):
        return b""
    return b"[DONE]" if DONE_DATA.fullmatch(bare) else data


def _mark_as_error(data: bytes) -> bytes:
    """The data of an event of the type “error”, in the form that an error has in a stream of other events."""
    if b'"error"' in data:
        return data
    error = json.loads(data) if _is_whole(data) else data.decode(errors="replace")
    return json.dumps({"error": error}).encode()


def _is_whole(data: bytes) -> bool:
    return data == b"[DONE]" or isinstance(load_json(data), dict | list)
