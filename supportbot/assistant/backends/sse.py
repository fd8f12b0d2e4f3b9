"""Server-sent events, as far as model providers use them: each event's data, from bytes in any slices."""

from ..errors import ErrorCode, ModelError

MAX_EVENT_BYTES = 4 * 1024 * 1024


class SSEParser:
    """Feed it what a read brought; it returns the data of the events that are whole.

    Comments (keep-alives) and other fields are passed over. Lines may end in LF or CRLF. Bytes, not text,
    so that a character may be cut in two between reads.
    """

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        data = self._rest + data
        if b"\r" in data:
            # A CR at the very end stays for the next read, which may bring its LF.
            data = data.replace(b"\r\n", b"\n")
        *blocks, self._rest = data.split(b"\n\n")
        if len(self._rest) > MAX_EVENT_BYTES:
            raise ModelError(ErrorCode.MALFORMED, "an event without end")
        return [found for block in blocks if (found := _extract_data(block))]


def _extract_data(block: bytes) -> bytes:
    if b"\n" not in block and block.startswith(b"data: "):
        return block[6:]
    lines = [line[5:].removeprefix(b" ") for line in block.split(b"\n") if line.startswith(b"data:")]
    return b"\n".join(lines)
