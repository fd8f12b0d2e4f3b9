"""A second page of a chat, such as another tab: it asks nothing, and is shown what the first one is."""

import selectors
from array import array
from typing import Any

from .browser import CLOSE, PING, PONG, TEXT, Opened, frame, whole_frames
from .texts import TOKENS
from .window import now_us


class SecondPage:
    """`seen` are the tokens that have come, each by its number and when the model sent it."""

    __slots__ = ("lags", "rest", "seen", "sock")

    def __init__(self, opened: Opened) -> None:
        self.sock, self.rest = opened.sock, opened.rest
        self.seen: set[tuple[bytes, bytes]] = set()
        self.lags = array("q")

    def read(self, selector: Any) -> None:
        """Take what has come, and the time that each token took from the model to here."""
        try:
            data = self.sock.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        now = now_us()
        frames, self.rest = whole_frames(self.rest + data)
        for kind, payload in frames:
            if kind == PING:
                self.sock.send(frame(PONG, payload))
            elif kind == TEXT:
                new = set(TOKENS.findall(payload)) - self.seen
                self.seen |= new
                self.lags.extend(now - int(sent) for _number, sent in new)
        if not data or any(kind == CLOSE for kind, _payload in frames):
            selector.unregister(self.sock)
            self.sock.close()


def open_second_page(opened: Opened, selector: Any) -> SecondPage:
    page = SecondPage(opened)
    selector.register(page.sock, selectors.EVENT_READ, page)
    return page
