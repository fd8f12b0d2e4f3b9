"""The splitter gives the same events however the bytes were sliced on the way."""

import itertools
import random
from collections.abc import Iterable

import pytest

from supportbot.assistant.backends.sse import MAX_EVENT_BYTES, SSEParser
from supportbot.assistant.errors import ErrorCode, ModelError

STREAMS = {
    "plain": (b"data: a\n\ndata: b\n\n", [b"a", b"b"]),
    "CRLF": (b"data: a\r\n\r\ndata: b\r\n\r\n", [b"a", b"b"]),
    "comments": (b": hi\n\ndata: a\n: hi\n\n:\n\n", [b"a"]),
    "no space": (b"data:a\n\ndata:  b\n\n", [b"a", b" b"]),
    "other fields": (b"event: x\nid: 1\ndata: a\nretry: 5\n\n", [b"a"]),
    "two lines": (b"data: a\ndata: b\n\n", [b"a\nb"]),
    "JSON in two lines": (b'data: {"a":\ndata: 1}\n\n', [b'{"a":\n1}']),
    "no blank line between": (
        b'data: {"a": 1}\ndata: {"b": 2}\ndata: [DONE]\n\n',
        [b'{"a": 1}', b'{"b": 2}', b"[DONE]"],
    ),
    "no blank line, types": (
        b"event: x\ndata: {}\nevent: error\ndata: [1]\n\n",
        [b"{}", b'{"error": [1]}'],
    ),
    "blank lines": (b"\n\n\n\ndata: a\n\n\ndata: b\n\n\n\n", [b"a", b"b"]),
    "a word and a number": (b"data: heartbeat 1\n\ndata: a\n\n", [b"a"]),
    "a word and a time": (b"data: ping - 2026-11-30T13:00:00Z\n\ndata: a\n\n", [b"a"]),
    "a number": (b"data: 1764500000\n\ndata: a\n\n", [b"a"]),
    "a time": (b"data: 2026-11-30T13:00:00.5Z\n\ndata: a\n\n", [b"a"]),
    "an end in other words": (b"data: [done]\n\ndata: DONE\n\nevent: stop\ndata: {}\n\n", [b"[DONE]"] * 3),
    "an error without data": (
        b'error: {"a": 1}\n\n{"error": 2}\n\n',
        [b'{"error": {"a": 1}}', b'{"error": 2}'],
    ),
    "words": (b"data: ping\n\ndata: null\n\ndata: a\n\n", [b"a"]),
    "a word and JSON": (b'data: ok\ndata: {"a": 1}\n\n', [b'{"a": 1}']),
    "no data": (b"data:\n\ndata\n\nevent: x\n\n", []),
    "no end": (b"data: a\n\ndata: b\n", [b"a"]),
    "letters": ("data: ü🎉\n\n".encode(), ["ü🎉".encode()]),
}


def split(slices: Iterable[bytes]) -> list[bytes]:
    splitter = SSEParser()
    return [event for data in slices for event in splitter.feed(data)]


def cut(data: bytes, places: Iterable[int]) -> list[bytes]:
    edges = [0, *sorted(places), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(edges)]


@pytest.mark.parametrize(("data", "events"), STREAMS.values(), ids=STREAMS)
def test_it_gives_the_same_events_wherever_it_is_cut(data, events):
    for count in range(4):
        for places in itertools.combinations(range(len(data) + 1), count):
            assert split(cut(data, places)) == events, places


@pytest.mark.parametrize(("data", "events"), STREAMS.values(), ids=STREAMS)
def test_it_gives_the_same_events_byte_by_byte(data, events):
    assert split(bytes([each]) for each in data) == events


def test_it_gives_the_same_events_for_long_streams_in_random_slices():
    chance = random.Random(2026)
    whole = [stream for name, stream in STREAMS.items() if name != "no end"]
    for _round in range(300):
        chosen = chance.choices(whole, k=12)
        data = b"".join(stream for stream, _events in chosen)
        expected = [event for _stream, events in chosen for event in events]
        places = chance.sample(range(len(data)), k=chance.randint(0, 40))

        assert split(cut(data, places)) == expected


def test_it_keeps_no_more_of_an_event_than_is_sensible():
    splitter = SSEParser()

    with pytest.raises(ModelError) as caught:
        splitter.feed(b"data: " + b"x" * MAX_EVENT_BYTES)

    assert caught.value.code == ErrorCode.MALFORMED
