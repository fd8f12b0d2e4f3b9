"""What a page is sent goes to its socket at once, whole and in order, also when the page reads slowly."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from twisted.internet.interfaces import IPushProducer
from twisted.internet.protocol import Protocol
from twisted.internet.tcp import Connection
from zope.interface import implementer

from supportbot.server.socket_output import BINARY, CONTINUATION, TEXT, build_head, write_at_once
from tests.bench.browser import whole_frames


class Reactor:
    """Knows which transport waits until its socket can be written to."""

    def __init__(self) -> None:
        self.writers: list[Any] = []

    def addWriter(self, writer: Any) -> None:  # noqa: N802 - Twisted's names
        self.writers.append(writer)

    def removeWriter(self, writer: Any) -> None:  # noqa: N802
        self.writers.clear()


@implementer(IPushProducer)
class Producer:
    is_paused = False

    def pauseProducing(self) -> None:  # noqa: N802
        self.is_paused = True

    def resumeProducing(self) -> None:  # noqa: N802
        self.is_paused = False

    def stopProducing(self) -> None: ...  # noqa: N802


class Line:
    """A transport and the page at its other end."""

    def __init__(self) -> None:
        ours, self.page = socket.socketpair()
        for each in (ours, self.page):
            each.setblocking(False)
        self.reactor = Reactor()
        self.transport = Connection(ours, Protocol(), self.reactor)
        self.transport.connected = True

    def read(self) -> bytes:
        """All that the socket has."""
        received = b""
        try:
            while data := self.page.recv(1 << 20):
                received += data
        except BlockingIOError:
            pass
        return received

    def close(self) -> None:
        self.page.close()
        self.transport.socket.close()


@pytest.fixture
def line() -> Iterator[Line]:
    line = Line()
    yield line
    line.close()


def test_what_the_socket_takes_is_sent_at_once(line: Line) -> None:
    write_at_once(line.transport, b"a word")

    assert line.read() == b"a word"
    assert line.reactor.writers == []


def test_a_page_that_reads_slowly_gets_all_of_it_in_order_and_its_writer_is_told(line: Line) -> None:
    producer = Producer()
    line.transport.registerProducer(producer, True)
    pieces = [bytes((number,)) * 100_000 for number in range(20)]
    for piece in pieces:
        write_at_once(line.transport, piece)

    assert line.reactor.writers
    assert producer.is_paused
    received = b""
    while line.reactor.writers:
        received += line.read()
        assert line.transport.doWrite() is None
    received += line.read()

    assert received == b"".join(pieces)
    assert not producer.is_paused
    write_at_once(line.transport, b"and on")
    assert line.read() == b"and on"


def test_what_waits_already_goes_first(line: Line) -> None:
    line.transport.write(b"first, ")
    write_at_once(line.transport, b"second")

    assert line.read() == b""
    line.transport.doWrite()
    assert line.read() == b"first, second"


def test_a_line_that_is_lost_is_left_to_the_event_loop(line: Line) -> None:
    line.page.close()

    write_at_once(line.transport, b"a word")

    assert line.reactor.writers == [line.transport]


def test_nothing_is_sent_on_a_line_that_is_closed(line: Line) -> None:
    line.transport.connected = False

    write_at_once(line.transport, b"a word")

    assert line.read() == b""


def test_any_other_transport_is_written_to_as_usual() -> None:
    class Other:
        written = b""

        def write(self, data: bytes) -> None:
            self.written += data

    other = Other()
    write_at_once(other, b"a word")

    assert other.written == b"a word"


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65_535, 65_536])
def test_the_head_of_a_frame_says_its_length(length: int) -> None:
    payload = b"x" * length

    assert whole_frames(build_head(TEXT, length, is_last=True) + payload) == ([(0x81, payload)], b"")


def test_a_message_in_pieces_is_continued_until_the_last() -> None:
    heads = [build_head(BINARY, 1, is_last=False), build_head(CONTINUATION, 1, is_last=True)]

    assert [head[0] for head in heads] == [0x02, 0x80]
