"""A request that does not come in time is given up, and the slowest of too many; whole ones are always answered."""

from types import SimpleNamespace
from typing import Any

import pytest
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.web.http import Request

from supportbot.server import http_channel
from supportbot.server.http_channel import (
    HEAD_SECONDS,
    LARGE_BODY_SECONDS,
    SMALL_BODY_SECONDS,
    BoundedChannel,
    WaitingConnections,
)
from supportbot.server.process import process
from supportbot.server.request_limits import SMALL_BODY_BYTES, BoundedRequest, LargeRequests

HEAD = b"GET / HTTP/1.1\r\nHost: example.com\r\n"
LARGE = SMALL_BODY_BYTES + 1
POST = b"POST / HTTP/1.1\r\nHost: example.com\r\nContent-Length: %d\r\n\r\n"


class Answered(Request):
    """A request that is answered as soon as it is whole."""

    reserved_bytes = 0

    def process(self) -> None:
        self.setHeader("Content-Length", "2")
        self.write(b"ok")
        self.finish()


class Transport(StringTransport):
    def fileno(self) -> int:
        return 10


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def connect(clock: Clock):
    def connect() -> Any:
        channel = BoundedChannel()
        channel.requestFactory = Answered
        channel.callLater = clock.callLater
        channel.timeOut = 60
        channel.makeConnection(Transport())
        return channel

    return connect


def serve_with(channel: Any, request_type: type[BoundedRequest]) -> None:
    """As Daphne has it, which is the factory of its channels and keeps count of their requests."""
    server = SimpleNamespace(server_name="", log_action=lambda *_about: None)
    server.protocol_connected = server.protocol_disconnected = lambda _request: None
    channel.factory = SimpleNamespace(server=server, log=lambda _request: None)
    channel.requestFactory = request_type


def is_over(channel: Any) -> bool:
    return bool(channel.transport.disconnecting)


@pytest.mark.parametrize(
    ("sent", "seconds"),
    [
        (b"", HEAD_SECONDS),
        (b"G", HEAD_SECONDS),
        (HEAD, HEAD_SECONDS),
        (HEAD + b"\r\n" + HEAD, HEAD_SECONDS),
        (POST % 10 + b"123", SMALL_BODY_SECONDS),
        (POST % 8_000_000 + b"123", LARGE_BODY_SECONDS),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", SMALL_BODY_SECONDS),
    ],
    ids=[
        "nothing",
        "a_byte",
        "half_a_head",
        "half_a_second_head",
        "half_a_body",
        "half_a_photo",
        "half_a_chunk",
    ],
)
def test_half_a_request_is_given_up_however_slowly_it_goes_on(connect, clock, sent, seconds):
    channel = connect()
    if sent:
        channel.dataReceived(sent)
    drop = b"X-Drip: 1\r\n" if sent.endswith(b"\r\n") else b"." if b"8000000" in sent else b""

    for _ in range(int(seconds) - 1):
        if drop:
            channel.dataReceived(drop)
        clock.advance(1)
    assert not is_over(channel)
    clock.advance(1.5)

    assert is_over(channel)
    assert (b" 408 " in channel.transport.value()) is bool(sent)
    assert not process.get(WaitingConnections).channels


def test_a_connection_may_be_idle_between_whole_requests(connect, clock):
    channel = connect()
    for _ in range(3):
        clock.advance(HEAD_SECONDS - 1)
        channel.dataReceived(HEAD + b"\r\n")
        clock.advance(HEAD_SECONDS + 20)

    assert channel.transport.value().count(b"200 OK") == 3
    assert not is_over(channel)


def test_of_too_many_that_wait_the_oldest_goes_and_whole_requests_are_answered(connect, monkeypatch):
    monkeypatch.setattr(http_channel, "count_waiting_room", lambda: 32)
    slow = [connect() for _ in range(32)]
    for channel in slow:
        channel.dataReceived(HEAD)

    for _ in range(5):
        honest = connect()
        honest.dataReceived(HEAD + b"\r\n")
        assert b"200 OK" in honest.transport.value()

    assert [is_over(channel) for channel in slow] == [True] * 5 + [False] * 27


def test_a_connection_for_which_there_is_no_room_is_told_so(connect, monkeypatch):
    monkeypatch.setattr(Transport, "fileno", lambda _self: 10**9)

    channel = connect()

    assert channel.transport.value().startswith(b"HTTP/1.1 503 ")
    assert is_over(channel)


@pytest.mark.parametrize("has_begun", [True, False])
def test_an_answer_that_fails_in_the_middle_is_cut_off_and_one_that_has_not_begun_says_so(connect, has_begun):
    """A browser that is left waiting, or that takes the half for the whole, would be worse."""

    class Failing(BoundedRequest):
        def process(self) -> None:
            if has_begun:
                self.handle_reply({"type": "http.response.start", "status": 200, "headers": []})
                self.handle_reply({"type": "http.response.body", "body": b"half", "more_body": True})
            self.handle_exception(OSError("The disk is gone."))

    channel = connect()
    serve_with(channel, Failing)
    channel.dataReceived(HEAD + b"\r\n")

    answer = channel.transport.value()
    assert is_over(channel) == has_begun
    assert answer.startswith(b"HTTP/1.1 200 " if has_begun else b"HTTP/1.1 500 ")
    assert answer.endswith(b"4\r\nhalf\r\n" if has_begun else b"\r\n0\r\n\r\n")


@pytest.mark.parametrize(
    "header", [b"Daphne-Root-Path: /x", b"daphne-root-path: \xff", b"Sec-WebSocket-Protocol: \xff"]
)
def test_no_stranger_says_where_the_site_is_or_what_daphne_cannot_read(connect, header):
    """A proxy that keeps strangers from /admin/ would let /x/admin/ through, which would then be /admin/."""
    names = []

    class Noting(Answered, BoundedRequest):
        def process(self) -> None:
            names.extend(name for name, _values in self.requestHeaders.getAllRawHeaders())
            super().process()

    channel = connect()
    serve_with(channel, Noting)
    channel.dataReceived(HEAD + header + b"\r\n\r\n")

    assert names == [b"Host"]


def test_a_large_request_is_taken_whatever_stands_in_its_forwarded_address(connect):
    class Waiting(BoundedRequest):
        def process(self) -> None: ...

    channel = connect()
    serve_with(channel, Waiting)
    head = POST % LARGE
    channel.dataReceived(head.replace(b"\r\n\r\n", b"\r\nX-Forwarded-For: \xff\r\n\r\n"))

    assert not is_over(channel)
    assert [sender.reserved_bytes for sender in process.get(LargeRequests).senders] == [LARGE]
