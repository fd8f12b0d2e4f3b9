"""`manage.py chat` in a process of its own: fed from a pipe, or in a terminal where somebody types."""

import os
import pty
import select
import signal
import subprocess
import sys
import time
from types import TracebackType
from typing import Any, Self

from tests.servers import Site
from tests.servers.site import PROJECT

SECONDS = 120
AGAIN = 3
PROMPT = "> "
# The program's own terminal, so that Ctrl-C in it reaches this program and nobody else; and reaches it also where the
# tests themselves run in the background, without Ctrl-C.
INSIDE = """
import os, signal, sys
os.login_tty(0)
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])
"""
CTRL_C, CTRL_D = "\x03", "\x04"


def _command(arguments: tuple[str, ...]) -> list[str]:
    return [sys.executable, "manage.py", "chat", *arguments]


def piped(
    site: Site, *lines: str, arguments: tuple[str, ...] = (), **settings: str
) -> "subprocess.CompletedProcess[str]":
    """Run it with these lines as its input, to its end."""
    words = "".join(f"{line}\n" for line in lines)
    return site.run_to_end("manage.py", "chat", *arguments, words=words, **settings)


def turns(site: Site) -> list[tuple[str, str]]:
    """The state and the backend of every turn."""
    return [
        (state, backend)
        for state, backend in site.rows("SELECT state, backend FROM conversations_turn ORDER BY id")
    ]


def texts(site: Site) -> list[str]:
    return [text for (text,) in site.rows("SELECT text FROM conversations_message ORDER BY id")]


class Shell:
    """Somebody at a terminal in which it runs. `shown` is all that the terminal was sent."""

    def __init__(self, site: Site, *arguments: str, **settings: str) -> None:
        self._terminal, inside = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-c", INSIDE, *_command(arguments)],
            stdin=inside,
            stdout=inside,
            stderr=inside,
            cwd=PROJECT,
            env={**site.environment, "TERM": "dumb", **settings},
        )
        os.close(inside)
        self.shown = ""
        self._seen = 0

    def __enter__(self) -> Self:
        self.wait_for(PROMPT)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        os.close(self._terminal)

    def type(self, keys: str) -> None:
        os.write(self._terminal, keys.encode())

    def press(self, key: str, words: str) -> None:
        """Press a key until these words are shown, as anybody does whom a program has not heard.

        A signal that comes just before readline waits for the next key is told to Python only with that one.
        """
        while words not in self.shown[self._seen :]:
            self.type(key)
            again = time.monotonic() + AGAIN
            while words not in self.shown[self._seen :] and (left := again - time.monotonic()) > 0:
                if select.select([self._terminal], [], [], left)[0]:
                    self._read(words)
        self.wait_for(words)

    def say(self, line: str) -> str:
        """Type a line; returns all that is shown until the next prompt."""
        self.type(f"{line}\r")
        return self.wait_for(PROMPT).partition("\n")[2]

    def wait_for(self, words: str) -> str:
        """Wait until these words are shown; returns what was shown since the last ones were waited for."""
        deadline = time.monotonic() + SECONDS
        while (place := self.shown.find(words, self._seen)) < 0:
            ready, _, _ = select.select([self._terminal], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, f"{words!r} was not shown:\n{self.shown}"
            self._read(words)
        since, self._seen = self.shown[self._seen : place], place + len(words)
        return since

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def end(self) -> int:
        """Wait until it has ended by itself; returns its exit code."""
        return self._process.wait(SECONDS)

    def _read(self, awaited: Any) -> None:
        try:
            data = os.read(self._terminal, 65536)
        except OSError:  # it has ended
            data = b""
        assert data, f"it ended before it showed {awaited!r}:\n{self.shown}"
        self.shown += data.decode(errors="replace").replace("\r\n", "\n")
