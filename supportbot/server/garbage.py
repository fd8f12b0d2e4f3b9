"""When Python looks for garbage that refers to itself, which stops everything as long as it takes.

A page's request and its socket leave some. That of a request is found among the youngest objects, but an open socket
has a hundred that live as long as it does. To look at those of thousands of sockets takes some tenths of a second, so
that is done for every so many sockets that have been closed, and not while they are being opened.
"""

import asyncio
import gc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .process import process

# After so many new objects these are looked at, and after so many such times those that have outlived it: of five times
# ten thousand that takes some 20 ms. Of twenty times twenty thousand, as before, it had been 160.
NEW_OBJECTS = 10_000
YOUNG_ROUNDS = 5
# All objects, without waiting for closed sockets: after a quarter of a million of opened pages.
OLD_ROUNDS = 1_000
# Of closed sockets, each of which leaves some 10 kB; or as many as are open, so that it is worth its time.
MIN_CLOSED_SOCKETS = 500
DELAY_SECONDS = 1.0  # until nothing refers to a closed socket from outside any more


@dataclass
class SocketCounts:
    """Of this process: those that are open, and those closed since all objects were looked at."""

    open_count: int = 0
    closed_count: int = 0

    def needs_collection(self) -> bool:
        return self.closed_count >= max(MIN_CLOSED_SOCKETS, self.open_count)


def prepare_collector() -> None:
    """Call it when all is loaded that stays for good, and need not be looked through again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, YOUNG_ROUNDS, OLD_ROUNDS)


def collect_closed_sockets(application: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap an ASGI application: what its sockets leave is looked for when enough of them have been closed."""

    async def serve_socket(scope: dict[str, Any], receive: Any, send: Any) -> None:
        counts = process.get(SocketCounts)
        counts.open_count += 1
        try:
            await application(scope, receive, send)
        finally:
            counts.open_count -= 1
            counts.closed_count += 1
            if counts.needs_collection():
                counts.closed_count = 0
                asyncio.get_running_loop().call_later(DELAY_SECONDS, gc.collect)

    return serve_socket
