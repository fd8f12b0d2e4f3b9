"""Each connection of a socket keeps to the options that the server was started with, and holds no copies of them."""

from typing import Any

import pytest
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from twisted.internet.testing import StringTransport

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
