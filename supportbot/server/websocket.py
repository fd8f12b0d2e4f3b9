"""The WebSocket protocol of the server: strangers' frames are bounded, and our own go out in pieces.

Autobahn holds what is sent to the limits of what is received, and closes the connection where it breaks them.
"""

from typing import Any

from autobahn.exception import Disconnected
from daphne.ws_protocol import WebSocketProtocol

from .backpressure import MAX_SENT_BYTES
from .socket_output import BINARY, CONTINUATION, TEXT, build_head, write_at_once


class FactoryOption:
    """An option of a connection, which is that of its factory unless the connection gets one of its own.

    Autobahn copies all of them into each connection, and formats them for a line of a log that nobody keeps.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, protocol: Any, owner: type | None = None) -> Any:
        return self if protocol is None else getattr(protocol.factory, self._name)


class FragmentingProtocol(WebSocketProtocol):
    """Sends a message of any length, in frames of `MAX_SENT_BYTES`, which a browser puts together again."""

    CONFIG_ATTRS = ()  # that are copied

    def sendMessage(self, payload: bytes, isBinary: bool = False, **_options: Any) -> None:  # noqa: N802, N803
        if self.state != self.STATE_OPEN:
            raise Disconnected("the connection is closing")
        opcode = BINARY if isBinary else TEXT
        for begin in range(0, len(payload) or 1, MAX_SENT_BYTES):
            end = begin + MAX_SENT_BYTES
            piece = payload[begin:end]
            write_at_once(self.transport, build_head(opcode, len(piece), is_last=end >= len(payload)) + piece)
            opcode = CONTINUATION

    def send_text(self, text: str) -> None:
        """Send a text message. Raises `Disconnected` when the connection is not open, or not any more."""
        self.sendMessage(text.encode())


for option in WebSocketProtocol.CONFIG_ATTRS:
    setattr(FragmentingProtocol, option, FactoryOption(option))
