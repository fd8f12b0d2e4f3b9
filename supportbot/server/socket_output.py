"""What goes out to a page: the heads of its frames, and their bytes to the socket at once.

Autobahn makes two lines for a log that nobody reads of each frame, and Twisted sends it only after the event loop has
asked whether the socket can be written to. For a word of an answer that costs more than all that is done to it before.
"""

import socket
from typing import Any

from twisted.internet.tcp import Connection

TEXT, BINARY, CONTINUATION = 1, 2, 0  # opcodes of RFC 6455
LAST_FRAME = 0x80


def build_head(opcode: int, length: int, *, is_last: bool) -> bytes:
    """What comes before the payload of a server's frame, which is not masked."""
    first = LAST_FRAME | opcode if is_last else opcode
    if length < 126:
        return bytes((first, length))
    if length <= 0xFFFF:
        return bytes((first, 126)) + length.to_bytes(2)
    return bytes((first, 127)) + length.to_bytes(8)


def write_at_once(transport: Any, data: bytes) -> None:
    """Give the data to the socket now, if nothing waits for it; what it does not take is left to the event loop."""
    if isinstance(transport, Connection) and _is_free(transport):
        data = data[_send(transport.socket, data) :]
    if data:
        transport.write(data)


def _send(sock: socket.socket, data: bytes) -> int:
    """How many bytes the socket has taken: none when it is full, or lost, which the event loop will notice."""
    try:
        return sock.send(data)
    except OSError:
        return 0


def _is_free(transport: Any) -> bool:
    return bool(
        transport.connected
        and not (transport.disconnecting or transport.TLS)
        and not (transport.dataBuffer or transport._tempDataBuffer)
    )
