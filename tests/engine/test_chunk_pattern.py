"""The words of a chunk are the same whether they are read by the pattern of the one before or by its JSON."""

import json
import random
from typing import Any
from unittest.mock import Mock

import pytest

from supportbot.assistant.backends.chat_accumulator import ChatAccumulator
from supportbot.assistant.backends.chunk_pattern import ChunkPattern
from supportbot.assistant.backends.sse import SSEParser
from supportbot.assistant.errors import ModelError

WORDS = [
    *("Hi", " there", "“ü”", "线", "😀"),
    *("\n", "\t", '"', "\\", '\\"', '", "a": "', '"content":"x"', "}", " ", ""),
    *('"}}]}', "data: {", "[DONE]", "<", "null"),
    *("\ud83d", "\ude00"),
]
BESIDE: list[dict[str, Any]] = [
    {},
    {"created": 2},
    {"usage": {"total_tokens": 3}},
    {"error": {"message": "overloaded"}},
    {"choices": []},
    {"content": "of no message"},
]
DELTAS: list[dict[str, Any]] = [
    {},
    {"role": "assistant"},
    {"reasoning_content": "Hm"},
    {"tool_calls": [{"index": 0, "id": "c1", "function": {"name": "look", "arguments": "{}"}}]},
    {"content": ["in parts"]},
]
CHOICES: list[dict[str, Any]] = [
    {},
    {"finish_reason": "stop"},
    {"index": 1},
    {"finish_reason": None, "logprobs": None},
]
FORMS: list[dict[str, Any]] = [
    {"separators": (",", ":")},
    {},
    {"ensure_ascii": False, "separators": (",", ":")},
    {"ensure_ascii": False},
]


def read(events: list[bytes]) -> tuple[object, ...]:
    accumulator = ChatAccumulator()
    pieces: list[str] = []
    try:
        pieces.extend(accumulator.add_events([event]) for event in events)
    except ModelError as error:
        return pieces, error.code
    calls = [(call.name, call.arguments) for call in accumulator._collector.calls]
    return pieces, accumulator.finish_reason, accumulator.is_finished, accumulator.token_counts, calls


def make_events(random_: random.Random) -> list[bytes]:
    """A stream, nearly all of it words, in which now and then a chunk has something else about it."""
    form = random_.choice(FORMS)
    events = []
    for _ in range(12):
        is_odd = random_.random() < 0.25
        beside, delta, choice = (
            random_.choice(kind) if is_odd else kind[0] for kind in (BESIDE, DELTAS, CHOICES)
        )
        words = {"content": random_.choice(WORDS if random_.random() < 0.5 else WORDS[:5])}
        chunk = {
            "id": "1",
            "choices": [{"index": 0, "delta": words | delta, **choice}],
            "model": "m",
        } | beside
        events.append(json.dumps(chunk, **form).encode(errors="surrogatepass"))
    return [*events, b"[DONE]"]


def test_whatever_comes_between_is_read_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    streams = [make_events(random.Random(number)) for number in range(2000)]
    found = [read(events) for events in streams]
    assert sum(len(each) == 5 for each in found) > 500  # or else hardly any stream came to its end

    monkeypatch.setattr(ChunkPattern, "read_words", lambda *_: "")
    assert found == [read(events) for events in streams]


def test_words_that_differ_alone_are_read_without_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    decode = Mock(side_effect=json.loads)
    monkeypatch.setattr("supportbot.assistant.backends.chat_accumulator.decode_event", decode)
    chunk = '{"choices":[{"index":0,"delta":{"content":"%s","role":"assistant"}}],"created":1}'

    pieces, *_rest = read([(chunk % word).encode() for word in ("One", " two", " drei ä", " vier")])

    assert pieces == ["One", " two", " drei ä", " vier"]
    assert decode.call_count == 2  # the first, and the first with more before it


@pytest.mark.parametrize("broken", [b"\xff", b"\xc3"])
def test_bytes_that_are_no_text_cost_a_character_and_not_the_answer(broken: bytes) -> None:
    chunk = b'{"choices":[{"index":0,"delta":{"content":"%b"}}]}'
    pieces, *_rest = read([chunk % word for word in (b"One", b" two", broken, b" four")])

    assert pieces == ["One", " two", "\N{REPLACEMENT CHARACTER}", " four"]


@pytest.mark.parametrize("size", [1, 7, 40, 1000])
def test_events_are_the_same_in_whatever_pieces_they_come(size: int) -> None:
    events = [b'{"a": "data: {"}', b'{"b": 1}', b"[DONE]", b'{"c":\n"d"}', b'{"e": "\xc3\xa4"}']
    lines = b": ping\n\n" + b"".join(
        b"data: " + each.replace(b"\n", b"\ndata: ") + b"\n\n" for each in events
    )
    parser = SSEParser()
    found = [
        event for start in range(0, len(lines), size) for event in parser.feed(lines[start : start + size])
    ]
    assert found == events
