"""A scripted model, over chat completions and Responses: its tokens carry their number and when they were sent.

    python -m tests.bench.scripted_model --port 9100 --tokens 200 --interval-ms 20

One thread without a framework, about 15 us a token, so that a measurement is not one of this program.
Whatever it is asked, the answer is the same script. `GET /stats` says what it was asked and what it sent since
that was last asked for, how late it was, and the CPU that took. `GET /tokens/20` makes all further answers 20 tokens
long, and is to be asked when none streams.
"""

import argparse
import gc
import json
import re
import selectors
import socket
from bisect import bisect_left
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate
from time import monotonic_ns, process_time
from typing import Any

from .wire import SILENCE, Wire, chat, responses

CONTENT_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
# Lateness is counted in steps of 0.1 ms; the last one stands for everything longer.
LATE_STEP_NS, LATE_STEPS = 100_000, 2_000
FORGIVEN_NS = 1_000_000
# So many tokens are sent at most before the sockets are looked at again.
BATCH = 128


@dataclass(slots=True, eq=False)
class Connection:
    sock: socket.socket
    received: bytes = b""
    unsent: bytes = b""
    wire: Wire = SILENCE
    number: int = 0
    due: int = 0
    blocked: bool = False
    closed: bool = False


class ScriptedModel:
    def __init__(self, port: int, tokens: int, interval_ms: float) -> None:
        self._speak(tokens)
        self._interval = int(interval_ms * 1e6)
        # Every stream has the same interval, so a queue keeps the order in which tokens are due.
        self._streams: deque[Connection] = deque()
        self._late = [0] * LATE_STEPS
        self._cpu = process_time()
        self._requests = self._request_bytes = 0
        self._selector = selectors.DefaultSelector()
        self._listener = socket.create_server(("127.0.0.1", port), backlog=2048)
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ)

    def _speak(self, tokens: int) -> None:
        self._tokens = tokens
        self._chat = chat(tokens, with_usage=False)
        self._chat_with_usage = chat(tokens, with_usage=True)
        self._responses = responses(tokens)

    def serve(self) -> None:
        while True:
            for key, events in self._selector.select(self._until_due()):
                if key.data is None:
                    self._accept()
                elif events & selectors.EVENT_WRITE:
                    self._flush(key.data)
                else:
                    self._read(key.data)
            self._send_what_is_due()

    def _until_due(self) -> float | None:
        return max(0, self._streams[0].due - monotonic_ns()) / 1e9 if self._streams else None

    def _send_what_is_due(self) -> None:
        for _ in range(BATCH):
            now = monotonic_ns()
            if not self._streams or self._streams[0].due > now:
                return
            stream = self._streams.popleft()
            if not stream.closed:
                self._late[min(LATE_STEPS - 1, (now - stream.due) // LATE_STEP_NS)] += 1
                self._send_token(stream)

    def _send_token(self, stream: Connection) -> None:
        now = monotonic_ns()
        data = stream.wire.token % (stream.number, now // 1000)
        stream.number += 1
        if stream.number < self._tokens:
            # One that was held up goes on from now: it keeps its place in the queue, and is late only once.
            stream.due = max(stream.due, now - FORGIVEN_NS) + self._interval
            self._streams.append(stream)
        else:
            data += stream.wire.end
        self._write(stream, data)

    def _accept(self) -> None:
        with suppress(BlockingIOError):
            while True:
                sock, _address = self._listener.accept()
                sock.setblocking(False)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._selector.register(sock, selectors.EVENT_READ, Connection(sock))

    def _read(self, connection: Connection) -> None:
        try:
            data = connection.sock.recv(1 << 18)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._close(connection)
            return
        connection.received += data
        head, blank, body = connection.received.partition(b"\r\n\r\n")
        length = CONTENT_LENGTH.search(head)
        if blank and len(body) >= (needed := int(length[1]) if length else 0):
            connection.received = body[needed:]
            self._answer(connection, head.split(b" ", 2)[1], body[:needed])

    def _answer(self, connection: Connection, path: bytes, body: bytes) -> None:
        if path.endswith(b"/chat/completions"):
            self._begin(connection, self._chat_with_usage if b'"include_usage"' in body else self._chat, body)
        elif path.endswith(b"/responses"):
            self._begin(connection, self._responses, body)
        elif path == b"/stats":
            self._respond(connection, b"200 OK", self._stats())
        elif path.startswith(b"/tokens/"):
            self._speak(int(path.removeprefix(b"/tokens/")))
            self._respond(connection, b"200 OK", {"tokens": self._tokens})
        else:
            self._respond(connection, b"404 Not Found", {"error": {"message": "There is no such path."}})

    def _begin(self, connection: Connection, spoken: Wire, body: bytes) -> None:
        self._requests += 1
        self._request_bytes += len(body)
        connection.wire, connection.number, connection.due = spoken, 0, monotonic_ns()
        self._write(connection, spoken.begin)
        self._late[0] += 1
        # The first token at once: then the time to it is all the measured server's.
        self._send_token(connection)

    def _respond(self, connection: Connection, status: bytes, value: dict[str, Any]) -> None:
        body = json.dumps(value).encode()
        head = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (
            status,
            len(body),
        )
        self._write(connection, head + body)

    def _stats(self) -> dict[str, Any]:
        cpu, tokens = process_time(), sum(self._late)
        # The step within which 99 of 100 tokens were sent.
        late = bisect_left(list(accumulate(self._late)), 0.99 * tokens) * LATE_STEP_NS / 1e6
        stats = {
            "tokens": tokens,
            "late_p99_ms": late,
            "cpu_seconds": cpu - self._cpu,
            "requests": self._requests,
            "request_bytes": self._request_bytes,
        }
        self._late, self._cpu = [0] * LATE_STEPS, cpu
        self._requests = self._request_bytes = 0
        return stats

    def _write(self, connection: Connection, data: bytes) -> None:
        if connection.closed:
            return
        connection.unsent += data
        if not connection.blocked:
            self._flush(connection)

    def _flush(self, connection: Connection) -> None:
        try:
            sent = connection.sock.send(connection.unsent)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._close(connection)
            return
        connection.unsent = connection.unsent[sent:]
        if connection.blocked != bool(connection.unsent):
            connection.blocked = bool(connection.unsent)
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if connection.blocked else 0)
            self._selector.modify(connection.sock, wanted, connection)

    def _close(self, connection: Connection) -> None:
        connection.closed = True
        self._selector.unregister(connection.sock)
        connection.sock.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="Streams scripted answers over chat completions.")
    parser.add_argument("--port", type=int, default=9100)
    parser.add_argument("--tokens", type=int, default=200)
    parser.add_argument("--interval-ms", type=float, default=20)
    options = parser.parse_args()
    model = ScriptedModel(options.port, options.tokens, options.interval_ms)
    gc.disable()  # nothing here is circular, and a collection would show as lateness
    with suppress(KeyboardInterrupt):
        model.serve()


if __name__ == "__main__":
    main()
