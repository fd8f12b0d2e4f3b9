"""Server-sent events, as far as model providers use them (WHATWG's HTML standard, section 9.2)."""

from ..errors import ErrorCode, ModelError

MAX_EVENT_BYTES = 4 * 1024 * 1024


class SSEParser:
    """Splits a stream, fed in pieces of any size, into the data of its events.

    Comments, which servers send to keep a connection alive, and other fields are skipped. Lines may end in LF or
    CRLF. It works on bytes, as a piece may end in the middle of a character.
    """

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """Returns the data of the events that are complete by now. Raises `ModelError` for one without an end."""
        data = self._rest + data
        if b"\r" in data:
            # A CR at the very end is left for the next piece, which may begin with its LF.
            data = data.replace(b"\r\n", b"\n")
        *blocks, self._rest = data.split(b"\n\n")
        if len(self._rest) > MAX_EVENT_BYTES:
            raise ModelError(ErrorCode.MALFORMED, "an event without end")
        return [event for block in blocks if (event := _extract_data(block))]


def _extract_data(block: bytes) -> bytes:
    if b"\n" not in block and block.startswith(b"data: "):  # nearly every event, and fast
        return block[6:]
    lines = [line[5:].removeprefix(b" ") for line in block.split(b"\n") if line.startswith(b"data:")]
    return b"\n".join(lines)
