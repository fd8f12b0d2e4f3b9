"""Members of staff who watch: each has one of the conversations open that begin from now on, as its page on the desk.

    python -m tests.bench.watchers --url http://127.0.0.1:8000/ --staff 50

Run with the environment of the server. Prints a line when they are signed in, and as JSON, when it is told to end, how
many pages they have opened and how many frames came there.
"""

import argparse
import json
import selectors
import signal
import sys
from time import monotonic
from typing import Any
from urllib.parse import urljoin

import django
from django.apps import apps
from django.contrib.auth import get_user_model

from .browser import CLOSE, PING, PONG, TEXT, frame, open_socket, whole_frames
from .filled_database import sign_in

LOOK_SECONDS = 0.2  # between two looks for new conversations
READY = "watching"


def add_staff(count: int) -> list[dict[str, str]]:
    """The cookies of so many agents."""
    # Not before Django knows the settings.
    from supportbot.conversations.staff_group import ensure_staff_groups

    agents, _leads = ensure_staff_groups()
    users: Any = get_user_model().objects
    known = users.count()
    staff = [users.create_user(f"agent{known + number}", is_staff=True) for number in range(count)]
    agents.user_set.add(*staff)
    return [sign_in(user) for user in staff]


class Watching:
    def __init__(self, url: str, staff: list[dict[str, str]]) -> None:
        self.url, self.staff = url, staff
        self.pages = self.frames = self.closed = 0
        self._selector = selectors.DefaultSelector()
        self._rest: dict[Any, bytes] = {}
        self._conversations = apps.get_model("conversations.Conversation").objects
        self._newest = self._conversations.order_by("-pk").values_list("pk", flat=True).first() or 0

    def run(self) -> None:
        """Until the process is told to end."""
        looked_at = 0.0
        while True:
            if self.pages < len(self.staff) and monotonic() - looked_at > LOOK_SECONDS:
                self._open_new_ones()
                looked_at = monotonic()
            for key, _events in self._selector.select(LOOK_SECONDS):
                self._read(key.fileobj)

    def _open_new_ones(self) -> None:
        begun = self._conversations.filter(pk__gt=self._newest).order_by("pk").values_list("pk", flat=True)
        for conversation in begun[: len(self.staff) - self.pages]:
            cookies = self.staff[self.pages]
            # A page of the desk has both: the conversation's socket and that of the waiting list.
            for path in (f"/ws/desk/c/{conversation}/", "/ws/desk/"):
                sock, rest = open_socket(urljoin(self.url, path), self.url, cookies)
                self._selector.register(sock, selectors.EVENT_READ)
                self._rest[sock] = rest
            self.pages, self._newest = self.pages + 1, conversation

    def _read(self, sock: Any) -> None:
        try:
            data = sock.recv(1 << 16)
        except BlockingIOError:
            return
        frames, self._rest[sock] = whole_frames(self._rest[sock] + data)
        for kind, payload in frames:
            self.frames += kind == TEXT
            if kind == PING:
                sock.send(frame(PONG, payload))
        if not data or any(kind == CLOSE for kind, _payload in frames):
            self.closed += 1
            self._selector.unregister(sock)
            sock.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="Has staff watch the conversations that begin.")
    parser.add_argument("--url", required=True)
    parser.add_argument("--staff", type=int, default=50)
    options = parser.parse_args()
    django.setup()
    watching = Watching(options.url, add_staff(options.staff))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    print(READY, flush=True)
    try:
        watching.run()
    finally:
        found = {"pages": watching.pages, "frames": watching.frames, "closed": watching.closed}
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
