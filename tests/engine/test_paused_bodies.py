"""What comes while the reading of a body is paused gathers, and is counted, without and with TLS."""

import asyncio
import errno
import ssl
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import Mock

import aiohttp
import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from supportbot.assistant.backends import transport
from supportbot.assistant.backends.pacing import SHORT_PAUSE_SECONDS, Pacer
from supportbot.assistant.backends.transport import BODY_EXTENSION, PausableBody, PausableTransport
from supportbot.assistant.messages import Message, TextDelta
from tests.engine.desk import SYSTEM
from tests.engine.test_pacing import Stream

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
LONGER_HEAD = HEAD.replace(b"\r\n\r\n", b"\r\nContent-Length: 100\r\n\r\n")  # than what is sent

PAUSE_AFTER = b"one "  # a reader takes a pause when it has read this


def make_certificate(folder: Path) -> ssl.SSLContext:
    """That of a server which nobody knows."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    place = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    place.write_bytes(private + builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(place)
    return context


class Served:
    """A body whose pieces a test sends, and what a reader has read of it."""

    body: PausableBody

    def __init__(self, head: bytes = HEAD) -> None:
        self.head = head
        self.pieces: asyncio.Queue[bytes] = asyncio.Queue()
        self.read: list[bytes] = []
        self.reader: asyncio.Task[None] | None = None

    async def serve(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(self.head)
        while piece := await self.pieces.get():
            writer.write(piece)
        writer.close()

    async def read_all(self) -> None:
        async for data in self.body:
            self.read.append(data)
            if data == PAUSE_AFTER:
                self.body.pause_reading()

    async def send(self, piece: bytes) -> None:
        """Send a piece, and wait until it has come: it is read, or counted."""
        read, waiting = len(self.read), self.body.count_waiting_bytes()
        self.pieces.put_nowait(piece)
        async with asyncio.timeout(5):
            while (len(self.read), self.body.count_waiting_bytes()) == (read, waiting):  # noqa: ASYNC110
                await asyncio.sleep(0.001)


@pytest.fixture
def head() -> bytes:
    return HEAD


@pytest.fixture(params=["http", "https"])
async def served(request, head, tmp_path, monkeypatch) -> AsyncIterator[Served]:
    monkeypatch.setattr(
        transport, "_create_session", lambda: aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=False))
    )
    context = make_certificate(tmp_path) if request.param == "https" else None
    async with serving(request.param, context, head) as served:
        yield served


@asynccontextmanager
async def serving(scheme: str, context: ssl.SSLContext | None, head: bytes = HEAD) -> AsyncIterator[Served]:
    served, client = Served(head), PausableTransport()
    server = await asyncio.start_server(served.serve, "127.0.0.1", 0, ssl=context)
    url = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    response = await client.handle_async_request(httpx2.Request("GET", url))
    served.body = response.extensions[BODY_EXTENSION]
    served.reader = asyncio.create_task(served.read_all())
    yield served
    served.pieces.put_nowait(b"")
    await asyncio.wait({served.reader}, timeout=2)
    assert served.reader.done()
    await served.body.aclose()
    await client.aclose()
    server.close()


async def test_what_comes_in_a_pause_is_counted_and_read_together(served):
    await served.send(PAUSE_AFTER)
    await served.send(b"two ")
    await served.send(b"three ")
    assert served.read == [PAUSE_AFTER]

    served.body.resume_reading()
    await served.send(b"four ")
    assert b"".join(served.read) == b"one two three four "
    assert served.read[1].startswith(b"two three ")


@pytest.mark.parametrize("head", [LONGER_HEAD], ids=["too short"])
async def test_what_came_before_the_connection_broke_is_read_though_the_reader_was_not_waiting_for_it(served):
    await served.send(PAUSE_AFTER)
    served.reader.cancel()
    await asyncio.wait({served.reader})
    served.body.resume_reading()
    served.pieces.put_nowait(b"two ")
    served.pieces.put_nowait(b"")
    async with asyncio.timeout(5):
        while served.body._response.content.exception() is None:  # noqa: ASYNC110
            await asyncio.sleep(0.001)

    with pytest.raises(httpx2.ReadError):
        await served.read_all()
    assert served.read == [PAUSE_AFTER, b"two "]


async def test_who_leaves_within_a_pause_leaves_nothing_behind(served):
    await served.send(PAUSE_AFTER)

    served.reader.cancel()
    await asyncio.wait({served.reader})
    await served.body.aclose()

    assert not served.body.is_paused
    assert served.body.count_waiting_bytes() == 0


async def test_the_pause_has_begun_when_the_first_words_are_passed_on(provider, backend, monkeypatch):
    """Until they are stored, each word behind them would come by itself, and keep the pause from beginning."""
    paused = Mock()
    monkeypatch.setattr(Pacer, "begin_pause", paused)
    provider.say("One two", hold_after=1)

    async with aclosing(backend.stream(SYSTEM, [Message("user", "Count")], [])) as parts:
        while not (isinstance(part := await anext(parts), TextDelta) and part.text):
            pass
        assert paused.called


@pytest.mark.parametrize("can_count", [True, False])
@pytest.mark.parametrize("error", [OSError(errno.EBADF, "closed"), ValueError("negative file descriptor")])
async def test_a_socket_that_cannot_be_asked_fails_no_pause(can_count, error, monkeypatch):
    """It is told by reading whether the connection has failed, and not every system can count."""
    pacer, other = Pacer(), Stream()
    pacer.pause_seconds = SHORT_PAUSE_SECONDS
    async with serving("http", None) as served:
        await served.send(PAUSE_AFTER)
        served.body.resume_reading()
        monkeypatch.setattr(transport, "CAN_COUNT", can_count)
        monkeypatch.setattr(transport.fcntl, "ioctl", Mock(side_effect=error))
        pacer.begin_pause(served.body)
        pacer.begin_pause(other)
        assert served.body.is_paused
        assert served.body.count_waiting_bytes() == 0

        await asyncio.wait_for(other.read.wait(), 1)
        assert not served.body.is_paused
