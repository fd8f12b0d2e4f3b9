"""A connection of a socket: its options are those that the server was started with, and frames go right to it."""

from functools import partial
from typing import Any

import pytest
from autobahn.exception import Disconnected
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from twisted.internet.testing import StringTransport

from supportbot.server.backpressure import backpressure_middleware
from supportbot.server.websocket import FragmentingProtocol

MAX_RECEIVED_BYTES = 1234


@pytest.fixture
def connection() -> Any:
    factory = WebSocketFactory(None)
    factory.setProtocolOptions(maxMessagePayloadSize=MAX_RECEIVED_BYTES, autoPingTimeout=30)
    protocol = FragmentingProtocol()
    protocol.factory = factory
    protocol.makeConnection(StringTransport())
    yield protocol
    protocol.openHandshakeTimeoutCall.cancel()


def test_it_has_every_option_of_the_server_and_no_copy(connection):
    values = {name: getattr(connection, name) for name in WebSocketProtocol.CONFIG_ATTRS}

    assert values == {name: getattr(connection.factory, name) for name in values}
    assert (values["maxMessagePayloadSize"], values["autoPingTimeout"]) == (MAX_RECEIVED_BYTES, 30)
    assert not vars(connection).keys() & values.keys()


def test_one_of_its_own_is_nobody_elses(connection):
    connection.maxMessagePayloadSize = 1

    assert connection.maxMessagePayloadSize == 1
    assert connection.factory.maxMessagePayloadSize == MAX_RECEIVED_BYTES


async def get_writer(connection: Any) -> tuple[Any, list[Any]]:
    """The writer of the connection, and what it has sent through the server."""
    sent: list[Any] = []
    scope: dict[str, Any] = {}

    async def handle_reply(_protocol: Any, message: Any) -> None:
        sent.append(message)

    async def serve(*_args: Any) -> None: ...

    connection.transport.registerProducer(connection, True)  # as the HTTP channel has been
    await backpressure_middleware(serve)(scope, None, partial(handle_reply, connection))
    return scope["writer"], sent


async def test_a_frame_goes_right_to_the_socket(connection):
    connection.state = connection.STATE_OPEN
    writer, sent = await get_writer(connection)

    assert await writer.send("a wörd")

    assert connection.transport.value() == bytes((0x81, 7)) + "a wörd".encode()
    assert sent == []


async def test_on_a_line_that_is_closing_nothing_is_sent(connection):
    connection.state = connection.STATE_CLOSING
    writer, sent = await get_writer(connection)

    assert not await writer.send("a word")

    assert (connection.transport.value(), sent) == (b"", [])
    with pytest.raises(Disconnected):
        connection.send_text("a word")


async def test_a_line_whose_frame_fails_is_closed(connection, caplog):
    connection.state = connection.STATE_OPEN
    writer, sent = await get_writer(connection)

    assert not await writer.send("half a character: \ud800")

    assert sent == [{"type": "websocket.close", "code": 4503}]
    assert "A frame could not be sent" in caplog.text
