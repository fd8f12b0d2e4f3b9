"""Whoever sends a large body slowly has room only while nobody else needs it."""

from types import SimpleNamespace
from typing import Any

import pytest
from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from supportbot.server import request_limits
from supportbot.server.http_channel import BoundedChannel
from supportbot.server.process import process
from supportbot.server.request_limits import SLOW_AFTER_SECONDS, BoundedRequest, LargeRequests

PHOTO = 8 * 1024 * 1024
HEAD = b"POST /c/1/images/ HTTP/1.1\r\nHost: example.com\r\nContent-Length: %d\r\n%s\r\n"


class Senders:
    """Connections to a server whose clock is the test's."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._server = SimpleNamespace(
            protocol_connected=lambda _request: None, protocol_disconnected=lambda _request: None
        )

    def begin(self, address: str, body: bytes = b"x", headers: bytes = b"") -> Any:
        """Begin to send a photo from this address."""
        channel = BoundedChannel()
        channel.requestFactory = BoundedRequest
        channel.factory = SimpleNamespace(server=self._server)
        channel.callLater = self._clock.callLater
        channel.timeOut = 60
        channel.makeConnection(StringTransport(peerAddress=IPv4Address("TCP", address, 1)))
        channel.dataReceived(HEAD % (PHOTO, headers) + body)
        return channel


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(request_limits, "monotonic", clock.seconds)
    return clock


@pytest.fixture
def senders(clock: Clock):
    return Senders(clock)


def has_room(channel: Any) -> bool:
    return bool(channel.requests) and channel.requests[-1] in process.get(LargeRequests).senders


def test_twelve_slow_senders_give_way_to_whoever_needs_the_room(senders, clock):
    slow = [senders.begin("192.0.2.1") for _ in range(12)]
    assert all(map(has_room, slow))
    assert not has_room(senders.begin("192.0.2.9")), "for a moment there is no room"

    clock.advance(SLOW_AFTER_SECONDS + 1)

    assert has_room(senders.begin("192.0.2.9"))
    assert has_room(senders.begin("192.0.2.1"))
    assert [has_room(channel) for channel in slow] == [False] * 2 + [True] * 10
    assert all(b" 408 " in channel.transport.value() for channel in slow[:2])


@pytest.mark.parametrize("forwarded", [False, True])
def test_the_address_that_holds_most_gives_way_first(senders, clock, settings, forwarded):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"behind_proxy": forwarded})

    def begin(address: str) -> Any:
        peer = "127.0.0.1" if forwarded else address
        return senders.begin(peer, headers=b"X-Forwarded-For: 6.6.6.6, %s\r\n" % address.encode())

    honest = begin("192.0.2.9")  # as slow, on a bad line
    hog = [begin("192.0.2.1") for _ in range(11)]
    clock.advance(SLOW_AFTER_SECONDS + 1)

    for _ in range(8):
        begin("192.0.2.3")

    assert has_room(honest)
    assert sum(map(has_room, hog)) == 3


def test_who_comes_from_no_known_address_gives_way_no_sooner(senders, clock):
    unknown = senders.begin("")
    hog = [senders.begin("192.0.2.1") for _ in range(11)]
    clock.advance(SLOW_AFTER_SECONDS + 1)

    senders.begin("192.0.2.9")

    assert has_room(unknown)
    assert sum(map(has_room, hog)) == 10


def test_who_keeps_on_sending_keeps_the_room(senders, clock):
    quick = [senders.begin("192.0.2.1") for _ in range(12)]
    for _ in range(int(SLOW_AFTER_SECONDS) + 5):
        clock.advance(1)
        for channel in quick:
            channel.dataReceived(bytes(64 * 1024))

    assert not has_room(senders.begin("192.0.2.9"))
    assert all(map(has_room, quick))


def test_who_holds_the_last_byte_back_gives_way_too(senders, clock):
    holding = [senders.begin("192.0.2.1", bytes(PHOTO - 1)) for _ in range(12)]
    clock.advance(SLOW_AFTER_SECONDS + 1)

    assert has_room(senders.begin("192.0.2.9"))
    assert not has_room(holding[0])


def test_room_is_free_again_when_a_connection_is_lost(senders):
    gone = [senders.begin("192.0.2.1") for _ in range(12)]

    for channel in gone:
        channel.connectionLost(Failure(ConnectionDone()))

    assert not process.get(LargeRequests).senders
    assert has_room(senders.begin("192.0.2.9"))
