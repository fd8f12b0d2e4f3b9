"""One customer alone with a server: asks, reads the answer to its end, and knows how long each step took."""

import json
from dataclasses import dataclass

from .browser import CLOSE, PING, PONG, TEXT, frame, open_chat, whole_frames
from .machine import read_url
from .texts import TOKENS, ended_answers, frame_of_question
from .window import now_us

PATIENCE = 60  # seconds without a frame


@dataclass(frozen=True, slots=True)
class Asked:
    """Milliseconds from the question until the whole request was at the model, and until the first word was here."""

    leaving_ms: float
    first_ms: float


class Customer:
    def __init__(self, url: str, cookies: dict[str, str] | None = None) -> None:
        opened = open_chat(url, cookies)
        self._sock, self._page, self._rest = opened.sock, opened.page, opened.rest
        self._sock.settimeout(PATIENCE)

    def ask(self) -> Asked:
        question = frame_of_question(self._page)
        asked_at = now_us()
        self._sock.sendall(frame(TEXT, question))
        sent_at = came_at = 0
        while True:
            for fragment in self._fragments():
                # The model stamps its first token when the request has come to its end. Older answers may be
                # shown once more: their tokens were sent before this was asked.
                ours = [int(sent) for _, sent in TOKENS.findall(fragment) if int(sent) >= asked_at]
                if ours and not sent_at:
                    sent_at, came_at = min(ours), now_us()
                ended = {status for _, status in ended_answers(fragment)}
                if ended - {"complete"}:
                    raise SystemExit(f"The answer at {self._page} ended as {', '.join(ended)}.")
                if sent_at and ended:
                    return Asked((sent_at - asked_at) / 1000, (came_at - asked_at) / 1000)

    def leave(self) -> None:
        self._sock.sendall(frame(CLOSE, (1000).to_bytes(2)))
        self._sock.close()

    def _fragments(self) -> list[bytes]:
        """What the next read brings."""
        data = self._sock.recv(1 << 18)
        if not data:
            raise SystemExit(f"{self._page} was dropped by the server.")
        frames, self._rest = whole_frames(self._rest + data)
        for kind, payload in frames:
            if kind == PING:
                self._sock.sendall(frame(PONG, payload))
        return [payload for kind, payload in frames if kind == TEXT]


def bytes_a_request(model: str) -> float:
    """Of what the model was asked since this was asked last."""
    stats = json.loads(read_url(f"{model}/stats"))
    return float(stats["request_bytes"] / max(1, stats["requests"]))
